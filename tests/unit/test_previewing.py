"""What is said of a document before it is published, page by page."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ra_assistant.extraction_report import as_html, as_text, warnings
from ra_assistant.previewing import PageView, Preview, preview
from ra_assistant.reading import FileLoader
from ra_assistant.reading.page_images import page_images


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Three pages: text, a picture without text, two columns."""
    path = tmp_path / "rapport-2024.pdf"
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    canvas.setTitle("Rapport d’activité 2024")
    canvas.setFont("Helvetica-Bold", 22)
    canvas.drawString(60, 760, "Nos entreprises")
    canvas.setFont("Helvetica", 11)
    for n in range(12):
        canvas.drawString(
            60, 700 - 16 * n, f"L'agence a accueilli {n + 3} entreprises au cours de la saison {n}."
        )
    canvas.showPage()
    picture = BytesIO()
    Image.new("RGB", (40, 60), "navy").save(picture, "PNG")
    picture.seek(0)
    from reportlab.lib.utils import ImageReader

    canvas.drawImage(ImageReader(picture), 0, 0, *A4)
    canvas.showPage()
    canvas.setFont("Helvetica", 10)
    for n in range(20):
        canvas.drawString(50, 740 - 15 * n, f"Colonne de gauche, phrase {n}.")
        canvas.drawString(330, 740 - 15 * n, f"Colonne de droite, phrase {n}.")
    canvas.save()
    return path


def seen(path: Path) -> Preview:
    return preview(FileLoader().load(path, path.parent))


def test_each_page_says_what_was_read_and_what_to_look_at(report: Path) -> None:
    first, picture, columns = seen(report).pages
    assert first.headings == ("Nos entreprises",)
    assert list(warnings(first)) == []
    assert picture.is_empty
    assert seen(report).empty_pages == [2]
    assert len(list(warnings(picture))) == 1
    assert "OCR" in next(warnings(picture))
    assert columns.in_columns
    assert not first.in_columns
    assert "en colonnes" in next(warnings(columns))


def test_the_text_of_the_pages_is_the_text_of_the_document(report: Path) -> None:
    found = seen(report)
    words = "".join("".join(page.text.split()) for page in found.pages)
    assert words == "".join(found.document.text.split())


def test_the_page_is_self_contained_and_shows_every_page_beside_its_image(report: Path) -> None:
    images = page_images(report)
    assert [image[:2] for image in images] == [b"\xff\xd8"] * 3
    html = as_html(seen(report), images)
    assert html.count("data:image/jpeg;base64,") == 3
    assert "http" not in html.replace("http-equiv", "")
    assert "<script" not in html
    assert 'lang="fr"' in html
    assert "Image de la page 2" in html
    assert "Pages sans texte\u00a0: 2. Si elles" in html


def test_a_text_that_is_hostile_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# <img src=x onerror=alert(1)>\n\nLe <script>alert(1)</script> du conseil.\n", "utf-8")
    html = as_html(seen(path))
    assert "<script" not in html
    assert "<img" not in html


def test_a_document_without_pages_is_one_view(tmp_path: Path) -> None:
    path = tmp_path / "rapport-2020.md"
    path.write_text("# Le bilan\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nLe conseil a siégé.\n", "utf-8")
    found = seen(path)
    assert [page.number for page in found.pages] == [None]
    assert found.pages[0].table_rows >= 1
    assert "Le bilan · 2020 · rapport-2020.md" in as_text(found)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Le conseil d’admi-\nnistration a siégé douze fois cette année.", "1\u00a0mot coupé"),
        ("Les r\ufffdsultats de l’ann\ufffde sont bons, dit le conseil.", "2\u00a0signes abîmés"),
        ("Les rÃ©sultats de cet exercice sont bons, dit le conseil.", "1\u00a0signe abîmé"),
    ],
)
def test_cut_words_and_damaged_signs_are_counted(text: str, sentence: str) -> None:
    from ra_assistant.types import Extraction
    from tests.conftest import make_document

    (page,) = preview(Extraction(make_document(text))).pages
    assert isinstance(page, PageView)
    assert sentence in next(warnings(page))
