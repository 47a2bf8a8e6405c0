import itertools

import pytest

from ra_assistant.answer_kinds import is_of_kind
from ra_assistant.lexical import Bm25Index
from ra_assistant.questions import AcronymBook, understand
from ra_assistant.ranking import Ranker, SpanGuess
from ra_assistant.scoring import Scorer
from ra_assistant.splitting import SentenceSplitter
from ra_assistant.types import AnswerKind, Block, BlockKind, Hit, Section, Span, Turn
from tests.conftest import make_document

TEXT = (
    "Le musée a accueilli 300 visiteurs en 2021. Marie Durand dirige le musée depuis mars. "
    "Le budget du musée atteint 20 M€. Le chantier a pris du retard parce que la pierre manquait."
)


@pytest.fixture
def rank():
    def rank(question: str, guesses=None, text: str = TEXT, weights=None, history=(), **fields):
        document = make_document(text, **fields)
        passages = SentenceSplitter().split(document)
        index = Bm25Index.build([passage.searchable_text for passage in passages])
        ranker = Ranker({document.id: document}, index, len(passages), Scorer.of(weights or {"cover": 1.0}))
        query = understand(question, history, 2021)
        found = ranker.candidates(query, [Hit(passage, 1.0) for passage in passages])
        if guesses:
            found = ranker.reranked(query, found, guesses)
        return [(text[c.span.start : c.span.end], c) for c in found]

    return rank


def feature(found, words: str, name: str) -> float:
    return next(c.features.get(name, 0.0) for text, c in found if words in text)


def test_the_sentence_that_covers_the_question_comes_first(rank) -> None:
    assert rank("budget du musée")[0][0].startswith("Le budget")


def test_the_words_of_the_reports_own_name_weigh_little_and_its_numbers_as_much_as_ever(rank) -> None:
    question = "Quel est le budget du château de Vannes ?"
    alone = feature(rank(question), "budget", "cover")
    named = feature(rank(question, publisher="Château de Vannes"), "budget", "cover")
    titled = feature(rank(question, title="Château de Vannes, rapport"), "budget", "cover")
    assert named == titled > 1.5 * alone
    asked = "Quel est le budget 2021 ?"
    assert feature(rank(asked, title="Bilan 2021"), "budget", "cover") == feature(
        rank(asked), "budget", "cover"
    )


@pytest.mark.parametrize(
    ("question", "words", "name"),
    [
        ("Combien de visiteurs ?", "300", "fit_quantity"),
        ("Quel est le budget ?", "20 M€", "fit_unit"),
        ("Quand la directrice est-elle arrivée ?", "depuis mars", "fit_date"),
        ("Qui dirige le musée ?", "Marie Durand", "fit_person"),
        ("Pourquoi ce retard ?", "parce que", "fit_reason"),
    ],
)
def test_a_sentence_that_holds_what_is_asked_fits(rank, question: str, words: str, name: str) -> None:
    assert feature(rank(question), words, name) == 1.0


def test_the_sentence_that_spells_an_acronym_out_is_told_and_its_words_are_marked() -> None:
    text = "Il a obtenu la certification EU-BIC (European Business and Innovation Center). EU-BIC est rare."
    document = make_document(text)
    passages = SentenceSplitter().split(document)
    index = Bm25Index.build([passage.searchable_text for passage in passages])
    ranker = Ranker({document.id: document}, index, 1, Scorer.of({"fit_spelled_out": 1.0}))
    for question, said in (
        ("EU-BIC ca veut dire quoi", "European Business and Innovation Center"),
        ("sigle de European Business and Innovation Center", "EU-BIC"),
    ):
        query = AcronymBook(index.acronyms).expand(understand(question, [], None))
        marked = Span(text.index("certification"), text.index("certification") + len("certification"))
        guesses = {passage.id: SpanGuess(Span(0, len(text)), 1.0, ((marked, 5.0),)) for passage in passages}
        found = ranker.candidates(query, [Hit(passage, 1.0) for passage in passages])
        first = ranker.reranked(query, found, guesses)[0]
        assert first.features["fit_spelled_out"] == 1.0
        assert first.answer is not None
        assert text[first.answer.start : first.answer.end] == said


ROWS = """Canoë | 5 480
Paddle | 3 120
2023 | 8 600"""


def test_a_row_whose_first_cell_is_not_asked_for_is_told(rank) -> None:
    ends = [0, *(ROWS.index("\n", at) + 1 for at in (0, 14)), len(ROWS) + 1]
    blocks = tuple(
        Block(BlockKind.TABLE_ROW, a, b - 1, context="Embarcation | Locations")
        for a, b in itertools.pairwise(ends)
    )
    found = rank("Combien de locations de paddle ?", text=ROWS, blocks=blocks)
    assert feature(found, "Canoë", "label_missed") == 1.0
    assert feature(found, "Paddle", "label_missed") == 0.0
    assert feature(found, "2023", "label_missed") == 0.0
    assert all(feature(rank(q), "budget", "label_missed") == 0.0 for q in ("Quel budget ?", "Quel chien ?"))


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Quel est le budget du musée ?", 0.0),
        ("Quel est le budget de la patinoire ?", 1.0),
        ("Quel était le budget en 1987 ?", 0.0),
    ],
)
def test_a_word_that_no_report_holds_is_told(rank, question: str, missing: float) -> None:
    assert feature(rank(question), "budget", "unknown_missing") == missing


ADDRESSES = (
    "Le musée se visite toute l’année. Écrire à accueil@musee-eaux.fr pour une visite. "
    "Le standard répond au 01 23 45 67 89. Tout est sur www.musee-eaux.fr/venir. Il a reçu 0,12 M€ le 01/02/2023."
)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Comment vous contacter ?", "accueil@musee-eaux.fr"),
        ("Quelle est votre adresse mail ?", "accueil@musee-eaux.fr"),
        ("Quel est le numéro de téléphone du musée ?", "01 23 45 67 89"),
        ("Quel est le site internet ?", "www.musee-eaux.fr/venir"),
    ],
)
def test_what_tells_how_somebody_is_reached_is_marked(rank, question: str, said: str) -> None:
    words, found = rank(question, {"?": SpanGuess(Span(0, 9), 1.0, ())}, ADDRESSES, {"fit_contact": 1.0})[0]
    assert found.features["fit_contact"] == 1.0
    start = found.answer.start - found.span.start
    assert words[start : found.answer.end - found.span.start] == said


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Comment vous contacter ?", "Tout est sur www.musee-eaux.fr."),
        ("Quel est votre mail ?", "Le standard répond au 01 23 45 67 89."),
        (
            "Quel est le numéro de téléphone ?",
            "Le musée compte 0 123 456 789 pièces et 01 23 45 67 89 10 cartes.",
        ),
        ("Quel est le site internet ?", "Écrire à accueil@musee-eaux.fr."),
    ],
)
def test_another_means_of_being_reached_does_not_fit(rank, question: str, text: str) -> None:
    assert feature(rank(question, text=text), text[:9], "fit_contact") == 0.0
    assert feature(rank(question, text=text), text[:9], "misfit") == 1.0


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        (AnswerKind.CONTACT, "accueil@musee-eaux.fr", True),
        (AnswerKind.CONTACT, "au guichet", False),
        (AnswerKind.QUANTITY, "une vingtaine", True),
        (AnswerKind.QUANTITY, "beaucoup de monde", False),
        (AnswerKind.QUANTITY, "aucune", True),
        (AnswerKind.DATE, "au mois de mai", True),
        (AnswerKind.DATE, "dans la salle", False),
        (AnswerKind.PERSON, "Marie Durand", True),
        (AnswerKind.PERSON, "numérique", False),
        (AnswerKind.THING, "dans la salle", True),
    ],
)
def test_words_are_of_the_kind_asked_or_not(kind: AnswerKind, text: str, fits: bool) -> None:
    assert is_of_kind(kind, text) is fits


def test_a_sentence_without_any_number_does_not_fit_how_many(rank) -> None:
    assert feature(rank("Combien de visiteurs ?"), "Marie Durand", "misfit") == 1.0


def test_the_year_asked_is_told_from_another(rank) -> None:
    assert feature(rank("visiteurs en 2021"), "300", "year_said") == 1.0
    assert feature(rank("visiteurs en 2019"), "300", "year_other") == 1.0
    assert feature(rank("budget en 2020"), "20 M€", "year_placed") == 1.0


def test_the_nearest_heading_names_what_its_list_holds(rank) -> None:
    text = "Ville de Pontelvy\n\nRégion Val-Océan"
    where = {"kinds": dict.fromkeys((0, 1), BlockKind.LIST_ITEM)}
    path = ("Gouvernance", "Partenaires")
    found = rank("Quels sont les partenaires ?", text=text, sections=(Section(path, 0, len(text)),), **where)
    assert feature(found, "Région", "head_cover") == feature(found, "Région", "head_item") == 1.0
    found = rank("Quelle est la gouvernance ?", text=text, sections=(Section(path, 0, len(text)),), **where)
    assert feature(found, "Région", "head_cover") == 0.0
    found = rank("Où sont les partenaires ?", text=text, sections=(Section(path, 0, len(text)),), **where)
    assert feature(found, "Région", "head_item") == 0.0


def test_a_sentence_that_the_former_answer_said_is_told_from_a_new_one(rank) -> None:
    history = [Turn("Quel est le budget du musée ?", "Le budget du musée atteint 20 M€.")]
    found = rank("Pour quoi faire ?", history=history)
    assert feature(found, "20 M€", "said_before") > 0.9
    assert feature(found, "la pierre manquait", "said_before") == 0.0
    assert feature(rank("Quel est le budget du musée ?"), "20 M€", "said_before") == 0.0


@pytest.mark.parametrize(
    ("question", "text", "contrary"),
    [
        ("Combien d’entreprises ont quitté le parc ?", "Le parc a accueilli 13 entreprises.", 1.0),
        ("Combien d’entreprises le parc a-t-il accueillies ?", "Le parc a accueilli 13 entreprises.", 0.0),
        ("Combien d’entreprises ont rejoint ou quitté le parc ?", "Le parc a accueilli 13 entreprises.", 0.0),
        ("Combien ont quitté le parc ?", "Sur 13 entreprises accueillies, 4 ont quitté le parc.", 0.0),
        ("Est-ce que des entreprises ont quitté le parc ?", "Le parc a accueilli 13 entreprises.", 0.0),
        ("Combien d’entreprises y a-t-il ?", "Le parc a accueilli 13 entreprises.", 0.0),
    ],
)
def test_a_sentence_of_the_contrary_sense_is_told(rank, question: str, text: str, contrary: float) -> None:
    assert feature(rank(question, text=text), "13", "contrary") == contrary


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("Combien de candidatures pour la 5e édition ?", "La 3e édition a reçu 13 candidatures.", 1.0),
        ("Combien de candidatures pour la troisième édition ?", "La 3e édition a reçu 13 candidatures.", 0.0),
        (
            "Combien à la 2nde édition du prix ?",
            "De la première à la deuxième édition, 13 candidatures.",
            0.0,
        ),
        ("Combien à la 5e édition ?", "Le 3e étage accueille 13 équipes.", 0.0),
        ("Combien de candidatures ?", "La 3e édition a reçu 13 candidatures.", 0.0),
        ("La 5e édition a-t-elle réuni plus de monde que la 4e ?", "La 3e édition a réuni 13 équipes.", 0.0),
    ],
)
def test_a_sentence_about_another_edition_is_told(rank, question: str, text: str, other: float) -> None:
    assert feature(rank(question, text=text), "13", "rank_other") == other


def test_headings_rows_and_key_figures_are_told_apart(rank) -> None:
    text = "Le budget\n\n20 M€\nde budget"
    found = rank(
        "budget",
        text=text,
        blocks=make_document(text, {0: BlockKind.HEADING, 1: BlockKind.KEY_FIGURE}).blocks,
    )
    assert feature(found, "Le budget", "heading") == 1.0
    assert feature(found, "20 M€", "key_figure") == 1.0


def test_the_reader_marks_the_words_inside_their_sentence(rank) -> None:
    document = make_document(TEXT)
    (passage, *_) = SentenceSplitter().split(document)
    start = TEXT.index("Marie Durand")
    guess = SpanGuess(Span(0, len(TEXT)), 1.5, ((Span(start, start + len("Marie Durand")), 7.0),))
    found = rank("la patronne", {passage.id: guess}, weights={"reader_first": 1.0})
    text, best = found[0]
    assert "Marie Durand" in text
    assert best.answer is not None
    assert TEXT[best.answer.start : best.answer.end] == "Marie Durand"
    assert all(candidate.answer is None for _, candidate in found[1:])


def test_a_sentence_that_the_reader_did_not_read_is_told_from_one_without_answer(rank) -> None:
    (passage, *_) = SentenceSplitter().split(make_document(TEXT))
    first, second, *_ = passage.sentences
    guess = SpanGuess(Span(first.start, second.end), 1.0, ((first, 3.0),))
    found = rank("la patronne", {passage.id: guess})
    assert feature(found, "Le budget", "unread") == 1.0
    assert feature(found, "Marie Durand", "unread") == 0.0
    assert feature(found, "Marie Durand", "reader_absent") == 1.0


def test_a_name_that_the_passage_does_not_hold_is_noticed(rank) -> None:
    assert feature(rank("Combien de visiteurs au Louvre ?"), "300", "name_missing") == 1.0
    assert feature(rank("Qui est Marie Durand ?"), "Marie", "name_missing") == 0.0
    assert feature(rank("budget du Louvre"), "20 M€", "missing_top") > 0.3


def test_nothing_retrieved_gives_nothing(rank) -> None:
    assert rank("budget", text="") == []
