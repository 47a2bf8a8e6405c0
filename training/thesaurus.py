"""Make `training/data/synonyms.json`: words that may stand for another, by a thesaurus and by their vectors.

usage: thesaurus.py

Reads the thesaurus that Debian packages as `mythes-fr` (LibreOffice's French dictionaries, MPL-2.0), whose entries
hold the synonyms of all senses. Those kept are near the word in `models/words.npz`, so in the sense that it is mostly
met in, and no form of the word itself. Nothing of it is shipped: questions are put in other words while the reader
learns.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from common import DATA, MODELS

from ra_assistant.french.words import content_words
from ra_assistant.word_vectors import WordVectors

THESAURUS = Path("/usr/share/mythes/thes_fr.dat")
NEAR = 0.22
"""Least nearness kept, as `WordVectors.nearness` counts it: a cosine of about .42."""
MOST = 6
"""Synonyms kept of a word, the nearest."""


def entries(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each word of a MyThes file with its synonyms of one sense."""
    lines = iter(path.read_text(encoding="utf-8").split("\n")[1:])
    for line in lines:
        word, _, count = line.partition("|")
        for _ in range(int(count or 0)):
            yield word, next(lines).split("|")[1:]


def near_synonyms(path: Path, vectors: WordVectors) -> dict[str, list[str]]:
    """Return the synonyms of single words that are near them, the nearest first; a pair goes both ways."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for word, synonyms in entries(path):
        for synonym in synonyms:
            pair = content_words(word), content_words(synonym)
            if any(len(side) != 1 for side in pair) or not (word.isalpha() and synonym.isalpha()):
                continue
            one, other = pair[0][0], pair[1][0]
            rows = vectors.rows([one]), vectors.rows([other])
            if one.stem == other.stem or not all(len(row) for row in rows):
                continue
            near = float(vectors.nearness(*rows)[0, 0])
            if near >= NEAR:
                found[word][synonym] = found[synonym][word] = near
    return {word: sorted(near, key=lambda s: -near[s])[:MOST] for word, near in sorted(found.items())}


def main() -> None:
    """Write the file and print its size."""
    made = near_synonyms(THESAURUS, WordVectors(MODELS / "words.npz"))
    (DATA / "synonyms.json").write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    print(f"{len(made)} words, {sum(map(len, made.values()))} synonyms")


if __name__ == "__main__":
    main()
