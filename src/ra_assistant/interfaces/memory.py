"""The memory of a server that opens one build after the other: bounded, and given back to the system.

Each thread of Chroma and of the models gets a heap of its own from the C library, which keeps what was freed
in it: without a bound, a server grows by some megabytes a build although nothing is kept of those it closed.
"""

from __future__ import annotations

import contextlib
import ctypes

HEAPS = 2
"""Heaps that all threads share."""
_M_ARENA_MAX = -8
"""Number of that bound in `malloc.h` of the GNU C library."""


def share_heaps() -> None:
    """Let all threads share a few heaps; does nothing where the C library knows no such bound.

    Call it before threads begin: those that have a heap keep it.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)


def give_back() -> None:
    """Give what is free back to the system; does nothing where the C library cannot."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
