"""Make `src/ra_assistant/models/known_words.npy`: hashes of the word forms of French.

usage: lexicon.py

Reads the spelling dictionary that Debian packages as `hunspell-fr` (Dicollecte contributors, MPL-2.0),
expanded to its word forms by `unmunch` (package `hunspell-tools`). Each folded form (no case, no accents)
is kept as the first four bytes of its BLAKE2b digest, sorted: 0.01 % of unknown words pass for known.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from common import MODELS

from ra_assistant.french.words import fold
from ra_assistant.spelling import word_hash

DICTIONARY = Path("/usr/share/hunspell/fr.dic")


def main() -> None:
    """Expand, fold, hash, sort, write."""
    expanded = subprocess.run(
        ["unmunch", str(DICTIONARY), str(DICTIONARY.with_suffix(".aff"))], capture_output=True, check=True
    ).stdout.decode("utf-8", errors="ignore")
    bare = (line.split("/")[0].strip() for line in expanded.splitlines())
    forms = {fold(word) for word in bare if len(word) > 2 and word.isalpha()}
    hashes = np.array(sorted({word_hash(form) for form in forms}), dtype=np.uint32)
    np.save(MODELS / "known_words.npy", hashes)
    print(f"{len(forms)} forms, {len(hashes)} hashes")


if __name__ == "__main__":
    main()
