from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.composing import MAX_QUOTE_CHARS, MAX_WORDS, clip, compose, settles
from ra_assistant.questions import understand
from ra_assistant.ranking import Candidate
from ra_assistant.splitting import SentenceSplitter
from ra_assistant.types import AnswerKind, BlockKind, Document, Outcome, Query, Span
from ra_assistant.verifying import violations
from tests.conftest import make_document


def candidates(document: Document, *marked: tuple[str, float, str]) -> list[Candidate]:
    """Return candidates for sentences given by their words, score and words that answer."""
    (passage, *_) = SentenceSplitter(max_chars=10_000, target_chars=5_000).split(document)
    found = []
    for words, score, answer in marked:
        start = document.text.index(words)
        span = next(s for s in passage.sentences if s.start <= start < s.end)
        inside = Span(document.text.index(answer, span.start), 0) if answer else None
        exact = Span(inside.start, inside.start + len(answer)) if inside else None
        found.append(Candidate(passage, span, {}, score, exact))
    return found


def composed(document: Document, found: list[Candidate], kind: AnswerKind = AnswerKind.THING, **options):
    return compose(Query("q", {}, kind), found, {document.id: document}, 0.5, **options)


REPORT = make_document("En 2020, l’agence a accueilli 13 entreprises. Le budget atteint 20 M€. Rien d’autre.")


def test_the_words_that_answer_come_first_and_are_marked() -> None:
    answer = composed(REPORT, candidates(REPORT, ("accueilli", 2.0, "13 entreprises")))
    assert answer.text.startswith("13 entreprises")
    (highlight,) = answer.highlights
    assert answer.text[highlight.start : highlight.end] == "13 entreprises"
    assert answer.span is not None
    assert REPORT.text[answer.span[1] : answer.span[2]] == "13 entreprises"
    assert answer.outcome is Outcome.ANSWERED
    assert violations(answer) == []


def test_words_that_are_most_of_their_sentence_are_not_said_twice() -> None:
    short = composed(REPORT, candidates(REPORT, ("budget", 2.0, "20 M€")))
    whole = composed(REPORT, candidates(REPORT, ("budget", 2.0, "Le budget atteint")))
    assert (short.text.count("20 M€"), whole.text.count("Le budget atteint")) == (2, 1)


def test_a_near_rival_is_quoted_too_and_a_far_one_is_not() -> None:
    near = candidates(REPORT, ("accueilli", 2.0, ""), ("budget", 1.8, ""), ("Rien", -3.0, ""))
    answer = composed(REPORT, near)
    assert [citation.marker for citation in answer.citations] == [1, 2]
    assert "[2]" in answer.text
    assert "Rien" not in answer.text


def test_a_rival_of_another_year_than_the_one_asked_is_not_quoted() -> None:
    best, rival = candidates(REPORT, ("accueilli", 2.0, ""), ("budget", 1.9, ""))
    answer = composed(REPORT, [best, replace(rival, features={"year_other": 1.0})])
    assert len(answer.citations) == 1
    both = [replace(c, features={"year_other": 1.0}) for c in (best, rival)]
    assert len(composed(REPORT, both).citations) == 2


def test_a_whole_list_is_quoted_when_a_list_is_asked() -> None:
    text = "Nos partenaires\n\nla ville\n\nle département\n\nla région\n\nUne phrase."
    kinds = {0: BlockKind.HEADING, 1: BlockKind.LIST_ITEM, 2: BlockKind.LIST_ITEM, 3: BlockKind.LIST_ITEM}
    document = make_document(text, kinds)
    found = candidates(document, ("le département", 2.0, ""))
    quoted = composed(document, found, AnswerKind.LIST).citations[0].quote
    assert quoted == "la ville\n\nle département\n\nla région"
    assert composed(document, found).citations[0].quote == "le département"


def test_each_side_of_a_comparison_has_its_citation() -> None:
    documents = {
        year: make_document(
            f"L’équipe compte {count} salariés. L’équipe est jeune.", id=f"d{year}", year=year
        )
        for year, count in ((2021, 27), (2022, 31))
    }
    found = [
        *candidates(documents[2022], ("compte", 2.0, ""), ("jeune", 0.5, "")),
        *candidates(documents[2021], ("jeune", 0.6, ""), ("compte", 0.4, "")),
    ]
    by_id = {document.id: document for document in documents.values()}
    answer = compose(Query("q", {}, AnswerKind.COMPARISON), found, by_id, 0.5, sides=(2021, 2022))
    assert [citation.quote for citation in answer.citations] == [
        "L’équipe compte 27 salariés.",
        "L’équipe compte 31 salariés.",
    ]


def test_a_long_answer_is_kept_short() -> None:
    sentences = [f"La phrase numéro {n} {'raconte une chose ' * 8}longue." for n in range(3)]
    document = make_document(" ".join(sentences))
    found = candidates(document, *((f"numéro {n} ", 2.0 - n / 10, "") for n in range(3)))
    assert len(composed(document, found).text.split()) <= MAX_WORDS + 10


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("Le musée a-t-il accueilli des écoles ?", "En 2020, le musée a accueilli douze écoles.", True),
        ("Le musée a-t-il fermé ses portes ?", "Le musée n’a jamais fermé ses portes.", False),
        ("Est-ce que le musée a fermé ?", "Aucun musée n’a fermé.", False),
        ("Le musée a-t-il accueilli 20 écoles ?", "Le musée a accueilli douze écoles.", None),
        ("Le musée a-t-il ouvert à Lyon ?", "Le musée a ouvert à Évry.", None),
        ("Le musée va-t-il ouvrir un café ?", "Le musée envisage d’ouvrir un café.", None),
        ("Le musée n’a-t-il pas fermé ?", "Le musée a fermé.", None),
        ("Combien d’écoles le musée a-t-il accueillies ?", "Le musée a accueilli douze écoles.", None),
    ],
)
def test_yes_or_no_is_said_only_when_the_sentence_settles_it(question, sentence, expected) -> None:
    assert settles(understand(question, [], 2020), sentence) is expected


def test_a_settled_question_is_answered_by_its_verdict_before_the_quote() -> None:
    query = understand("L’agence a-t-elle accueilli 13 entreprises ?", [], 2020)
    found = candidates(REPORT, ("accueilli", 2.0, "13 entreprises"))
    answer = compose(query, found, {REPORT.id: REPORT}, 0.5, verdicts={True: "Oui", False: "Non"})
    assert answer.text.startswith("Oui\u00a0: «")
    assert answer.text[answer.highlights[0].start : answer.highlights[0].end] == "Oui"
    assert violations(answer) == []


@given(
    st.lists(st.sampled_from(["mot", "longuement,", "(ainsi)", "puis ;", "42"]), min_size=1, max_size=200),
    st.data(),
)
def test_a_clipped_quote_holds_its_focus_and_is_no_longer_than_allowed(words: list[str], data) -> None:
    text = " ".join(words)
    start = data.draw(st.integers(0, len(text) - 1))
    focus = Span(start, data.draw(st.integers(start + 1, min(len(text), start + 60))))
    clipped = clip(text, Span(0, len(text)), focus)
    assert clipped.start <= focus.start
    assert focus.end <= clipped.end
    assert clipped.end - clipped.start <= MAX_QUOTE_CHARS
