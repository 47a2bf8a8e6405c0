"""Text as HTML that nothing can be smuggled through, and the few marks of our own in it.

What Gradio renders is read several times over: as a template, as Markdown, as LaTeX, as HTML. So
every ASCII sign is written as a character reference: none of these readers finds anything to act on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ra_assistant.interfaces.words import words_of
from ra_assistant.types import Span
from ra_assistant.wording import CHAT

_SIGN = re.compile(r"[!-/:-@\[-`{-~]")
_SIGN_IN_ATTRIBUTE = re.compile(r"[^\w\s#%+,./:=?~-]", re.ASCII)
_BEFORE_SIGN = re.compile(r" (?=[?!:;»])|(?<=«) ")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that make a text read from right to left."""
_MARKER = re.compile(r"\[(\d{1,3})\]")
_BREAK = re.compile(r"\n|(?<=.) (?=«)")
_AFTER_LEAD = re.compile(r"[.!?…]? (?=«)")


def escape(text: str) -> str:
    """Return `text` as HTML on one line: signs as references, line ends as `<br>`, no control character."""
    safe = _SIGN.sub(lambda sign: f"&#{ord(sign.group())};", _CONTROL.sub("", text))
    return safe.replace("\n", "<br>")


def unbroken(text: str) -> str:
    """Return a visitor's words with the spaces before « ? » and its like kept on their line."""
    return _BEFORE_SIGN.sub("\u00a0", text)


def element(name: str, /, *content: str, **attributes: str | int | bool) -> str:
    """Return an HTML element; `content` is HTML already, attribute values are text.

    `class_` stands for `class`, `_` for `-`; an attribute that is True stands alone, a False or empty
    one is left out.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_attribute(str(value))}"')
        for key, value in attributes.items()
        if value is not False and value != ""
    )
    return f"<{name}{written}>{''.join(content)}</{name}>"


def _attribute(text: str) -> str:
    """Return `text` as the value of an attribute between double quotes."""
    return _SIGN_IN_ATTRIBUTE.sub(lambda sign: f"&#{ord(sign.group())};", _CONTROL.sub("", text))


def heard(text: str) -> str:
    """Return words for screen readers only."""
    return element("span", escape(text), class_="ra-heard")


def source_anchor(turn: int, marker: int) -> str:
    """Return the id of a citation in the panel."""
    return f"source-{turn}-{marker}"


def sources_anchor(turn: int) -> str:
    """Return the id of the passages of one answer in the panel."""
    return f"sources-{turn}"


def answer_anchor(turn: int) -> str:
    """Return the fragment that leads from the panel back to an answer."""
    return f"answer-{turn}"


def question_html(question: str, turn: int = 0) -> str:
    """Return a visitor's message; a finished one has its `turn`, by which it can be asked otherwise."""
    said = element("div", heard(CHAT["you"]), element("p", escape(unbroken(question))), class_="ra-question")
    return said + (tools_html(turn, ("edit",)) if turn else "")


def tools_html(turn: int, names: Sequence[str]) -> str:
    """Return the controls of a message, as links that the page's script makes into buttons.

    Args:
        turn: which exchange of the conversation this is, from 1.
        names: keys of the words of the controls, in `data/chat.toml`.
    """
    words = words_of("chat")["tools"]
    links = (
        element(
            "a",
            element("span", escape(words[name])),
            class_=f"ra-tool ra-tool-{name}",
            href=f"#{name}-{turn}",
        )
        for name in names
    )
    return element("div", *links, class_="ra-tools")


def answer_html(
    text: str,
    turn: int,
    *,
    outcome: str,
    highlights: Sequence[Span] = (),
    markers: Collection[int] = (),
    nearest: str = "",
    stopped: bool = False,
    closing: str = "",
) -> str:
    """Return a message of the assistant.

    Args:
        text: plain text with `[n]` markers; empty while the assistant searches.
        turn: which answer of the conversation this is, from 1.
        outcome: shown as a class, so that the report's words look like a quotation.
        highlights: offsets in `text` of the words that answer, shown in bold.
        markers: numbers that have a citation in the panel and become links to it.
        nearest: words of a link to the nearest passages; empty for none.
        stopped: whether the visitor interrupted the answer.
        closing: HTML said last.
    """
    lead = _lead_end(text, highlights)
    parts = [
        element(
            "p", *_marked(text, span, highlights, turn, markers), class_="ra-lead" if span.end == lead else ""
        )
        for span in _paragraphs(text, lead)
    ]
    if not text and not stopped:
        parts = [element("p", escape(CHAT["searching"]), class_="ra-searching")]
    if stopped:
        parts.append(element("p", escape(CHAT["stopped"]), class_="ra-aside"))
    if nearest:
        link = element("a", escape(nearest), class_="ra-link", href=f"#{sources_anchor(turn)}")
        parts.append(element("p", link, class_="ra-aside"))
    return element(
        "div", heard(CHAT["assistant"]), *parts, closing, class_=f"ra-answer ra-{outcome or 'pending'}"
    )


def _lead_end(text: str, highlights: Sequence[Span]) -> int:
    """Return where the words that answer end when they open the text, their full stop included; else 0."""
    first = min(highlights, default=Span(1, 0))
    match = _AFTER_LEAD.match(text, first.end) if first.start == 0 else None
    return match.end() - 1 if match else 0


def _paragraphs(text: str, lead: int) -> Iterator[Span]:
    """Yield one range for the words that answer, one a quotation and one a line: each is a paragraph."""
    start = 0
    for gap in _BREAK.finditer(text):
        if gap.start() == lead or gap.group() == "\n" or text[gap.start() - 1] == "]":
            yield Span(start, gap.start())
            start = gap.end()
    if start < len(text):
        yield Span(start, len(text))


def _marked(
    text: str, span: Span, highlights: Sequence[Span], turn: int, markers: Collection[int]
) -> Iterator[str]:
    position = span.start
    for start, end in sorted(highlights):
        start, end = max(start, position), min(end, span.end)
        if start < end:
            yield _linked(text[position:start], turn, markers)
            yield element("strong", _linked(text[start:end], turn, markers))
            position = end
    yield _linked(text[position : span.end], turn, markers)


def _linked(text: str, turn: int, markers: Collection[int]) -> str:
    parts: list[str] = []
    position = 0
    for match in _MARKER.finditer(text):
        number = int(match.group(1))
        if number in markers:
            before = text[position : match.start()]
            parts.append(escape(before[:-1] + "\u00a0" if before.endswith(" ") else before))
            anchor = source_anchor(turn, number)
            parts.append(element("a", escape(match.group()), class_="ra-marker", href=f"#{anchor}"))
            position = match.end()
    return "".join(parts) + escape(text[position:])
