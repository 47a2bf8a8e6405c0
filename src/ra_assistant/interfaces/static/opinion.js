// What a visitor thinks of an answer: useful, to be looked at again and why, an error.
(() => {
  "use strict";

  const { words, find, all, say, alarm, exchanges } = window.raChat;
  const ADDRESS = "api/v1/feedback";
  const MAX_COMMENT_CHARS = 500;
  const REASONS = ["wrong_figure", "missing_sources", "too_long", "off_topic", "report_error"];
  const given = new Map();

  // ── Sending ─────────────────────────────────────────────────────────────────────────────────
  // Returns what to tell the visitor when the opinion did not arrive, an empty text when it did.
  async function send(opinion) {
    try {
      const reply = await fetch(ADDRESS, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(opinion),
      });
      if (reply.ok) return "";
      const told = await reply.json().catch(() => ({}));
      return told.detail || words.feedback_failed;
    } catch {
      return words.feedback_failed;
    }
  }

  const named = (exchange) => ({ id: exchange.id, build_id: exchange.build_id });

  function mark(turn, verdict) {
    for (const name of ["up", "down"]) {
      const link = find(`#ra-messages .ra-tool-${name}[href="#${name}-${turn}"]`);
      link?.setAttribute("aria-pressed", String(name === verdict));
    }
  }

  async function useful(turn, exchange) {
    const trouble = await send({ ...named(exchange), verdict: "up" });
    if (trouble) alarm(trouble);
    else thank(turn, exchange, "up");
  }

  function thank(turn, exchange, verdict) {
    alarm("");
    given.set(exchange.id, verdict);
    mark(turn, verdict);
    say(words.thanks);
  }

  // ── Why ─────────────────────────────────────────────────────────────────────────────────────
  function made(name, properties = {}, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  function choice(reason) {
    const input = made("input", { type: "radio", name: "reason", value: reason });
    return made("label", { className: "ra-choice" }, input, made("span", { textContent: words[reason] }));
  }

  function ask(turn, exchange, isReport) {
    const title = made("h2", { id: "ra-opinion-title", textContent: isReport ? words.report_title : words.feedback_title });
    const reasons = made("fieldset", {}, made("legend", { textContent: words.reasons, className: "ra-heard" }), ...REASONS.map(choice));
    const comment = made("textarea", { id: "ra-comment", name: "comment", maxLength: MAX_COMMENT_CHARS, rows: 3 });
    comment.setAttribute("aria-describedby", "ra-comment-help");
    const label = made("label", { htmlFor: "ra-comment", textContent: isReport ? words.comment_wanted : words.comment });
    const help = made("p", { id: "ra-comment-help", className: "ra-small", textContent: words.comment_help });
    const join = made("input", { type: "checkbox", name: "join", checked: isReport });
    const joined = made("label", { className: "ra-choice ra-join" }, join, made("span", { textContent: words.join }));
    const trouble = made("p", { className: "ra-trouble" });
    trouble.setAttribute("role", "alert");
    const leave = made("button", { type: "button", textContent: words.cancel, className: "ra-plain" });
    const submit = made("button", { type: "submit", textContent: words.send, className: "ra-main" });
    const form = made("form", { noValidate: true }, title, ...(isReport ? [] : [reasons]), label, comment, help, joined, trouble,
      made("p", { className: "ra-buttons" }, leave, submit));
    const dialog = made("dialog", { id: "ra-opinion" }, form);
    dialog.setAttribute("aria-labelledby", "ra-opinion-title");
    document.body.append(dialog);
    leave.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const reason = isReport ? "report_error" : find("input[name=reason]:checked", form)?.value;
      const said = comment.value.trim();
      const missing = !reason ? words.reason_missing : reason === "report_error" && !said ? words.comment_missing : "";
      trouble.textContent = missing;
      if (missing) {
        (reason ? comment : find("input[name=reason]", form)).focus();
        return;
      }
      const opinion = { ...named(exchange), verdict: "down", reason, comment: said };
      if (join.checked) Object.assign(opinion, { question: exchange.question, answer: exchange.answer });
      submit.disabled = true;
      submit.textContent = words.sending;
      trouble.textContent = await send(opinion);
      submit.disabled = false;
      submit.textContent = words.send;
      if (trouble.textContent) return;
      dialog.close();
      thank(turn, exchange, "down");
    });
    dialog.showModal();
    (isReport ? comment : find("input[name=reason]", form)).focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".ra-tool");
    const [name, turn] = (link?.hash ?? "").slice(1).split("-");
    const exchange = exchanges()[Number(turn) - 1];
    if (!exchange?.id) return;
    if (name === "up") useful(Number(turn), exchange);
    if (name === "down" || name === "report") ask(Number(turn), exchange, name === "report");
  });

  // Gradio draws the messages again; what was pressed stays pressed.
  new MutationObserver(() => {
    for (const [id, verdict] of given) {
      const turn = exchanges().findIndex((exchange) => exchange.id === id) + 1;
      const link = turn && find(`#ra-messages .ra-tool-${verdict}[href="#${verdict}-${turn}"][aria-pressed="false"]`);
      if (link) mark(turn, verdict);
    }
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
