"""« Chiffres clés »: the page, the file for a spreadsheet, the API, the command, the series under an answer."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from ra_assistant import assembly
from ra_assistant.cli import app
from ra_assistant.figure_rendering import figures_csv, passage_address
from ra_assistant.figures import FigureBook, FigureShelf, Wanted, read_figures
from ra_assistant.figures_wording import FIGURES, amount, number
from ra_assistant.interfaces import api_shapes as shapes
from ra_assistant.interfaces.conversation import Exchange
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.figures_page import figures_html
from ra_assistant.interfaces.frame import HOME
from ra_assistant.interfaces.markup import escape
from ra_assistant.interfaces.series_view import answer_series_html, exchange_series_html, series_figure
from ra_assistant.types import BlockKind
from tests.conftest import build_served
from tests.interfaces.conftest import Connect, _opened
from tests.unit.test_figures import document

EVOLUTION = "Comment a évolué le nombre de nouvelles entreprises accueillies entre 2020 et 2021 ?"
HOSTILE_HEAD = "<b>Poste</b> | <i>Montant</i> (€)"
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)>"


def test_the_page_shows_each_figure_with_its_sentence_and_the_way_to_its_passage(client: TestClient) -> None:
    reply = client.get("/chiffres")
    assert reply.status_code == 200
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert "<script>" not in reply.text and " style=" not in reply.text and " onclick" not in reply.text
    assert "nouvelles entreprises accueillies" in reply.text
    assert "<mark>13</mark>" in reply.text
    assert re.search(r'href="rapport/rapport-2020-md\?debut=\d+&#38;fin=\d+#extrait"', reply.text)
    way = html.unescape(re.findall(r'href="(rapport/[^"]*)"', reply.text)[0])
    opened = client.get(f"/{way}").text
    assert re.search(r'<mark[^>]* id="extrait"', opened), "the passage is where the address leads to"


def test_the_page_filters_searches_and_sorts(client: TestClient) -> None:
    everything = client.get("/chiffres").text
    found = client.get("/chiffres", params={"q": "ENTREPRISES accueilliés", "annee": "2021"}).text
    assert "<mark>19</mark>" in found and found.count("<mark>") < everything.count("<mark>")
    assert FIGURES["clear"] in found and FIGURES["clear"] not in everything
    assert escape(FIGURES["no_match"]) in client.get("/chiffres", params={"q": "licorne"}).text
    for strange in ("annee=²", f"annee={'9' * 50}", "debut=-1", "debut=999999", "tri=<b>", "rapport=x"):
        assert client.get(f"/chiffres?{strange}").status_code == 200
    sorted_by_value = client.get("/chiffres", params={"tri": "valeur"}).text
    assert '<option value="valeur" selected>' in sorted_by_value


def test_the_spreadsheet_holds_what_the_page_shows(client: TestClient, desk: Desk) -> None:
    reply = client.get("/chiffres.csv", params={"annee": "2021"})
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert "chiffres-cles.csv" in reply.headers["content-disposition"]
    assert reply.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig")), delimiter=";"))
    expected = desk.service.assistant.figures.book.select(Wanted(year=2021))
    assert [row["Phrase"] for row in rows] == [figure.quote for figure in expected]
    assert {row["Année"] for row in rows} == {"2021"}


def test_no_cell_is_taken_for_a_formula_and_decimals_are_french() -> None:
    book = read_figures([document("=SOMME(A1) compte 13 dossiers.", "La note moyenne est de 8,5 points.")])
    rows = list(csv.reader(io.StringIO(figures_csv(book.figures).decode("utf-8-sig")), delimiter=";"))
    cells = [cell for row in rows[1:] for cell in row]
    assert "'=SOMME(A1) compte 13 dossiers." in cells
    assert "8,5" in cells
    assert not [cell for cell in cells if cell[:1] in set("=+@\t\r")]


def test_the_api_gives_figures_by_pages_as_it_says(client: TestClient) -> None:
    whole = client.get("/api/v1/figures", params={"limit": 500}).json()
    shapes.Figures.model_validate(whole)
    assert set(whole) == set(shapes.Figures.model_fields)
    assert set(whole["figures"][0]) == set(shapes.Figure.model_fields)
    assert whole["total"] == len(whole["figures"]) > 2
    two = client.get("/api/v1/figures", params={"limit": 2, "offset": 1}).json()
    assert two["figures"] == whole["figures"][1:3]
    own = client.get("/api/v1/figures", params={"document": "rapport-2020.md", "year": 2020}).json()
    assert {figure["document_id"] for figure in own["figures"]} == {"rapport-2020-md"}
    assert (
        client.get("/api/v1/figures", params={"document": "absent.md"}).json()["code"] == "unknown_document"
    )
    assert client.get("/api/v1/figures", params={"limit": 0}).status_code == 422
    for figure in whole["figures"]:
        text = client.get(f"/api/v1/documents/{figure['document_id']}").json()["text"]
        assert text[figure["start"] : figure["end"]] == figure["quote"]
        assert text[figure["figure_start"] : figure["figure_end"]] == figure["written"]


def test_an_evolution_brings_its_series_and_another_question_none(client: TestClient, desk: Desk) -> None:
    desk.service.assistant.figures.wait()
    answer = client.post("/api/v1/ask", json={"question": EVOLUTION}).json()
    shapes.Answer.model_validate(answer)
    series = answer["series"]
    assert [(point["year"], point["value"]) for point in series["points"]] == [(2020, 13), (2021, 19)]
    assert "13 nouvelles entreprises" in series["points"][0]["citation"]["quote"]
    assert series["points"][0]["address"].startswith("rapport/")
    plain = client.post("/api/v1/ask", json={"question": "Combien de nouvelles entreprises en 2020 ?"}).json()
    assert plain["series"] is None
    other = client.post("/api/v1/ask", json={"question": "Comment a évolué la qualité de l’eau ?"}).json()
    assert other["series"] is None


def test_the_chat_shows_the_series_of_an_exchange_that_has_one(desk: Desk) -> None:
    assistant = desk.service.assistant
    exchange = Exchange(EVOLUTION).answered(assistant.ask(EVOLUTION))
    assert exchange_series_html(exchange, desk.service) == ""
    charted = Exchange(EVOLUTION, evolution=EVOLUTION, cited=exchange.cited)
    shown = exchange_series_html(charted, desk.service)
    assert shown.count("<li>") == 2 and 'class="ra-series-bar ra-series-20"' in shown
    forged = Exchange("x", evolution="Comment a évolué le nombre de licornes ?", cited=exchange.cited)
    assert exchange_series_html(forged, desk.service) == ""


def _hostile_row(value: int) -> tuple[BlockKind, str]:
    return BlockKind.TABLE_ROW, f"{HOSTILE} | {value}"


def test_hostile_words_of_a_report_never_become_marks() -> None:
    book = read_figures(
        [
            document(_hostile_row(13), year=2020, identifier='a"><b', context=HOSTILE_HEAD),
            document(_hostile_row(15), year=2021, identifier="b<i>", context=HOSTILE_HEAD),
        ]
    )
    assert [figure.label for figure in book.figures] == [f"{HOSTILE} – <i>Montant</i>"] * 2
    assert len(book.series) == 1
    page = figures_html(
        HOME, book, [figure.document for figure in book.figures], Wanted(text='"><b>'), 0, all_series=True
    )
    page += figures_html(
        HOME, book, [figure.document for figure in book.figures], Wanted(), 0, all_series=True
    )
    shown = page + "".join(series_figure(one, "a") + answer_series_html(one) for one in book.series)
    assert "<img" not in shown and "<script>" not in shown and "<b>" not in shown and "<i>" not in shown
    assert {passage_address(figure).split("?")[0] for figure in book.figures} == {
        "rapport/a%22%3E%3Cb",
        "rapport/b%3Ci%3E",
    }


def test_a_report_without_figures_and_one_year_alone_say_so() -> None:
    nothing = figures_html(HOME, FigureBook((), ()), [], Wanted(), 0, all_series=False)
    assert "Aucun chiffre n" in nothing and "<form" not in nothing
    book = read_figures([document("Elle compte 31 salariés.")])
    alone = figures_html(HOME, book, [document("x")], Wanted(), 0, all_series=False)
    assert "Les rapports ne parlent que d" in alone


def test_a_page_says_that_figures_are_being_read(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FigureShelf, "wait", lambda self, seconds=None: None)
    reply = client.get("/chiffres")
    assert reply.status_code == 503
    assert FIGURES["reading"] in reply.text
    assert client.get("/api/v1/figures").status_code == 503


def test_without_a_build_the_page_waits(connect: Connect) -> None:
    closed = connect(desk=Desk(lambda: pytest.fail("not opened")))
    assert closed.get("/chiffres").status_code == closed.get("/chiffres.csv").status_code == 503


def test_a_reading_that_fails_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ValueError("a report that nobody foresaw")

    monkeypatch.setattr("ra_assistant.figures.book.read_figures", broken)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    assert FigureShelf([]).wait(5.0) == FigureBook((), ()), (
        "nobody is told for ever that figures are being read"
    )


def test_figures_are_read_once_and_not_before_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    monkeypatch.setattr("ra_assistant.figures.book.read_figures", lambda documents: read.append(documents))
    shelf = FigureShelf([document("Elle compte 31 salariés.")])
    assert read == []
    shelf.wait()
    shelf.wait()
    assert len(read) == 1


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        ("1234567.5", "", "1\u202f234\u202f567,5"),
        ("58300000", "€", "58,3\u00a0M€"),
        ("5589773", "€", "5\u202f589\u202f773\u00a0€"),
        ("-3", "%", "\u22123\u00a0%"),
        ("13", "entreprises", "13"),
        ("40000", "m²", "40\u202f000\u00a0m²"),
    ],
)
def test_values_are_written_in_french(value: str, unit: str, written: str) -> None:
    from decimal import Decimal

    assert amount(Decimal(value), unit) == written
    assert number(Decimal("0")) == "0"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return an index of two small reports."""
    root = tmp_path_factory.mktemp("figures")
    head = "---\ntitle: Rapport {year}\nyear: {year}\n---\n# Bilan\n\n"
    report = head + "L’agence a accueilli {value} nouvelles entreprises.\n"
    values = {2020: 13, 2021: 19}
    build_served(
        root, {f"r{year}.md": report.format(year=year, value=value) for year, value in values.items()}
    )
    yield root / "index"


def test_the_command_lists_exports_and_says_what_is_wrong(index: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    listed = run(app, ["figures", "--index", str(index)])
    assert listed.exit_code == 0
    assert "13 · nouvelles entreprises accueillies · 2020" in listed.output
    assert "13 en 2020, 19 en 2021" in listed.output
    lines = run(app, ["figures", "--index", str(index), "--json", "--year", "2021"]).output.splitlines()
    assert [json.loads(line)["value"] for line in lines] == [19]
    target = tmp_path / "f.csv"
    written = run(app, ["figures", "--index", str(index), "--csv", str(target), "--document", "r2020.md"])
    assert "1\u00a0chiffre dans" in written.output
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert run(app, ["figures", "--index", str(index), "--document", "absent.md"]).exit_code == 1
    assert "Aucun chiffre" in run(app, ["figures", "--index", str(index), "--search", "licorne"]).output
    assert run(app, ["figures", "--index", str(index), "--csv", str(tmp_path)]).exit_code == 1


def test_reports_opened_without_a_server_bring_the_series_too(index: Path) -> None:
    assistant: assembly.Assistant = _opened(index)
    try:
        answer = assistant.ask("Combien de nouvelles entreprises accueillies en 2020 et en 2021 ?")
        series = assistant.evolution(answer)
        assert series is not None and series.years == (2020, 2021)
    finally:
        assistant.close()
