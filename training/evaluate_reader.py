"""Measure the reader with the passage given; called by `evaluate.py reader`."""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from common import DATA, MODELS, RUNS, SEED, fold, joined, read_lines
from evaluate import keep
from swaps import Swaps

Read = Callable[[str, list[tuple[str, str]]], list[tuple[float, list[tuple[int, int, float]]]]]
PIAF_LIMIT = 1500
NEEDLESS = 0.10


def normal(text: str) -> list[str]:
    """Return the words by which two answers are compared: `tools/spans.py`'s own rule."""
    bare = re.sub(r"[\W_]+", " ", fold(text))
    return re.sub(r"\b(le|la|les|l|un|une|des|du|de|d|au|aux)\b", " ", bare).split()


def overlap(left: str, right: str) -> float:
    """Return the F1 of the words of two answers."""
    a, b = normal(left), normal(right)
    shared = sum((Counter(a) & Counter(b)).values())
    return 2 * shared / (len(a) + len(b)) if shared else 0.0


def reader_of(options: argparse.Namespace) -> Read:
    """Return the reader asked for, exported or in float."""
    if options.float:
        import torch
        from encoder import yield_cores
        from read import encode, load

        sys.path.insert(0, str(MODELS.parent.parent))
        from ra_assistant.span_reader import best_spans

        model, tokenizer = load(RUNS / options.float)
        model.eval()

        def read(question: str, passages: list[tuple[str, str]]) -> list[Any]:
            yield_cores(1)
            encoded = encode(tokenizer, [(question, *p) for p in passages])
            with torch.no_grad():
                logits, judged = model(encoded.ids, encoded.mask, encoded.types)
            made = []
            for row, places in enumerate(encoded.offsets):
                first = next((i for i, (a, _) in enumerate(places) if a >= 0), 0)
                inside = [p for p in places if p[0] >= 0]
                spans = best_spans(logits[row].float().numpy(), inside, first, 5)
                made.append((float(judged[row]), [tuple(s) for s in spans]))
            return made

        return read
    sys.path.insert(0, str(MODELS.parent.parent))
    from ra_assistant.span_reader import OnnxSpanReader

    shipped = OnnxSpanReader(options.model or MODELS / "reader", threads=1)
    return lambda q, p: [(r.answerable, [tuple(s) for s in r.spans]) for r in shipped.read(q, p)]


def sentence_around(text: str, start: int, end: int, spans: Callable[[str], list[Any]]) -> tuple[int, int]:
    """Return the sentence that holds the middle of a span."""
    middle = (start + end) // 2
    return next(((s[0], s[1]) for s in spans(text) if s[0] <= middle < s[1]), (start, end))


def measured(
    read: Read, questions: list[dict[str, Any]], passages: dict[str, Any], swaps: Swaps
) -> list[dict[str, Any]]:
    """Return for each question what was read in its passage, and in the best wrong passage.

    And what was read in its passage for a question about something else, where `swaps` finds one.
    """
    from ra_assistant.french.sentences import sentence_spans

    rng = random.Random(SEED)
    rows = []
    for q in questions:
        passage = passages[q["passage"]]
        group = [(passage["title"], passage["text"])]
        other = next((passages[h] for h in q["hard"] if passages[h]["group"] != passage["group"]), None)
        if other:
            group.append((other["title"], other["text"]))
        asked = joined(q["history"], q["question"])
        readings = read(asked, group)
        odds, spans = readings[0]
        text = passage["text"]
        swapped = swaps.swapped(q["question"], f"{passage['title']} {text}", rng)
        is_swapped = swapped and q["answers"] and not q["history"]
        row = {
            "type": q["type"],
            "odds": odds,
            "swapped": read(swapped, group[:1])[0][0] if is_swapped else None,
            "wrong": readings[1][0] if other else None,
            "answerable": bool(q["answers"]),
        }
        if q["answers"] and spans:
            start, end, _ = spans[0]
            low, high = sentence_around(text, start, end, sentence_spans)
            gold = [(a["start"], a["start"] + len(a["text"])) for a in q["answers"]]
            row |= {
                "sentence": any(low <= s and e <= high for s, e in gold) and high - low <= 400,
                "exact": any(normal(text[start:end]) == normal(a["text"]) for a in q["answers"]),
                "f1": max(overlap(text[start:end], a["text"]) for a in q["answers"]),
            }
        rows.append(row)
    return rows


def mean(rows: list[dict[str, Any]], name: str) -> float:
    """Return the mean of a figure."""
    return round(float(np.mean([float(r.get(name, 0.0)) for r in rows])), 4) if rows else 0.0


def reader(options: argparse.Namespace) -> None:
    """Print and keep the reader's figures."""
    read = reader_of(options)
    sys.path.insert(0, str(MODELS.parent.parent))
    passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl")}
    questions = list(read_lines(DATA / "questions.jsonl"))
    swaps = Swaps(q["question"] for q in questions if q["part"] == "train")
    parts: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name in ("rapports", "piaf"):
        for part in ("dev", "report"):
            chosen = [q for q in questions if q["set"] == name and q["part"] == part]
            if name == "piaf" and part == "report":
                chosen = chosen[:: len(chosen) // PIAF_LIMIT][:PIAF_LIMIT]
            began = time.monotonic()
            parts[name, part] = measured(read, chosen, passages, swaps)
            print(name, part, len(chosen), f"{time.monotonic() - began:.0f}s", flush=True)
    for (name, part), rows in parts.items():
        told = [r for r in rows if r["answerable"]]
        missing = [r for r in rows if not r["answerable"]]
        limit = float(np.quantile([r["odds"] for r in told], NEEDLESS))
        tuned = float(np.quantile([r["odds"] for r in parts[name, "dev"] if r["answerable"]], NEEDLESS))
        swapped = [r["swapped"] for r in told if r["swapped"] is not None]
        wrong = [r["wrong"] for r in told if r["wrong"] is not None]
        figures = {
            "set": name,
            "part": part,
            "n": len(told),
            "sentence@1": mean(told, "sentence"),
            "exact": mean(told, "exact"),
            "f1": mean(told, "f1"),
            "near_misses": len(missing),
            "near_misses_refused": round(float(np.mean([r["odds"] < limit for r in missing])), 4)
            if missing
            else None,
            "at_tuned_threshold": {
                "needless": round(float(np.mean([r["odds"] < tuned for r in told])), 4),
                "near_misses_refused": round(float(np.mean([r["odds"] < tuned for r in missing])), 4)
                if missing
                else None,
            },
            "swapped_refused": round(float(np.mean(np.array(swapped) < limit)), 4),
            "wrong_passage_refused": round(float(np.mean(np.array(wrong) < limit)), 4),
            "right_above_wrong": round(
                float(np.mean([r["odds"] > r["wrong"] for r in told if r["wrong"] is not None])), 4
            ),
        }
        keep("reader", options, figures)
        if name == "rapports" and part == "report":
            for kind in sorted({r["type"] for r in told}):
                few = [r for r in told if r["type"] == kind]
                kept = {
                    k: mean(few, m) for k, m in (("sentence@1", "sentence"), ("exact", "exact"), ("f1", "f1"))
                }
                keep("reader", options, {"set": f"rapports/{kind}", "part": part, "n": len(few), **kept})
