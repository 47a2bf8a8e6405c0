"""PDF files are read in the order of the eye: columns, tables, key figures, words made whole."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading import FileLoader
from ra_assistant.types import BlockKind, Document, Extraction
from tests.reading_fixtures import (
    check_shape,
    codes,
    contexts,
    folded,
    load,
    page_of,
    path_of,
    pdf,
    texts,
    write,
)

PROSE = (
    "Le biocluster accompagne chaque année de jeunes entreprises du vivant, depuis le laboratoire jusqu'aux "
    "premiers essais. Les équipes ont ouvert trois plateformes et signé quatorze conventions avec les communes "
    "du territoire, la Région et le Département, dans un esprit de confiance et de long terme."
)
OTHER = (
    "Au second semestre, la pépinière a reçu de nouveaux locaux. Les loyers y sont progressifs et le conseil "
    "scientifique suit chaque dossier pendant trois ans, avec l'aide de mentors bénévoles venus de l'industrie, "
    "de l'hôpital et de la recherche publique."
)


def read(tmp_path: Path, *pages: object, **options: object) -> Extraction:
    extraction = load(tmp_path, "rapport.pdf", pdf(*pages, **options))  # type: ignore[arg-type]
    check_shape(extraction)
    return extraction


def document(tmp_path: Path, *pages: object, **options: object) -> Document:
    return read(tmp_path, *pages, **options).document


def prose(canvas: Canvas, words: str = PROSE, *, x: float = 60, y: float = 700, width: int = 80) -> float:
    return write(canvas, x, y, folded(words, width))


# ── Words ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("notre établis-", "sement a ouvert", "notre établissement a ouvert"),
        ("la ville de Corbeil-", "Essonnes soutient", "la ville de Corbeil-Essonnes soutient"),
        ("il faudra peut-", "être revoir", "il faudra peut-être revoir"),
        ("une bio-", "économie locale", "une bio-économie locale"),
        ("le contrat 2020-", "2024 prévoit", "le contrat 2020-2024 prévoit"),
        ("la quasi-", "totalité des", "la quasi-totalité des"),
        ("un rendez-", "vous annuel", "un rendez-vous annuel"),
        ("ses résultats -", "les meilleurs", "ses résultats - les meilleurs"),
        ("les acteurs de l'", "innovation ouverte", "les acteurs de l'innovation ouverte"),
        ("des élus et/", "ou des agents", "des élus et/ou des agents"),
    ],
)
def test_a_word_cut_at_the_end_of_a_line_is_made_whole(
    tmp_path: Path, left: str, right: str, expected: str
) -> None:
    def page(canvas: Canvas) -> None:
        y = write(canvas, 60, 700, "La bio-économie est, cette année encore, au cœur de notre projet commun.")
        write(
            canvas,
            60,
            y,
            [f"Cette année et pour la première fois de son histoire, {left}", f"{right} ensuite."],
        )

    assert expected in document(tmp_path, page).text


def test_ligatures_accents_and_exponents_are_repaired(tmp_path: Path) -> None:
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))

    def page(canvas: Canvas) -> None:
        y = write(canvas, 60, 700, "La ﬁlière a uniﬁé ses ﬂux ; l’œuvre dure.", font="Vera")
        y = write(canvas, 60, y, "Une aide pr´elev´ee `a la source, d`es No¨el et fran¸caise.")
        x = 60.0
        for words, size, rise in (
            ("Une surface de 500 m", 10, 0),
            ("2", 6, 3.5),
            (" et 1 200 adhérents.", 10, 0),
        ):
            write(canvas, x, y + rise, words, size=size)
            x += canvas.stringWidth(words, "Helvetica", size)
        y -= 14
        prose(canvas, y=y)

    extraction = read(tmp_path, page)
    for words in (
        "La filière a unifié ses flux ; l’œuvre dure.",
        "Une aide prélevée à la source, dès Noël et française.",
        "Une surface de 500 m² et 1 200 adhérents",
    ):
        assert words in extraction.document.text
    assert [notice.page for notice in extraction.notices if notice.code == "damaged_accents"] == [1]


def test_text_drawn_twice_to_look_bold_is_read_once(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 750, "Notre mission", size=16)
        write(canvas, 60.4, 750, "Notre mission", size=16)
        prose(canvas)

    assert document(tmp_path, page).text.count("Notre mission") == 1


def test_letters_set_apart_make_words(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 750, "B I L A N", size=16)
        prose(canvas)

    assert "BILAN\n" in document(tmp_path, page).text


def test_words_drawn_one_by_one_in_any_order_make_lines(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for row, line in enumerate(folded(PROSE, 80)):
            x = 60.0
            places = []
            for word in line.split():
                places.append((x, word))
                x += canvas.stringWidth(word + " ", "Helvetica", 10)
            for place, word in reversed(places):
                canvas.drawString(place, 700 - 12.5 * row, word)

    assert document(tmp_path, page).text == PROSE


def test_slanting_text_is_left_out_and_a_turned_page_is_read(tmp_path: Path) -> None:
    def slanting(canvas: Canvas) -> None:
        prose(canvas)
        canvas.saveState()
        canvas.rotate(45)
        write(canvas, 400, 100, "CONFIDENTIEL", size=40)
        canvas.restoreState()

    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        canvas.translate(842, 0)
        canvas.rotate(90)
        prose(canvas, OTHER, y=500)

    def upended(canvas: Canvas) -> None:
        canvas.translate(595, 0)
        canvas.rotate(90)
        prose(canvas, OTHER, y=500)

    text = document(tmp_path, slanting, turned, upended).text
    assert "CONFIDENTIEL" not in text
    assert text.count(OTHER) == 2


def test_text_inside_a_form_is_read(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.beginForm("encart")
        prose(canvas, OTHER, y=300)
        canvas.endForm()
        prose(canvas)
        canvas.doForm("encart")

    assert document(tmp_path, page).text == f"{PROSE}\n\n{OTHER}"


# ── Columns and pages ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("columns", "width", "step"), [(2, 42, 250), (3, 27, 165)])
def test_columns_are_read_one_after_the_other(tmp_path: Path, columns: int, width: int, step: int) -> None:
    sentences = [f"Colonne {number}. {PROSE}" for number in range(columns)]

    def page(canvas: Canvas) -> None:
        write(canvas, 60, 780, "Un titre qui court au-dessus de toutes les colonnes du texte", size=20)
        for number, words in enumerate(sentences):
            prose(canvas, words, x=60 + step * number, y=740, width=width)

    text = document(tmp_path, page).text
    assert text.split("\n\n")[1:] == sentences


def test_lines_drawn_across_the_columns_are_still_read_by_column(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for row, (left, right) in enumerate(zip(folded(PROSE, 42), folded(OTHER, 42), strict=False)):
            canvas.drawString(60, 700 - 12.5 * row, left)
            canvas.drawString(310, 700 - 12.5 * row, right)

    left, right = (" ".join(folded(words, 42)[:6]) for words in (PROSE, OTHER))
    text = document(tmp_path, page).text
    assert left in text
    assert right in text


def test_a_paragraph_goes_on_in_the_next_column_and_on_the_next_page(tmp_path: Path) -> None:
    lines = folded(f"{PROSE} {OTHER}", 42)

    def first(canvas: Canvas) -> None:
        write(canvas, 60, 700, lines[:4])
        write(canvas, 310, 700, lines[4:8])
        write(canvas, 60, 120, "Figure 1 : les effectifs", size=8)

    def second(canvas: Canvas) -> None:
        write(canvas, 60, 700, lines[8:])

    result = document(tmp_path, first, second)
    assert f"{PROSE} {OTHER}" in result.text
    assert page_of(result, lines[0][:20]) == 1
    assert page_of(result, lines[-1]) == 2
    assert result.text.startswith("Figure 1"), "what stood between is on the first page, before the paragraph"


def test_a_long_paragraph_goes_on_overleaf_with_a_figure_or_a_name(tmp_path: Path) -> None:
    words = PROSE.replace("Région et le Département", "Région, 150 mécènes")
    lines = folded(words, 60)
    cut = next(rank for rank, line in enumerate(lines) if line.startswith("150 ") or "150" in line)
    place = lines[cut].index("150")
    lines[cut : cut + 1] = [lines[cut][:place].ljust(1), lines[cut][place:]]

    def first(canvas: Canvas) -> None:
        write(canvas, 60, 400, lines[:cut])
        canvas.drawString(60, 400 - 12.5 * cut, lines[cut] + "x" * (62 - len(lines[cut])))

    def second(canvas: Canvas) -> None:
        write(canvas, 60, 700, lines[cut + 1 :])

    assert " 150 mécènes" in document(tmp_path, first, second).text


def test_what_a_frame_holds_is_read_as_a_whole(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas, PROSE, width=42)
        prose(canvas, OTHER, x=310, width=42)
        canvas.setFillColorRGB(0.9, 0.9, 1)
        canvas.rect(55, 480, 480, 90, fill=1, stroke=0)
        canvas.setFillColorRGB(0, 0, 0)
        write(canvas, 65, 545, "Zoom", size=10, font="Helvetica-Bold")
        write(canvas, 65, 525, "Un encart sous les deux colonnes du texte.")

    text = document(tmp_path, page).text
    assert text == f"{PROSE}\n\n{OTHER}\n\nZoom\n\nUn encart sous les deux colonnes du texte."


def test_running_heads_feet_and_numbers_are_left_out_and_give_the_labels(tmp_path: Path) -> None:
    def page(number: int) -> object:
        def draw(canvas: Canvas) -> None:
            write(canvas, 60, 810, f"Rapport d'activité 2021 | chapitre {1 + number // 3}", size=8)
            prose(canvas, f"Page rang {number}. {PROSE}")
            write(canvas, 297, 30, str(number + 10), size=8, align="centre")

        return draw

    result = document(tmp_path, *(page(number) for number in range(1, 7)))
    assert result.page_labels == ("11", "12", "13", "14", "15", "16")
    assert "Rapport d'activité" not in result.text
    assert "\n\n12" not in result.text
    assert result.label_at(result.text.index("rang 3")) == "13"


def test_declared_labels_are_kept(tmp_path: Path) -> None:
    pages = [prose] * 5
    result = document(tmp_path, *pages, labels=[(0, "ROMAN_LOWER", 1), (2, "ARABIC", 1)])
    assert result.page_labels == ("i", "ii", "1", "2", "3")


def test_printed_roman_numbers_are_labels(tmp_path: Path) -> None:
    def page(label: str) -> object:
        def draw(canvas: Canvas) -> None:
            prose(canvas, f"Feuille {label}. {PROSE}")
            write(canvas, 297, 30, label, size=8, align="centre")

        return draw

    result = document(tmp_path, *map(page, ["i", "ii", "iii", "1", "2", "3", "4"]))
    assert result.page_labels == ("i", "ii", "iii", "1", "2", "3", "4")


def test_the_two_numbers_of_a_double_page_are_its_label(tmp_path: Path) -> None:
    def spread(left: int) -> object:
        def draw(canvas: Canvas) -> None:
            canvas.setPageSize((842, 595))
            prose(canvas, f"Gauche {left}. {PROSE}", y=500, width=55)
            prose(canvas, f"Droite {left}. {OTHER}", x=450, y=500, width=55)
            write(canvas, 40, 20, str(left), size=8)
            write(canvas, 800, 20, str(left + 1), size=8)

        return draw

    result = document(tmp_path, *map(spread, [2, 4, 6, 8]))
    assert result.page_labels == ("2-3", "4-5", "6-7", "8-9")
    assert result.text.index("Gauche 4") < result.text.index("Droite 4") < result.text.index("Gauche 6")


def test_an_empty_page_is_never_returned_and_a_pictured_one_is_announced(tmp_path: Path) -> None:
    def picture(canvas: Canvas) -> None:
        canvas.drawImage(dots(), 0, 0, 595, 842)

    def blank(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)

    extraction = read(tmp_path, prose, picture, blank, lambda canvas: prose(canvas, OTHER))
    result = extraction.document
    assert [notice.page for notice in extraction.notices if notice.code == "page_without_text"] == [2]
    assert len(result.page_starts) == 4
    assert page_of(result, OTHER) == 4
    assert page_of(result, PROSE) == 1


def test_a_page_that_cannot_be_opened_is_announced(tmp_path: Path) -> None:
    content = pdf(prose, lambda canvas: prose(canvas, OTHER)).replace(
        b"/Kids [ 3 0 R 4 0 R ]", b"/Kids [ 3 0 R 0 0 R ]"
    )
    extraction = load(tmp_path, "rapport.pdf", content)
    assert extraction.document.text == PROSE
    assert [notice.page for notice in extraction.notices if notice.code == "page_unreadable"] == [2]
    assert len(extraction.document.page_starts) == 2


def test_each_line_knows_its_place_on_the_page(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 700, ["Une première ligne assez longue pour compter,", "puis une seconde ligne."])

    extraction = read(tmp_path, page)
    text = extraction.document.text
    places = {text[run.start : run.end]: run.box for run in extraction.runs}
    left, bottom, right, top = places["puis une seconde ligne."]
    assert (left, bottom < 687.5 < top) == (pytest.approx(60, abs=1), True)
    assert right == pytest.approx(60 + 105, abs=8)


def test_places_are_those_of_the_page_as_displayed(tmp_path: Path) -> None:
    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        canvas.translate(842, 0)
        canvas.rotate(90)
        write(canvas, 60, 500, "Une ligne sur une page tournée.")

    left, bottom, right, top = read(tmp_path, turned).runs[0].box
    assert left == pytest.approx(60, abs=1)
    assert bottom < 500 < top
    assert right > left + 100


# ── Headings, lists, notes ───────────────────────────────────────────────────────────────────


def test_headings_are_ranked_by_size_and_weight(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 780, "Rapport annuel 2021", size=28)
        write(canvas, 60, 730, "Nos missions", size=16, font="Helvetica-Bold")
        prose(canvas, y=705)
        write(canvas, 60, 630, "Accompagner les entreprises", font="Helvetica-Bold")
        prose(canvas, OTHER, y=615)
        write(canvas, 60, 520, "Nos moyens", size=16, font="Helvetica-Bold")
        prose(canvas, y=495)

    extraction = read(tmp_path, page)
    result = extraction.document
    assert path_of(result, OTHER) == ("Rapport annuel 2021", "Nos missions", "Accompagner les entreprises")
    assert result.section_at(result.text.rindex(PROSE)).path == ("Rapport annuel 2021", "Nos moyens")  # type: ignore[union-attr]
    assert result.title == "Rapport annuel 2021"
    assert result.year == 2021
    assert "title_guessed" in codes(extraction)


def test_a_small_heading_above_a_larger_one_does_not_fall_under_the_last_section(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        y = 780.0
        for rank, name in enumerate(("Déployer", "Mesurer")):
            write(canvas, 60, y, f"CRITÈRE {rank + 1}", size=11, font="Helvetica-Bold")
            write(canvas, 60, y - 20, name, size=17, font="Helvetica-Bold")
            y = prose(canvas, y=y - 40) - 20

    result = document(tmp_path, page)
    assert path_of(result, "CRITÈRE 2") == ("CRITÈRE 2",)
    assert result.sections[-1].path == ("Mesurer",)


def test_the_year_of_the_running_head_is_the_reports(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas)
        write(canvas, 60, 30, "Rapport annuel 2019", size=7)

    assert document(tmp_path, *[page] * 3, title="Nos actions").year == 2019


def test_bullets_typed_or_drawn_begin_list_items(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        y = prose(canvas)
        y = write(canvas, 60, y - 10, "• Quatre plateformes ouvertes aux entreprises, aux laboratoires")
        y = write(canvas, 68, y, "et aux hôpitaux ;")
        y = write(canvas, 60, y, "– deux pépinières.")
        for words in ("Un incubateur", "Un accélérateur"):
            canvas.circle(63, y + 3, 1.5, fill=1)
            y = write(canvas, 72, y, words)

    assert texts(document(tmp_path, page), BlockKind.LIST_ITEM) == [
        "Quatre plateformes ouvertes aux entreprises, aux laboratoires et aux hôpitaux ;",
        "deux pépinières.",
        "Un incubateur",
        "Un accélérateur",
    ]


def test_a_footnote_is_read_after_the_columns(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas, width=42)
        prose(canvas, OTHER, x=310, width=42)
        write(canvas, 60, 80, "1", size=5)
        write(canvas, 64, 77, "Comptage réalisé aux entrées.", size=7.5)

    assert document(tmp_path, page).text.endswith("Comptage réalisé aux entrées.")


def test_an_initial_over_several_lines_belongs_to_its_word(tmp_path: Path) -> None:
    lines = folded(PROSE[1:], 60)

    def page(canvas: Canvas) -> None:
        write(canvas, 60, 687, "L", size=30)
        write(canvas, 82, 700, lines[:2])
        write(canvas, 60, 675, lines[2:])

    assert document(tmp_path, page).text == PROSE


def test_lines_of_a_summary_stay_apart(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 700, ["Éditorial " + "." * 60 + " 3", "Chiffres clés " + "." * 56 + " 4"])
        prose(canvas, y=600)

    assert texts(document(tmp_path, page))[:2] == ["Éditorial … 3", "Chiffres clés … 4"]


# ── Key figures ──────────────────────────────────────────────────────────────────────────────

FIGURES = [
    ("13", ["nouvelles entreprises", "accueillies"]),
    ("41,7 M€", ["levés par les résidents"]),
    ("92 %", ["d'occupation de la pépinière"]),
    ("1 312", ["prestations réalisées", "par les plateformes"]),
    ("27", ["salariés"]),
    ("+ 4", ["brevets"]),
]
PAIRED = [f"{figure}\n{' '.join(label)}" for figure, label in FIGURES]


def test_figures_in_a_grid_go_with_the_label_below(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 780, "Chiffres clés", size=18, font="Helvetica-Bold")
        for rank, (figure, label) in enumerate(FIGURES):
            x, y = 120 + 170 * (rank % 3), 720 - 90 * (rank // 3)
            write(canvas, x, y, figure, size=28, font="Helvetica-Bold", align="centre")
            write(canvas, x, y - 16, label, align="centre")
        prose(canvas, y=500)

    result = document(tmp_path, page)
    assert texts(result, BlockKind.KEY_FIGURE) == PAIRED
    assert path_of(result, "41,7") == ("Chiffres clés",)


def test_figures_go_with_the_label_beside(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for rank, (figure, label) in enumerate(FIGURES):
            y = 750 - 60 * rank
            write(canvas, 160, y, figure, size=26, align="right")
            write(canvas, 175, y + (6 if len(label) > 1 else 0), label)
        prose(canvas, y=350)

    assert texts(document(tmp_path, page), BlockKind.KEY_FIGURE) == PAIRED


def test_figures_go_with_the_label_above(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for rank, (figure, label) in enumerate(FIGURES[:3]):
            x = 120 + 170 * rank
            write(canvas, x, 760, label[-1], align="centre")
            write(canvas, x, 732, figure, size=26, align="centre")
        prose(canvas, y=600)

    expected = [f"{label[-1]}\n{figure}" for figure, label in FIGURES[:3]]
    assert texts(document(tmp_path, page), BlockKind.KEY_FIGURE) == expected


def test_a_figure_takes_its_smaller_unit_and_every_line_of_its_label(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 740, "5,84", size=30)
        write(canvas, 125, 740, "M€", size=14)
        write(canvas, 60, 722, ["de budget consolidé", "pour l'exercice"], font="Helvetica-Bold")
        write(canvas, 60, 696, "(hors investissements)", size=8)
        prose(canvas, y=600)

    assert texts(document(tmp_path, page), BlockKind.KEY_FIGURE) == [
        "5,84 M€\nde budget consolidé pour l'exercice\n(hors investissements)"
    ]


def test_a_label_that_goes_on_below_its_figure_is_whole(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 740, "187", size=20, font="Helvetica-Bold")
        write(canvas, 105, 740, "adhérents au 31 décembre")
        write(canvas, 60, 726, "2021")
        prose(canvas, y=600)

    assert texts(document(tmp_path, page), BlockKind.KEY_FIGURE) == ["187\nadhérents au 31 décembre\n2021"]


def test_a_figure_does_not_take_the_next_heading_for_its_label(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 740, "187", size=20, font="Helvetica-Bold")
        write(canvas, 110, 742, "adhérents au 31 décembre")
        write(canvas, 60, 710, "Nos missions", size=14, font="Helvetica-Bold")
        prose(canvas, y=690)

    result = document(tmp_path, page)
    assert texts(result, BlockKind.KEY_FIGURE) == ["187\nadhérents au 31 décembre"]
    assert texts(result, BlockKind.HEADING) == ["Nos missions"]


def test_a_year_set_large_is_no_key_figure(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 740, "2021", size=30)
        prose(canvas)

    assert texts(document(tmp_path, page), BlockKind.KEY_FIGURE) == []


def test_the_labels_of_a_chart_stay_out_of_the_prose(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas, width=42)
        prose(canvas, OTHER, y=450, width=42)
        for rank, value in enumerate((7, 19, 32, 101, 81)):
            canvas.rect(330 + 40 * rank, 560, 20, value, fill=1)
            write(canvas, 340 + 40 * rank, 563 + value, str(value), size=7, align="centre")
            write(canvas, 340 + 40 * rank, 550, str(2015 + rank), size=7, align="centre")

    result = texts(document(tmp_path, page))
    assert result[0] == PROSE
    assert OTHER in result


# ── Tables ───────────────────────────────────────────────────────────────────────────────────

BUDGET = [
    ("Poste", "2021", "2022", "Évolution"),
    ("Personnel", "2 655", "2 801", "+5,5 %"),
    ("Loyers, charges et entretien", "1 120", "1 187", "+6,0 %"),
    ("Informatique", "874", "861", "–1,5 %"),
    ("Communication", "–", "251", "n.d."),
]
HEADER = "Poste | 2021 | 2022 | Évolution"
ROWS = {" | ".join(row): HEADER if rank else "" for rank, row in enumerate(BUDGET)}
EDGES = (60, 260, 340, 420, 500)


def row_at(canvas: Canvas, y: float, cells: tuple[str, ...], *, bold: bool = False) -> None:
    font = "Helvetica-Bold" if bold else "Helvetica"
    write(canvas, EDGES[0] + 4, y, cells[0], font=font)
    for edge, cell in zip(EDGES[2:], cells[1:], strict=True):
        write(canvas, edge - 4, y, cell, font=font, align="right")


def test_a_table_without_rules_is_read_row_by_row(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas, y=760)
        for rank, cells in enumerate(BUDGET):
            row_at(canvas, 640 - 18 * rank, cells, bold=not rank)
        prose(canvas, OTHER, y=500)

    result = document(tmp_path, page)
    assert contexts(result) == ROWS
    assert result.text.index(PROSE) < result.text.index("Personnel") < result.text.index(OTHER)


def test_a_label_on_two_lines_stays_in_its_row(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        row_at(canvas, 700, BUDGET[0], bold=True)
        row_at(canvas, 680, BUDGET[1])
        row_at(canvas, 660, ("Loyers, charges et entretien", "1 120", "1 187", "+6,0 %"))
        write(canvas, 64, 648, "des bâtiments rénovés")
        row_at(canvas, 628, BUDGET[3])
        write(canvas, 64, 608, "Communication, y compris")
        row_at(canvas, 602, ("", "246", "251", "+2,0 %"))
        write(canvas, 64, 596, "les salons")
        prose(canvas, y=500)

    assert contexts(document(tmp_path, page)) == {
        HEADER: "",
        "Personnel | 2 655 | 2 801 | +5,5 %": HEADER,
        "Loyers, charges et entretien des bâtiments rénovés | 1 120 | 1 187 | +6,0 %": HEADER,
        "Informatique | 874 | 861 | –1,5 %": HEADER,
        "Communication, y compris les salons | 246 | 251 | +2,0 %": HEADER,
    }


def test_a_ruled_table_repeats_its_merged_cells(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas, y=780)
        xs, ys = (60, 260, 360, 460), (700, 680, 660, 640, 620)
        for y in ys:
            canvas.line(xs[0] if y != 660 else xs[1], y, xs[-1], y)
        for x in xs:
            canvas.line(x, ys[0], x, ys[-1])
        for rank, cells in enumerate([("Nature", "2021", "2022"), ("", "3 120", "3 305"), ("", "98", "305")]):
            for column, cell in enumerate(cells):
                write(canvas, xs[column] + 5, ys[rank] - 14, cell)
        write(canvas, 65, 656, "Subventions")
        write(canvas, 65, 626, "Total")
        write(canvas, 265, 626, "3 218")
        write(canvas, 365, 626, "3 610")

    assert contexts(document(tmp_path, page)) == {
        "Nature | 2021 | 2022": "",
        "Subventions | 3 120 | 3 305": "Nature | 2021 | 2022",
        "Subventions | 98 | 305": "Nature | 2021 | 2022",
        "Total | 3 218 | 3 610": "Nature | 2021 | 2022",
    }


def test_a_table_of_filled_cells_is_read_row_by_row(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas, y=800)
        for rank in range(3):
            for column in range(3):
                canvas.setFillColorRGB(0.8, 0.8, 0.9 + 0.1 * (rank > 0))
                canvas.rect(60 + 160 * column, 650 - 60 * rank, 156, 56, fill=1, stroke=0)
        canvas.setFillColorRGB(0, 0, 0)
        cells = [
            ["Service", "En 2022", "En 2023"],
            ["Tchap", "190 000 utilisateurs", "279 500"],
            ["Eva", "75 %", "80 %"],
        ]
        for rank, row in enumerate(cells):
            for column, cell in enumerate(row):
                bold = "Helvetica-Bold" if rank == 0 else "Helvetica"
                write(canvas, 66 + 160 * column, 690 - 60 * rank, cell.split(" ", 1), font=bold)

    header = "Service | En 2022 | En 2023"
    assert contexts(document(tmp_path, page)) == {
        header: "",
        "Tchap | 190 000 utilisateurs | 279 500": header,
        "Eva | 75 % | 80 %": header,
    }


def test_each_of_two_tables_on_one_another_has_its_header(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        rows = [("Recettes", "2022"), ("Région", "1 380"), ("État", "430"), ("Total", "1 810")]
        rows += [("Dépenses", "2022"), ("Personnel", "1 214"), ("Énergie", "427"), ("Total général", "1 641")]
        for rank, (label, value) in enumerate(rows):
            font = "Helvetica-Bold" if value == "2022" else "Helvetica"
            write(canvas, 60, 700 - 18 * rank, label, font=font)
            write(canvas, 300, 700 - 18 * rank, value, font=font, align="right")
        prose(canvas, y=500)

    found = contexts(document(tmp_path, page))
    assert found["État | 430"] == "Recettes | 2022"
    assert found["Dépenses | 2022"] == ""
    assert found["Énergie | 427"] == "Dépenses | 2022"


def test_a_table_beside_a_text_is_read_apart_from_it(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        prose(canvas, f"{PROSE} {OTHER}", y=700, width=42)
        for rank, (label, value) in enumerate(
            [("Recettes", "2022"), ("Région", "1 380"), ("État", "430"), ("Divers", "9")]
        ):
            write(canvas, 320, 700 - 12.5 * rank, label, font="Helvetica-Bold" if rank == 0 else "Helvetica")
            write(canvas, 520, 700 - 12.5 * rank, value, align="right")

    result = document(tmp_path, page)
    assert f"{PROSE} {OTHER}" in result.text
    assert contexts(result)["État | 430"] == "Recettes | 2022"


def test_a_table_with_every_other_row_filled_is_whole(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for rank, cells in enumerate(BUDGET):
            if rank % 2 == 0:
                canvas.setFillColorRGB(0.9, 0.95, 0.9)
                for left, right in pairwise(EDGES):
                    canvas.rect(left, 635 - 18 * rank, right - left, 18, fill=1, stroke=0)
                canvas.setFillColorRGB(0, 0, 0)
            row_at(canvas, 640 - 18 * rank, cells, bold=not rank)
        prose(canvas, OTHER, y=500)

    assert contexts(document(tmp_path, page)) == ROWS


def test_a_table_that_goes_on_overleaf_keeps_its_header(tmp_path: Path) -> None:
    def first(canvas: Canvas) -> None:
        prose(canvas, y=760)
        for rank, cells in enumerate(BUDGET[:4]):
            row_at(canvas, 640 - 18 * rank, cells, bold=not rank)

    def second(canvas: Canvas) -> None:
        for rank, label in enumerate(("Transports", "Missions", "Divers")):
            row_at(canvas, 700 - 18 * rank, (label, f"{rank}31", f"{rank}52", "+1 %"))
        prose(canvas, OTHER, y=500)

    assert contexts(document(tmp_path, first, second))["Missions | 131 | 152 | +1 %"] == HEADER


def test_dates_go_with_what_happened(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        events = [
            (
                "18 janvier",
                "Mise en service du séquenceur sur la plateforme de génomique, en présence du préfet.",
            ),
            ("25 mars", "Première promotion du programme."),
            (
                "10 juin",
                "Renouvellement de la certification pour trois ans, sans réserve de l'auditeur, à l'unanimité.",
            ),
        ]
        y = 740.0
        for date, words in events:
            write(canvas, 60, y, date, font="Helvetica-Bold")
            y = prose(canvas, words, x=140, y=y, width=55) - 8
        prose(canvas, y=500)

    result = list(contexts(document(tmp_path, page)))
    assert result[0].startswith("18 janvier | Mise en service")
    assert result[0].endswith("préfet.")
    assert result[1] == "25 mars | Première promotion du programme."
    assert result[2].endswith("à l'unanimité.")


# ── Titles and refusals ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Rapport d'activité 2022", "Rapport d'activité 2022"),
        ("Microsoft Word - ra.docx", "Un grand titre"),
        ("RA2020_interactif_V5", "Un grand titre"),
        ("rapport.indd", "Un grand titre"),
        ("untitled", "Un grand titre"),
        ("Présentation PowerPoint", "Un grand titre"),
        ("Mise en page 1", "Un grand titre"),
        ("", "Un grand titre"),
    ],
)
def test_a_title_that_is_none_gives_way_to_the_largest_words(
    tmp_path: Path, title: str, expected: str
) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 60, 780, "Un grand titre", size=30)
        prose(canvas)

    assert document(tmp_path, page, title=title).title == expected


def test_the_title_of_a_cover_is_read_with_its_year(tmp_path: Path) -> None:
    def cover(canvas: Canvas) -> None:
        write(canvas, 60, 600, "Rapport d'activité", size=32)
        write(canvas, 60, 540, "2021", size=48)

    result = document(tmp_path, cover, prose)
    assert (result.title, result.year) == ("Rapport d'activité 2021", 2021)


def dots() -> ImageReader:
    from PIL import Image

    return ImageReader(Image.new("L", (40, 40), 128))


def test_bad_files_are_refused_with_their_reason(tmp_path: Path) -> None:
    good = pdf(prose)
    cases = {
        "encrypted": pdf(prose, encrypt="secret"),
        "damaged": b"%PDF-1.7\n" + b"nothing of the kind " * 20,
        "image_only": pdf(lambda canvas: canvas.drawImage(dots(), 0, 0, 595, 842)),
        "mislabelled": b"PK\x03\x04" + good[:100].replace(b"%PDF", b""),
    }
    for reason, content in cases.items():
        with pytest.raises(UnreadableDocument) as refused:
            load(tmp_path, "rapport.pdf", content)
        assert refused.value.reason == reason


def test_a_file_that_only_restricts_printing_is_read(tmp_path: Path) -> None:
    assert PROSE in load(tmp_path, "rapport.pdf", pdf(prose, encrypt_owner="owner")).document.text


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_cut_file_is_read_or_refused(tmp_path: Path, share: float) -> None:
    content = pdf(prose, prose)
    try:
        load(tmp_path, "rapport.pdf", content[: int(share * len(content))])
    except UnreadableDocument as refused:
        assert refused.reason in {"damaged", "image_only"}


def test_two_threads_may_read_at_once(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "rapport.pdf"
    path.write_bytes(pdf(*[prose] * 4))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: FileLoader().load(path, tmp_path).document.text, range(8)))
    assert len(set(found)) == 1


WORDS = [
    "Rapport",
    "13",
    "41,7 M€",
    "entreprises",
    "•",
    "l'",
    "hyper-",
    "texte",
    "2021",
    "Fin.",
    "a | b",
    "…",
    "«",
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(WORDS),
                st.integers(20, 500),
                st.integers(20, 800),
                st.sampled_from([6, 10, 10, 14, 30]),
            ),
            max_size=12,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_layout_gives_a_well_formed_document(pages: list[list[tuple[str, int, int, int]]]) -> None:
    def page(words: list[tuple[str, int, int, int]]) -> object:
        def draw(canvas: Canvas) -> None:
            write(canvas, 60, 600, "Mot")
            for word, x, y, size in words:
                write(canvas, x, y, word, size=size)

        return draw

    with tempfile.TemporaryDirectory() as directory:
        result = read(Path(directory), *map(page, pages)).document
    assert len(result.page_starts) == len(pages)
