// The back office's own script: French whatever the browser, files too large refused before they leave, the end of
// the session said, and the keyboard's place kept when a control goes away. Its words come from the server.
(() => {
  "use strict";

  const MAX_FILE_BYTES = 200 * 1024 * 1024;
  const { words, english } = JSON.parse(document.getElementById("ra-words").textContent);

  Object.defineProperty(navigator, "language", { get: () => "fr" });
  Object.defineProperty(navigator, "languages", { get: () => ["fr"] });

  // ── The session ─────────────────────────────────────────────────────────────────────────────
  const fetched = window.fetch.bind(window);
  window.fetch = async (...asked) => {
    const answer = await fetched(...asked);
    if (answer.status === 401) sayGone();
    return answer;
  };

  function sayGone() {
    if (document.getElementById("ra-gone")) return;
    const gone = document.createElement("div");
    gone.id = "ra-gone";
    gone.setAttribute("role", "alert");
    const way = document.createElement("a");
    way.href = ".";
    way.textContent = words.enter_again;
    gone.append(words.session_over, way);
    document.body.append(gone);
    way.focus();
  }

  // ── Files ───────────────────────────────────────────────────────────────────────────────────
  function refuseTooLarge(event, files) {
    const found = [...(files ?? [])].find((file) => file.size > MAX_FILE_BYTES);
    const said = document.getElementById("ra-too-large");
    if (said) said.remove();
    if (!found) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.target.value) event.target.value = "";
    const refusal = document.createElement("p");
    refusal.id = "ra-too-large";
    refusal.className = "ra-said ra-wrong";
    refusal.setAttribute("role", "alert");
    refusal.textContent = words.file_too_large.replace("{name}", found.name);
    document.getElementById("ra-file").after(refusal);
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches?.('#ra-file input[type="file"]')) refuseTooLarge(event, event.target.files);
  }, true);
  document.addEventListener("drop", (event) => {
    if (event.target.closest?.("#ra-file")) refuseTooLarge(event, event.dataTransfer?.files);
  }, true);

  // ── The keyboard's place ────────────────────────────────────────────────────────────────────
  let pressed = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#ra-office button");
    if (button) pressed = button;
  }, true);

  function keepPlace() {
    const isLost = document.activeElement === document.body || document.activeElement === null;
    const isGone = pressed !== null && (!pressed.isConnected || pressed.disabled || pressed.offsetParent === null);
    const said = document.querySelector("#ra-office .ra-said");
    if (isLost && isGone && said) {
      pressed = null;
      said.focus({ preventScroll: true });
      said.scrollIntoView({ block: "nearest" });
    }
  }

  // ── What Gradio writes in English ───────────────────────────────────────────────────────────
  const LABELS = ["aria-label", "title", "placeholder"];

  function translate(element) {
    for (const name of LABELS) {
      const said = element.getAttribute(name)?.trim();
      if (said && Object.hasOwn(english, said)) element.setAttribute(name, english[said]);
    }
  }

  function translateText(node) {
    const said = node.data.trim();
    if (Object.hasOwn(english, said)) node.data = english[said];
  }

  function mend(root) {
    if (root.nodeType === Node.TEXT_NODE) translateText(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    translate(root);
    root.querySelectorAll("[aria-label], [title], [placeholder]").forEach(translate);
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) translateText(texts.currentNode);
  }

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === "childList") change.addedNodes.forEach(mend);
        else if (change.type === "characterData") translateText(change.target);
        else translate(change.target);
      }
      keepPlace();
    }).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: LABELS,
    });
    mend(document.body);
  });
})();
