"""The answer of an exchange as HTML: the same in the chat and in the chat without scripts."""

from __future__ import annotations

from ra_assistant.interfaces.conversation import Exchange
from ra_assistant.interfaces.markup import answer_html
from ra_assistant.types import Outcome
from ra_assistant.wording import CHAT, count


def exchange_answer(exchange: Exchange, turn: int, contact: str = "") -> str:
    """Return the answer; a refusal leads to the nearest passages and says where to write.

    Args:
        exchange: the question with what was answered so far.
        turn: which exchange of the conversation this is, from 1.
        contact: HTML that says where to write; empty for nowhere.
    """
    is_refused = exchange.outcome == Outcome.NOT_IN_REPORT
    nearest = ""
    if exchange.nearest and is_refused:
        passages = count(len(exchange.nearest), CHAT["one_nearest"], CHAT["several_nearest"])
        nearest = CHAT["see_nearest"].format(passages=passages)
    return answer_html(
        exchange.answer,
        turn,
        outcome=exchange.outcome,
        highlights=exchange.highlights,
        markers={place.marker for place in exchange.cited},
        nearest=nearest,
        stopped=exchange.stopped,
        closing=contact if is_refused else "",
    )
