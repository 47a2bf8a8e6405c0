// What can be done with an answer: its quotes seen on the way, copied with their references, linked,
// printed, taken away as Markdown.
(() => {
  "use strict";

  const { words, find, all, say, alarm, askNow, edit, exchanges } = window.raChat;
  const HOVER_MS = 120;
  const LEAVE_MS = 200;
  const SHORT_MS = 2000;
  const TIP_CHARS = 320;

  // ── The quote of a marker, where the pointer or the focus is ────────────────────────────────
  const tip = document.createElement("div");
  tip.id = "ra-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  let shownFor = null;
  let timer = 0;

  function fill(source) {
    const marks = all("mark", source).map((mark) => mark.textContent.trim()).filter(Boolean);
    let quote = marks.join(" … ");
    if (!quote) return false;
    if (quote.length > TIP_CHARS) quote = `${quote.slice(0, TIP_CHARS).replace(/\s\S*$/, "")} …`;
    const title = find("h3", source).textContent.trim();
    const facts = all(".ra-facts .ra-chip", source).map((fact) => fact.textContent.trim());
    const said = document.createElement("p");
    said.className = "ra-tip-quote";
    said.textContent = words.quote.replace("{quote}", () => quote);
    const where = document.createElement("p");
    where.textContent = [title, ...facts.filter((fact) => !title.includes(fact))].join(", ");
    tip.replaceChildren(said, where);
    return true;
  }

  function show(marker) {
    const source = document.getElementById(marker.hash.slice(1));
    if (!source || !fill(source)) return;
    hide();
    find("#ra-app").append(tip);
    shownFor = marker;
    marker.setAttribute("aria-describedby", "ra-tip");
    tip.hidden = false;
    const at = marker.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const edge = 12;
    const left = Math.min(Math.max(at.left + at.width / 2 - size.width / 2, edge), innerWidth - size.width - edge);
    const above = at.top - size.height - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above >= edge ? above : at.bottom + 6}px`;
  }

  function hide() {
    clearTimeout(timer);
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
    tip.hidden = true;
  }

  const later = (act, delay) => {
    clearTimeout(timer);
    timer = setTimeout(act, delay);
  };
  const markerOf = (event) => event.target.closest?.("#ra-messages .ra-marker");

  document.addEventListener("pointerover", (event) => {
    const marker = markerOf(event);
    if (event.pointerType === "touch") return;
    if (marker && marker !== shownFor) later(() => show(marker), HOVER_MS);
    else if (marker || event.target.closest?.("#ra-tip")) clearTimeout(timer);
    else if (shownFor !== document.activeElement) later(hide, LEAVE_MS);
  });
  document.addEventListener("focusin", (event) => {
    const marker = markerOf(event);
    if (marker?.matches(":focus-visible")) show(marker);
    else if (shownFor) hide();
  });
  document.addEventListener("click", hide);
  document.addEventListener("scroll", () => shownFor && hide(), { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shownFor) return;
    event.preventDefault();
    hide();
  }, true);

  // ── Copies ──────────────────────────────────────────────────────────────────────────────────
  const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const quoted = (text) => words.quote.replace("{quote}", () => text);
  const isWeb = (address) => /^https?:\/\//.test(address || "");

  const passages = (exchange) => (exchange.cited.length ? exchange.cited : exchange.nearest);

  function asText(exchange) {
    const rows = passages(exchange).map((place) => {
      const where = place.reference || words.moved;
      return `[${place.marker}] ${quoted(place.quote)} — ${where}${isWeb(place.address) ? `, ${place.address}` : ""}`;
    });
    return [exchange.answer, ...(rows.length ? ["", ...rows] : [])].join("\n");
  }

  function asHtml(exchange) {
    const rows = passages(exchange).map((place) => {
      const where = escaped(place.reference || words.moved);
      const link = isWeb(place.address) ? `<a href="${escaped(place.address)}">${where}</a>` : where;
      return `<p>[${place.marker}] ${escaped(quoted(place.quote))} — ${link}</p>`;
    });
    return `<p>${escaped(exchange.answer).replaceAll("\n", "<br>")}</p>${rows.join("")}`;
  }

  // Where the page is not served over HTTPS, browsers only offer the older way.
  async function toClipboard(plain, html) {
    try {
      const kinds = { "text/plain": new Blob([plain], { type: "text/plain" }) };
      if (html) kinds["text/html"] = new Blob([html], { type: "text/html" });
      await navigator.clipboard.write([new ClipboardItem(kinds)]);
      return true;
    } catch {
      return copiedOnEvent(plain, html);
    }
  }

  function copiedOnEvent(plain, html) {
    let isDone = false;
    const fillClipboard = (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      event.clipboardData.setData("text/plain", plain);
      if (html) event.clipboardData.setData("text/html", html);
      isDone = true;
    };
    document.addEventListener("copy", fillClipboard, true);
    try {
      document.execCommand("copy");
    } catch {
      isDone = false;
    }
    document.removeEventListener("copy", fillClipboard, true);
    return isDone;
  }

  async function copy(link, plain, html, done) {
    if (!(await toClipboard(plain, html))) {
      alarm(words.not_copied);
      return;
    }
    say(done);
    flash(link, words.copied_short);
  }

  function flash(link, text) {
    const shown = find("span", link);
    if (!shown || link.classList.contains("is-done")) return;
    const before = shown.textContent;
    shown.textContent = text;
    link.classList.add("is-done");
    setTimeout(() => {
      shown.textContent = before;
      link.classList.remove("is-done");
    }, SHORT_MS);
  }

  function linkTo(exchange) {
    const address = new URL(location.pathname, location.origin);
    address.searchParams.set("question", exchange.question);
    return address.href;
  }

  // ── Taken away ──────────────────────────────────────────────────────────────────────────────
  const MARKS = /[\\`*_{}[\]<>()#+!|~$&-]/g;
  const markdown = (text) => text.replace(MARKS, "\\$&").replace(/\s*\n\s*/g, " ");

  function exported() {
    const date = new Date();
    const told = date.toLocaleDateString("fr-FR", { day: "numeric", month: "long", year: "numeric" });
    const parts = [`# ${words.export_title}`, `*${words.export_notice.replace("{date}", told)}*`];
    for (const exchange of exchanges()) {
      parts.push(`## ${markdown(exchange.question)}`);
      if (exchange.answer) parts.push(exchange.answer.split("\n").map(markdown).join("\n\n"));
      if (exchange.stopped) parts.push(`*${words.export_stopped}*`);
      if (passages(exchange).length) parts.push(`**${words.sources}**`);
      for (const place of passages(exchange)) {
        const address = isWeb(place.address) ? ` — <${encodeURI(decodable(place.address))}>` : "";
        const where = place.reference ? markdown(place.reference) : words.moved;
        parts.push(`> \\[${place.marker}\\] ${markdown(quoted(place.quote))}\n>\n> ${where}${address}`);
      }
    }
    const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0"));
    save(`${parts.join("\n\n")}\n`, words.export_file.replace("{date}", day.join("-")));
    say(words.exported);
  }

  function decodable(address) {
    try {
      return decodeURI(address);
    } catch {
      return address;
    }
  }

  function save(text, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), SHORT_MS);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".ra-tool");
    if (!link) return;
    event.preventDefault();
    const [name, turn] = link.hash.slice(1).split("-");
    const exchange = exchanges()[Number(turn) - 1];
    if (name === "export") exported();
    else if (name === "print") window.print();
    else if (!exchange) return;
    else if (name === "copy") copy(link, asText(exchange), asHtml(exchange), words.copied);
    else if (name === "link") copy(link, linkTo(exchange), "", words.link_copied);
    else if (name === "edit") edit(Number(turn));
    else if (name === "again") {
      edit(Number(turn));
      askNow(exchange.question);
    }
  });
})();
