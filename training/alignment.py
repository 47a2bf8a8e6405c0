"""Words and their likely translations, learnt from sentences that say the same in two languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_WORDS = 40
"""Words of a sentence that are looked at, the first ones."""


def translations(
    left: Sequence[Sequence[str]],
    right: Sequence[Sequence[str]],
    rounds: int = 5,
    most: int = 4,
    least: float = 0.08,
) -> dict[str, list[tuple[str, float]]]:
    """Return the likely words of the right side for each word of the left side, by IBM model 1.

    Brown et al. 1993, The Mathematics of Statistical Machine Translation, without the empty word.

    Args:
        left: sentences as words.
        right: the same sentences in the other language, in the same order.
        rounds: of expectation and maximisation.
        most: translations kept of a word, the likeliest first.
        least: probability from which on one is kept.
    """
    names, others = (sorted({w for s in side for w in s[:MOST_WORDS]}) for side in (left, right))
    numbers, other_numbers = ({w: i for i, w in enumerate(words)} for words in (names, others))
    links, sentence = [], []
    for n, (f, e) in enumerate(zip(left, right, strict=True)):
        fi = np.array([numbers[w] for w in f[:MOST_WORDS]], dtype=np.int64)
        ei = np.array([other_numbers[w] for w in e[:MOST_WORDS]], dtype=np.int64)
        links.append(np.repeat(fi, len(ei)) * len(others) + np.tile(ei, len(fi)))
        # Each word of the right side shares one unit among the words of the left side.
        sentence.append(np.tile(np.arange(len(ei)), len(fi)) + n * 64)
    keys, link = np.unique(np.concatenate(links), return_inverse=True)
    _, slot = np.unique(np.concatenate(sentence), return_inverse=True)
    left_of = keys // len(others)
    weight = np.ones(len(keys))
    for _ in range(rounds):
        share = weight[link]
        share /= np.bincount(slot, share)[slot]
        count = np.bincount(link, share)
        weight = count / np.bincount(left_of, count, minlength=len(names))[left_of]
    table: dict[str, list[tuple[str, float]]] = {}
    for k in np.lexsort((-weight, left_of)):
        found = table.setdefault(names[left_of[k]], [])
        if len(found) < most and weight[k] > least:
            found.append((others[keys[k] % len(others)], float(weight[k])))
    return table
