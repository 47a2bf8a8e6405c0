"""French full-text search: BM25 over stems, by bm25s."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import bm25s
import numpy as np
import numpy.typing as npt

from ra_assistant.french.acronyms import acronyms
from ra_assistant.french.words import content_words

K1 = 1.2
B = 0.75
"""Robertson and Zaragoza, The Probabilistic Relevance Framework (2009); alternatives measured on the
French sets of docs/adr/0003 change hit@1 by less than a point."""


class Bm25Index:
    """Scores every text of a collection against the terms of a query."""

    def __init__(self, scorer: bm25s.BM25, forms: dict[str, str], acronyms: dict[str, str]) -> None:
        self._scorer = scorer
        self.acronyms = acronyms
        """Acronyms that the collection spells out, with the words they stand for."""
        self.forms = forms
        """Folded form of each word of the collection, with its stem: typing errors are mended against them."""
        self._vocabulary: dict[str, int] = scorer.vocab_dict

    @classmethod
    def build(cls, texts: Sequence[str]) -> Bm25Index:
        """Index `texts`; an empty collection gives an index that finds nothing."""
        scorer = bm25s.BM25(k1=K1, b=B)
        terms: list[list[str]] = []
        forms: dict[str, str] = {}
        for text in texts:
            words = content_words(text)
            terms.append([word.stem for word in words])
            forms.update((word.form, word.stem) for word in words)
        scorer.index(terms if any(terms) else [["\x00"]], show_progress=False)
        return cls(scorer, forms, dict(pair for text in texts for pair in acronyms(text)))

    def save(self, directory: Path) -> None:
        """Write the index below `directory`, which is created."""
        self._scorer.save(str(directory), show_progress=False)
        for name, words in (("forms", self.forms), ("acronyms", self.acronyms)):
            (directory / f"{name}.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Bm25Index:
        """Open an index written by `save`."""
        scorer = bm25s.BM25.load(str(directory), load_corpus=False)
        forms, spelt_out = (
            json.loads((directory / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("forms", "acronyms")
        )
        return cls(scorer, forms, spelt_out)

    def knows(self, term: str) -> bool:
        """Tell whether a stem occurs in the collection."""
        return term in self._vocabulary

    def document_frequency(self, term: str) -> int:
        """Return in how many texts a stem occurs; 0 for an unknown one."""
        column = self._vocabulary.get(term)
        if column is None:
            return 0
        starts = self._scorer.scores["indptr"]
        return int(starts[column + 1] - starts[column])

    def ideal(self, weighted_terms: Mapping[str, float]) -> float:
        """Return the sum of the terms' weights times their idf: an upper bound, terms nobody has included."""
        count = self._scorer.scores["num_docs"]
        frequencies = ((weight, self.document_frequency(term)) for term, weight in weighted_terms.items())
        return sum(weight * math.log(1 + (count - f + 0.5) / (f + 0.5)) for weight, f in frequencies)

    def scores(self, weighted_terms: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """Return one score a text, ≥ 0, shape (texts,); a term counts by its weight."""
        total: npt.NDArray[np.float32] = np.zeros(self._scorer.scores["num_docs"], dtype=np.float32)
        by_weight: dict[float, list[str]] = {}
        for term, weight in weighted_terms.items():
            if term in self._vocabulary:
                by_weight.setdefault(weight, []).append(term)
        for weight, terms in by_weight.items():
            total += weight * self._scorer.get_scores(terms)
        return total
