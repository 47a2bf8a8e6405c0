"""What the chat writes into the page, and what it believes of what a browser sends."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant import assembly
from ra_assistant.errors import IndexDamaged, IndexMissing
from ra_assistant.interfaces import page, starters
from ra_assistant.interfaces.conversation import (
    MAX_EXCHANGES,
    Exchange,
    Place,
    exchanges_of,
    find,
    questions_of,
    turns_of,
)
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.markup import answer_html, element, escape, question_html
from ra_assistant.interfaces.panel import Shelf, panel_html
from ra_assistant.interfaces.references import address, kept_of, printed_sources, reference
from ra_assistant.interfaces.suggestions import Suggestions
from ra_assistant.settings import load_settings
from ra_assistant.types import (
    Answer,
    BlockKind,
    Citation,
    Document,
    DocumentKind,
    Outcome,
    Passage,
    Section,
    Span,
    Turn,
)
from tests.conftest import make_document

MARKUP = "<b>*a* [x](javascript:y) ${z} {{w}} $$t$$ `c` www.mal.example & \"'</b>"


@given(st.text())
def test_escaped_text_has_no_sign_to_act_on_and_reads_the_same(text: str) -> None:
    escaped = escape(text)
    bare = re.sub(r"&#\d+;|<br>", "", escaped)
    assert not re.search(r"[!-/:-@\[-`{-~\n]", bare)
    shown = html.unescape(escaped.replace("<br>", "\n"))
    invisible = r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]"
    assert shown == re.sub(invisible, "", text)


def test_an_element_writes_its_attributes_as_text() -> None:
    made = element("a", "x", class_="c", aria_label='"><b', hidden=True, title="", tabindex=-1)
    assert made == '<a class="c" aria-label="&#34;&#62;&#60;b" hidden tabindex="-1">x</a>'


def test_words_that_answer_are_bold_and_only_known_markers_are_links() -> None:
    text = "Treize. «\u00a0Elle en compte 13 [7].\u00a0» [1] «\u00a0Puis 19.\u00a0» [2]"
    made = answer_html(text, 3, outcome="answered", highlights=[Span(0, 6)], markers={1, 2})
    assert '<p class="ra-lead"><strong>Treize</strong>&#46;</p>' in made
    assert re.findall(r'href="([^"]+)"', html.unescape(made)) == ["#source-3-1", "#source-3-2"]
    assert made.count("<p>") == 2
    assert made.count("</p>") == 3
    assert "[7]" in html.unescape(made)


def test_each_line_of_an_answer_is_a_paragraph() -> None:
    told = (
        "En 2020\u00a0: 13. « Treize. » [1]\nEn 2021\u00a0: 19. « Dix-neuf. » [2]\nRien de plus.\nPas un mot."
    )
    shown = answer_html(told, 1, outcome="answered")
    assert shown.count("<p>") == 4 and "\n" not in shown


def test_highlights_that_lie_outside_the_text_change_nothing() -> None:
    made = answer_html("Oui.", 1, outcome="answered", highlights=[Span(2, 900), Span(0, 3), Span(7, 2)])
    assert html.unescape(re.sub(r"<[^>]+>", "", made)).endswith("Oui.")


def test_a_question_mark_stays_on_the_line_of_its_word() -> None:
    assert "en 2020\u00a0&#63;" in question_html("en 2020 ?")


def test_messages_hold_no_markup_but_ours() -> None:
    for made in (question_html(MARKUP), answer_html(MARKUP, 1, outcome="answered")):
        assert set(re.findall(r"<(\w+)", made)) <= {"div", "span", "p"}
        assert MARKUP in html.unescape(re.sub(r"<[^>]+>", "", made))


# ── The panel ────────────────────────────────────────────────────────────────────────────────
def paged() -> Document:
    text = "Le siège\n\nLe siège est à Bellevue. Il est neuf.\n\n• Un toit vert"
    return make_document(
        text,
        {0: BlockKind.HEADING, 2: BlockKind.LIST_ITEM},
        page_starts=(0,),
        page_labels=("iv",),
        source_url="https://val.example/rapport.pdf",
        sections=(Section(("La maison", "Le siège"), 0, len(text)),),
    )


def shelf_of(document: Document) -> Shelf:
    return Shelf([document], [Passage("p", document.id, 0, len(document.text), document.text)])


def answered(document: Document, quote: str) -> Exchange:
    start = document.text.index(quote)
    citation = Citation(1, document, start, start + len(quote))
    return Exchange("Où ?").answered(Answer("Là [1]", Outcome.ANSWERED, (citation,)))


def text_of(made: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", made))


def test_a_citation_shows_its_passage_with_the_quote_marked_and_its_place() -> None:
    document = paged()
    made = panel_html([answered(document, "Le siège est à Bellevue.")], shelf_of(document))
    assert "<mark>Le siège est à Bellevue&#46;</mark> Il est neuf&#46;" in made
    quoted = made[made.index("<blockquote>") : made.index("</blockquote>")]
    assert text_of(quoted) == "Le siège est à Bellevue. Il est neuf.• Un toit vert"
    shown = text_of(made)
    assert "p.\u00a0iv" in shown
    assert "page\u00a01 du fichier" in shown
    assert "La maison›Le siège" in shown
    assert 'href="https://val.example/rapport.pdf#page=1"' in made
    assert "Ouvrir la source sur val.example (nouvel onglet)" in shown
    assert "Synthèse" not in shown


def test_a_quote_over_two_paragraphs_is_marked_in_both() -> None:
    document = paged()
    made = panel_html([answered(document, "Il est neuf.\n\n• Un toit vert")], shelf_of(document))
    assert made.count("<mark>") == 2


def test_restated_words_name_whose_they_are() -> None:
    document = make_document("Un fait.", kind=DocumentKind.RESTATED, publisher="Agence du Val")
    made = text_of(panel_html([answered(document, "Un fait.")], shelf_of(document)))
    assert "Synthèse d’après\u00a0: Agence du Val" in made


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "javascript://val.example/%0aalert(1)", "http://[", "file://val.example/x"],
)
def test_an_address_that_is_not_of_the_web_is_no_link(address: str) -> None:
    document = make_document("Un fait.", source_url=address)
    for exchanges in ([], [answered(document, "Un fait.")]):
        made = panel_html(exchanges, shelf_of(document))
        assert all(
            link.startswith(("rapport/", "#")) or link == "chiffres"
            for link in re.findall(r'href="([^"]*)"', made)
        )


def test_the_panel_shows_the_last_answer_and_keeps_the_others_ready() -> None:
    document = paged()
    made = panel_html([answered(document, "Il est neuf.")] * 2, shelf_of(document))
    first, last = made.split('id="sources-2"')
    assert " hidden>" in first
    assert " hidden>" not in last


# ── The conversation that a browser keeps ────────────────────────────────────────────────────
def test_an_exchange_survives_its_stay_in_the_browser() -> None:
    exchange = replace(answered(paged(), "Il est neuf.").interrupted(), id="a1", build_id="2026-1")
    assert exchanges_of([exchange.as_json()]) == [exchange]
    assert turns_of([exchange]) == [Turn("Où ?", "Là [1]")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)
FIELDS = st.sampled_from(["question", "answer", "outcome", "highlights", "cited", "nearest", "stopped", "id"])


@given(JSON | st.lists(st.dictionaries(FIELDS, JSON)))
def test_whatever_a_browser_sends_is_shown_without_a_failure(kept: object) -> None:
    document = paged()
    exchanges = exchanges_of(kept)
    made = panel_html(exchanges, shelf_of(document))
    for turn, exchange in enumerate(exchanges, 1):
        made += answer_html(exchange.answer, turn, outcome=exchange.outcome, highlights=exchange.highlights)
    ours = "aside|section|h2|h3|p|ol|ul|li|div|span|a|blockquote|mark|strong|br"
    assert not re.search(rf"<(?!/?(?:{ours})[ >])", made)


def test_a_long_conversation_keeps_its_end() -> None:
    kept = [Exchange(f"Question {number}").as_json() for number in range(MAX_EXCHANGES + 5)]
    assert [exchange.question for exchange in exchanges_of(kept)][::29] == ["Question 5", "Question 34"]
    (exchange,) = exchanges_of([{"question": "q", "answer": "a" * 100_000}])
    assert len(exchange.answer) == 4000


def test_a_place_is_found_again_in_the_documents_or_not_at_all() -> None:
    document = paged()
    documents = {document.id: document}
    start = document.text.index("Il est neuf.")
    moved = Place(1, document.id, 0, 12, "Il est neuf.")
    assert find(moved, documents) == Citation(1, document, start, start + 12)
    assert find(Place(1, document.id, 0, 12, "Il est vieux."), documents) is None
    assert find(Place(1, "another", start, start + 12, "Il est neuf."), documents) is None
    made = panel_html(
        [Exchange("q", "a [1]", "answered", cited=(Place(1, "x", 0, 4, "faux"),))], shelf_of(document)
    )
    assert "n’est plus dans les rapports en service" in text_of(made)
    assert "faux" not in made


def test_what_names_an_answer_is_a_name_or_nothing() -> None:
    for name in ("<b>", "a" * 65, "é", "", 3, None):
        (exchange,) = exchanges_of([{"question": "q", "id": name, "build_id": name}])
        assert (exchange.id, exchange.build_id) == ("", "")


def test_a_citation_is_named_by_publisher_title_year_and_page() -> None:
    document = replace(paged(), publisher="Genopole", title="Rapport d’activité 2020", year=2020)
    start = document.text.index("Il est neuf.")
    citation = Citation(1, document, start, start + 12)
    page_said = document.label_at(start)
    assert reference(document) == "Genopole, Rapport d’activité 2020"
    assert reference(document, start) == f"Genopole, Rapport d’activité 2020, p.\u00a0{page_said}"
    assert address(citation) == "https://val.example/rapport.pdf#page=1"
    assert reference(replace(document, title="Le rapport de Genopole"), start) == (
        f"Le rapport de Genopole, 2020, p.\u00a0{page_said}"
    )
    restated = replace(document, kind=DocumentKind.RESTATED)
    assert reference(restated, start).endswith(f"p.\u00a0{page_said}, synthèse")
    section = replace(restated.sections[0], source_label="Genopole, éditorial")
    sourced = replace(restated, sections=(section, *restated.sections[1:]))
    assert reference(sourced, section.start).endswith(", synthèse d’après Genopole, éditorial")
    assert reference(replace(restated, title="Genopole (synthèse)")) == "Genopole (synthèse), 2020"
    for hostile in ("javascript:alert(1)", "http://[", None):
        assert address(replace(citation, document=replace(document, source_url=hostile))) == ""


def test_what_the_browser_keeps_names_each_passage_anew() -> None:
    document = paged()
    exchange = answered(document, "Il est neuf.")
    told = {
        **exchange.as_json(),
        "cited": [{**exchange.as_json()["cited"][0], "reference": "<b>", "address": "x"}],
    }
    (read,) = exchanges_of([told])
    (place,) = kept_of(read, shelf_of(document))["cited"]
    assert place["reference"] == reference(document, exchange.cited[0].start)
    assert place["address"] == "https://val.example/rapport.pdf#page=1"
    moved = replace(exchange, cited=(replace(exchange.cited[0], quote="Il est vieux."),))
    assert kept_of(moved, shelf_of(document))["cited"][0]["reference"] == ""
    assert printed_sources(moved, shelf_of(document)) == ""
    printed = text_of(printed_sources(exchange, shelf_of(document)))
    assert "[1] «\u00a0Il est neuf.\u00a0»" in printed
    assert "https://val.example/rapport.pdf#page=1" in printed


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer even when half sure: with the fake embedding model the probability says little."""
    monkeypatch.setenv("RA_REFUSAL_THRESHOLD", "0.2")
    load_settings.cache_clear()


def test_questions_to_go_on_with_are_proved_near_and_new(index: Path, answering: None) -> None:
    assistant = assembly.open_assistant(index)
    known = starters.proved_starters(assistant)
    suggested = Suggestions(assistant, known[:1])
    assert suggested.after([]) == (known[0].question,)
    told = suggested.answers(known[0].question.replace("\u00a0", " "))
    assert list(told) == list(assistant.stream(known[0].question))
    assert suggested.answers("Qui préside l’agence ?") == ()
    while suggested.prove_one():
        pass
    asked = assistant.ask("Qui préside l’agence ?")
    exchange = Exchange("Qui préside l’agence ?").answered(asked)
    following = suggested.after([exchange])
    assert 1 <= len(following) <= 3
    quoted = {(place.document_id, place.quote) for place in exchange.cited}
    for question in following:
        answer = assistant.ask(question)
        assert answer.outcome is Outcome.ANSWERED
        first = answer.citations[0]
        assert (first.document.id, first.quote) not in quoted
    assert all(
        question not in suggested.after([exchange, Exchange(question.upper())]) for question in following
    )
    near = replace(exchange, cited=(), nearest=exchange.cited)
    assert suggested.after([near])[0].startswith(("Qui est Marie Durand", "Que disent les rapports"))
    assistant.close()


def test_the_organisations_own_questions_are_offered_where_they_are_answered(
    index: Path, answering: None
) -> None:
    wished = ["Qui préside l’agence ?", "Quelle est la recette du gratin ?"]
    desk = Desk(lambda: assembly.open_assistant(index), questions=wished)
    assert desk.open()
    assert desk.service.starters == ("Qui préside l’agence ?",)
    assert desk.prove_one()
    desk.close()
    desk = Desk(lambda: assembly.open_assistant(index), questions=wished[1:])
    assert desk.open()
    assert len(desk.service.starters) == starters.SHOWN
    desk.close()


# ── Starters, desk, pages ────────────────────────────────────────────────────────────────────
def test_starters_are_answered_from_the_sentence_they_were_made_of(index: Path, answering: None) -> None:
    assistant = assembly.open_assistant(index)
    proved = [starter.question for starter in starters.proved_starters(assistant)]
    assert len(proved) == starters.SHOWN
    assert "Qui est Marie Durand\u00a0?" in proved
    assert "Combien de nouvelles entreprises en 2021\u00a0?" in proved
    for question in proved:
        assert assistant.ask(question).outcome is Outcome.ANSWERED
    assert proved == [starter.question for starter in starters.proved_starters(assistant)]
    assistant.close()


def test_what_the_reports_speak_of_most_and_the_publishers_own_figures_come_first() -> None:
    text = "Le port a reçu 12 navires. L’agence a aidé 3 projets. Boréal est un fonds. Boréal aide. Ada est une ville."
    document = make_document(text, publisher="L’agence")
    ports, projects = (text.index(start) for start in ("Le port", "L’agence"))
    ships = starters.Starter("Combien de navires ?", document.id, Span(ports, projects))
    aided = starters.Starter("Combien de projets ?", document.id, Span(projects, len(text)))
    assert starters._by_weight([ships, aided], [document]) == [aided, ships]
    town, fund = (
        starters.Starter(f"Qu’est-ce que {name} ?", "doc", Span(0, 1), name) for name in ("Ada", "Boréal")
    )
    assert starters._by_weight([town, fund], [document]) == [fund, town]


def test_starters_are_made_of_the_newest_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starters, "MOST_DOCUMENTS", 2)
    text = "La halle a été ouverte en 2019 à Lisses."
    reports = [
        replace(make_document(text.replace("2019", str(year))), id=f"d{year}", year=year)
        for year in (2019, 2021, 2020)
    ]
    passages = [
        Passage(
            id=f"p{report.year}",
            document_id=report.id,
            start=0,
            end=len(report.text),
            text=report.text,
            sentences=(Span(0, len(report.text)),),
        )
        for report in reports
    ]
    assistant = SimpleNamespace(documents=reports, passages=passages)
    made = list(starters.candidates(assistant))  # type: ignore[arg-type]
    assert {starter.document_id for starter in made} == {"d2021", "d2020"}


def test_a_question_that_is_refused_or_answered_from_elsewhere_is_no_starter(index: Path) -> None:
    assistant = assembly.open_assistant(index)
    asked = assistant.ask("Qui préside l’agence ?")
    (citation,) = asked.citations[:1]
    right = starters.Starter(
        "Qui préside l’agence ?", citation.document.id, Span(citation.start, citation.end)
    )
    elsewhere = starters.Starter(right.question, right.document_id, Span(0, 1))
    refused = starters.Starter("Quelle est la recette du gratin ?", right.document_id, right.span)
    assert list(starters._proved([elsewhere, refused, right], assistant)) == [right]
    assistant.close()


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("La halle a été ouverte le 3 mai 2022.", "Quand la halle a-t-elle été ouverte\u00a0?"),
        ("Les bassins ont été inaugurés en 2022.", "Quand les bassins ont-ils été inaugurés\u00a0?"),
        ("Algentech est une jeune entreprise.", "Qu’est-ce qu’Algentech\u00a0?"),
        ("L’atelier Boréal est un fonds.", "Qu’est-ce que l’atelier Boréal\u00a0?"),
        ("En 2022, elle a reçu 1 200 élus locaux.", "Combien d’élus locaux en 2022\u00a0?"),
        ("En 2022, elle a reçu 12 millions d’euros.", None),
        ("Depuis 2019 puis 2022, elle a reçu 40 brevets.", None),
        ("Claire Fontaine, directrice, parle.", "Qui est Claire Fontaine\u00a0?"),
        ("Le projet est une réussite.", None),
    ],
)
def test_a_starter_is_worded_after_its_sentence(sentence: str, question: str | None) -> None:
    document = make_document(sentence, year=2022)
    span = Span(0, len(sentence))
    found = [
        starter.question
        for form in starters._table()["forms"]
        for starter in starters._from_sentences(form, document, [(span, sentence)])
    ]
    assert found == ([question] if question else [])


def test_the_desk_says_why_it_is_closed_and_opens_once_it_can(index: Path) -> None:
    failures = [IndexMissing("none"), IndexDamaged("torn", path="x")]

    def open_build() -> assembly.Assistant:
        if failures:
            raise failures.pop(0)
        return assembly.open_assistant(index)

    desk = Desk(open_build)
    with pytest.raises(IndexMissing):
        _ = desk.service
    assert not desk.open()
    assert isinstance(desk.trouble, IndexMissing)
    assert not desk.open()
    assert isinstance(desk.trouble, IndexDamaged)
    assert desk.open()
    assert desk.trouble is None
    assert desk.service.publisher == "Agence du Val"
    assert desk.service.starters
    desk.close()
    with pytest.raises(IndexMissing):
        _ = desk.service


def test_gradios_page_becomes_french_and_names_nobody_else() -> None:
    gradio = (
        b'<!doctype html>\n<html\n\tlang="en"\n>\n<head>\n\t\t<meta charset="utf-8" />'
        b'<meta\n\tproperty="og:image"\n\tcontent="https://raw.example/x.jpg"\n/>'
        b'<meta name="twitter:creator" content="@Gradio" />'
        b"<script>window.gradio_config = {};</script><script>\n(() => {\n load('iframeResizer.js') })();</script>"
        b'</head><body style="x"><gradio-app></gradio-app></body></html>'
    )
    made = page.dressed(gradio, "Titre & <co>").decode()
    assert 'lang="fr"' in made
    assert 'lang="en"' not in made
    assert "raw.example" not in made
    assert "@Gradio" not in made
    assert "iframeResizer" not in made
    assert "window.gradio_config" in made
    assert "<title>Titre &#38; &#60;co&#62;</title>" in made
    assert made.index("ra-splash") > made.index("<body")
    assert f'src="{page.beside(page.asset("chat.js"))}"' in made, "below any path that a proxy puts before"


def test_the_page_of_a_closed_assistant_says_why_without_any_script() -> None:
    made = page.unavailable_page("Aucun <index>.")
    assert made.status_code == 503
    body = bytes(made.body).decode()
    assert 'lang="fr"' in body
    assert "Aucun &#60;index&#62;&#46;" in body
    assert "<script" not in body
    assert 'http-equiv="refresh"' in body


def test_questions_brought_from_elsewhere_are_read_with_suspicion() -> None:
    assert questions_of({"questions": ["a", " ", 3, None, "b" * 5000]}) == ["a", "b" * 4000]
    assert questions_of({"questions": [str(number) for number in range(30)]}) == [
        str(n) for n in range(20, 30)
    ]
    for hostile in ([], None, "a", {"questions": "abc"}, {"questions": {"a": 1}}, {"answers": ["x"]}):
        assert questions_of(hostile) == []
