"""Markdown loses its markup and keeps its structure."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ra_assistant.types import BlockKind, Document
from tests.reading_fixtures import check_shape, contexts, load, path_of, texts

REPORT = """# Biopôle — Rapport 2021

Source : [Le rapport en ligne](https://biopole.fr/2021_(fr)) ; <https://biopole.fr/b>

L'an *passé*, **je** concluais
ces lignes en `formant` un [vœu](https://voeu.fr).

## Chiffres clés

187
adhérents au 31 décembre
2021

41,7 M€
levés par les entreprises

## Nos missions
Source : https://biopole.fr/missions.
Fédérer les acteurs.

- **18 janvier** : mise en service
  du séquenceur
    - au sous-sol
- 25 mars

3. Trois
4. Quatre

### Équipe

| Fonction | Responsable |
|---|---|
| Direction | **Anne** Corvaisier |
| Europe<br>et monde | Carlotta \\| Benvegna |

![Courbe des effectifs](courbe.png)

<div class="x"><h2>Encadré</h2><p>Dans un <b>cadre</b>.</p><script>alert(1)</script></div>

Ligne une\\
ligne deux &amp; &eacute;

> Une citation.
"""


def report(tmp_path: Path) -> Document:
    return load(tmp_path, "r.md", REPORT).document


def test_markup_is_gone_and_words_stay(tmp_path: Path) -> None:
    text = report(tmp_path).text
    for words in (
        "L'an passé, je concluais ces lignes en formant un vœu.",
        "Dans un cadre.",
        "Ligne une\nligne deux & é",
        "Une citation.",
    ):
        assert words in text
    for markup in ("**", "](", "<b>", "alert", "|---", "courbe.png", "Source :", "# ", "> "):
        assert markup not in text


def test_a_figure_alone_and_its_label_are_one_block(tmp_path: Path) -> None:
    assert texts(report(tmp_path), BlockKind.KEY_FIGURE) == [
        "187\nadhérents au 31 décembre\n2021",
        "41,7 M€\nlevés par les entreprises",
    ]


def test_list_items_stand_one_a_line(tmp_path: Path) -> None:
    document = report(tmp_path)
    assert texts(document, BlockKind.LIST_ITEM) == [
        "18 janvier : mise en service du séquenceur",
        "au sous-sol",
        "25 mars",
        "3. Trois",
        "4. Quatre",
    ]
    assert "du séquenceur\nau sous-sol\n25 mars" in document.text


def test_each_table_row_is_searched_with_the_header(tmp_path: Path) -> None:
    assert contexts(report(tmp_path)) == {
        "Fonction | Responsable": "",
        "Direction | Anne Corvaisier": "Fonction | Responsable",
        "Europe et monde | Carlotta | Benvegna": "Fonction | Responsable",
    }


def test_a_table_row_cut_by_a_stray_line_end_is_whole(tmp_path: Path) -> None:
    source = "| A | B | C |\n|---|---|---|\n| 1 | deux\n | 3 |\n| 4 | 5 | 6 |\n"
    assert list(contexts(load(tmp_path, "a.md", source).document)) == [
        "A | B | C",
        "1 | deux | 3",
        "4 | 5 | 6",
    ]


def test_sections_carry_their_headings_and_the_page_they_rest_on(tmp_path: Path) -> None:
    document = report(tmp_path)
    assert path_of(document, "Anne Corvaisier") == ("Biopôle — Rapport 2021", "Nos missions", "Équipe")
    sources = {section.path[-1]: (section.source_url, section.source_label) for section in document.sections}
    assert sources == {
        "Biopôle — Rapport 2021": ("https://biopole.fr/2021_(fr)", "Le rapport en ligne"),
        "Chiffres clés": ("https://biopole.fr/2021_(fr)", "Le rapport en ligne"),
        "Nos missions": ("https://biopole.fr/missions", None),
        "Équipe": ("https://biopole.fr/missions", None),
        "Encadré": ("https://biopole.fr/missions", None),
    }


def test_a_source_line_that_is_no_link_is_text(tmp_path: Path) -> None:
    for line in (
        "Source : Insee, 2021",
        "Source : [x](javascript:alert)",
        "Source : https://a.fr et d'autres",
    ):
        assert "Source" in load(tmp_path, "a.md", f"# T\n\n{line}\n").document.text


def test_an_image_leaves_its_caption(tmp_path: Path) -> None:
    assert texts(report(tmp_path), BlockKind.CAPTION) == ["Courbe des effectifs"]


def test_the_first_heading_is_the_title(tmp_path: Path) -> None:
    assert report(tmp_path).title == "Biopôle — Rapport 2021"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["# ", "## ", "mot", "é", "\n", "\n\n", "- ", "1. ", "| a | b |\n|---|---|\n", "| 1 | 2 |", "**", "`",
             "187", "    ", "> ", "<br>", "<div>", "</div>", "<p>", "![", "](x)", "[", "Source : https://a.fr", "---",
             "\\", "&amp;", "\u00a0", "<!--", "-->", "<table><tr><td rowspan=9>x", "e\u0301"]
        ),
        max_size=30,
    ).map("".join)
)  # fmt: skip
def test_any_markdown_gives_a_well_formed_document(source: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        check_shape(load(Path(directory), "a.md", "Mot\n\n" + source))


def headings(tmp_path: Path, text: str) -> list[tuple[str, ...]]:
    return [section.path for section in load(tmp_path, "a.md", text).document.sections if section.path]


def test_a_bold_line_with_words_under_it_is_a_heading(tmp_path: Path) -> None:
    text = (
        "# Rapport\n\n## Bilan\n\n**Les randonnées**\n\nElles ont réuni douze personnes.\n\n**Les comptes**\n\n"
        "- recettes\n- dépenses\n\n**Douze** personnes sont venues\n\nLe reste viendra.\n\n"
        "**Une phrase entière se termine.**\n\nSuite du texte.\n\n**Merci à tous**\n\n## Fin\n\nRien d’autre."
    )
    assert headings(tmp_path, text) == [
        ("Rapport",),
        ("Rapport", "Bilan"),
        ("Rapport", "Bilan", "Les randonnées"),
        ("Rapport", "Bilan", "Les comptes"),
        ("Rapport", "Fin"),
    ]


def test_bare_headings_are_found_only_where_none_is_marked(tmp_path: Path) -> None:
    bare = (
        "Les randonnées\n\nElles ont réuni douze personnes cette année.\n\n"
        "Les comptes\n\nIls sont à l’équilibre, comme l’an dernier.\n"
    )
    assert headings(tmp_path, bare) == [("Les randonnées",), ("Les comptes",)]
    assert headings(tmp_path, f"# Rapport\n\n{bare}") == [("Rapport",)]
