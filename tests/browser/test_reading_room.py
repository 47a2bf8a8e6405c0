"""The reading room and the chat without scripts in a real browser: keys, copying, no JavaScript, axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CORPUS, Visits
from tests.conftest import build_served
from tests.reading_fixtures import annual_report
from tests.serving import Serving, serving

pytestmark = pytest.mark.browser
QUESTION = "Combien de nouvelles entreprises en 2020 ?"
CITED = "La halle des inventeurs a été ouverte le 3 mai 2022 au bord du canal."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("reading")
    (root / "corpus").mkdir()
    (root / "corpus" / "val.pdf").write_bytes(annual_report())
    build_served(root, CORPUS)
    return root


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Serving]:
    yield from serving(home / "index", RA_CORPUS_DIR=str(home / "corpus"), RA_LIMIT_PER_MINUTE="100000")


@pytest.fixture
def bare(chromium: Browser) -> Iterator[Page]:
    """Return a page of a browser without JavaScript, on a phone."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.route("**/favicon.ico", lambda route: route.abort())
    yield page
    context.close()


def complaints(page: Page) -> list[str]:
    return [f"{row['id']}: {row['help']}" for row in Axe().run(page).response["violations"]]


def is_in_sight(page: Page, selector: str) -> bool:
    box = page.locator(selector).first.bounding_box()
    height = page.viewport_size["height"] if page.viewport_size else 0
    return box is not None and 0 <= box["y"] < height


def quoted(path: Path, words: str) -> str:
    """Return the offsets of words in the text of a report, which is its file without marks."""
    from ra_assistant.reading import FileLoader

    text = FileLoader().load(path, path.parent).document.text
    start = text.index(words)
    return f"debut={start}&fin={start + len(words)}"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    visits: Visits, served: Serving, home: Path, width: int, scheme: str
) -> None:
    page = visits.window(width, 740, scheme)
    offsets = quoted(home / "corpus" / "rapport-2022.md", CITED)
    for path in (
        "/rapport",
        f"/rapport/rapport-2022-md?{offsets}#extrait",
        "/rapport/avis-txt?q=coffre",
        "/rapport/val-pdf/page/4?debut=0&fin=500",
        "/rapport/absent",
    ):
        page.goto(served.address + path)
        assert complaints(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(served.address + "/simple")
    assert complaints(page) == []
    page.get_by_label("Votre question").fill(QUESTION)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/simple#reponse")
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("window.pwned") is None


def test_hits_are_gone_through_by_keys(visits: Visits, served: Serving) -> None:
    page = visits.window(1280, 600, "light")
    page.goto(f"{served.address}/rapport/val-pdf")
    box = page.get_by_label("Chercher dans ce document")
    box.fill("Gauche atelier")
    box.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("contiennent une partie")
    box.fill("ateliers")
    box.press("Enter")
    expect(page.locator(".bar strong")).to_have_text("Passage 1 sur 2")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".bar strong")).to_have_text("Passage 2 sur 2")
    assert is_in_sight(page, "#trouve")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".bar strong")).to_have_text("Passage 1 sur 2")
    box.focus()
    box.press("Enter")
    expect(page.locator(".bar strong")).to_have_text("Passage 2 sur 2")


def test_pages_are_turned_by_arrows_and_the_outline_lies_on_the_image(
    visits: Visits, served: Serving, home: Path
) -> None:
    page = visits.window(1280, 900, "dark")
    page.goto(f"{served.address}/rapport/val-pdf/page/3")
    image = page.locator(".frame img")
    expect(image).to_have_js_property("complete", value=True)
    assert image.evaluate("image => image.naturalWidth") == 1000
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/page/4")
    expect(page.get_by_role("heading", level=1)).to_have_text("Page 2 du document (p.\u00a04 du PDF)")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/page/3")
    page.goto(f"{served.address}/rapport/val-pdf?q=quatorze")
    page.get_by_role("link", name="voir la page 2").click()
    page.wait_for_url("**/page/4")
    page.goto(f"{page.url}?{quoted(home / 'corpus' / 'val.pdf', 'loyers progressifs')}")
    outline, frame = page.locator(".frame rect").first.bounding_box(), page.locator(".frame").bounding_box()
    assert outline
    assert frame
    assert frame["x"] < outline["x"] < outline["x"] + outline["width"] < frame["x"] + frame["width"]


def test_a_selection_is_copied_with_its_reference(visits: Visits, served: Serving) -> None:
    page = visits.window(1280, 900, "light")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{served.address}/rapport/val-pdf")
    button = page.locator("#pick button")
    expect(button).to_be_hidden()
    page.get_by_text("quatorze conventions").first.dblclick(position={"x": 40, "y": 8})
    expect(button).to_be_visible()
    button.click()
    expect(button).to_have_text("Copié.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"«\u00a0.+\u00a0» \(Rapport du Val, p\.\u00a02\)", copied)
    page.evaluate("document.getSelection().removeAllRanges()")
    expect(button).to_be_hidden(timeout=5000)


def test_without_scripts_a_report_opens_at_its_quote_and_questions_are_answered(
    bare: Page, served: Serving, home: Path
) -> None:
    bare.goto(
        f"{served.address}/rapport/rapport-2022-md?{quoted(home / 'corpus' / 'rapport-2022.md', CITED)}#extrait"
    )
    expect(bare.locator("mark#extrait")).to_have_text(CITED)
    assert is_in_sight(bare, "mark#extrait")
    expect(bare.get_by_role("button", name="Copier avec la référence")).to_have_count(0)
    bare.goto(f"{served.address}/")
    bare.locator("#ra-splash noscript a").click()
    bare.wait_for_url("**/simple")
    bare.get_by_label("Votre question").fill(QUESTION)
    bare.get_by_role("button", name="Envoyer").click()
    expect(bare.locator("#reponse")).to_contain_text("13 nouvelles entreprises")
    assert is_in_sight(bare, "#reponse")
    bare.get_by_label("Votre question suivante").fill("Et en 2021 ?")
    bare.get_by_role("button", name="Envoyer").click()
    expect(bare.locator("#reponse")).to_contain_text("19 nouvelles entreprises")
    bare.get_by_role("link", name="Passage 1").last.click()
    assert is_in_sight(bare, "#source-2-1")
    bare.get_by_label("Votre question suivante").fill("mot " * 900)
    bare.get_by_role("button", name="Envoyer").click()
    expect(bare.get_by_role("alert")).to_contain_text("trop long")
    bare.get_by_role("link", name="Recommencer").click()
    expect(bare.locator("#reponse")).to_have_count(0)


def test_the_panel_leads_to_the_report_and_shows_the_page_in_small(visits: Visits, served: Serving) -> None:
    page = visits.window(1280, 900, "light")
    page.goto(served.address)
    box = page.locator("#ra-box textarea")
    box.fill("Qui raconte le premier semestre, ses essais et ses quatorze conventions ?")
    box.press("Enter")
    image = page.locator("#ra-panel .ra-thumbnail img:visible").first
    image.wait_for()
    page.wait_for_function(
        "image => image.complete && image.naturalWidth === 320", arg=image.element_handle()
    )
    with page.context.expect_page() as opened:
        page.locator("#ra-panel").get_by_role("link", name=re.compile("Ouvrir dans le rapport")).first.click()
    report = opened.value
    expect(report.locator("mark#extrait")).to_be_visible()
    assert quote("extrait") in report.url
