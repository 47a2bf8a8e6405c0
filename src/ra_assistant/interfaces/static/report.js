// The reading room's own script. Every page works without it: it adds keys, and copying with the reference.
(() => {
  "use strict";

  const find = (selector) => document.querySelector(selector);
  const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

  // ── Keys ────────────────────────────────────────────────────────────────────────────────────
  const TURNS = { ArrowLeft: "prev", ArrowRight: "next" };
  const STEPS = { ArrowUp: "prev", ArrowDown: "next" };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    const step = event.altKey && STEPS[event.key] && find(`[data-step=${STEPS[event.key]}]`);
    const inTable = event.target.closest?.(".table");
    const turn = !event.altKey && !inTable && !isTyping(event.target) && TURNS[event.key]
      && find(`[data-turn=${TURNS[event.key]}]`);
    const link = step || turn;
    if (!link) return;
    event.preventDefault();
    link.click();
  });

  // The same words asked again: the next passage.
  find("form[data-query]")?.addEventListener("submit", (event) => {
    const next = find("[data-step=next]");
    if (!next || event.target.elements.q.value.trim() !== event.target.dataset.query) return;
    event.preventDefault();
    next.click();
  });

  // ── Copying ─────────────────────────────────────────────────────────────────────────────────
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyOldWay(text);
    }
  }

  // Where the page is not served by HTTPS, browsers offer no clipboard.
  function copyOldWay(text) {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "ra-heard";
    document.body.append(box);
    box.select();
    const isDone = document.execCommand("copy");
    box.remove();
    return isDone;
  }

  async function copied(button, text) {
    const isDone = await copy(text);
    const said = isDone ? button.dataset.done : button.dataset.failed;
    const words = button.dataset.words ?? (button.dataset.words = button.textContent);
    button.textContent = said;
    const status = find("#said");
    if (status) status.textContent = said;
    setTimeout(() => { button.textContent = words; }, 2500);
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copied(button, button.dataset.copy));
  }

  const pick = find("#pick");
  const text = find("#texte");
  let picked = "";

  // The printed page on which a place stands: that of the last page turn before it.
  function labelAt(node, offset) {
    let label = text.dataset.label ?? "";
    const place = document.createRange();
    place.setStart(node, offset);
    for (const turn of text.querySelectorAll("[data-label]")) {
      if (place.comparePoint(turn, 0) > 0) break;
      label = turn.dataset.label;
    }
    return label;
  }

  function wordsOf(range) {
    const part = range.cloneContents();
    for (const turn of part.querySelectorAll(".turn")) turn.remove();
    for (const end of part.querySelectorAll("p, li, tr, h2, h3, h4, h5, h6, td, th, br")) end.after(" ");
    return part.textContent.replace(/\s+/g, (blank) => (blank.includes("\u00a0") ? "\u00a0" : " ")).trim();
  }

  function look() {
    const selection = document.getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    const isInside = range && !range.collapsed && text.contains(range.commonAncestorContainer);
    const words = isInside ? wordsOf(range) : "";
    if (words) {
      const { quote, page } = pick.firstElementChild.dataset;
      const label = labelAt(range.startContainer, range.startOffset);
      const reference = text.dataset.reference + (label ? `, ${page.replace("{label}", () => label)}` : "");
      picked = quote.replace("{quote}", () => words).replace("{reference}", () => reference);
    }
    // A press on the button takes the selection away before the click.
    if (words || !pick.contains(document.activeElement)) pick.hidden = !words;
  }

  if (pick && text?.dataset.reference) {
    document.addEventListener("selectionchange", look);
    pick.addEventListener("mousedown", (event) => event.preventDefault());
    pick.firstElementChild.addEventListener("click", () => copied(pick.firstElementChild, picked));
  }
})();
