"""Standard retrieval measures, by ir-measures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import RR, Success

MEASURES = {Success @ 1: "hit@1", Success @ 3: "hit@3", Success @ 5: "hit@5", RR @ 10: "mrr@10"}


def measure(
    relevant: Mapping[str, str | None], ranked: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """Return hit@1, hit@3, hit@5 and the reciprocal rank of each question.

    Args:
        relevant: the passage that answers, by question; None when none was found among the ranked ones.
        ranked: passage ids, best first, by question.
    """
    judged = [ir_measures.Qrel(name, passage or "\x00", 1) for name, passage in relevant.items()]
    run = [
        ir_measures.ScoredDoc(name, passage, float(len(passages) - rank))
        for name, passages in ranked.items()
        for rank, passage in enumerate(passages)
    ]
    found: dict[str, dict[str, float]] = defaultdict(dict)
    if judged and run:
        for metric in ir_measures.iter_calc(list(MEASURES), judged, run):
            found[metric.query_id][MEASURES[metric.measure]] = float(metric.value)
    return dict(found)
