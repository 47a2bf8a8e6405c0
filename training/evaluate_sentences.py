"""Measure which sentence of its passage a question finds; called by `evaluate.py sentences`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
from common import DATA, MODELS, Lexical, joined, read_lines
from evaluate import encoders, keep

WEIGHTS = [round(0.1 * i, 1) for i in range(11)]
PIAF_LIMIT = 1500


def scaled(scores: np.ndarray) -> np.ndarray:
    """Return scores brought to 0..1."""
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def parts_of(questions: list[dict[str, Any]], passages: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for each question its passage's sentences and which of them hold an answer."""
    from sentences import units

    made = []
    for q in questions:
        passage = passages[q["passage"]]
        text = passage["text"]
        spans = [(a, b) for a, b in units(text) if text[a:b].strip()]
        gold = [(x["start"], x["start"] + len(x["text"])) for x in q["answers"]]
        right = [any(a <= s and e <= b for s, e in gold) for a, b in spans]
        made.append(
            {
                "question": joined(q["history"], q["question"]),
                "sentences": [text[a:b] for a, b in spans],
                "title": passage["title"],
                "right": np.array(right),
            }
        )
    return made


def sentences(options: argparse.Namespace) -> None:
    """Print and keep sentence@1 of BM25, of the vectors and of both, the weight chosen on the tuning parts."""
    sys.path.insert(0, str(MODELS.parent.parent))
    documents, queries = encoders(options)
    passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl")}
    everything = list(read_lines(DATA / "questions.jsonl"))
    found: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    for name in ("rapports", "piaf"):
        for part in ("dev", "report"):
            chosen = [q for q in everything if (q["set"], q["part"]) == (name, part) and q["answers"]]
            chosen = chosen[:: max(1, len(chosen) // PIAF_LIMIT)][:PIAF_LIMIT]
            rows = parts_of(chosen, passages)
            texts = list(dict.fromkeys(f"{r['title']}\n{s}" for r in rows for s in r["sentences"]))
            place = {text: i for i, text in enumerate(texts)}
            vectors, asked = documents(texts), queries([r["question"] for r in rows])
            for row, question in zip(rows, asked, strict=True):
                take = [place[f"{row['title']}\n{s}"] for s in row["sentences"]]
                lexical = scaled(Lexical(row["sentences"]).scores(row["question"]))
                found.setdefault((name, part), []).append(
                    (lexical, scaled(vectors[take] @ question), row["right"])
                )

    def quality(rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]], weight: float) -> float:
        hits = [bool(right[int(np.argmax((1 - weight) * a + weight * b))]) for a, b, right in rows]
        return round(float(np.mean(hits)), 4)

    for name in ("rapports", "piaf"):
        weight = max(WEIGHTS, key=lambda w, name=name: quality(found[name, "dev"], w))
        rows = found[name, "report"]
        figures = {"bm25": quality(rows, 0.0), "vectors": quality(rows, 1.0), "fused": quality(rows, weight)}
        keep("sentences", options, {"set": name, "n": len(rows), "weight": weight, **figures})
