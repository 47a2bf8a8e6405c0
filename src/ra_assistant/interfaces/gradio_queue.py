"""The waiting line of a Gradio page, as light as a page that shows no place in it can have it."""

from __future__ import annotations

import gradio as gr

STATUS_SECONDS = 10.0
"""Between two messages to everybody about who waits: the pages show none of it, and by default each question sends one
to each visitor."""
PAUSE_SECONDS = 0.01
"""Between two looks at whether anybody asks. Gradio's own thousandth of a second takes a tenth of a core from a server
that nobody asks anything."""


def queue(blocks: gr.Blocks, most_waiting: int, sessions: int) -> None:
    """Give a page its waiting line.

    Args:
        blocks: the page.
        most_waiting: questions that wait; the next visitor is told that the assistant is busy.
        sessions: pages whose components Gradio remembers.
    """
    blocks.queue(max_size=most_waiting, api_open=False, status_update_rate=STATUS_SECONDS)
    blocks._queue.sleep_when_free = PAUSE_SECONDS
    blocks.state_session_capacity = sessions
