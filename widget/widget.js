// The widget: one custom element in a Shadow DOM, without dependency. Built by build.py, which puts the
// words and the style in. Nothing is asked of the server, and nothing is stored, before a visitor opens it.
(() => {
  "use strict";
  const NAME = "ra-assistant";
  const WORDS = __WORDS__;
  const CSS = __CSS__;
  const SETTINGS = ["mode", "position", "theme", "lang", "color", "heading", "welcome", "starters", "home"];
  const KEPT_TURNS = 10;
  const PLAIN = new Set(["answered", "not_in_report", "small_talk"]);

  const script = document.currentScript;
  const scriptHome = script ? new URL(".", script.src).href : "";
  if (customElements.get(NAME)) return;

  const shared = new CSSStyleSheet();
  shared.replaceSync(CSS);
  let made = 0;

  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child != null));
    return node;
  };
  const identifier = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const webAddress = (address) => {
    try {
      return /^https?:$/.test(new URL(address).protocol) ? address : "";
    } catch {
      return "";
    }
  };

  // Black or white, whichever stands out more on a colour: at least 4.5:1 on any.
  const inkOn = (color) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(color.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
  };

  class Refusal extends Error {}

  class Assistant extends HTMLElement {
    static observedAttributes = SETTINGS;
    #turns = [];
    #own = new CSSStyleSheet();
    #number = ++made;
    #asking = null;
    #isOpen = false;
    #isRestored = false;
    #offered = null;
    #kept = null;
    #place = null;

    connectedCallback() {
      if (!this.shadowRoot) {
        this.attachShadow({ mode: "open" }).adoptedStyleSheets = [shared, this.#own];
        for (const kind of ["keydown", "keyup", "keypress"]) {
          // Shortcuts of the host page would take what is typed here.
          this.shadowRoot.addEventListener(kind, (event) => event.stopPropagation());
        }
      }
      this.#build();
    }

    disconnectedCallback() {
      this.#asking?.abort();
      this.#watch(false);
    }

    attributeChangedCallback() {
      if (this.isConnected && this.shadowRoot) this.#build();
    }

    get #isInline() {
      return this.getAttribute("mode") === "inline";
    }

    get #words() {
      return { ...WORDS.fr, ...WORDS[this.getAttribute("lang")] };
    }

    get #home() {
      const given = this.getAttribute("home");
      return given ? webAddress(given) : scriptHome;
    }

    get #key() {
      return [NAME, this.#home, this.id || this.#number].join(" ");
    }

    #find(selector) {
      return this.shadowRoot.querySelector(selector);
    }

    // ── What is shown ────────────────────────────────────────────────────────────────────────────
    #build() {
      const words = this.#words;
      const color = (this.getAttribute("color") || "").replace(/^#(\w)(\w)(\w)$/, "#$1$1$2$2$3$3");
      const isColor = /^#[0-9a-f]{6}$/i.test(color);
      this.#own.replaceSync(isColor ? ":host{--accent:" + color + ";--on-accent:" + inkOn(color) + "}" : "");
      this.#isOpen = this.#isOpen || this.#isInline;
      const lang = WORDS[this.getAttribute("lang")] ? this.getAttribute("lang") : "fr";
      const root = make("div", { class: "root", part: "root", lang, popover: !this.#isInline && "manual" });
      if (!this.#isInline) root.append(this.#launcher(words));
      root.append(this.#panel(words));
      this.shadowRoot.replaceChildren(root);
      if (!this.#isInline) root.showPopover?.();
      this.#turns.forEach((turn) => this.#log(turn));
      this.#offer();
      if (this.#isOpen) this.#watch(true);
      if (this.#isInline) this.#find("textarea").addEventListener("focus", () => this.#begin(), { once: true });
    }

    #launcher(words) {
      const shown = this.#isOpen;
      return make(
        "button",
        {
          type: "button", class: "launch", part: "button", "aria-expanded": String(shown),
          "aria-controls": "panel", click: () => (this.#isOpen ? this.close() : this.open()),
        },
        make("span", { class: "sign", "aria-hidden": "true" }, "?"),
        make("span", {}, words.launch),
      );
    }

    #panel(words) {
      const heading = this.getAttribute("heading") || words.heading;
      const button = (name, click) => make("button", { type: "button", class: "quiet " + name, click }, words[name]);
      const expand = make(
        "a", { class: "quiet", href: this.#home, target: "_blank", rel: "noopener", id: "expand" },
        words.expand, make("span", { class: "heard" }, " (" + words.tab + ")"),
      );
      const close = !this.#isInline && button("close", () => this.close());
      const panel = make(
        "section",
        {
          id: "panel", class: "panel", part: "panel", role: this.#isInline ? "region" : "dialog",
          "aria-labelledby": "heading", hidden: !this.#isOpen,
          keydown: (event) => {
            if (event.key === "Escape" && !this.#isInline && !event.isComposing) this.close();
          },
        },
        make(
          "div", { class: "head", part: "header" }, make("h2", { id: "heading" }, heading),
          make("div", { class: "tools" }, expand, button("erase", () => this.#erase()), close || null),
        ),
        make(
          "div", { class: "talk", part: "conversation", tabindex: "0", role: "group", "aria-label": words.conversation },
          make("p", { class: "welcome" }, this.getAttribute("welcome") || words.welcome),
          make("div", { class: "log", role: "log", "aria-label": words.conversation }),
          make("div", { class: "pending", "aria-hidden": "true" }),
          make("div", { class: "offers" }),
          make("div", { class: "alarm", role: "alert" }),
        ),
        make("p", { class: "status", role: "status" }),
        this.#form(words),
        make("p", { class: "privacy" }, this.#kept === null ? "" : this.#privacy(words)),
      );
      return panel;
    }

    #form(words) {
      const box = make("textarea", {
        id: "box", rows: "1", maxlength: "2000", placeholder: words.placeholder, part: "input", enterkeyhint: "send",
        keydown: (event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            this.#send();
          }
        },
      });
      return make(
        "form",
        {
          class: "ask",
          submit: (event) => {
            event.preventDefault();
            if (this.#asking) this.#asking.abort("stop");
            else this.#send();
          },
        },
        make("label", { for: "box", class: "heard" }, words.label), box,
        make("button", { class: "send", part: "send" }, this.#asking ? words.stop : words.send),
      );
    }

    // ── Opening and closing ──────────────────────────────────────────────────────────────────────
    open() {
      if (this.#isInline || this.#isOpen) return;
      this.#show(true);
      this.#begin();
      this.#find("textarea").focus();
    }

    close() {
      if (this.#isInline || !this.#isOpen) return;
      this.#show(false);
      this.#find(".launch").focus();
    }

    #show(isOpen) {
      this.#isOpen = isOpen;
      this.#find(".panel").hidden = !isOpen;
      this.#find(".launch").setAttribute("aria-expanded", String(isOpen));
      this.#watch(isOpen);
    }

    // On a phone the keyboard covers the page: the panel takes what is left.
    #watch(isOn) {
      const seen = window.visualViewport;
      if (!seen) return;
      if (this.#place) {
        seen.removeEventListener("resize", this.#place);
        seen.removeEventListener("scroll", this.#place);
        this.#place = null;
      }
      if (!isOn || this.#isInline) return;
      const panel = this.#find(".panel");
      this.#place = () => {
        panel.style.setProperty("--height", seen.height + "px");
        panel.style.setProperty("--top", seen.offsetTop + "px");
      };
      seen.addEventListener("resize", this.#place);
      seen.addEventListener("scroll", this.#place);
      this.#place();
    }

    async #begin() {
      if (!this.#isRestored) {
        this.#isRestored = true;
        this.#restore();
      }
      const given = this.getAttribute("starters");
      if (given != null) this.#offered = given.split("|").map((text) => text.trim()).filter(Boolean);
      this.#offer();
      if (this.#kept !== null && this.#offered) return;
      try {
        const reply = await fetch(this.#home + "api/v1/starters", { credentials: "omit" });
        if (reply.ok) {
          const told = await reply.json();
          this.#offered ??= told.starters;
          this.#kept = told.kept_days || 0;
          this.#find(".privacy").textContent = this.#privacy(this.#words);
        }
      } catch {
        // Unreachable: the first question will say so.
      }
      this.#offer();
    }

    // What becomes of questions, as the server says: days that their words are kept, 0 for none.
    #privacy(words) {
      return this.#kept ? words.kept.replace("{days}", this.#kept + words[this.#kept > 1 ? "days" : "day"]) : words.privacy;
    }

    #offer() {
      const shown = this.#turns.length ? [] : this.#offered || [];
      const starter = (text) =>
        make("li", {}, make("button", { type: "button", class: "starter", click: () => this.#ask(text) }, text));
      this.#find(".offers").replaceChildren(
        ...(shown.length ? [make("p", {}, this.#words.starters), make("ul", {}, ...shown.map(starter))] : []),
      );
      this.#find(".erase").hidden = !this.#turns.length;
      const questions = this.#turns.map((turn) => turn.question);
      this.#find("#expand").href =
        this.#home + (questions.length ? "#questions=" + encodeURIComponent(JSON.stringify(questions)) : "");
    }

    // ── The conversation, kept in this tab from the first question on ────────────────────────────
    #restore() {
      try {
        const kept = JSON.parse(sessionStorage.getItem(this.#key) || "[]");
        this.#turns = kept.filter((turn) => typeof turn.question === "string" && PLAIN.has(turn.answer?.outcome));
      } catch {
        this.#turns = [];
      }
      this.#turns.forEach((turn) => this.#log(turn));
      this.#offer();
    }

    #keep() {
      try {
        if (this.#turns.length) sessionStorage.setItem(this.#key, JSON.stringify(this.#turns));
        else sessionStorage.removeItem(this.#key);
      } catch {
        // Storage refused: the conversation lasts as long as the page.
      }
    }

    #erase() {
      this.#asking?.abort();
      this.#turns = [];
      this.#keep();
      for (const part of [".log", ".pending", ".alarm"]) this.#find(part).replaceChildren();
      this.#say(this.#words.erased);
      this.#find("textarea").focus();
      this.#offer();
      this.#begin();
    }

    #say(text) {
      this.#find(".status").textContent = text;
    }

    // ── Asking ───────────────────────────────────────────────────────────────────────────────────
    #send() {
      const box = this.#find("textarea");
      const question = box.value.trim();
      if (!question || this.#asking) return;
      box.value = "";
      this.#ask(question);
    }

    async #ask(question) {
      if (this.#asking) return;
      const turn = { id: identifier(), question, seen: "", text: "", answer: null };
      this.#asking = new AbortController();
      const { signal } = this.#asking;
      this.#busy(true);
      this.#find(".alarm").replaceChildren();
      this.#find(".offers").replaceChildren();
      this.#find(".pending").replaceChildren(this.#question(question), make("div", { class: "answer" }));
      this.#say(this.#words.searching);
      this.#reveal(this.#find(".pending"));
      try {
        await this.#tried(turn, signal);
      } catch (error) {
        if (!signal.aborted) this.#fail(turn, error);
        else if (signal.reason === "stop") this.#giveBack(turn, this.#words.stopped);
      } finally {
        if (this.#asking?.signal === signal) this.#asking = null;
        this.#busy(false);
      }
      if (!turn.answer || signal.aborted) return;
      this.#turns = [...this.#turns, turn].slice(-KEPT_TURNS);
      this.#keep();
      this.#find(".pending").replaceChildren();
      this.#say("");
      this.#reveal(this.#log(turn));
      this.#offer();
    }

    // A stream that was cut is taken up once, where it was.
    async #tried(turn, signal) {
      for (let tries = 2; !turn.answer; ) {
        try {
          await this.#stream(turn, signal);
        } catch (error) {
          if (error instanceof Refusal || signal.aborted) throw error;
        }
        if (!turn.answer && !--tries) throw new Error("cut");
      }
    }

    async #stream(turn, signal) {
      const history = this.#turns.slice(-6).flatMap(({ question, answer }) => [
        { role: "user", content: question },
        { role: "assistant", content: answer.answer.slice(0, 4000) },
      ]);
      const headers = { "content-type": "application/json", accept: "text/event-stream" };
      if (turn.seen) headers["last-event-id"] = turn.seen;
      const body = JSON.stringify({ id: turn.id, question: turn.question, history });
      const reply = await fetch(this.#home + "api/v1/ask", {
        method: "POST", headers, body, signal, credentials: "omit", cache: "no-store",
      });
      if (!reply.ok) throw new Refusal(this.#refusal(await reply.json().catch(() => ({}))));
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return;
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        blocks.forEach((block) => this.#hear(turn, block));
      }
    }

    #hear(turn, block) {
      const event = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
      const data = JSON.parse(event.data);
      if (event.id) turn.seen = event.id;
      if (event.event === "stage") this.#say(this.#words[data.stage] || "");
      if (event.event === "error") throw new Refusal(this.#refusal(data));
      if (event.event === "end" && PLAIN.has(data.outcome)) turn.answer = data;
      if (event.event === "text") {
        turn.text = turn.text.slice(0, data.from) + data.text;
        this.#find(".pending .answer").textContent = turn.text;
        this.#reveal(this.#find(".pending"));
      }
    }

    #refusal({ code, detail, status }) {
      const words = this.#words;
      if (!words.refused) return detail || words.failed;
      const key = code?.startsWith("too_many") ? "too_many" : { 503: "busy", 422: "refused" }[status];
      return words[key] || words.failed;
    }

    #fail(turn, error) {
      const words = this.#words;
      const isRefused = error instanceof Refusal;
      this.#giveBack(turn, "");
      const again = make("button", { type: "button", class: "quiet", click: () => this.#send() }, words.retry);
      const out = make(
        "a", { href: this.#home, target: "_blank", rel: "noopener" }, words.elsewhere + " (" + words.tab + ")",
      );
      this.#find(".alarm").replaceChildren(
        make("p", {}, isRefused ? error.message : words.unreachable),
        ...(isRefused ? [] : [make("p", {}, again, " ", out)]),
      );
      this.#reveal(this.#find(".alarm"));
    }

    // A question without an answer goes back to its box.
    #giveBack(turn, said) {
      const box = this.#find("textarea");
      if (!box.value) box.value = turn.question;
      this.#find(".pending").replaceChildren();
      this.#say(said);
      this.#offer();
    }

    #busy(isBusy) {
      this.#find(".send").textContent = isBusy ? this.#words.stop : this.#words.send;
      this.#find(".panel").setAttribute("aria-busy", String(isBusy));
    }

    #reveal(node) {
      const talk = this.#find(".talk");
      const box = node.getBoundingClientRect();
      const frame = talk.getBoundingClientRect();
      if (box.bottom > frame.bottom || box.top < frame.top) {
        talk.scrollTop += Math.min(box.top - frame.top, box.bottom - frame.bottom + 8);
      }
    }

    // ── Answers and their passages ───────────────────────────────────────────────────────────────
    #question(text) {
      return make("p", { class: "question" }, make("span", { class: "heard" }, this.#words.you + " "), text);
    }

    #log(turn) {
      const group = make("div", { class: "turn" }, this.#question(turn.question), this.#answer(turn));
      this.#find(".log").append(group);
      return group;
    }

    #answer({ id, answer }) {
      const words = this.#words;
      const text = answer.answer;
      const cards = new Map(answer.citations.map((row) => [row.marker, this.#card(row, id)]));
      const shown = make("div", { class: "answer " + answer.outcome, part: "answer" });
      shown.append(make("span", { class: "heard" }, words.assistant + " "));
      for (const [from, to] of paragraphs(text, answer.highlights)) {
        const line = make("p", {});
        let at = from;
        for (const found of text.slice(from, to).matchAll(/ ?\[(\d{1,3})\]/g)) {
          const card = cards.get(Number(found[1]));
          if (!card) continue;
          line.append(...emphasised(text, at, from + found.index, answer.highlights), "\u00a0");
          line.append(this.#toggle(found[1], words.passage + " " + found[1], card, "marker"));
          at = from + found.index + found[0].length;
        }
        line.append(...emphasised(text, at, to, answer.highlights));
        shown.append(line);
      }
      shown.append(...cards.values());
      if (answer.outcome === "not_in_report" && answer.suggestions.length) {
        const nearest = make("div", { class: "nearest", id: "n" + id, hidden: true });
        nearest.append(...answer.suggestions.map((row) => this.#card(row, id, true)));
        shown.append(make("p", {}, this.#toggle(words.nearest, null, nearest, "quiet")), nearest);
      }
      return shown;
    }

    #toggle(text, label, target, style) {
      return make(
        "button",
        {
          type: "button", class: style, "aria-label": label, "aria-expanded": "false", "aria-controls": target.id,
          click: (event) => {
            target.hidden = !target.hidden;
            event.currentTarget.setAttribute("aria-expanded", String(!target.hidden));
            if (!target.hidden) this.#reveal(target);
          },
        },
        text,
      );
    }

    #card(row, id, isShown) {
      const words = this.#words;
      const address = webAddress(row.source_url);
      const page = address && row.page && /\.pdf$/i.test(address) ? "#page=" + row.page : "";
      const link = { href: address + page, target: "_blank", rel: "noopener noreferrer" };
      return make(
        "div", { class: "card", part: "passage", id: "c" + id + "-" + row.marker, hidden: !isShown },
        make("blockquote", {}, row.quote),
        make("p", { class: "source" }, row.marker + ". " + row.source),
        address ? make("p", {}, make("a", link, words.source + " (" + words.tab + ")")) : null,
      );
    }
  }

  // The words that answer stand alone, then one paragraph a quotation or a line, as in the chat.
  function paragraphs(text, highlights) {
    const first = highlights.find(([start]) => start === 0);
    const lead = first ? first[1] + (/^[.!?…](?= «)/.test(text.slice(first[1])) ? 1 : 0) : -1;
    const found = [];
    let start = 0;
    for (const gap of text.matchAll(/\n| (?=«)/g)) {
      if (gap.index === lead || gap[0] === "\n" || text[gap.index - 1] === "]") {
        found.push([start, gap.index]);
        start = gap.index + 1;
      }
    }
    return [...found, [start, text.length]];
  }

  function emphasised(text, from, to, highlights) {
    const parts = [];
    for (const [start, end] of [...highlights].sort((a, b) => a[0] - b[0])) {
      const [left, right] = [Math.max(start, from), Math.min(end, to)];
      if (left >= right) continue;
      parts.push(text.slice(from, left), make("strong", {}, text.slice(left, right)));
      from = right;
    }
    return [...parts, text.slice(from, to)];
  }

  customElements.define(NAME, Assistant);

  // The script's own tag puts a widget in the page, unless the page has written one itself.
  function place() {
    if (!script || "manual" in script.dataset || document.querySelector(NAME)) return;
    const widget = document.createElement(NAME);
    for (const name of SETTINGS) if (script.dataset[name] != null) widget.setAttribute(name, script.dataset[name]);
    if (script.dataset.mode === "inline") script.after(widget);
    else document.body.append(widget);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place, { once: true });
  else place();
})();
