"""Plain text is kept letter by letter and cut into the blocks that a reader sees."""

from __future__ import annotations

import tempfile
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ra_assistant.types import BlockKind
from tests.reading_fixtures import check_shape, load, path_of, texts

EDITORIAL = """L’année a été difficile. Treize entreprises nous ont pourtant rejoints, ce dont on se félicite.
Avancée en recherche
La pandémie a montré la nécessité de continuer à développer la recherche sur notre territoire.
Quelles ambitions pour 2021 ?
L’année 2021 ouvre d’importantes perspectives, à commencer par un nouveau siège pour toute l’équipe.
Pour le télécharger, suivez ce lien.
"""

WRAPPED = """RAPPORT MORAL

L'association a tenu cette année trois réunions
publiques dans les communes du canton, malgré les
restrictions. Chacune a rassemblé une centaine
d'habitants.

Nos actions :
- planter des haies, avec l'aide des
  écoles du canton ;
- nettoyer les berges.

187
adhérents au 31 décembre

1 rue des Lilas
01000 Bourg
"""


def test_a_text_with_one_paragraph_a_line_shows_its_headings(tmp_path: Path) -> None:
    extraction = load(tmp_path, "edito_2020.txt", EDITORIAL)
    document = extraction.document
    assert document.text == EDITORIAL
    assert texts(document, BlockKind.HEADING) == ["Avancée en recherche", "Quelles ambitions pour 2021 ?"]
    assert len(texts(document, BlockKind.PARAGRAPH)) == 4
    assert path_of(document, "perspectives") == ("Quelles ambitions pour 2021 ?",)
    assert path_of(document, "Treize entreprises") == ()
    check_shape(extraction)


def test_lines_cut_by_a_margin_stay_in_one_block(tmp_path: Path) -> None:
    extraction = load(tmp_path, "moral.txt", WRAPPED)
    document = extraction.document
    assert document.title == "RAPPORT MORAL"
    assert texts(document, BlockKind.PARAGRAPH)[0].startswith("L'association")
    assert texts(document, BlockKind.PARAGRAPH)[0].endswith("d'habitants.")
    assert texts(document, BlockKind.LIST_ITEM) == [
        "- planter des haies, avec l'aide des\n  écoles du canton ;",
        "- nettoyer les berges.",
    ]
    assert texts(document, BlockKind.KEY_FIGURE) == ["187\nadhérents au 31 décembre"]
    assert texts(document, BlockKind.HEADING) == ["RAPPORT MORAL"]
    check_shape(extraction)


def test_windows_line_ends_are_kept_and_bound_the_blocks(tmp_path: Path) -> None:
    extraction = load(tmp_path, "a.txt", "Une phrase entière.\r\n\r\nUne autre phrase entière.\r\n")
    assert extraction.document.text == "Une phrase entière.\r\n\r\nUne autre phrase entière.\r\n"
    assert texts(extraction.document) == ["Une phrase entière.", "Une autre phrase entière."]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["", "\n", "\r\n", "- ", "187", "Titre", "• un", "…", " ", "\u00a0", "«", "é." * 40]
            ),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40),
        ),
        min_size=1,
    ).map("".join)
)
def test_a_text_is_unchanged_but_for_its_normal_form(text: str) -> None:
    text = "Mot " + text
    with tempfile.TemporaryDirectory() as directory:
        extraction = load(Path(directory), "a.txt", text)
    assert extraction.document.text == unicodedata.normalize("NFC", text)
    check_shape(extraction)
