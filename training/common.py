"""What every training script shares: places, splits, text folding, BM25, records as JSON lines."""

from __future__ import annotations

import gzip
import json
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared"
DATA = HERE / "data"
RUNS = HERE / "runs"
RESULTS = HERE / "results"
EXTRA = HERE / "data_extra"
MODELS = HERE.parent / "src" / "ra_assistant" / "models"
SEED = 20_26

DEV_SHARE, REPORT_SHARE = 0.08, 0.20
"""Shares of the organisations of `rapports_fr` that are kept for tuning and for reporting."""

STOP = frozenset(json.loads((HERE / "noise.json").read_text(encoding="utf-8"))["stop"].split())


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a JSON lines file, gzipped or not; a last line cut short is skipped."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", errors="ignore")
    for line in text.split("\n"):
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write records as JSON lines and return how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def fold(text: str) -> str:
    """Return the text in lower case without accents, ligatures opened."""
    text = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in text if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """Return the folded words and numbers of a text, decimals kept whole."""
    return re.findall(r"\d+(?:[.,]\d+)*|[^\W\d_]+", fold(text))


class Lexical:
    """French BM25: Snowball stems of folded words, k1 1.2, b 0.75 (the baseline of `design/house.md`)."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s
        import Stemmer

        self._stem = Stemmer.Stemmer("french")
        self._index = bm25s.BM25(k1=1.2, b=0.75)
        self._index.index([self.tokens(text) or ["\x00"] for text in texts], show_progress=False)

    def tokens(self, text: str) -> list[str]:
        """Return the stems of a text's content words."""
        return [self._stem.stemWord(word) for word in words(text) if word not in STOP]

    def scores(self, query: str) -> np.ndarray:
        """Return one score a text, not negative."""
        known = [token for token in self.tokens(query) if token in self._index.vocab_dict]
        if not known:
            return np.zeros(self._index.scores["num_docs"], dtype=np.float32)
        return self._index.get_scores(known)


def piaf_halves(context_ids: Iterable[str]) -> dict[str, int]:
    """Return the half, 0 or 1, of each PIAF context: articles alternate, as in `tools/spans.py`."""
    ids = list(context_ids)
    articles = {a: k % 2 for k, a in enumerate(sorted({c.split("-")[1] for c in ids}))}
    return {c: articles[c.split("-")[1]] for c in ids}


def organisation_parts(organisations: Iterable[str]) -> dict[str, str]:
    """Return the part (`train`, `dev`, `report`) of each organisation of `rapports_fr`."""
    names = sorted(set(organisations))
    random.Random(SEED).shuffle(names)
    report, dev = round(len(names) * REPORT_SHARE), round(len(names) * DEV_SHARE)
    return {
        n: "report" if i < report else "dev" if i < report + dev else "train" for i, n in enumerate(names)
    }


def joined(history: Sequence[str], question: str, *, answer: bool = True) -> str:
    """Return a follow-up question made to stand alone: the last exchange, then the question."""
    turns = [turn if isinstance(turn, str) else turn["content"] for turn in history][-2:]
    return " ".join([*(turns if answer else turns[:1]), question])
