"""What the span reader is given to read."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.focusing import WINDOW_CHARS, windows
from ra_assistant.ranking import Candidate
from ra_assistant.splitting import SentenceSplitter
from ra_assistant.types import Passage, Span
from tests.conftest import make_document

TEXT = "La première phrase ouvre. La deuxième suit. La troisième répond. La quatrième clôt. Fin de tout."


def passage_of(text: str) -> Passage:
    (passage,) = SentenceSplitter(max_chars=10_000, target_chars=5_000).split(make_document(text))
    return passage


def scored(passage: Passage, scores: list[float]) -> list[Candidate]:
    rows = zip(passage.sentences, scores, strict=True)
    return sorted((Candidate(passage, s, {}, v, None) for s, v in rows), key=lambda c: -c.score)


def test_a_window_grows_from_the_likeliest_sentence_towards_its_likelier_neighbour() -> None:
    passage = passage_of(TEXT)
    found = scored(passage, [0.0, 1.0, 5.0, 2.0, 0.0])
    (window,) = windows(found, max_chars=45)
    assert window.text == "La troisième répond. La quatrième clôt."
    assert window.text == passage.text[window.span.start : window.span.end]
    assert window.rows == []


def test_the_rows_of_a_table_are_told_from_sentences() -> None:
    document = make_document("Recettes :\n\nBilletterie | 4 080\nDons | 1 760\n\nFin.")
    passage = passage_of(document.text)
    cuts = [0, *(document.text.index(word) for word in ("Billetterie", "Dons", "Fin")), len(document.text)]
    spans = tuple(Span(a, b) for a, b in pairwise(cuts))
    passage = replace(passage, sentences=spans)
    (window,) = windows(scored(passage, [0.0, 2.0, 0.0, 0.0]), 40)
    assert [window.text[start:end].strip() for start, end in window.rows] == [
        "Billetterie | 4 080",
        "Dons | 1 760",
    ]


def test_one_sentence_longer_than_a_window_is_read_whole() -> None:
    passage = passage_of(f"Court. {'Un mot ' * 90}long. Court.")
    (window,) = windows(scored(passage, [0.0, 9.0, 0.0]))
    assert len(window.text) > WINDOW_CHARS
    assert window.text.endswith("long.")


def test_each_passage_has_one_window_and_the_best_candidates_comes_first() -> None:
    first, second = passage_of(TEXT), passage_of(TEXT.replace("La", "Une"))
    found = sorted(
        [*scored(first, [1.0, 2.0, 3.0, 0.0, 0.0]), *scored(second, [0.0, 9.0, 2.0, 0.0, 0.0])],
        key=lambda candidate: -candidate.score,
    )
    assert [(window.passage.id, window.score) for window in windows(found)] == [
        (second.id, 9.0),
        (first.id, 3.0),
    ]
    assert windows([]) == []


@given(st.lists(st.floats(-9, 9), min_size=5, max_size=5), st.integers(20, 120))
def test_a_window_holds_whole_sentences_the_best_among_them(scores: list[float], most: int) -> None:
    passage = passage_of(TEXT)
    found = scored(passage, scores)
    (window,) = windows(found, most)
    assert window.span.start in {sentence.start for sentence in passage.sentences}
    assert window.span.end in {sentence.end for sentence in passage.sentences}
    assert window.span.start <= found[0].span.start < found[0].span.end <= window.span.end
    assert len(window.text) <= max(most, found[0].span.end - found[0].span.start)
