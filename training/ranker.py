"""Fit the weights of the sentence ranker and of the refusal (`src/ra_assistant/models/ranking.json`).

usage: ranker.py [--write] [--again SOURCE,SOURCE | all] [--sources A,B]

Questions, their corpora and what is known to answer them: `asking.py`. Neither model was trained on any of them.
Half of the articles of PIAF, of the groups of invented organisations and of the fictional reports fit, the other half
and the visitors' questions report; with `--write` everything fits, after the report. The ranker is a conditional
logit over the sentences of one question (McFadden 1974), fitted twice: without what the reader says, to choose what it
reads, and with it. The refusal is a logistic regression on whether one of the best three, as many as an answer
quotes, is right.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asking
import numpy as np
from asking import Asked
from common import MODELS
from scipy.optimize import minimize

from ra_assistant.answering import refusal_features
from ra_assistant.composing import MAX_CITATIONS

RIDGE = 1e-2
REPORTED = {"autorite", "musee", "genopole", "real"}
"""Sources that only report."""
UNANSWERED = ("sans_reponse", "elsewhere", "refuse_")
READER = ("reader_", "unread")
"""Beginnings of the features that come from the span reader."""


def rows_of(source: str, *, again: bool) -> list[Asked]:
    """Return the questions of a source with their features, kept from the last time unless asked again."""
    path = asking.FITTING / f"{source}.pickle"
    if again or not path.exists():
        rows = list(asking.asked(source))
        path.write_bytes(pickle.dumps(rows))
        return rows
    found: list[Asked] = pickle.loads(path.read_bytes())  # noqa: S301 - our own file
    return found


def fit_ranker(rows: Sequence[Asked], names: Sequence[str]) -> dict[str, float]:
    """Return the weights that make the right sentences likeliest among the candidates.

    Sources count by the square root of their size, so that none drowns the others.
    """
    matrices, masks, shares_of = [], [], []
    kept = [row for row in rows if any(row.right) and not all(row.right)]
    sizes = Counter(row.source for row in kept)
    for row in kept:
        matrices.append(matrix([c.features for c in row.candidates], names))
        masks.append(np.array(row.right))
        shares_of.append(sizes[row.source] ** -0.5)
    whole = sum(shares_of)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros_like(weights)
        for features, mask, share in zip(matrices, masks, shares_of, strict=True):
            scores = features @ weights
            scores -= scores.max()
            shares = np.exp(scores)
            shares /= shares.sum()
            inside = shares * mask
            hit = inside.sum()
            total -= share * np.log(hit + 1e-12)
            gradient -= share * (features.T @ (inside / (hit + 1e-12) - shares))
        return total / whole + RIDGE * weights @ weights, gradient / whole + 2 * RIDGE * weights

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return dict(zip(names, map(float, found.x), strict=True))


def matrix(rows: Sequence[Any], names: Sequence[str]) -> np.ndarray:
    """Return features as an array, shape (rows, names)."""
    return np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=float)


def rescored(row: Asked, weights: dict[str, float]) -> Asked:
    """Return the question with its candidates ranked by other weights."""
    scores = [sum(weights.get(n, 0.0) * v for n, v in c.features.items()) for c in row.candidates]
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return replace(
        row,
        candidates=[replace(row.candidates[i], score=scores[i]) for i in order],
        right=[row.right[i] for i in order],
    )


def fit_refusal(rows: Sequence[Asked]) -> tuple[dict[str, float], Any, list[str]]:
    """Return the weights of the refusal and the fitted model."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    kept = [row for row in rows if row.candidates]
    features = [refusal_features(row.query, row.candidates, row.known) for row in kept]
    names = sorted({name for row in features for name in row})
    data = matrix(features, names)
    labels = np.array([any(row.right[:MAX_CITATIONS]) for row in kept])
    scaler = StandardScaler().fit(data)
    sizes = Counter(row.source for row in kept)
    counts = np.array([sizes[row.source] ** -0.5 for row in kept])
    counts *= len(kept) / counts.sum()
    model = LogisticRegression(C=0.3, max_iter=3000).fit(scaler.transform(data), labels, counts)
    raw = model.coef_[0] / scaler.scale_
    weights = dict(zip(names, map(float, raw), strict=True))
    weights["bias"] = float(model.intercept_[0] - (scaler.mean_ * raw).sum())
    return weights, model, names


def probability(row: Asked, weights: dict[str, float]) -> float:
    """Return the probability that one of the best candidates is right."""
    if not row.candidates:
        return 0.0
    features = refusal_features(row.query, row.candidates, row.known)
    odds = weights["bias"] + sum(weights.get(n, 0.0) * v for n, v in features.items())
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def is_unanswered(row: Asked) -> bool:
    """Tell whether a question has no answer where it was asked."""
    return row.kind.startswith(UNANSWERED)


def report(rows: Sequence[Asked], weights: dict[str, float], refusal: dict[str, float]) -> None:
    """Print what the weights give on rows that they were not fitted on."""
    rows = [rescored(row, weights) for row in rows]
    by_kind: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for row in rows:
        by_kind[row.source, row.kind].append(row)
    for (source, kind), group in sorted(by_kind.items()):
        first = np.mean([bool(r.right and r.right[0]) for r in group])
        three = np.mean([any(r.right[:3]) for r in group])
        reach = np.mean([any(r.right) for r in group])
        sure = np.mean([probability(r, refusal) for r in group])
        name = f"{source}/{kind}"
        print(f"{name:28} n={len(group):4} @1 {first:.3f} @3 {three:.3f} reachable {reach:.3f} p {sure:.3f}")
    chances = np.array([probability(r, refusal) for r in rows])
    right = np.array([any(r.right[:MAX_CITATIONS]) for r in rows])
    for low in np.arange(0, 1, 0.1):
        inside = (chances >= low) & (chances < low + 0.1)
        if inside.any():
            print(f"said {low:.1f}-{low + 0.1:.1f}: right {right[inside].mean():.3f} of {inside.sum()}")
    for source in sorted({row.source for row in rows}):
        of = [row for row in rows if row.source == source]
        home = [row for row in of if not is_unanswered(row)]
        away = [row for row in of if is_unanswered(row)]
        for threshold in (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
            sure = [probability(r, refusal) >= threshold for r in home]
            good = np.mean(
                [s and any(r.right[:MAX_CITATIONS]) for s, r in zip(sure, home, strict=True)] or [0]
            )
            refused = np.mean([probability(r, refusal) < threshold for r in away] or [np.nan])
            print(
                f"{source:10} threshold {threshold:.2f} answered {np.mean(sure):.3f} right {good:.3f}"
                f" refused {refused:.3f} of {len(away)}"
            )


def fitted(rows: Sequence[Asked]) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return the weights before the reader, those with it, and those of the refusal."""
    names = sorted({name for row in rows for c in row.candidates for name in c.features})
    first = fit_ranker(rows, [name for name in names if not name.startswith(READER)])
    weights = fit_ranker(rows, names)
    refusal, _, _ = fit_refusal([rescored(row, weights) for row in rows])
    return first, weights, refusal


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--again", default="", help="sources whose features are made anew, or `all`")
    parser.add_argument("--sources", default=",".join(asking.SOURCES))
    options = parser.parse_args()
    again = set(asking.SOURCES) if options.again == "all" else set(options.again.split(","))
    sources = options.sources.split(",")
    rows = [row for source in sources for row in rows_of(source, again=source in again)]
    groups = sorted({row.group for row in rows if row.source in {"piaf", "reports"}})
    reporting = set(groups[1::2]) | {row.group for row in rows if row.source in REPORTED}
    first, weights, refusal = fitted([row for row in rows if row.group not in reporting])
    report([row for row in rows if row.group in reporting], weights, refusal)
    print(json.dumps({k: round(v, 3) for k, v in weights.items()}))
    print(json.dumps({k: round(v, 3) for k, v in refusal.items()}))
    if options.write:
        path = MODELS / "ranking.json"
        model = json.loads(path.read_text(encoding="utf-8"))
        first, weights, refusal = fitted(rows)
        model["comment"] = "fitted by training/ranker.py"
        for name, values in (("first", first), ("ranker", weights), ("refusal", refusal)):
            model[name] = {k: round(v, 4) for k, v in values.items()}
        path.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
