"""The waiting line of a page."""

from __future__ import annotations

import asyncio

import gradio as gr
import pytest
from gradio import queueing

from ra_assistant.interfaces.gradio_queue import PAUSE_SECONDS, STATUS_SECONDS, queue


def test_a_page_that_nobody_asks_anything_looks_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    real = asyncio.sleep

    async def run() -> gr.Blocks:
        with gr.Blocks() as blocks:
            gr.Textbox()
        queue(blocks, 7, 5)
        line = blocks._queue

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            line.stopped = len(slept) > 2
            await real(0)

        monkeypatch.setattr(queueing.asyncio, "sleep", sleep)
        await line.start_processing()
        return blocks

    blocks = asyncio.run(run())
    line = blocks._queue
    assert set(slept) == {PAUSE_SECONDS}
    assert not line.live_updates
    assert line.update_intervals == STATUS_SECONDS
    assert (line.max_size, blocks.state_session_capacity) == (7, 5)
