"""What keeps a language model from costing too much or being waited for in vain.

One circuit breaker, a budget of tokens a day, the part of it that one visitor may spend, a few conversations
at once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime
from threading import BoundedSemaphore, Lock
from time import monotonic

FAILURES = 5
"""Failures in a row after which the model is left alone."""
REST_SECONDS = 30.0
AT_ONCE = 8

VISITOR: ContextVar[str] = ContextVar("visitor", default="")
"""Whose question is answered, as the limits of requests tell visitors apart; empty for nobody from outside."""


def today_utc() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()


class Breaker:
    """Leaves a model that fails alone for a while, then tries it once."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._until = 0.0

    def allows(self) -> bool:
        """Tell whether the model may be asked; after a rest one question alone tries it."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + REST_SECONDS
            return True

    def note(self, *, worked: bool) -> None:
        """Hear how a question ended."""
        with self._lock:
            self._failures = 0 if worked else self._failures + 1
            if self._failures >= FAILURES:
                self._until = self._clock() + REST_SECONDS


class Budget:
    """Counts tokens by day (UTC), and by visitor under a name of the day that leads back to nobody."""

    def __init__(self, per_day: int, share: float = 1.0, today: Callable[[], date] = today_utc) -> None:
        """Allow `per_day` tokens, and to each visitor a `share` of them, between 0 and 1."""
        self._per_day = per_day
        self._each = round(share * per_day)
        self._today = today
        self._lock = Lock()
        self._begin()

    def has(self, tokens: int) -> bool:
        """Tell whether as many tokens are left today."""
        with self._lock:
            self._turn()
            return self._spent + tokens <= self._per_day

    def has_for(self, visitor: str, tokens: int) -> bool:
        """Tell whether as many are left of a visitor's part; nobody from outside has no other limit than the day's."""
        with self._lock:
            self._turn()
            return not visitor or self._by_visitor[self._name(visitor)] + tokens <= self._each

    def spend(self, tokens: int, visitor: str = "") -> None:
        """Count tokens that were used."""
        with self._lock:
            self._turn()
            self._spent += tokens
            if visitor:
                self._by_visitor[self._name(visitor)] += tokens

    def _turn(self) -> None:
        if self._today() != self._day:
            self._begin()

    def _begin(self) -> None:
        self._day, self._spent = self._today(), 0
        self._key = secrets.token_bytes(16)
        self._by_visitor = Counter[bytes]()

    def _name(self, visitor: str) -> bytes:
        return hashlib.blake2b(visitor.encode(), key=self._key, digest_size=8).digest()


class ModelGuard:
    """Says whether a question may go to the model now."""

    def __init__(self, tokens_per_day: int, share: float = 1.0, breaker: Breaker | None = None) -> None:
        self.breaker = breaker or Breaker()
        self.budget = Budget(tokens_per_day, share)
        self._slots = BoundedSemaphore(AT_ONCE)

    def admit(self, tokens: int, visitor: str = "") -> str:
        """Take a place for a question of about so many tokens; return why there is none, empty when there is."""
        if not self.budget.has(tokens):
            return "budget"
        if not self.budget.has_for(visitor, tokens):
            return "share"
        if not self._slots.acquire(blocking=False):
            return "busy"
        if not self.breaker.allows():
            self._slots.release()
            return "resting"
        return ""

    def leave(self) -> None:
        """Give the place back."""
        self._slots.release()
