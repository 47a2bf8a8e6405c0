"""« Chiffres clés » in a browser: filters, chart, phone, accessibility; the chart under an answer."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Visits
from tests.serving import Serving

pytestmark = pytest.mark.browser

EVOLUTION = "Combien de nouvelles entreprises accueillies en 2020 et en 2021 ?"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_figures_are_filtered_drawn_and_reached_by_keyboard(
    visits: Visits, chat: Serving, width: int, scheme: str
) -> None:
    page = visits.window(width, 800, scheme)
    page.goto(f"{chat.address}/chiffres")
    expect(page.get_by_role("heading", level=1)).to_have_text("Chiffres clés")
    chart = page.locator("figure.fig-series", has_text="Nouvelles entreprises accueillies")
    points = chart.locator("svg a")
    expect(points).to_have_count(2)
    expect(points.nth(1)).to_have_accessible_name("2021\u00a0: 19. Lire le passage")
    points.nth(1).focus()
    assert page.evaluate("document.activeElement.getAttribute('href')").startswith(
        "rapport/rapport-2021-md?debut="
    )
    chart.locator("summary").click()
    expect(chart.get_by_role("rowheader")).to_have_text(["2020", "2021"])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_label("Année", exact=True).select_option("2022")
    page.wait_for_url("**/chiffres?*annee=2022*")
    expect(page.locator("tbody .fig-when").first).to_have_text("2022")
    page.get_by_role("searchbox", name="Chercher").fill("ELEVES licorne")
    page.get_by_role("button", name="Afficher").click()
    expect(page.get_by_role("status")).to_have_text("Aucun chiffre ne correspond à cette recherche.")
    page.get_by_role("link", name="Effacer les filtres").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Exporter en CSV").click()
    assert download.value.suggested_filename == "chiffres-cles.csv"


def test_an_evolution_is_drawn_under_its_answer_and_again_after_a_reload(visit: OpenPage) -> None:
    page = visit(360, 740)
    page.locator("#ra-box textarea").fill(EVOLUTION)
    page.locator("#ra-send").click()
    points = page.locator(".ra-series li a")
    expect(points).to_have_count(2)
    assert (points.nth(0).get_attribute("href") or "").startswith("rapport/rapport-2020-md?debut=")
    assert points.nth(1).locator(".ra-series-bar").evaluate("bar => bar.getBoundingClientRect().width") > 40
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.reload()
    expect(page.locator(".ra-series li a")).to_have_count(2)
