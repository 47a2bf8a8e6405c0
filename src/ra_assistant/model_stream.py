"""Hearing a language model with a deadline: one that is silent is left, whatever its library does."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from queue import Empty, Full, Queue
from time import monotonic
from types import TracebackType

from ra_assistant.errors import ModelUnavailable
from ra_assistant.types import Piece

MOST_SPEAKING = 32
"""Threads that may wait for a model at once, those that nobody listens to any more included."""
_HELD = 256
_POLL_SECONDS = 0.2
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_MOST_WAIT_SECONDS = 5.0

_places = threading.BoundedSemaphore(MOST_SPEAKING)

Heard = Piece | BaseException | None
"""What a model said, the error it ended with, or None at its end."""


class _Speaker:
    """Runs a model's stream in a thread and hands over what it says, how it ended included."""

    def __init__(self) -> None:
        self.heard: Queue[Heard] = Queue(_HELD)
        self.left = threading.Event()

    def speak(self, start: Callable[[], Iterator[Piece]]) -> None:
        with _place(), self, contextlib.closing(_closable(start())) as pieces:
            for piece in pieces:
                self._put(piece)
                if self.left.is_set():
                    return

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Hand over the error, of any class: libraries have their own."""
        self._put(error)
        return True

    def _put(self, item: Heard) -> None:
        while not self.left.is_set():
            with contextlib.suppress(Full):
                self.heard.put(item, timeout=_POLL_SECONDS)
                return


def hear(start: Callable[[], Iterator[Piece]], first_by: float, done_by: float) -> Iterator[Piece]:
    """Yield what a model says.

    Args:
        start: begins the stream; called in another thread.
        first_by: time of `monotonic` by which the first words must be there.
        done_by: the same for the last ones.

    Raises:
        ModelUnavailable: it failed, is too late, or never ends elsewhere; why.
    """
    if not _places.acquire(blocking=False):
        raise ModelUnavailable("busy")
    speaker = _Speaker()
    threading.Thread(target=speaker.speak, args=[start], name="ra-model", daemon=True).start()
    by, said = min(first_by, done_by), False
    try:
        while True:
            try:
                item = speaker.heard.get(timeout=max(0.0, by - monotonic()))
            except Empty:
                raise ModelUnavailable("late" if said else "silent") from None
            if item is None:
                return
            if isinstance(item, BaseException):
                raise failure_of(item) from item
            if item.text.strip():
                said, by = True, done_by
            if monotonic() > by:
                raise ModelUnavailable("late" if said else "silent")
            yield item
    finally:
        speaker.left.set()


@contextlib.contextmanager
def _place() -> Iterator[None]:
    """Give a place back in the end."""
    try:
        yield
    finally:
        _places.release()


def failure_of(error: BaseException) -> ModelUnavailable:
    """Return what an error of a model's library means, from what all of them say alike."""
    if isinstance(error, ModelUnavailable):
        return error
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    name = type(error).__name__
    if isinstance(status, int) and status >= 400:
        wait = _wait_seconds(getattr(response, "headers", None))
        again = status in _AGAIN and wait <= _MOST_WAIT_SECONDS
        return ModelUnavailable("status", f"{name} {status}", again=again, wait_seconds=wait)
    if "Timeout" in name or isinstance(error, TimeoutError):
        return ModelUnavailable("late", name)
    if "Connect" in name or "Protocol" in name or isinstance(error, OSError):
        return ModelUnavailable("connection", name, again=True)
    return ModelUnavailable("broken", name)


def _wait_seconds(headers: object) -> float:
    get = getattr(headers, "get", None)
    value = str(get("retry-after") or "") if callable(get) else ""
    return float(value) if value.replace(".", "", 1).isdecimal() else 0.0


def _closable(pieces: Iterator[Piece]) -> Generator[Piece, None, None]:
    """Give any iterator a `close`."""
    yield from pieces
