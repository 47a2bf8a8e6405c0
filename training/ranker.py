"""Fit the weights of the sentence ranker and of the refusal (`src/ra_assistant/models/ranking.json`).

usage: ranker.py [--write] [--linear] [--again SOURCE,SOURCE | all] [--sources A,B] [--without BEGINNING,BEGINNING]

Questions, their corpora and what is known to answer them: `asking.py`. Neither model was trained on any of them.
Half of the articles of PIAF, of the groups of invented organisations and of the fictional reports fit, the other half
and the visitors' questions report; with `--write` everything fits, after the report. The ranker is a conditional
logit over the sentences of one question (McFadden 1974), fitted twice: without what the reader says, to choose what it
reads, and with it. The refusal is a logistic regression on whether one of the best three, as many as an answer
quotes, is right. Both are linear first; then a small network learns beside the linear part what it misses,
five times from other random units, and the five are written as one.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import asking
import numpy as np
import torch
from asking import Asked
from common import MODELS
from scipy.optimize import minimize

from ra_assistant.answering import RefusalModel, refusal_features
from ra_assistant.composing import MAX_CITATIONS
from ra_assistant.scoring import Scorer

RIDGE = 1e-2
UNITS, MODELS_AVERAGED = 16, 5
RATE, DECAY, BATCH = 2e-3, 3e-3, 16
RANKER_EPOCHS, REFUSAL_EPOCHS = 14, 8
GIVEN = {"fit_spelled_out": 6.0, "fit_contact": 6.0, "contrary": -2.0, "rank_other": -2.0}
GIVEN_REFUSAL = {
    "best_fit_spelled_out": 6.0,
    "best_fit_contact": 4.0,
    "best_contrary": -4.0,
    "best_rank_other": -4.0,
}
"""Weights set by hand, of what is too rare among the questions that fit."""
NEVER_FITTED = {"visitors"}
"""Sources that only report, whatever is written."""
REPORTED = {"autorite", "musee", "genopole", "real", *asking.WRITTEN, *NEVER_FITTED}
"""Sources that report; all but those above fit what is written as well."""
COUNTS = {"offtopic": 3.0}
"""How much more the questions of a source count in the refusal: a public chat is asked many that have nothing to do
with its report, and they are few here."""
UNANSWERED = ("sans_reponse", "elsewhere", "swapped", "refuse_")
READER = ("reader_", "unread", "first_", "answer_")
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


def matrix(rows: Sequence[Any], names: Sequence[str]) -> np.ndarray:
    """Return features as an array, shape (rows, names)."""
    data = np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float32)
    return data.reshape(len(rows), len(names))


def fit_linear(rows: Sequence[Asked], names: Sequence[str]) -> np.ndarray:
    """Return the weights that make the right sentences likeliest among the candidates.

    Sources count by the square root of their size, so that none drowns the others.
    """
    sizes = Counter(row.source for row in rows)
    matrices = [matrix([c.features for c in row.candidates], names) for row in rows]
    masks = [np.array(row.right) for row in rows]
    shares_of = [sizes[row.source] ** -0.5 for row in rows]
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
    weights: np.ndarray = found.x
    return weights


class Ranking(torch.nn.Module):
    """A linear model with a small network beside it, as `scoring.Scorer` runs it."""

    def __init__(self, linear: np.ndarray, mean: np.ndarray, scale: np.ndarray, bias: float = 0.0) -> None:
        super().__init__()
        self.mean, self.scale = (torch.tensor(v, dtype=torch.float32) for v in (mean, scale))
        self.linear = torch.nn.Linear(len(linear), 1)
        # The linear part sees features as they are when it is written, standardised ones while it learns.
        self.linear.weight.data[:] = torch.tensor(linear * scale, dtype=torch.float32)
        self.linear.bias.data[:] = bias + float(linear @ mean)
        self.hidden = torch.nn.Linear(len(linear), UNITS)
        self.output = torch.nn.Linear(UNITS, 1, bias=False)
        self.output.weight.data.zero_()
        self.dropout = torch.nn.Dropout(0.2)

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        """Return one log-odds a row of features as they are."""
        standard = (data - self.mean) / self.scale
        units = self.dropout(torch.relu(self.hidden(standard)))
        return (self.linear(standard) + self.output(units)).squeeze(-1)


Item = tuple[torch.Tensor, torch.Tensor, float]
"""Features of a question's candidates, shape (candidates, names); what is right of them; how much it counts."""
Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""From log-odds, what is right and what is there at all, shape (questions, candidates): one loss a question."""


def learn(
    start: tuple[np.ndarray, np.ndarray, np.ndarray, float], items: Sequence[Item], loss: Loss, epochs: int
) -> list[Ranking]:
    """Return several models begun from the linear one, each from other random units."""
    models = []
    for seed in range(MODELS_AVERAGED):
        torch.manual_seed(seed)
        rng, order = random.Random(seed), list(items)
        model = Ranking(*start)
        optim = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
        steps = max(1, epochs * (len(order) // BATCH))
        rates = torch.optim.lr_scheduler.LambdaLR(optim, lambda step, n=steps: max(0.0, 1 - step / n))
        model.train()
        for _ in range(epochs):
            rng.shuffle(order)
            for begin in range(0, len(order) - BATCH + 1, BATCH):
                features, right, there, shares = padded(order[begin : begin + BATCH])
                (shares * loss(model(features), right, there)).mean().backward()
                optim.step()
                rates.step()
                optim.zero_grad()
        models.append(model.eval())
    return models


def padded(items: Sequence[Item]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return features, what is right and what is there, all as wide as the widest question; and the shares."""
    pad = torch.nn.utils.rnn.pad_sequence
    features = pad([item[0] for item in items], batch_first=True)
    right = pad([item[1] for item in items], batch_first=True)
    there = pad([torch.ones(len(item[0]), dtype=torch.bool) for item in items], batch_first=True)
    return features, right, there, torch.tensor([item[2] for item in items])


def written(models: Sequence[Ranking], names: Sequence[str], given: Mapping[str, float]) -> dict[str, Any]:
    """Return the mean of models as one, with weights that are given, in the form that `Scorer.read` reads."""
    first = models[0]
    with torch.no_grad():
        linear = torch.stack([m.linear.weight[0] / m.scale for m in models]).mean(0).numpy()
        biases = [m.linear.bias[0] - (m.linear.weight[0] * m.mean / m.scale).sum() for m in models]
        network = {
            "mean": first.mean.numpy(),
            "scale": first.scale.numpy(),
            "hidden": torch.cat([m.hidden.weight for m in models]).numpy(),
            "hidden_bias": torch.cat([m.hidden.bias for m in models]).numpy(),
            "output": torch.cat([m.output.weight[0] for m in models]).numpy() / len(models),
        }
    network["mean"], network["scale"] = (
        np.concatenate([network[name], np.full(len(given), value)])
        for name, value in (("mean", 0.0), ("scale", 1.0))
    )
    network["hidden"] = np.pad(network["hidden"], ((0, 0), (0, len(given))))
    return {
        "names": [*names, *given],
        "linear": [*rounded(linear), *given.values()],
        "bias": round(float(sum(biases)) / len(models), 4),
        "network": {name: rounded(values) for name, values in network.items()},
    }


def rounded(values: np.ndarray) -> Any:
    """Return an array as lists of numbers of four decimals."""
    return np.round(values.astype(float), 4).tolist()


def fit_ranker(rows: Sequence[Asked], *, heard: bool, epochs: int = RANKER_EPOCHS) -> dict[str, Any]:
    """Return the model that ranks, with or without what the reader says."""
    kept = [row for row in rows if any(row.right) and not all(row.right)]
    names = sorted({name for row in kept for c in row.candidates for name in c.features} - GIVEN.keys())
    if not heard:
        names = [name for name in names if not name.startswith(READER)]
    linear = fit_linear(kept, names)
    everything = np.concatenate([matrix([c.features for c in row.candidates], names) for row in kept])
    mean, scale = everything.mean(0), everything.std(0) + 1e-3
    sizes = Counter(row.source for row in kept)
    whole = float(np.mean([sizes[row.source] ** -0.5 for row in kept]))
    items = [
        (
            torch.tensor(matrix([c.features for c in row.candidates], names)),
            torch.tensor(row.right),
            sizes[row.source] ** -0.5 / whole,
        )
        for row in kept
    ]

    def loss(scores: torch.Tensor, right: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        scores = scores.masked_fill(~there, -torch.inf)
        return torch.logsumexp(scores, 1) - torch.logsumexp(scores.masked_fill(~right, -torch.inf), 1)

    return written(learn((linear, mean, scale, 0.0), items, loss, epochs), names, GIVEN)


def fit_refusal(rows: Sequence[Asked]) -> dict[str, Any]:
    """Return the model of whether one of the best candidates, as many as an answer quotes, is right."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    kept = [row for row in rows if row.candidates]
    features = [refusal_features(row.query, row.candidates, row.known) for row in kept]
    names = sorted({name for row in features for name in row} - GIVEN_REFUSAL.keys())
    data = matrix(features, names)
    labels = np.array([any(row.right[:MAX_CITATIONS]) for row in kept])
    sizes = Counter(row.source for row in kept)
    counts = np.array([COUNTS.get(row.source, 1.0) * sizes[row.source] ** -0.5 for row in kept])
    counts *= len(kept) / counts.sum()
    scaler = StandardScaler().fit(data)
    logistic = LogisticRegression(C=0.03, max_iter=3000).fit(scaler.transform(data), labels, counts)
    scale = scaler.scale_ + 1e-3
    linear = logistic.coef_[0] / scale
    bias = float(logistic.intercept_[0] - (linear * scaler.mean_).sum())
    items = [
        (torch.tensor(data[i : i + 1]), torch.tensor([float(labels[i])]), float(counts[i]))
        for i in range(len(kept))
    ]

    def loss(scores: torch.Tensor, right: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, right, reduction="none").squeeze(
            1
        )

    return written(
        learn((linear, scaler.mean_, scale, bias), items, loss, REFUSAL_EPOCHS), names, GIVEN_REFUSAL
    )


def rescored(row: Asked, scorer: Scorer) -> Asked:
    """Return the question with its candidates ranked by another model."""
    scores = scorer([candidate.features for candidate in row.candidates])
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return replace(
        row,
        candidates=[replace(row.candidates[i], score=scores[i]) for i in order],
        right=[row.right[i] for i in order],
    )


def without(row: Asked, beginnings: tuple[str, ...]) -> Asked:
    """Return the question with its candidates bare of the features whose names begin so."""
    bare = [
        {name: value for name, value in candidate.features.items() if not name.startswith(beginnings)}
        for candidate in row.candidates
    ]
    return replace(
        row, candidates=[replace(c, features=f) for c, f in zip(row.candidates, bare, strict=True)]
    )


def probability(row: Asked, refusal: Scorer) -> float:
    """Return the probability that one of the best candidates is right."""
    return RefusalModel(refusal, 0.0).probability(row.query, row.candidates, row.known)


def is_unanswered(row: Asked) -> bool:
    """Tell whether a question has no answer where it was asked."""
    return row.kind.startswith(UNANSWERED)


def ranks(rows: Sequence[Asked], scorer: Scorer) -> str:
    """Return, for each source, how often the first sentence is right, and one of the first three."""
    told = []
    for source in sorted({row.source for row in rows}):
        group = [rescored(row, scorer) for row in rows if row.source == source and any(row.right)]
        first, three = (np.mean([any(row.right[:n]) for row in group]) for n in (1, 3))
        told.append(f"{source} {first:.3f}/{three:.3f} ({len(group)})")
    return ", ".join(told)


def report(rows: Sequence[Asked], ranker: Scorer, refusal: Scorer) -> None:
    """Print what the models give on rows that they were not fitted on."""
    rows = [rescored(row, ranker) for row in rows]
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


def fitted(rows: Sequence[Asked], epochs: int = RANKER_EPOCHS) -> dict[str, Any]:
    """Return the model that ranks before the reader, the one with it, and the one that refuses."""
    first, ranker = (fit_ranker(rows, heard=heard, epochs=epochs) for heard in (False, True))
    scorer = Scorer.read(ranker)
    return {
        "first": first,
        "ranker": ranker,
        "refusal": fit_refusal([rescored(row, scorer) for row in rows]),
    }


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--again", default="", help="sources whose features are made anew, or `all`")
    parser.add_argument("--linear", action="store_true", help="report what ranks without its network")
    parser.add_argument("--without", default="", help="beginnings of the features to report without")
    parser.add_argument("--sources", default=",".join(asking.SOURCES))
    options = parser.parse_args()
    if options.write and options.without:
        parser.error("--without only reports")
    torch.set_num_threads(1)  # the products are too small to be shared
    again = set(asking.SOURCES) if options.again == "all" else set(options.again.split(","))
    sources = options.sources.split(",")
    rows = [row for source in sources for row in rows_of(source, again=source in again)]
    if options.without:
        rows = [without(row, tuple(options.without.split(","))) for row in rows]
    groups = sorted({row.group for row in rows if row.source in {"piaf", "reports", "given", "offtopic"}})
    reporting = set(groups[1::2]) | {row.group for row in rows if row.source in REPORTED}
    epochs = 0 if options.linear else RANKER_EPOCHS
    found = fitted([row for row in rows if row.group not in reporting], epochs)
    for name in ("first", "ranker"):
        print(name, ranks([row for row in rows if row.group in reporting], Scorer.read(found[name])))
    report(
        [row for row in rows if row.group in reporting],
        Scorer.read(found["ranker"]),
        Scorer.read(found["refusal"]),
    )
    if options.write:
        path = MODELS / "ranking.json"
        kept = json.loads(path.read_text(encoding="utf-8"))
        model = {
            "comment": "fitted by training/ranker.py",
            **fitted([row for row in rows if row.source not in NEVER_FITTED]),
        }
        model |= {name: kept[name] for name in ("threshold", "rival_share")}
        path.write_text(json.dumps(model, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
