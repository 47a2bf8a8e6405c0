"""What one question to a language model came to, and the line of the log that says it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from ra_assistant.prompting import prompt_hash
from ra_assistant.types import Answer

_logger = logging.getLogger("ra_assistant.model")


@dataclass(frozen=True, slots=True)
class Account:
    """What one question to the model came to."""

    answer: Answer
    failure: str = ""
    """Why the report's words took the model's place, or cut it short; empty when nothing did."""
    error: str = ""
    """Class of an error of our own that nobody foresaw, for the failure `fault`; never its words."""
    faults: tuple[str, ...] = ()
    """What was wrong with each sentence that was withheld."""
    said: int = 0
    """Sentences of the model, withheld ones included."""
    tokens_in: int = 0
    tokens_out: int = 0
    """As the model's server counts them; estimated when it does not."""
    first_seconds: float | None = None
    """From the question to the first verified sentence; None when there was none."""
    seconds: float = 0.0


class Unforeseen:
    """Keeps an error of our own from becoming the visitor's: its class is kept, its words are nobody's."""

    def __init__(self) -> None:
        self.error = ""
        """Name of its class; empty as long as none was met."""

    def __enter__(self) -> Unforeseen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        self.error = kind.__name__
        return True


def log_account(account: Account) -> None:
    """Write one line: never the question, never the answer, never a key."""
    line: Mapping[str, object] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "model": account.answer.model,
        "prompt": prompt_hash(),
        "shortened": account.answer.shortened,
        "failure": account.failure,
        "error": account.error,
        "faults": account.faults,
        "tokens_in": account.tokens_in,
        "tokens_out": account.tokens_out,
        "milliseconds": round(account.seconds * 1000),
    }
    _logger.info(json.dumps(line))
