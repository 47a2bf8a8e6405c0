"""A document as HTML: nothing lost, nothing smuggled in, headings that follow one another, tables as tables."""

from __future__ import annotations

import html
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.interfaces.report_links import text_fragment
from ra_assistant.interfaces.report_search import SearchIndex, terms_of
from ra_assistant.interfaces.report_text import Mark, TextWriter, cells_of, outline_of, parts_of
from ra_assistant.types import Block, BlockKind, Document, DocumentKind, Section, Span
from tests.conftest import make_document

WORDS = st.text(st.sampled_from("ab <>&\"'é|\n.-"), min_size=1, max_size=200)


def whole(document: Document, *marks: Mark) -> str:
    return TextWriter(document, marks).html(Span(0, len(document.text)))


def shown(made: str) -> str:
    made = re.sub(r'<(?:p|span) class="(?:turn|blank)".*?</(?:p|span)>', "", made)
    return "".join(html.unescape(re.sub(r"<[^>]+>", "", made.replace("<br>", "\n"))).split())


@given(WORDS, st.integers(0, 200), st.integers(0, 200))
def test_every_letter_is_shown_once_whatever_is_marked(text: str, start: int, end: int) -> None:
    document = make_document(text)
    made = whole(document, Mark(start, end, "quote", "extrait"))
    assert shown(made) == "".join(text.split())
    marked = "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", made, re.S)).replace("<br>", "\n")
    assert "".join(html.unescape(marked).split()) == "".join(text[start:end].split())
    assert set(re.findall(r"</?(\w+)", made)) <= {"p", "mark", "br"}


def test_parts_are_a_partition_and_a_short_document_is_one() -> None:
    document = make_document("\n\n".join(["Une phrase de rapport."] * 50))
    parts = parts_of(document, 200)
    assert len(parts) == 3
    assert parts[0].start == 0
    assert parts[-1].end == len(document.text)
    assert all(former.end == later.start for former, later in pairwise(parts))
    assert parts_of(document) == [Span(0, len(document.text))]
    assert parts_of(make_document("")) == [Span(0, 0)]


def test_headings_never_skip_a_level_and_the_title_is_not_said_twice() -> None:
    text = "Rapport\n\nLa halle\n\nUn mot.\n\nLe canal"
    kinds = {0: BlockKind.HEADING, 1: BlockKind.HEADING, 3: BlockKind.HEADING}
    halle, canal = text.index("La halle"), text.index("Le canal")
    sections = (
        Section(("Rapport",), 0, halle),
        Section(("Rapport", "Partie", "La halle"), halle, canal),
        Section(("Rapport", "Le canal"), canal, len(text)),
    )
    document = make_document(text, kinds, title="Rapport", sections=sections)
    assert re.findall(r"<(h\d) id=\"s-(\d+)\"", whole(document)) == [("h2", str(halle)), ("h2", str(canal))]
    assert [(entry.level, entry.title) for entry in outline_of(document)] == [
        (2, "La halle"),
        (1, "Le canal"),
    ]
    assert "<h2" in whole(document, Mark(0, 7, "quote")), "a title that is cited is shown"


def test_a_table_has_its_header_row_and_its_cells() -> None:
    text = "Année | Nombre\n2020 | 13\n2021 | 19"
    rows = text.split("\n")
    starts = [text.index(row) for row in rows]
    blocks = tuple(
        Block(BlockKind.TABLE_ROW, start, start + len(row), rows[0] if rank else "")
        for rank, (start, row) in enumerate(zip(starts, rows, strict=True))
    )
    made = whole(make_document(text, blocks=blocks))
    assert made.count("<table>") == 1
    assert re.findall(r"<th>(.*?)</th>", made) == ["Année", "Nombre"]
    assert re.findall(r"<td>(.*?)</td>", made)[:2] == ["2020", "13"]
    row = "2021 |  | 19"
    assert [row[cell.start : cell.end] for cell in cells_of(row, 0, len(row))] == ["2021", "", "19"]
    assert next(row[cell.start : cell.end] for cell in cells_of("| 1", 0, 3)) == ""
    later = TextWriter(make_document(text, blocks=blocks)).html(Span(starts[1], len(text)))
    assert re.findall(r"<th>(.*?)</th>", later) == ["Année", "Nombre"], "the header of a part that goes on"


def test_list_items_are_a_list_without_their_bullets() -> None:
    document = make_document("• Un toit\n\n1. Un mur", {0: BlockKind.LIST_ITEM, 1: BlockKind.LIST_ITEM})
    made = whole(document)
    assert made.startswith("<ul><li>Un toit</li>")
    assert '<li class="numbered">1&#46; Un mur</li></ul>' in made


def paged(text: str, starts: tuple[int, ...], labels: tuple[str, ...]) -> Document:
    return make_document(text, page_starts=starts, page_labels=labels)


def test_pages_are_announced_by_printed_and_physical_number_where_they_begin() -> None:
    document = paged("Un.\n\nDeux et\nla suite.", (0, 5, 5, 13), ("i", "ii", "1", "2"))
    made = whole(document)
    assert "page i du document (p.\u00a01 du PDF)" in html.unescape(made)
    assert re.findall(r'id="page-(\d)"', made) == ["1", "2", "3", "4"]
    assert made.index('id="page-3"') < made.index("Deux") < made.index('id="page-4"') < made.index("la suite")
    assert "Aucun texte" in made
    assert "(p" not in whole(paged("Un.", (0,), ("1",)))


def test_a_part_announces_the_page_that_it_begins_on() -> None:
    document = paged("Un.\n\nDeux.\n\nTrois.", (0, 12), ("1", "2"))
    assert re.findall(r'id="page-(\d)"', TextWriter(document).html(Span(5, 12))) == ["1"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://[", ""])
def test_a_section_rests_only_on_an_address_of_the_web(address: str) -> None:
    section = Section(("A",), 0, 1, source_url=address, source_label="<b>")
    made = whole(make_document("A", {0: BlockKind.HEADING}, sections=(section,)))
    assert "<a" not in made


# ── Search ───────────────────────────────────────────────────────────────────────────────────
DOCUMENT = make_document(
    "L’élève a visité la pépinière.\n\nLes élèves visitent Évry-Courcouronnes.\n\nAucun rapport d’Évry ici."
)


def found(query: str) -> list[str]:
    hits = SearchIndex(DOCUMENT).search(query).hits
    return [DOCUMENT.text[hit.start : hit.end] for hit in hits]


def test_accents_elisions_plurals_and_compounds_do_not_hide_a_word() -> None:
    first, second, _ = DOCUMENT.text.split("\n\n")
    assert found("eleves") == found("l'élève") == found("ELÈVE") == [first, second]
    assert found("evry courcouronnes") == found("Évry-Courcouronnes") == [second]
    assert found("élèves de la pépinière") == [first]


def test_words_found_are_told_one_by_one() -> None:
    index = SearchIndex(DOCUMENT)
    result = index.search("élève Évry-Courcouronnes")
    assert result.is_whole
    places = index.places(result.hits[0], result.terms)
    assert [DOCUMENT.text[place.start : place.end] for place in places] == ["élèves", "Évry-Courcouronnes"]


def test_without_a_block_that_holds_every_word_those_that_hold_most_are_given() -> None:
    result = SearchIndex(DOCUMENT).search("élève pépinière zèbre")
    assert not result.is_whole
    assert [hit.start for hit in result.hits] == [0]


@pytest.mark.parametrize("query", ["", "   ", "!?", "zèbre", "<script>"])
def test_nothing_is_found_for_what_is_not_there(query: str) -> None:
    assert found(query) == []


def test_words_without_meaning_count_only_alone() -> None:
    assert len(terms_of("la pépinière")) == 1
    assert found("la") == [DOCUMENT.text.split("\n\n")[0]]


def test_a_very_long_query_is_cut() -> None:
    assert len(terms_of("mot" + " autre chose" * 10_000)) <= 12


# ── Text fragments ───────────────────────────────────────────────────────────────────────────
def fragment(text: str, quote: str, start: int = -1) -> str:
    document = make_document(text, path="page.html", kind=DocumentKind.ORIGINAL)
    start = text.index(quote) if start < 0 else start
    return text_fragment(document, Span(start, start + len(quote)))


def test_a_short_quote_is_said_whole_with_every_sign_encoded() -> None:
    made = fragment("Le plan, dit-il, a 13 & 14.", "plan, dit-il, a 13 & 14.")
    assert made == ":~:text=plan%2C%20dit%2Dil%2C%20a%2013%20%26%2014."


def test_a_long_quote_is_said_by_its_ends() -> None:
    quote = "Un deux trois quatre cinq six. " * 4 + "\n\nLa fin du passage est ici même."
    first, last = fragment(quote, quote).removeprefix(":~:text=").split(",")
    assert first == "Un%20deux%20trois%20quatre%20cinq"
    assert last == "du%20passage%20est%20ici%20m%C3%AAme."


def test_a_quote_that_comes_back_is_told_by_the_words_before_it() -> None:
    text = "En mars : treize arrivées. En avril : treize arrivées."
    made = fragment(text, "treize arrivées", text.rindex("treize"))
    assert made.endswith("En%20avril%20%3A-,treize%20arriv%C3%A9es")
