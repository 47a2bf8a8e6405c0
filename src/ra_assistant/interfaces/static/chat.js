// The page's own script: French whatever the browser, the conversation kept in this browser,
// markers that open their passage, one announcement a finished answer. Its words come from the server.
(() => {
  "use strict";

  const KEPT = "ra-assistant.conversation";
  const APART = "ra-assistant.apart";
  const MAX_LINK_CHARS = 500;
  const CLOSE_MS = 800;
  const DRAFT = "ra-assistant.draft";
  const { words, english } = JSON.parse(document.getElementById("ra-words").textContent);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const wide = window.matchMedia("(min-width: 60rem)");

  // Gradio takes its language from the browser: ours is French before it looks.
  Object.defineProperty(navigator, "language", { get: () => "fr" });
  Object.defineProperty(navigator, "languages", { get: () => ["fr"] });

  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // A storage that is refused or full: what it should keep lasts as long as the page.
  const storage = (name) => ({
    get(key) {
      try {
        return window[name].getItem(key);
      } catch {
        return null;
      }
    },
    set(key, text) {
      try {
        if (text) window[name].setItem(key, text);
        else window[name].removeItem(key);
      } catch {
        // See above.
      }
    },
  });
  const tab = storage("sessionStorage");
  const browser = storage("localStorage");

  // ── The conversation, kept here and nowhere else ────────────────────────────────────────────
  // Each tab has its own; a new tab goes on with the one that was kept last. What begins with a link
  // to a question stays in its tab.
  const store = {
    read() {
      try {
        const kept = JSON.parse(tab.get(KEPT) ?? browser.get(KEPT) ?? "[]");
        return Array.isArray(kept) ? kept : [];
      } catch {
        return [];
      }
    },
    write(exchanges) {
      const text = JSON.stringify(exchanges);
      tab.set(KEPT, text);
      if (!tab.get(APART)) browser.set(KEPT, exchanges.length ? text : "");
    },
  };

  // The question on its way: Gradio reloads the page after a cut, the box must not come back empty.
  const draft = { keep: (text) => tab.set(DRAFT, text), read: () => tab.get(DRAFT) || "" };

  // `?question=…`: asked once, in a conversation of its own.
  function linked() {
    const asked = new URLSearchParams(location.search).get("question");
    if (asked === null) return "";
    const address = new URL(location.href);
    address.searchParams.delete("question");
    history.replaceState(null, "", address.pathname + address.search + address.hash);
    return asked.replace(/[\p{C}\p{Z}]+/gu, " ").trim().slice(0, MAX_LINK_CHARS);
  }

  // A conversation begun in the widget of another site comes as its questions, after the #: they never
  // reach the server's log, and the answers are made anew.
  function brought() {
    if (!location.hash.startsWith("#questions=")) return null;
    try {
      const questions = JSON.parse(decodeURIComponent(location.hash.slice("#questions=".length)));
      return Array.isArray(questions) && questions.length ? { questions } : null;
    } catch {
      return null;
    } finally {
      history.replaceState(null, "", location.pathname + location.search);
    }
  }

  let isBrought = false;
  let starter = null;
  let lastMarker = null;
  let exchanges = [];
  let editing = 0;
  let recalled = 0;
  let toAsk = "";
  let isClosed = false;

  window.raChat = {
    words, find, all, say, alarm, askNow, edit,
    exchanges: () => exchanges,
    remembered() {
      toAsk = linked();
      if (toAsk) {
        tab.set(APART, "1");
        return [[]];
      }
      const conversation = brought();
      isBrought = conversation !== null;
      return [conversation ?? store.read()];
    },
    restored(kept) {
      exchanges = Array.isArray(kept) ? kept : [];
      if (isBrought || exchanges.length) store.write(exchanges);
      isBrought = false;
      if (toAsk) askNow(toAsk);
      toAsk = "";
    },
    ask(question, kept) {
      const asked = starter ?? question;
      starter = null;
      recalled = 0;
      const former = editing && Array.isArray(kept) ? kept.slice(0, editing - 1) : kept;
      edit(0);
      draft.keep(asked);
      isClosed = false;
      setBusy(true);
      alarm("");
      say(words.searching);
      return [asked, former];
    },
    answered(kept) {
      setBusy(false);
      exchanges = Array.isArray(kept) ? kept : [];
      store.write(exchanges);
      const isRefused = find("#ra-hint [role=alert]") !== null;
      const last = exchanges.at(-1);
      const isSettled = (last?.outcome || last?.stopped) && last.question === draft.read().trim();
      if (isRefused || isSettled) draft.keep("");
      if (!isRefused) announce(last);
      if (!isRefused) requestAnimationFrame(showLast);
    },
    failed() {
      putBack();
      // Gradio says itself that it is busy or cut off; of any other failure it says nothing.
      if (!find(".toast-body.error")) alarm(words.failed);
    },
    forget() {
      exchanges = [];
      store.write([]);
      edit(0);
      setBusy(false);
      say(words.erased);
      return [];
    },
  };

  // The question that did not leave, or was not answered, goes back to its box.
  function putBack() {
    setBusy(false);
    const box = question();
    const asked = draft.read();
    if (box && !box.value && asked) put(asked);
  }

  function put(text) {
    const box = question();
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.setSelectionRange(text.length, text.length);
  }

  const plain = (button) => button.textContent.trim().replaceAll("\u2011", "-");
  const isBusy = () => document.body.classList.contains("ra-busy");

  function askNow(text) {
    if (isBusy() || !text) return;
    starter = text;
    find("#ra-send").click();
  }

  // A question asked otherwise takes the place of the one it was, and of all that followed; 0 for none.
  function edit(turn) {
    const was = editing;
    editing = exchanges[turn - 1] ? turn : 0;
    document.body.classList.toggle("ra-editing", editing > 0);
    find("#ra-editing")?.remove();
    if (!editing) {
      if (was && !isBusy() && question()?.value === exchanges[was - 1]?.question) put("");
      return;
    }
    const bar = document.createElement("p");
    bar.id = "ra-editing";
    bar.textContent = editing === exchanges.length ? words.editing_last : words.editing;
    const leave = document.createElement("button");
    leave.type = "button";
    leave.textContent = words.cancel_editing;
    leave.addEventListener("click", () => leaveEditing());
    bar.append(" ", leave);
    find("#ra-ask").prepend(bar);
    put(exchanges[editing - 1].question);
    question().focus();
    say(bar.firstChild.data);
  }

  function leaveEditing() {
    put("");
    edit(0);
    question().focus();
  }

  // Up and down go through the questions asked before, as in a terminal, from an empty box.
  function recall(event, step) {
    const box = question();
    const asked = exchanges.map((exchange) => exchange.question);
    const shown = recalled ? asked.at(-recalled) : "";
    if (editing || isBusy() || box.value !== shown) return;
    const next = Math.min(Math.max(recalled + step, 0), asked.length);
    if (next === recalled) return;
    event.preventDefault();
    recalled = next;
    put(recalled ? asked.at(-recalled) : "");
  }

  function setBusy(isBusy) {
    const stop = find("#ra-stop");
    const hadFocus = [stop, find("#ra-send")].includes(document.activeElement);
    document.body.classList.toggle("ra-busy", isBusy);
    if (hadFocus) (isBusy ? stop : question())?.focus();
  }

  const question = () => find("#ra-box textarea");

  function announce(exchange) {
    if (exchange?.answer) say(words.answer_ready.replace("{answer}", exchange.answer));
  }

  function alarm(text) {
    let shown = find("#ra-alarm");
    if (!shown) {
      shown = document.createElement("p");
      shown.id = "ra-alarm";
      shown.setAttribute("role", "alert");
      find("#ra-ask").prepend(shown);
    }
    shown.textContent = text;
  }

  function say(text) {
    const status = find("#ra-status");
    if (status) status.textContent = text;
  }

  // ── Markers and passages ────────────────────────────────────────────────────────────────────
  function open(link) {
    const target = document.getElementById(link.hash.slice(1));
    const section = target?.closest(".ra-sources");
    if (!section) return;
    all(".ra-sources").forEach((other) => { other.hidden = other !== section; });
    all(".ra-marker").forEach((marker) => marker.classList.toggle("is-open", marker === link));
    all(".ra-source").forEach((source) => source.classList.toggle("is-open", source === target));
    lastMarker = link;
    target.focus({ preventScroll: true });
    reveal(target, wide.matches ? "nearest" : "start");
  }

  // The answer is there, so that the question can now come to the top, or as near to it as the length allows.
  function showLast() {
    const row = all("#ra-messages .ra-question").at(-1)?.closest(".message-row");
    if (row) reveal(row, "start");
  }

  function goBack(turn) {
    const answers = all("#ra-messages .ra-answer:not(.ra-welcome)");
    const answer = answers[turn - 1];
    const marker = lastMarker && answer?.contains(lastMarker) ? lastMarker : answer && find("a", answer);
    if (marker) marker.focus({ preventScroll: true });
    if (answer) reveal(answer, "nearest");
  }

  function reveal(element, block) {
    element.scrollIntoView({ block, behavior: calm.matches ? "auto" : "smooth" });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link?.hash === "#ra-box") {
      event.preventDefault();
      question()?.focus();
    } else if (link?.hash.startsWith("#source")) {
      event.preventDefault();
      open(link);
    } else if (link?.hash.startsWith("#answer-")) {
      event.preventDefault();
      goBack(Number(link.hash.split("-")[1]));
    }
    const follow = event.target.closest?.(".ra-follow");
    if (follow) askNow(plain(follow));
    const chosen = event.target.closest?.(".ra-starter");
    if (chosen) starter = plain(chosen);
  }, true);

  document.addEventListener("keydown", (event) => {
    const isInBox = event.target === question();
    if (isInBox && event.key === "Enter" && !event.shiftKey && isBusy()) {
      event.preventDefault();
      event.stopPropagation();
    }
    if (isInBox && event.key === "ArrowUp") recall(event, 1);
    if (isInBox && event.key === "ArrowDown") recall(event, -1);
    const button = event.key === " " && event.target.closest?.('a[role="button"]');
    if (button) {
      event.preventDefault();
      button.click();
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const section = event.target.closest?.(".ra-sources");
    if (section) goBack(Number(section.id.split("-")[1]));
    else if (isBusy()) find("#ra-stop").click();
    else if (editing) leaveEditing();
  });

  // ── What Gradio writes in English or leaves to be said ──────────────────────────────────────
  const LABELS = ["aria-label", "title", "placeholder"];

  function translate(element) {
    for (const name of LABELS) {
      const said = element.getAttribute(name);
      if (said && Object.hasOwn(english, said.trim())) element.setAttribute(name, english[said.trim()]);
    }
    if (element.matches('[data-testid="bot"], [data-testid="user"]')) element.removeAttribute("aria-label");
    if (element.matches('[role="log"]')) element.setAttribute("aria-live", "off");
    if (element.matches(".ra-marker")) label(element);
    if (element.matches(".ra-tool")) makeButton(element);
  }

  // Messages hold no button of ours, only links to a fragment: this is where they become buttons.
  function makeButton(link) {
    if (link.getAttribute("role") === "button") return;
    const name = link.hash.slice(1).split("-")[0];
    link.setAttribute("role", "button");
    const spoken = words[`${name}_label`] ?? link.textContent;
    link.title = spoken;
    link.setAttribute("aria-label", spoken);
    if (["up", "down"].includes(name)) link.setAttribute("aria-pressed", "false");
  }

  function label(marker) {
    const number = marker.textContent.replace(/\D/g, "");
    const spoken = words.marker_label.replace("{number}", number);
    if (marker.getAttribute("aria-label") !== spoken) marker.setAttribute("aria-label", spoken);
  }

  function translateText(node) {
    const said = node.data.trim();
    if (Object.hasOwn(english, said) && !node.parentElement?.closest("#ra-app")) node.data = english[said];
  }

  function mend(root) {
    if (root.nodeType === Node.TEXT_NODE) translateText(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    translate(root);
    all("[aria-label], [title], [placeholder], .ra-marker, .ra-tool, [role=log]", root).forEach(translate);
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) translateText(texts.currentNode);
  }

  let questions = 0;

  function follow() {
    const asked = all("#ra-messages .ra-question");
    if (asked.length > questions && isBusy()) {
      const row = asked.at(-1).closest(".message-row") || asked.at(-1);
      requestAnimationFrame(() => reveal(row, "start"));
      all(".ra-marker.is-open").forEach((marker) => marker.classList.remove("is-open"));
      find("#ra-panel").scrollTop = 0;
    }
    questions = asked.length;
    if (find("#ra-messages .ra-pending")) closeLater();
    if (question() && find("#ra-splash")) {
      find("#ra-splash").remove();
      putBack();
    }
  }

  // An answer that nothing works on any more: stopped while a last word was on its way, or broken off.
  let closing = 0;

  function closeLater() {
    clearTimeout(closing);
    closing = setTimeout(() => {
      if (isBusy() || isClosed || !find("#ra-messages .ra-pending")) return;
      isClosed = true;
      find("#ra-stop").click();
    }, CLOSE_MS);
  }

  function watch() {
    const status = document.createElement("div");
    status.id = "ra-status";
    status.className = "ra-heard";
    status.className = "ra-heard";
    status.setAttribute("role", "status");
    document.body.append(status);
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === "childList") change.addedNodes.forEach(mend);
        else if (change.type === "characterData") translateText(change.target);
        else translate(change.target);
      }
      follow();
    }).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: LABELS,
    });
    mend(document.body);
  }

  document.addEventListener("DOMContentLoaded", watch);
})();
