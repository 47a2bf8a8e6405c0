"""Loading what is heavy while the server already answers."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable


class LoadedLater(ABC):
    """Something that is loaded while the server runs, and left when it stops."""

    def __init__(self) -> None:
        self.give_up: Callable[[], None] = lambda: None
        """Called when loading failed for a reason that nobody foresaw."""
        self._loading: asyncio.Task[None] | None = None

    @abstractmethod
    async def _load(self, stack: contextlib.AsyncExitStack) -> None:
        """Load; what is to be left at the end goes on the stack."""

    @abstractmethod
    def _leave(self) -> None:
        """Answer no more, before what is on the stack is left."""

    @contextlib.asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Load while the server runs; leave when it stops."""
        async with contextlib.AsyncExitStack() as stack:
            self._loading = asyncio.create_task(self._load(stack))
            self._loading.add_done_callback(self._loaded)
            yield
            self._loading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([self._loading])
            self._leave()

    def raise_failure(self) -> None:
        """Raise what stopped the loading, if anything did."""
        if self._loading is not None and self._loading.done() and not self._loading.cancelled():
            self._loading.result()

    def _loaded(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.give_up()
