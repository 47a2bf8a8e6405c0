"""What is dear to make and asked by many: made once, kept as long as there is room."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_Thing = TypeVar("_Thing")


class Kept(Generic[_Thing]):
    """Things by key, the least lately asked ones let go when they are too large together."""

    def __init__(self, max_size: int, size_of: Callable[[_Thing], int]) -> None:
        self._max_size = max_size
        self._size_of = size_of
        self._things: OrderedDict[Hashable, _Thing] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[_Thing]] = {}
        self.size = 0
        """Of what is kept, in the unit of `size_of`."""

    async def get(self, key: Hashable, make: Callable[[], Awaitable[_Thing]]) -> _Thing:
        """Return what is kept under `key`, or make it; those who ask meanwhile wait for the same making.

        A visitor who leaves does not stop what others wait for. What could not be made is not kept: each
        of those who wait hears why.
        """
        if key in self._things:
            self._things.move_to_end(key)
            return self._things[key]
        making = self._making.get(key)
        if making is None or making.get_loop() is not asyncio.get_running_loop():
            making = asyncio.create_task(self._made(key, make))
            self._making[key] = making
            making.add_done_callback(lambda task: self._forget(key, task))
        return await asyncio.shield(making)

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[_Thing]]) -> _Thing:
        thing = await make()
        size = self._size_of(thing)
        if key not in self._things and size <= self._max_size:
            self._things[key] = thing
            self.size += size
            while self.size > self._max_size:
                _, oldest = self._things.popitem(last=False)
                self.size -= self._size_of(oldest)
        return thing

    def _forget(self, key: Hashable, task: asyncio.Task[_Thing]) -> None:
        if self._making.get(key) is task:
            del self._making[key]
        if not task.cancelled():
            task.exception()  # heard here, should nobody wait any more
