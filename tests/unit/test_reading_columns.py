"""Columns of text are read one at a time: their spread lines, their tables, what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ra_assistant.reading.pdf_columns import MAX_FRAGMENTS, Ground, columns_of
from ra_assistant.reading.pdf_types import Fragment, Sheet
from ra_assistant.reading.pdf_whole import whole_lines
from tests.reading_fixtures import check_shape, folded, load, pdf, write

LEFT = (
    "Le syndicat a ouvert deux nouvelles stations et rénové la troisième, comme le conseil l'avait voulu en juin. Les "
    "riverains ont été reçus chaque mois, et leurs remarques ont changé le tracé de la conduite principale. Une "
    "enquête dira l'an prochain ce qu'ils pensent du service, de ses horaires et de ses tarifs, qui restent inchangés."
)
RIGHT = (
    "Le personnel compte désormais quarante agents, dont la moitié travaille sur le terrain avec les équipes des "
    "communes voisines. Les formations ont porté sur la sécurité, la lecture des plans et l'accueil du public, avec "
    "un module de trois jours que tous ont suivi. Deux apprentis ont été recrutés à la rentrée par le service des eaux."
)
SIZE = 9.6
LEADING = 13.0
WIDTH = 230.0


def spread(canvas: Canvas, x: float, y: float, lines: Sequence[str], *, width: float = WIDTH) -> float:
    """Draw lines word by word, all but the last spread to the margins, as browsers print justified text."""
    for number, line in enumerate(lines):
        words = line.split(" ")
        taken = sum(canvas.stringWidth(word, "Helvetica", SIZE) for word in words)
        gap = 2.7 if number == len(lines) - 1 else (width - taken) / max(1, len(words) - 1)
        left = x
        for word in words:
            write(canvas, left, y, word, size=SIZE)
            left += canvas.stringWidth(word, "Helvetica", SIZE) + gap
        y -= LEADING
    return y


def rows(
    canvas: Canvas, y: float, cells: Sequence[Sequence[str]], edges: Sequence[float], step: float = 15.0
) -> float:
    for row in cells:
        for x, cell in zip(edges, row, strict=True):
            write(canvas, x, y, cell, size=8.4)
        y -= step
    return y


def read(tmp_path: Path, *pages: object) -> str:
    extraction = load(tmp_path, "rapport.pdf", pdf(*pages))  # type: ignore[arg-type]
    check_shape(extraction)
    return extraction.document.text


@pytest.mark.parametrize("width", [34, 38, 42])
def test_lines_spread_to_their_margins_are_whole_in_each_column(tmp_path: Path, width: int) -> None:
    def page(canvas: Canvas) -> None:
        spread(canvas, 50, 700, folded(LEFT, width))
        spread(canvas, 310, 700, folded(RIGHT, width))

    assert read(tmp_path, page) == f"{LEFT}\n\n{RIGHT}"


def test_a_table_beside_a_text_keeps_its_rows(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        spread(canvas, 50, 700, folded(LEFT, 40))
        rows(
            canvas,
            700,
            [
                ("Recettes", "Montant"),
                ("Eau potable", "78,4"),
                ("Assainissement", "61,2"),
                ("Déchets", "72,9"),
            ],
            (310, 460),
        )
        spread(canvas, 310, 630, folded(RIGHT, 40))

    text = read(tmp_path, page)
    assert LEFT in text
    assert RIGHT in text
    for row in ("Eau potable | 78,4", "Assainissement | 61,2", "Déchets | 72,9"):
        assert row in text.split("\n")


def test_a_table_beside_a_short_text_is_no_part_of_it(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(
            canvas,
            50,
            690,
            ["Le budget exécuté s'élève à 212,5 M€, soit une capacité de", "désendettement de 5,1 années."],
        )
        rows(
            canvas,
            697,
            [
                ("Activité", "Budget (M€)"),
                ("Eau potable", "78,4"),
                ("Assainissement", "61,2"),
                ("Déchets", "72,9"),
            ],
            (380, 500),
        )

    text = read(tmp_path, page)
    assert "soit une capacité de désendettement de 5,1 années." in text
    assert "Assainissement | 61,2" in text.split("\n")


def test_a_figure_centred_beside_a_label_of_two_lines_is_in_its_row(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        y = 700.0
        for x, head in ((230, "Objectif"), (290, "Résultat")):
            write(canvas, x, 731, [head, "2023"], size=8.4)
        write(canvas, 60, 725.8, "Engagement", size=8.4)
        for label, figures in (
            (("Accusé de réception", "sous deux jours"), ("95 %", "97 %")),
            (("Délai médian de", "traitement d'une plainte"), ("90 jours", "94 jours")),
            (("Appels décrochés",), ("90 %", "88 %")),
        ):
            for number, line in enumerate(label):
                write(canvas, 60, y + (5 - 9.6 * number if len(label) > 1 else 0), line, size=8.4)
            for x, figure in zip((230, 290), figures, strict=True):
                write(canvas, x, y, figure, size=8.4)
            y -= 26

    lines = read(tmp_path, page).split("\n")
    assert "Engagement | Objectif 2023 | Résultat 2023" in lines
    assert "Accusé de réception sous deux jours | 95 % | 97 %" in lines
    assert "Délai médian de traitement d'une plainte | 90 jours | 94 jours" in lines
    assert "Appels décrochés | 90 % | 88 %" in lines


@pytest.mark.parametrize("ruled", [True, False])
def test_cells_of_several_lines_are_one_row(tmp_path: Path, *, ruled: bool) -> None:
    def page(canvas: Canvas) -> None:
        y = 700.0
        for row in (
            (("Société",), ("Activité",), ("Montant",), ("Chef de file",)),
            (
                ("Néphélis", "Thérapeutics"),
                ("Traitement de la", "fibrose du rein"),
                ("14,5 M€",),
                ("Argensol", "Capital"),
            ),
            (("Podalire",), ("Logiciel de", "planning", "hospitalier"), ("6,2 M€",), ("Fonds", "Vermeil")),
            (("Mycorbe",), ("Emballages à", "base de", "champignons"), ("4,1 M€",), ("Racines &", "Fils")),
        ):
            height = max(map(len, row))
            for x, cell in zip((60, 160, 270, 350), row, strict=True):
                for number, line in enumerate(cell):
                    write(canvas, x, y - 10 * number, line, size=8.4)
            y -= 10 * height + (4 if ruled else 10)
            if ruled:
                canvas.line(55, y + 9, 430, y + 9)

    lines = read(tmp_path, page).split("\n")
    assert "Néphélis Thérapeutics | Traitement de la fibrose du rein | 14,5 M€ | Argensol Capital" in lines
    assert "Podalire | Logiciel de planning hospitalier | 6,2 M€ | Fonds Vermeil" in lines
    assert "Mycorbe | Emballages à base de champignons | 4,1 M€ | Racines & Fils" in lines


def test_a_gap_wider_than_the_spaces_of_a_cell_parts_two_cells(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        y, edge = 700.0, 0.0
        for name, dates, visitors in (
            ("Cartes du vent", "jusqu'au 25 mars", "31 504"),
            ("Le sel", "avril, mai", "88 312"),
            ("Abysses", "au 2 juin", "24 430"),
        ):
            write(canvas, 60, y, name, size=8.4)
            left = 150.0
            for letters in dates.split(" "):
                for letter in letters:
                    write(canvas, left, y, letter, size=8.4)
                    left += canvas.stringWidth(letter, "Helvetica", 8.4)
                left += 2.6
            edge = edge or left + 5.2
            write(canvas, edge, y, visitors, size=8.4)
            y -= 16

    assert "Cartes du vent | jusqu'au 25 mars | 31 504" in read(tmp_path, page).split("\n")


def test_a_heading_low_in_a_column_does_not_end_the_columns(tmp_path: Path) -> None:
    """A sentence that the left column cuts goes on at the top of the right one, level with a heading of the left."""

    def page(canvas: Canvas) -> None:
        write(canvas, 50, 720, "Instruire les plaintes", size=13, font="Helvetica-Bold")
        write(canvas, 50, 690, "Qui se plaint", size=10.5, font="Helvetica-Bold")
        lines = folded(LEFT, 42)
        y = write(canvas, 50, 670, lines[:-1])
        y = write(canvas, 50, y - 12, folded(RIGHT, 42))
        write(canvas, 50, y - 12, folded("Les priorités de l'année étaient les jeux et les assistants", 42))
        y = write(
            canvas, 310, 722, ["conversationnels. Les agents se sont", "rendus dans trente départements."]
        )
        y = write(canvas, 310, y - 24, folded(RIGHT, 42))
        write(canvas, 310, y - 12, folded(LEFT, 42))

    assert "les jeux et les assistants conversationnels. Les agents se sont rendus" in read(tmp_path, page)


def test_headings_in_the_margin_stay_beside_their_text(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for y, heading, words in ((700, "Le budget", LEFT), (560, "Le personnel", RIGHT)):
            write(canvas, 50, y, heading, size=12, font="Helvetica-Bold")
            write(canvas, 200, y, folded(words, 62))

    assert read(tmp_path, page) == f"Le budget\n\n{LEFT}\n\nLe personnel\n\n{RIGHT}"


def test_cards_side_by_side_are_read_one_by_one(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for x, name, words, amount in (
            (
                60,
                "SIGNAL",
                "Faire baisser le nombre d'anomalies rencontrées par les consommateurs",
                "300 000 €",
            ),
            (300, "CLIMAT", "Apporter l'information environnementale au plus près des citoyens", "230 000 €"),
        ):
            canvas.setFillColorRGB(0.9, 0.9, 1)
            canvas.rect(x - 10, 560, 210, 130, fill=1, stroke=0)
            canvas.setFillColorRGB(0, 0, 0)
            write(canvas, x, 670, name, size=13, font="Helvetica-Bold")
            y = write(canvas, x, 645, folded(words, 26))
            write(canvas, x, y - 10, amount, size=18)

    text = read(tmp_path, page)
    assert text.index("300 000 €") < text.index("CLIMAT") < text.index("citoyens")
    assert "|" not in text


def test_the_parts_of_a_title_stay_together_above_columns(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, 90, 760, "UNE COMMUNAUTÉ", size=26)
        write(
            canvas,
            90 + canvas.stringWidth("UNE COMMUNAUTÉ", "Helvetica", 26) + 24,
            760,
            "EN CROISSANCE",
            size=26,
        )
        spread(canvas, 50, 700, folded(LEFT, 40))
        spread(canvas, 310, 700, folded(RIGHT, 40))

    assert "UNE COMMUNAUTÉ EN CROISSANCE" in read(tmp_path, page)


def test_few_lines_are_parted_where_another_page_has_the_gutter(tmp_path: Path) -> None:
    def full(canvas: Canvas) -> None:
        spread(canvas, 50, 700, folded(LEFT, 40))
        spread(canvas, 310, 700, folded(RIGHT, 40))

    def short(canvas: Canvas) -> None:
        lines = [
            "Depuis l'entrée en vigueur du règlement",
            "européen sur les services loyaux, le premier",
            "mars, elle est aussi l'autorité française",
        ]
        write(canvas, 50, 700, lines, size=SIZE, leading=LEADING / SIZE)
        spread(
            canvas,
            310,
            700,
            ["chargée de vérifier que les grandes", "plateformes publient leurs critères de", "classement."],
        )

    text = read(tmp_path, full, short)
    assert (
        "elle est aussi l'autorité française chargée de vérifier que les grandes plateformes publient" in text
    )


def test_a_framed_table_of_texts_is_not_cut_into_columns(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        y = 700.0
        for left, right in (
            ("Action", "Résultat"),
            (LEFT[:150], RIGHT[:150]),
            (RIGHT[150:290], LEFT[150:290]),
        ):
            lines = max(len(folded(left, 42)), len(folded(right, 42)))
            for x, words in ((50.0, left), (300.0, right)):
                canvas.rect(x - 5, y - 12.5 * lines + 5, 250, 12.5 * lines + 8)
                write(canvas, x, y, folded(words, 42))
            y -= 12.5 * lines + 8

    lines = read(tmp_path, page).split("\n")
    assert f"{LEFT[:150].strip()} | {RIGHT[:150].strip()}" in lines


def test_a_paragraph_above_cards_keeps_its_last_line(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(
            canvas,
            50,
            760,
            [
                "En 2024, le programme a porté un fonds qui soutient des projets et qui emploie le numérique pour",
                "accélérer la transition du territoire.",
            ],
            size=9,
        )
        for x, words in ((60.0, LEFT), (320.0, RIGHT)):
            canvas.setFillColorRGB(0.9, 0.9, 1)
            canvas.rect(x - 10, 560, 235, 160, fill=1, stroke=0)
            canvas.setFillColorRGB(0, 0, 0)
            write(canvas, x, 700, folded(words, 40), size=9)

    assert "emploie le numérique pour accélérer la transition du territoire." in read(tmp_path, page)


def test_a_page_of_thousands_of_words_apart_is_left_as_it_is() -> None:
    words = [
        Fragment("mot", 10.0 + 30 * (n % 20), 22.0 + 30 * (n % 20), 8.0 * (n // 20), 6.0, order=n)
        for n in range(MAX_FRAGMENTS + 1)
    ]
    sheet = Sheet(1, 620, 900)
    assert columns_of(Ground(words, sheet)).rest == words


def test_years_and_names_spread_over_a_row_are_cells(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for y, row in (
            (700, ("2019", "2020", "2021")),
            (685, ("Lyon", "Nice", "Caen")),
            (670, ("3105", "2614", "2702")),
        ):
            for x, cell in zip((60.0, 120.0, 180.0), row, strict=True):
                write(canvas, x, y, cell, size=8.4)

    assert "2019 | 2020 | 2021" in read(tmp_path, page).split("\n")


def test_rules_that_pass_between_several_rows_make_no_row_of_them(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        cells = [
            ("Poste", "Montant"),
            ("Eau", "78"),
            ("Air", "61"),
            ("Sol", "72"),
            ("Bois", "12"),
            ("Total", "223"),
        ]
        rows(canvas, 700, cells, (60, 200))
        for y in (696, 666, 636):
            canvas.line(55, y, 260, y)

    lines = read(tmp_path, page).split("\n")
    assert {"Eau | 78", "Air | 61", "Sol | 72", "Bois | 12", "Total | 223"} <= set(lines)


def test_near_rows_with_a_value_each_are_not_one(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        y = 700
        for pair in (
            (("Eau", "78", "12 %"), ("Air", "61")),
            (("Sol", "72", "9 %"), ("Bois", "12")),
            (("Sel", "5", "1 %"),),
        ):
            for row in pair:
                for x, cell in zip((60, 200, 280), row, strict=False):
                    write(canvas, x, y, cell, size=8.4)
                y -= 10
            y -= 10

    lines = read(tmp_path, page).split("\n")
    assert any(line.startswith("Eau | 78 | 12 %") for line in lines)
    assert any(line.startswith("Air | 61") for line in lines)


def fragment(text: str, x0: float, x1: float, base: float, order: int) -> Fragment:
    return Fragment(text, x0, x1, base, 8.0, order=order)


def test_one_line_that_goes_on_is_enough_at_a_known_gutter() -> None:
    words = [
        fragment("Depuis l'entrée en vigueur", 50, 250, 700, 0),
        fragment("européen sur les services", 50, 250, 688, 1),
        fragment("chargée de vérifier que", 310, 510, 700, 2),
        fragment("plateformes publient", 310, 480, 688, 3),
    ]
    ground = Ground(words, Sheet(1, 600, 800))
    assert columns_of(ground).texts == []
    assert columns_of(ground, [(270.0, 290.0)]).texts == [words[:2], words[2:]]


def test_cells_with_narrow_spaces_are_not_a_line_spread_to_its_margins() -> None:
    cells = [
        fragment("Cartes du vent", 50, 110, 700, 0),
        fragment("jusqu'au 25 mars", 130, 200, 700, 1),
        fragment("31 504", 220, 250, 700, 2),
        fragment("Abysses", 50, 85, 684, 3),
        fragment("avril", 130, 150, 684, 4),
        fragment("88 312", 220, 250, 684, 5),
    ]
    assert whole_lines(cells) == cells


def test_rows_below_a_framed_beginning_are_a_table_of_their_own(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for y in (700, 685):
            for x, width in ((55, 140), (195, 140)):
                canvas.rect(x, y - 4, width, 15)
        write(canvas, 60, 700, "Établissement", size=8.4)
        write(canvas, 200, 700, "Commune et places", size=8.4)
        write(canvas, 60, 685, "La Halte", size=8.4)
        write(canvas, 200, 685, "Saint-Aubrac et ses environs : 54", size=8.4)
        rows(
            canvas,
            670,
            [
                ("Les Capucines", "Loursenac", "62"),
                ("Maison Bleue", "Vieilmont", "45"),
                ("L'Escale", "Tréviers", "36"),
            ],
            (60, 200, 290),
        )

    lines = read(tmp_path, page).split("\n")
    assert {"Les Capucines | Loursenac | 62", "Maison Bleue | Vieilmont | 45"} <= set(lines)
