"""The checks that a candidate build passes before anybody sees it, and what each found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ra_assistant.books import Case
from ra_assistant.evaluating import Verdict

SAME_VECTOR = 1e-6
"""How far, in each coordinate, the first vector found may be from the one asked for."""
RECALL_FLOOR = 0.999
RECALL_DEPTH = 10
RECALL_QUERIES = 400
"""Sentences taken as queries; more tell nothing new."""
TIE = 1e-6
"""Cosines nearer than that are equal: which of two equal passages comes last says nothing."""
FALL = 0.7
"""Share of the former build's passages below which a new one needs an explicit word."""
SHOWN = 5
"""Examples named in a sentence."""

Vectors = npt.NDArray[np.float32]
NearestMany = Callable[[Vectors, int], Sequence[Sequence[str]]]
"""From query vectors, shape (queries, dimension), and k: the ids found for each, best first."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: whether it passed, and what it found."""

    code: str
    """Key of the sentences in `wording.CHECKS`."""
    passed: bool
    forcible: bool = False
    """Whether the publisher may put the build in service all the same."""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found of one build."""

    build_id: str
    checks: tuple[Check, ...]

    def refusals(self, *, forced: bool) -> list[Check]:
        """Return the checks that keep the build out of service."""
        return [check for check in self.checks if not check.passed and not (forced and check.forcible)]

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> CheckReport:
        """Return the report that `as_json` wrote.

        Raises:
            KeyError, TypeError: it is no report.
        """
        return cls(raw["build_id"], tuple(Check(**check) for check in raw["checks"]))


def check_counts(expected: int, stored: int, found: int) -> Check:
    """Compare the passages cut, those noted as stored, and those that the store holds now."""
    passed = expected == stored == found > 0
    return Check("count", passed, details={"expected": expected, "stored": min(stored, found)})


def check_own_vectors(ids: Sequence[str], vectors: Vectors, nearest: NearestMany) -> Check:
    """Ask for each stored vector: the first one found must be the same vector."""
    place = {name: rank for rank, name in enumerate(ids)}
    lost = 0
    for rank, found in enumerate(nearest(vectors, 1)):
        first = place.get(found[0]) if found else None
        if first is None or np.abs(vectors[first] - vectors[rank]).max() > SAME_VECTOR:
            lost += 1
    return Check("own_vector", lost == 0, details={"lost": lost, "passages": len(ids)})


def check_recall(ids: Sequence[str], vectors: Vectors, queries: Vectors, nearest: NearestMany) -> Check:
    """Compare what the store finds with an exact search: recall@10, ties counted as equal."""
    step = max(1, len(queries) // RECALL_QUERIES)
    asked = queries[::step][:RECALL_QUERIES]
    place = {name: rank for rank, name in enumerate(ids)}
    depth = min(RECALL_DEPTH, len(ids))
    right = 0
    for query, found in zip(asked, nearest(asked, depth), strict=True):
        cosines = vectors @ query
        worst = np.partition(cosines, -depth)[-depth] - TIE
        right += sum(cosines[place[name]] >= worst for name in found if name in place)
    recall = float(right) / max(1, depth * len(asked))
    return Check(
        "recall", recall >= RECALL_FLOOR, details={"recall": round(recall, 5), "queries": len(asked)}
    )


def check_fall(passages: int, former: int) -> Check:
    """Compare the number of passages with the build in service; a sudden fall needs an explicit word."""
    passed = passages >= FALL * former
    return Check("fall", passed, forcible=True, details={"passages": passages, "former": former})


def check_lost(unreadable: Sequence[str], former_sources: Sequence[str]) -> Check:
    """Name the files that the build in service holds and that can no longer be read."""
    lost = sorted(set(unreadable) & set(former_sources))
    return Check("lost", not lost, forcible=True, details={"files": lost[:SHOWN], "number": len(lost)})


def check_book(verdicts: Sequence[Verdict], former: Sequence[Verdict] | None) -> Check:
    """Refuse a build that misses a question of the book which the one in service answers."""
    missed = [verdict.case for verdict in verdicts if not _is_right(verdict)]
    known = {_identity(verdict.case) for verdict in former or () if _is_right(verdict)}
    lost = [case for case in missed if _identity(case) in known]
    return Check(
        "book",
        not lost,
        forcible=True,
        details={
            "questions": len(verdicts),
            "right": len(verdicts) - len(missed),
            "former": len(known) if former is not None else None,
            "lost": [case.question for case in lost],
            "missed": [case.question for case in missed],
        },
    )


def _is_right(verdict: Verdict) -> bool:
    """Tell whether the answer is right, on the page expected, quoted letter by letter, with its figures."""
    return (
        verdict.is_right
        and verdict.page_is_right is not False
        and verdict.quotes_verbatim
        and verdict.figures_supported
    )


def _identity(case: Case) -> tuple[Any, ...]:
    return case.id, case.question, case.history
