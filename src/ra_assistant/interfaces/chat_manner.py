"""How an answer is wanted, chosen beside the question box; there only when a language model phrases the answers."""

from __future__ import annotations

from typing import get_args

import gradio as gr
from gradio.components import Component

from ra_assistant.model_wording import MANNER
from ra_assistant.types import USUAL, Length, Manner


def manner_controls(*, is_shown: bool) -> list[Component]:
    """Return the choice of a length and the box for plain words, inside the row that holds them."""
    with gr.Row(elem_id="ra-manner", visible=is_shown):
        length = gr.Radio(
            [(MANNER[name], name) for name in get_args(Length)],
            value=USUAL.length,
            label=MANNER["length"],
            container=False,
            elem_id="ra-length",
        )
        plain = gr.Checkbox(label=MANNER["plain"], container=False, elem_id="ra-plain")
    return [length, plain]


def chosen_manner(length: object, plain: object) -> Manner:
    """Return what a browser says was chosen; what is none of the choices is the usual one."""
    known = next((name for name in get_args(Length) if name == length), USUAL.length)
    return Manner(known, "plain" if plain is True else USUAL.style)
