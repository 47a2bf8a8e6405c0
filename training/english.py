"""Write the French words that stand for English ones (`models/english.json`), from sentences in both languages.

usage: english.py [--out FILE]

Reads `training/data/parallel.jsonl`. Kept are English words seen often enough, with the stems of the French words that
stand for them; one that is spelt like its translation needs none. Words of `english.toml` come first.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from alignment import translations
from common import DATA, HERE, MODELS, read_lines

from ra_assistant.french.lexicon import table
from ra_assistant.french.words import content_words, stem, words

SEEN = 4
"""Sentences in which a word must stand."""
MOST = 3
"""Translations kept of a word."""
LEAST = 0.1
"""Probability from which on a translation is kept."""
SURE = 0.3
"""Probability that the translations of a word must have together."""
SHORTEST = 3


def learnt(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Return the stems of French words by English word, with their probabilities."""
    grammar = set(table("questions")["english"]["words"].split())
    english, french = [], []
    for left, right in pairs:
        english.append(
            [
                w.form
                for w in words(left)
                if w.form.isalpha() and len(w.form) >= SHORTEST and w.form not in grammar
            ]
        )
        french.append([w.stem for w in content_words(right) if w.stem.isalpha()])
    seen = Counter(word for sentence in english for word in set(sentence))
    kept = {}
    for word, found in translations(english, french, most=MOST, least=LEAST).items():
        others = {other: round(chance, 2) for other, chance in found if other != stem(word)}
        is_known = seen[word] >= SEEN and sum(chance for _, chance in found) >= SURE
        if is_known and others and len(others) == len(found):
            kept[word] = others
    return kept


def written() -> dict[str, dict[str, float]]:
    """Return the words of `english.toml`, the first translation of each the likeliest."""
    given: dict[str, str] = tomllib.loads((HERE / "english.toml").read_text(encoding="utf-8"))["words"]
    return {
        word: {stem(other): round(1 / rank, 2) for rank, other in enumerate(others.split(), 1)}
        for word, others in given.items()
    }


def main() -> None:
    """Write the file and print its size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=MODELS / "english.json")
    out = parser.parse_args().out
    made = learnt((row["en"], row["fr"]) for row in read_lines(DATA / "parallel.jsonl")) | written()
    made = dict(sorted(made.items()))
    out.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(len(made), "words,", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
