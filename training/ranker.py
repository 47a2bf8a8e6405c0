"""Fit the weights of the sentence ranker and of the refusal (`src/ra_assistant/models/ranking.json`).

usage: ranker.py [--write] [--limit N]

Questions: the parts `dev` of `training/data`, which neither model was trained on: articles of PIAF's half
0 and organisations of `rapports_fr` and `training/data_extra`. They are asked among passages of the parts
`train` and `dev`: for PIAF all of them, for reports groups of 24, as many as a small report has sections.
Half of the articles and of the groups fit, the other half report. The ranker is a conditional
logit over the sentences of one question (McFadden 1974); the refusal a logistic regression on whether
the best sentence is right, with questions of the other set, and near misses, as unanswerable ones.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, MODELS, SEED, read_lines
from scipy.optimize import minimize

from ra_assistant import assembly, building
from ra_assistant.answering import RETRIEVED, refusal_features
from ra_assistant.ranking import Candidate
from ra_assistant.types import Query, Turn

GROUP = 24
RIDGE = 1e-2


@dataclass
class Asked:
    """One question with its candidates."""

    group: str
    kind: str
    query: Query
    candidates: list[Candidate]
    right: list[bool]
    known: float


def normal(text: str) -> str:
    """Return the text with single blanks."""
    return " ".join(text.split())


def write_corpus(root: Path, passages: Sequence[dict[str, Any]], chosen: random.Random) -> dict[str, str]:
    """Write each passage as a file; return the group of each passage id."""
    groups: dict[str, str] = {}
    reports = [p for p in passages if p["set"] == "rapports"]
    chosen.shuffle(reports)
    for number, passage in enumerate(reports):
        groups[passage["id"]] = f"r{number // GROUP}"
        head = f"---\ntitle: Rapport\nyear: {passage['year'] or 2020}\n---\n"
        text = f"{head}## {passage['title']}\n\n{passage['text']}\n"
        (root / f"{passage['id']}.md").write_text(text, encoding="utf-8")
    for passage in passages:
        if passage["set"] == "piaf":
            groups[passage["id"]] = f"p{passage['group']}"
            (root / f"{passage['id']}.txt").write_text(passage["text"], encoding="utf-8")
    return groups


def asked(limit: int) -> Iterator[Asked]:
    """Yield the questions with their ranked candidates, from an index made for the purpose."""
    chosen = random.Random(SEED)
    passages = [p for p in read_lines(DATA / "passages.jsonl") if p["part"] in {"train", "dev"}]
    questions = [q for q in read_lines(DATA / "questions.jsonl") if q["part"] == "dev"]
    chosen.shuffle(questions)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "corpus"
        root.mkdir()
        groups = write_corpus(root, passages, chosen)
        building.build(root, Path(folder) / "index")
        assistant = assembly.open_assistant(Path(folder) / "index")
        yield from _asked(assistant, groups, questions[:limit], chosen)
        assistant.close()


def _asked(
    assistant: assembly.Assistant,
    groups: dict[str, str],
    questions: list[dict[str, Any]],
    chosen: random.Random,
) -> Iterator[Asked]:
    names = {Path(document.path).stem: document.id for document in assistant.documents}
    texts = {document.id: document.text for document in assistant.documents}
    members: dict[str, set[str]] = defaultdict(set)
    for name, group in groups.items():
        members[group if group[0] == "r" else "piaf"].add(names[name])
    report_groups = sorted(group for group in members if group != "piaf")
    answerer = assistant.answerer
    understanding = answerer._understanding
    for question in questions:
        group = groups[question["passage"]]
        history = question["history"]
        turns = [Turn(history[i], history[i + 1]) for i in range(0, len(history) - 1, 2)]
        query = understanding.understand(understanding.clean(question["question"]), turns, None, civil=False)
        is_report = group[0] == "r"
        places = [(members[group] if is_report else members["piaf"], True)]
        if chosen.random() < 0.35:
            other = members["piaf"] if is_report else members[chosen.choice(report_groups)]
            places.append((other, False))
        for within, home in places:
            hits = answerer._retriever.retrieve(query, RETRIEVED, frozenset(within))
            candidates = answerer.candidates(query, hits)
            gold = {normal(a["text"]) for a in question["answers"]} if home else set()
            target = names[question["passage"]]
            right = [
                c.passage.document_id == target
                and any(answer in normal(texts[target][c.span.start : c.span.end]) for answer in gold)
                for c in candidates
            ]
            kind = question["type"] if home else "elsewhere"
            yield Asked(group, kind, query, candidates, right, answerer._known_share(query))


def fit_ranker(rows: Sequence[Asked], names: Sequence[str]) -> dict[str, float]:
    """Return the weights that make the right sentences likeliest among the candidates."""
    matrices, masks = [], []
    for row in rows:
        if any(row.right) and not all(row.right):
            matrices.append(matrix([c.features for c in row.candidates], names))
            masks.append(np.array(row.right))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = 0.0, np.zeros_like(weights)
        for features, mask in zip(matrices, masks, strict=True):
            scores = features @ weights
            scores -= scores.max()
            shares = np.exp(scores)
            shares /= shares.sum()
            inside = shares * mask
            hit = inside.sum()
            total -= np.log(hit + 1e-12)
            gradient -= features.T @ (inside / (hit + 1e-12) - shares)
        count = len(matrices)
        return total / count + RIDGE * weights @ weights, gradient / count + 2 * RIDGE * weights

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
    labels = np.array([row.right[0] for row in kept])
    scaler = StandardScaler().fit(data)
    model = LogisticRegression(C=0.3, max_iter=3000).fit(scaler.transform(data), labels)
    raw = model.coef_[0] / scaler.scale_
    weights = dict(zip(names, map(float, raw), strict=True))
    weights["bias"] = float(model.intercept_[0] - (scaler.mean_ * raw).sum())
    return weights, model, names


def probability(row: Asked, weights: dict[str, float]) -> float:
    """Return the probability that the best candidate is right."""
    if not row.candidates:
        return 0.0
    features = refusal_features(row.query, row.candidates, row.known)
    odds = weights["bias"] + sum(weights.get(n, 0.0) * v for n, v in features.items())
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def report(rows: Sequence[Asked], weights: dict[str, float], refusal: dict[str, float]) -> None:
    """Print what the weights give on rows that they were not fitted on."""
    rows = [rescored(row, weights) for row in rows]
    by_kind: dict[str, list[Asked]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    for kind, group in sorted(by_kind.items()):
        first = np.mean([bool(r.right and r.right[0]) for r in group])
        three = np.mean([any(r.right[:3]) for r in group])
        reach = np.mean([any(r.right) for r in group])
        sure = np.mean([probability(r, refusal) for r in group])
        print(f"{kind:14} n={len(group):5} @1 {first:.3f} @3 {three:.3f} reachable {reach:.3f} p {sure:.3f}")
    chances = np.array([probability(r, refusal) for r in rows])
    right = np.array([bool(r.right and r.right[0]) for r in rows])
    for low in np.arange(0, 1, 0.1):
        inside = (chances >= low) & (chances < low + 0.1)
        if inside.any():
            print(f"said {low:.1f}-{low + 0.1:.1f}: right {right[inside].mean():.3f} of {inside.sum()}")
    for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        line = [f"threshold {threshold:.2f}"]
        for name, group in (("home", [k for k in by_kind if k not in {"elsewhere", "sans_reponse"}]),):
            answered = [probability(r, refusal) >= threshold for k in group for r in by_kind[k]]
            good = [
                probability(r, refusal) >= threshold and r.right[0]
                for k in group
                for r in by_kind[k]
                if r.right
            ]
            line.append(f"{name} answered {np.mean(answered):.3f} right {np.sum(good) / len(answered):.3f}")
        for kind in ("sans_reponse", "elsewhere"):
            if by_kind[kind]:
                line.append(
                    f"{kind} refused {np.mean([probability(r, refusal) < threshold for r in by_kind[kind]]):.3f}"
                )
        print("  ".join(line))


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--limit", type=int, default=4000)
    options = parser.parse_args()
    rows = list(asked(options.limit))
    halves = {group: i % 2 for i, group in enumerate(sorted({row.group for row in rows}))}
    fitting = [row for row in rows if halves[row.group] == 0]
    reporting = [row for row in rows if halves[row.group] == 1]
    names = sorted({name for row in rows for c in row.candidates for name in c.features})
    weights = fit_ranker(fitting, names)
    refusal, _, _ = fit_refusal([rescored(row, weights) for row in fitting])
    report(reporting, weights, refusal)
    print(json.dumps({k: round(v, 3) for k, v in weights.items()}))
    print(json.dumps({k: round(v, 3) for k, v in refusal.items()}))
    if options.write:
        path = MODELS / "ranking.json"
        model = json.loads(path.read_text(encoding="utf-8"))
        weights = fit_ranker(rows, names)
        refusal, _, _ = fit_refusal([rescored(row, weights) for row in rows])
        model["comment"] = "fitted by training/ranker.py"
        model["ranker"] = {k: round(v, 4) for k, v in weights.items()}
        model["refusal"] = {k: round(v, 4) for k, v in refusal.items()}
        path.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
