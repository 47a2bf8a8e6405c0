from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.composing import MAX_WORDS, compose, one_a_year, settles
from ra_assistant.questions import understand
from ra_assistant.quoting import MAX_QUOTE_CHARS, clip, enumerated
from ra_assistant.ranking import Candidate
from ra_assistant.splitting import SentenceSplitter
from ra_assistant.types import AnswerKind, BlockKind, Document, DocumentKind, Outcome, Query, Section, Span
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


def test_a_sentence_that_tells_every_year_is_quoted_once_and_a_missing_year_is_said() -> None:
    both = make_document(
        "L’agence a accueilli 19 entreprises en 2021, contre 13 en 2020. Le siège est à Évry."
    )
    first, second = (
        composed(both, candidates(both, ("accueilli", 2.0, figure))) for figure in ("13", "19 entreprises")
    )
    sentence = both.text[: both.text.index(" Le")]
    told = one_a_year([(2020, first), (2021, second)], "En {year} : {answer}")
    assert (told.text, told.highlights) == (f"«\u00a0{sentence}\u00a0» [1]", ())
    half = one_a_year([(2021, second)], "En {year} : {answer}", "Pas le reste.")
    assert half.text.startswith("En 2021 : 19 entreprises. «\u00a0L’agence")
    assert half.text.endswith("[1]\nPas le reste.")
    assert [half.text[mark.start : mark.end] for mark in half.highlights] == ["19 entreprises"]
    assert violations(told) == violations(half) == []


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
    assert composed(document, found).citations[0].quote == quoted, (
        "an item of two words says too little alone"
    )


def test_a_list_is_quoted_with_the_words_that_announce_it() -> None:
    items = ["la ville de Bellevue", "le département", "la région, qui a versé 40 000 € en une seule fois"]
    text = "\n\n".join(["Un début. Nos partenaires sont :", *items, "Une phrase."])
    document = make_document(text, {1: BlockKind.LIST_ITEM, 2: BlockKind.LIST_ITEM, 3: BlockKind.LIST_ITEM})
    whole = "\n\n".join(["Nos partenaires sont :", *items])
    for words in ("le département", "Nos partenaires sont :"):
        found = candidates(document, (words, 2.0, ""))
        assert composed(document, found, AnswerKind.LIST).citations[0].quote == whole
    found = candidates(document, (items[2], 2.0, ""))
    assert composed(document, found).citations[0].quote == items[2], "it says enough alone"


def test_what_follows_a_colon_is_quoted_with_it_within_its_section() -> None:
    text = "Leurs missions :\n\nFormer les agents.\n\nAider les équipes."
    document = make_document(text)
    found = candidates(document, ("Leurs missions :", 2.0, ""))
    assert composed(document, found).citations[0].quote == text
    parted = make_document(text, sections=(Section((), 0, 16), Section(("Suite",), 16, len(text))))
    assert composed(parted, found).citations[0].quote == "Leurs missions :"
    alone = make_document("Leurs missions :")
    assert (
        composed(alone, candidates(alone, ("Leurs missions :", 2.0, ""))).citations[0].quote
        == "Leurs missions :"
    )


def test_a_list_too_long_for_a_quote_loses_its_last_items_first() -> None:
    items = [
        f"le service numéro {n}, qui porte un nom assez long pour que la liste déborde" for n in range(9)
    ]
    text = "\n\n".join(["Ils sont neuf :", *items])
    document = make_document(text, dict.fromkeys(range(1, 10), BlockKind.LIST_ITEM))
    first, last = (candidates(document, (items[n], 2.0, "")) for n in (0, 8))
    quoted = composed(document, first, AnswerKind.LIST).citations[0].quote
    assert quoted.startswith("Ils sont neuf :\n\nle service numéro 0") and len(quoted) <= MAX_QUOTE_CHARS
    quoted = composed(document, last, AnswerKind.LIST).citations[0].quote
    assert quoted.endswith(items[8]) and len(quoted) <= MAX_QUOTE_CHARS


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (AnswerKind.QUANTITY, "la salle des fêtes"),
        (AnswerKind.DATE, "la salle des fêtes"),
        (AnswerKind.PERSON, "la salle des fêtes"),
        (AnswerKind.LIST, "la salle des fêtes"),
        (AnswerKind.THING, "fêtes (rue du Port"),
    ],
)
def test_words_that_are_not_of_the_kind_asked_are_not_said_first(kind: AnswerKind, answer: str) -> None:
    text = (
        "Le conseil a rouvert la salle des fêtes (rue du Port), fermée depuis les inondations de la vallée."
    )
    document = make_document(text)
    made = composed(document, candidates(document, (text, 2.0, answer)), kind)
    assert made.text.startswith("«\u00a0Le conseil")
    assert made.citations[0].quote == text


def test_the_figure_of_another_year_is_not_said_first() -> None:
    text = "Elles avaient levé 167 millions en 2019, contre 300 millions en 2020. Les levées de 2020 font 300 millions."
    document = make_document(text)
    query = understand("Combien d’argent levé en 2020 ?", [], None)
    both, clear = candidates(
        document, ("Elles avaient", 2.0, "167 millions"), ("Les levées", 1.9, "300 millions")
    )
    alone = compose(query, [both], {document.id: document}, 0.5)
    assert alone.text.startswith("«"), "the figure marked is that of 2019"
    right = replace(both, answer=Span(text.index("300"), text.index("300") + len("300 millions")))
    assert compose(query, [right], {document.id: document}, 0.5).text.startswith("300 millions.")
    made = compose(query, [both, clear], {document.id: document}, 0.5)
    assert made.citations[0].quote == "Les levées de 2020 font 300 millions."
    assert made.text.startswith("300 millions."), "the sentence that names the year asked alone comes first"


def test_the_best_sentence_stays_first_when_its_figure_is_of_the_year_or_nothing_better_follows() -> None:
    text = "En 2021, 19 arrivées, contre 13 en 2020. La filière compte 30 membres en 2021. Rien de plus."
    document = make_document(text)
    query = understand("Combien d’arrivées en 2021 ?", [], None)
    best, rival, bare = candidates(
        document, ("En 2021", 2.0, "19 arrivées"), ("La filière", 1.9, ""), ("Rien", 1.9, "")
    )
    wrong = replace(best, answer=Span(text.index("13"), text.index("13") + 2))

    def first(*found: Candidate) -> str:
        return compose(query, found, {document.id: document}, 0.5).citations[0].quote

    assert first(best, rival).startswith("En 2021"), (
        "another year stands beside, and the figure is the right one"
    )
    assert first(wrong, rival).startswith("La filière")
    assert first(wrong, bare).startswith("En 2021")
    assert first(wrong, replace(bare, features={"year_placed": 1.0})) == "Rien de plus."


def test_a_name_of_the_question_is_not_said_first_as_its_answer() -> None:
    text = "Les bénéficiaires de GEN.ERA sont les jeunes entreprises que suit Marie Durand depuis deux ans."
    document = make_document(text)
    query = understand("Qui sont les partenaires de GEN.ERA ?", [], None)
    for answer, lead in (("Les bénéficiaires de GEN.ERA", "«"), ("Marie Durand", "Marie Durand.")):
        found = candidates(document, (text, 2.0, answer))
        made = compose(query, found, {document.id: document}, 0.5)
        assert made.text.startswith(lead)


def test_a_heading_is_not_quoted_after_a_sentence_nor_a_quote_inside_another() -> None:
    text = "Le siège\n\nLe siège est à Bellevue. Il date de 1990."
    document = make_document(text, {0: BlockKind.HEADING})
    sentence, heading = candidates(document, ("Le siège est à Bellevue.", 2.0, ""), ("Le siège", 1.9, ""))
    titled = replace(heading, features={"heading": 1.0})
    assert [c.quote for c in composed(document, [sentence, titled]).citations] == ["Le siège est à Bellevue."]


def test_an_item_is_not_quoted_again_after_its_list() -> None:
    text = "Ils sont deux :\n\nla ville\n\nla région"
    document = make_document(text, {1: BlockKind.LIST_ITEM, 2: BlockKind.LIST_ITEM})
    both = candidates(document, ("la ville", 2.0, ""), ("la région", 1.9, ""))
    assert [citation.quote for citation in composed(document, both, AnswerKind.LIST).citations] == [text]


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


def test_a_side_that_speaks_of_something_else_is_left_out() -> None:
    texts = {
        2021: "Le chantier du port a coûté 12 millions d’euros.",
        2022: "Les dons atteignent 30 millions d’euros.",
    }
    documents = {year: make_document(text, id=f"d{year}", year=year) for year, text in texts.items()}
    found = [
        *candidates(documents[2022], ("dons", 2.0, "30 millions d’euros")),
        *candidates(documents[2021], ("chantier", 1.9, "12 millions d’euros")),
    ]
    by_id = {document.id: document for document in documents.values()}
    answer = compose(Query("q", {}, AnswerKind.COMPARISON), found, by_id, 0.5, sides=(2021, 2022))
    assert [citation.quote for citation in answer.citations] == [texts[2022]]


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


@pytest.mark.parametrize(
    ("words", "leads"),
    [
        ("Genopole", False),
        ("La labellisation de Magenta", False),
        ("un projet de recherche", True),
    ],
)
def test_a_definition_leads_with_what_says_something_of_the_thing(words: str, *, leads: bool) -> None:
    report = make_document(
        "La labellisation de Magenta honore Genopole, et Magenta est un projet de recherche que porte l’Inserm."
    )
    query = Query("Qu’est-ce que Magenta ?", {"magent": 1.0}, AnswerKind.DEFINITION)
    answer = compose(query, candidates(report, ("Magenta est", 2.0, words)), {report.id: report}, 0.5)
    assert bool(answer.highlights) is leads
    assert answer.text.endswith("l’Inserm.\u00a0» [1]")


def test_an_acronym_leads_with_the_words_that_it_stands_for() -> None:
    report = make_document(
        "Le GIP (groupement) porte les projets de plusieurs disciplines avec la ville d’Évry."
    )
    query = replace(
        Query("Que veut dire GIP ?", {"gip": 1.0}, AnswerKind.DEFINITION), spelled_out=("groupement",)
    )
    answer = compose(query, candidates(report, ("Le GIP", 2.0, "groupement")), {report.id: report}, 0.5)
    assert answer.text.startswith("Groupement. ")


def test_somebody_is_not_told_by_the_name_of_another() -> None:
    text = "Marie Durand préside le port ; Paul Petit, vice-président, suit les comptes de la maison."
    query = Query("Qui est Marie Durand ?", {"mar": 1.0, "durand": 1.0}, AnswerKind.DEFINITION)
    document = make_document(text)
    (other,) = candidates(document, ("Marie", 2.0, "Paul Petit, vice-président"))
    (own,) = candidates(document, ("Marie", 2.0, "vice-président, suit les comptes"))
    told = [compose(query, [each], {document.id: document}, 0.5).text for each in (other, own)]
    assert [text.startswith("«") for text in told] == [True, False]


def test_what_is_defined_is_told_by_a_sentence_that_names_it() -> None:
    text = "Paul Petit dirige le port. Marie Durand préside le conseil. Elle signifie la paix."
    document = make_document(text)
    query = Query("Qui est Marie Durand ?", {"durand": 1.0, "signif": 0.25}, AnswerKind.DEFINITION)
    by_id = {document.id: document}

    def first(*scores: float, kind: AnswerKind = AnswerKind.DEFINITION) -> str:
        asked = replace(query, kind=kind)
        rows = zip(("Petit", "Durand", "signifie"), scores, strict=True)
        found = sorted(
            candidates(document, *((word, score, "") for word, score in rows)), key=lambda c: -c.score
        )
        return compose(asked, found, by_id, 0.5).citations[0].quote

    assert first(3.0, 1.5, 2.9) == "Marie Durand préside le conseil."
    assert first(3.0, 0.5, 0.0) == "Paul Petit dirige le port."
    assert first(3.0, 1.5, 0.0, kind=AnswerKind.PERSON) == "Paul Petit dirige le port."


@pytest.mark.parametrize(
    ("sentence", "marked", "lead"),
    [
        (
            "Nos partenaires sont la Région, le Département et la Ville.",
            "la Région, le Département et la Ville",
            "whole",
        ),
        ("Nos partenaires sont la Région, le Département et la Ville.", "le Département et la Ville", None),
        ("Nos partenaires sont la Région, le Département et la Ville.", "la Région, le Département", None),
        (
            "Nos trois partenaires : la Région, le Département et la Ville.",
            "le Département et la Ville",
            "la Région, le Département et la Ville.",
        ),
        ("De 10:30 à midi, la Région, le Département et la Ville.", "le Département et la Ville", None),
    ],
)
def test_a_list_in_a_sentence_is_told_whole_or_not_at_all(
    sentence: str, marked: str, lead: str | None
) -> None:
    document = Document("r", "r.md", "R", 2023, DocumentKind.ORIGINAL, None, sentence)
    start = sentence.index(marked)
    found = enumerated(document, Span(0, len(sentence)), Span(start, start + len(marked)))
    expected = marked if lead == "whole" else lead
    assert (found and sentence[found.start : found.end]) == expected


def test_the_middle_of_a_list_does_not_lead_an_answer() -> None:
    text = "Nos partenaires de l’année sont, sans ordre, la Région, le Département, la Ville et le syndicat mixte."
    document = make_document(text)
    found = candidates(document, ("partenaires", 2.0, "le Département, la Ville"))
    assert composed(document, found, AnswerKind.LIST).text.startswith("«\u00a0Nos partenaires")
    assert composed(document, found).text.startswith("Le Département, la Ville. «")


def test_a_list_that_runs_out_of_the_quote_does_not_lead_it() -> None:
    items = [f"Intercommunalité-rassemblée-{number}" for number in "abcdefghij"]
    document = make_document(f"Nos membres, {'un par an, ' * 40}sont : {', '.join(items)}.")
    found = candidates(document, ("Nos membres", 2.0, items[1]))
    answer = composed(document, found, AnswerKind.LIST)
    (citation,) = answer.citations
    assert items[9] not in citation.quote, "the sentence is longer than what is quoted of it"
    assert answer.text.startswith("«\u00a0")
