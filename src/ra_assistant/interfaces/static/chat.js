// The page's own script: French whatever the browser, the conversation kept in this browser,
// markers that open their passage, one announcement a finished answer. Its words come from the server.
(() => {
  "use strict";

  const KEPT = "ra-assistant.conversation";
  const DRAFT = "ra-assistant.draft";
  const { words, english } = JSON.parse(document.getElementById("ra-words").textContent);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const wide = window.matchMedia("(min-width: 60rem)");

  // Gradio takes its language from the browser: ours is French before it looks.
  Object.defineProperty(navigator, "language", { get: () => "fr" });
  Object.defineProperty(navigator, "languages", { get: () => ["fr"] });

  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // ── The conversation, kept here and nowhere else ────────────────────────────────────────────
  const store = {
    read() {
      try {
        const kept = JSON.parse(localStorage.getItem(KEPT) || "[]");
        return Array.isArray(kept) ? kept : [];
      } catch {
        return [];
      }
    },
    write(exchanges) {
      try {
        if (exchanges.length) localStorage.setItem(KEPT, JSON.stringify(exchanges));
        else localStorage.removeItem(KEPT);
      } catch {
        // Storage refused or full: the conversation lasts as long as the page.
      }
    },
  };

  // The question on its way: Gradio reloads the page after a cut, the box must not come back empty.
  const draft = {
    keep(text) {
      try {
        sessionStorage.setItem(DRAFT, text);
      } catch {
        // Storage refused: a question cut off is typed again.
      }
    },
    read() {
      try {
        return sessionStorage.getItem(DRAFT) || "";
      } catch {
        return "";
      }
    },
  };

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

  window.raChat = {
    remembered() {
      const conversation = brought();
      isBrought = conversation !== null;
      return [conversation ?? store.read()];
    },
    restored(kept) {
      if (isBrought && Array.isArray(kept)) store.write(kept);
      isBrought = false;
    },
    ask(question, kept) {
      const asked = starter ?? question;
      starter = null;
      draft.keep(asked);
      setBusy(true);
      alarm("");
      say(words.searching);
      return [asked, kept];
    },
    answered(kept) {
      setBusy(false);
      const exchanges = Array.isArray(kept) ? kept : [];
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
      store.write([]);
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
    if (!box || box.value || !asked) return;
    box.value = asked;
    box.dispatchEvent(new Event("input", { bubbles: true }));
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
    if (link?.hash.startsWith("#source")) {
      event.preventDefault();
      open(link);
    } else if (link?.hash.startsWith("#answer-")) {
      event.preventDefault();
      goBack(Number(link.hash.split("-")[1]));
    }
    const chosen = event.target.closest?.(".ra-starter");
    if (chosen) starter = chosen.textContent.trim().replaceAll("\u2011", "-");
  }, true);

  document.addEventListener("keydown", (event) => {
    const isSending = event.key === "Enter" && !event.shiftKey && event.target === question();
    if (isSending && document.body.classList.contains("ra-busy")) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    const section = event.key === "Escape" && event.target.closest?.(".ra-sources");
    if (section) goBack(Number(section.id.split("-")[1]));
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
    all("[aria-label], [title], [placeholder], .ra-marker, [role=log]", root).forEach(translate);
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) translateText(texts.currentNode);
  }

  let questions = 0;

  function follow() {
    const asked = all("#ra-messages .ra-question");
    if (asked.length > questions && document.body.classList.contains("ra-busy")) {
      const row = asked.at(-1).closest(".message-row") || asked.at(-1);
      requestAnimationFrame(() => reveal(row, "start"));
      all(".ra-marker.is-open").forEach((marker) => marker.classList.remove("is-open"));
      find("#ra-panel").scrollTop = 0;
    }
    questions = asked.length;
    if (question() && find("#ra-splash")) {
      find("#ra-splash").remove();
      putBack();
    }
  }

  function watch() {
    const status = document.createElement("div");
    status.id = "ra-status";
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
