from hypothesis import given, settings
from hypothesis import strategies as st

from ra_assistant.splitting import SentenceSplitter
from ra_assistant.types import Block, BlockKind, Document, Section
from tests.conftest import make_document

SENTENCE = st.builds(
    lambda words: " ".join(words).capitalize() + ".",
    st.lists(
        st.sampled_from(["ville", "année", "budget", "le", "projet", "12", "M€"]), min_size=1, max_size=40
    ),
)
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=8).map(" ".join)
TEXT = st.lists(PARAGRAPH, min_size=1, max_size=8).map("\n\n".join)


def sectioned(text: str, cut: int) -> Document:
    cut = text.find("\n\n", cut) + 2 if text.find("\n\n", cut) != -1 else 0
    sections = (
        (Section(("A",), 0, cut), Section(("B",), cut, len(text)))
        if cut
        else (Section(("A",), 0, len(text)),)
    )
    return make_document(text, sections=sections)


@given(TEXT, st.integers(min_value=0, max_value=2000))
@settings(max_examples=60, deadline=None)
def test_passages_are_verbatim_ordered_and_lose_only_blanks(text: str, cut: int) -> None:
    document = sectioned(text, cut)
    position = 0
    for passage in SentenceSplitter().split(document):
        assert passage.text == text[passage.start : passage.end]
        assert text[position : passage.start].strip() == ""
        position = passage.end
        section = document.section_at(passage.start)
        assert section is not None
        assert passage.end <= section.end
        assert passage.sentences[0].start == passage.start
        assert passage.sentences[-1].end == passage.end
    assert text[position:].strip() == ""


@given(TEXT)
@settings(max_examples=40, deadline=None)
def test_a_passage_is_longer_than_the_limit_only_when_it_is_one_sentence(text: str) -> None:
    splitter = SentenceSplitter()
    for passage in splitter.split(make_document(text)):
        assert passage.end - passage.start <= splitter.max_chars or len(passage.sentences) == 1


def test_an_edited_paragraph_changes_only_the_passages_of_its_section() -> None:
    paragraphs = [
        f"Phrase numéro {n} du paragraphe, assez longue pour compter un peu. " * 6 for n in range(6)
    ]

    def document(texts: list[str]) -> Document:
        text = "\n\n".join(part.strip() for part in texts)
        bounds = [text.index(texts[0].strip()), text.index(texts[3].strip()), len(text)]
        sections = tuple(Section((name,), bounds[i], bounds[i + 1]) for i, name in enumerate("AB"))
        return make_document(text, sections=sections)

    before = SentenceSplitter().split(document(paragraphs))
    edited = [paragraphs[0], "Tout autre chose, en une phrase bien plus courte.", *paragraphs[2:]]
    after = SentenceSplitter().split(document(edited))

    def names(passages: list, section: str) -> list[str]:
        return [passage.id for passage in passages if passage.section_path == (section,)]

    assert names(before, "B") == names(after, "B")
    assert names(before, "A") != names(after, "A")


def test_equal_paragraphs_have_different_names() -> None:
    text = "\n\n".join(["Le même paragraphe. " * 30] * 3)
    passages = SentenceSplitter().split(make_document(text))
    assert len({passage.id for passage in passages}) == len(passages) > 1


def test_a_heading_stays_with_what_follows() -> None:
    text = "Le budget\n\n" + "Le budget atteint 20 M€. " * 30
    (first, *_) = SentenceSplitter().split(make_document(text, {0: BlockKind.HEADING}))
    assert first.text.startswith("Le budget\n\nLe budget atteint")


def test_a_key_figure_and_a_row_are_never_cut() -> None:
    figure, row = "187\nadhérents. Au 31 décembre", "Ville | 12. Puis | 13"
    text = f"{figure}\n\n{row}"
    blocks = (
        Block(BlockKind.KEY_FIGURE, 0, len(figure)),
        Block(BlockKind.TABLE_ROW, len(figure) + 2, len(text), context="Lieu | Nombre"),
    )
    (passage,) = SentenceSplitter().split(make_document(text, blocks=blocks))
    assert [text[start:end] for start, end in passage.sentences] == [figure, row]
    assert "Lieu | Nombre" in passage.searchable_text


def test_a_blank_document_has_no_passage() -> None:
    assert SentenceSplitter().split(make_document("")) == []


def test_headings_are_searched_once() -> None:
    text = "Le budget\n\nIl atteint 20 M€."
    document = make_document(
        text, {0: BlockKind.HEADING}, sections=(Section(("Finances", "Le budget"), 0, len(text)),)
    )
    (passage,) = SentenceSplitter().split(document)
    assert passage.searchable_text == "Finances\nLe budget\n\nIl atteint 20 M€."


def test_a_figure_without_a_word_is_one_with_what_stands_before_it() -> None:
    text = "63\nprojets financés\n\n18,8\nM€\n\nLes actions ont démarré en juin."
    document = make_document(text, {0: BlockKind.KEY_FIGURE, 1: BlockKind.KEY_FIGURE})
    (passage,) = SentenceSplitter().split(document)
    assert [text[s.start : s.end] for s in passage.sentences] == [
        "63\nprojets financés\n\n18,8\nM€",
        "Les actions ont démarré en juin.",
    ]


def test_a_figure_without_a_word_stays_alone_at_the_beginning_and_after_a_heading() -> None:
    text = "Le budget\n\n18,8 M€\n\nDe quoi tenir deux ans."
    document = make_document(text, {0: BlockKind.HEADING, 1: BlockKind.KEY_FIGURE})
    (passage,) = SentenceSplitter().split(document)
    assert [text[s.start : s.end] for s in passage.sentences][:2] == ["Le budget", "18,8 M€"]


def test_the_sentence_of_a_row_leaves_out_its_empty_cells_and_the_passage_keeps_them() -> None:
    rows = ["|  | - 386 225 dossiers | - 15 000 comptes | +76 %", "Total | 12 |  |", "- 3 | 4", "| |"]
    text = "\n".join(rows)
    starts = [text.rindex(row) for row in rows]
    blocks = tuple(
        Block(BlockKind.TABLE_ROW, start, start + len(row)) for start, row in zip(starts, rows, strict=True)
    )
    (passage,) = SentenceSplitter().split(make_document(text, blocks=blocks))
    assert passage.text == text
    assert [text[each.start : each.end] for each in passage.sentences] == [
        "- 386 225 dossiers | - 15 000 comptes | +76 %",
        "Total | 12",
        "- 3 | 4",
        "| |",
    ]


def test_a_key_figure_keeps_its_minus_and_a_heading_its_bar() -> None:
    text = "| Bilan |\n\n- 5 %\nd'émissions en un an"
    cut = text.index("- 5")
    blocks = (Block(BlockKind.HEADING, 0, cut - 2), Block(BlockKind.KEY_FIGURE, cut, len(text)))
    (passage,) = SentenceSplitter().split(make_document(text, blocks=blocks))
    assert [text[start:end] for start, end in passage.sentences] == [
        "| Bilan |",
        "- 5 %\nd'émissions en un an",
    ]
