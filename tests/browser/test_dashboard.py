"""The dashboard in a real browser: from a question in the chat to its row, and everything erased."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ra_assistant.journal import Entry, Journal, Opinion
from tests.browser.conftest import Visits
from tests.browser.test_chat import ENGLISH, spoken
from tests.browser.test_office import SECRET, faults, fits
from tests.conftest import REPORTS, ROOT, build_served
from tests.serving import Serving, serving

pytestmark = pytest.mark.browser
LONG = "Pourquoi " + "anticonstitutionnellement" * 8 + " ?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one report in service and a journal of three weeks beside it."""
    root = tmp_path_factory.mktemp("dashboard")
    build_served(root, {"rapport-2020.md": REPORTS["rapport-2020.md"]})
    journal, today = Journal(root / "journal.sqlite3"), date.today()
    for ago in range(1, 22):
        day = today - timedelta(days=ago)
        asked = Entry(
            day, "answered", "quantity", 0.9, "b1", 130, ("rapport-2020.md",), "Combien d’aides en 2020 ?"
        )
        refused = Entry(day, "not_in_report", "person", 0.1, "b1", 90, (), "Qui paie la cantine ?")
        journal.record([asked] * (1 + ago % 7) + [refused] * (ago % 3))
    journal.record([Entry(today, "not_in_report", "reason", 0.1, "b1", 80, (), LONG)])
    journal.opine(
        Opinion("q1", "b1", "down", "wrong_figure", f"Le total est faux. {LONG}", "Combien ?", "Treize.")
    )
    journal.opine(Opinion("q2", "b1", "up"))
    return root


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Serving]:
    yield from serving(
        home / "index",
        RA_ADMIN_SECRET=SECRET,
        RA_CORPUS_DIR=str(home / "corpus"),
        RA_KEEP_QUESTIONS="1",
        PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    )


def entered(visits: Visits, served: Serving, width: int = 1280, scheme: str = "light") -> Page:
    page = visits.window(width, 900, scheme)
    page.goto(f"{served.address}/tableau-de-bord")
    page.get_by_label("Mot de passe de publication").fill(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Tableau de bord")).to_be_visible()
    page.wait_for_load_state("load")
    return page


def test_a_question_of_the_chat_is_in_the_dashboard_until_everything_is_erased(
    visits: Visits, served: Serving, home: Path
) -> None:
    chat = visits.window(1280, 900, "light")
    chat.goto(served.address)
    expect(chat.locator("#ra-privacy")).to_contain_text("Vos questions sont gardées 90 jours")
    chat.locator("#ra-box textarea").fill(
        "Je m’appelle Paul Martin. Combien de nouvelles entreprises en 2020 ?"
    )
    chat.keyboard.press("Enter")
    expect(chat.locator("#ra-messages")).to_contain_text("13 nouvelles entreprises")
    page = entered(visits, served)
    expect(page.locator(".ra-board")).to_contain_text("entreprises")
    assert "Paul" not in page.content()
    assert faults(page) == []
    assert fits(page)
    assert not ENGLISH.search(spoken(page)), ENGLISH.search(spoken(page))
    expect(page.get_by_role("img", name="Diagramme en barres")).to_be_visible()
    page.get_by_text("Voir les nombres dans un tableau").click()
    expect(page.get_by_role("table", name="Questions par jour").get_by_role("row")).to_have_count(23)
    page.get_by_role("link", name="7 derniers jours").click()
    expect(page.locator(".ra-periods [aria-current]")).to_have_text("7 derniers jours")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Les questions").click()
    assert "[nom]" in downloading.value.path().read_text(encoding="utf-8-sig")
    page.get_by_role("link", name="Publier un rapport").click()
    page.get_by_role("link", name="Tableau de bord").click()
    page.get_by_text("Effacer tout", exact=True).click()
    erase = page.get_by_role("button", name="Effacer tout définitivement")
    erase.click()
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.get_by_role("checkbox").press("Space")
    erase.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Tout est effacé.")
    expect(page.get_by_role("heading", name="Aucune question pour l’instant")).to_be_visible()
    assert faults(page) == []
    assert Journal(home / "journal.sqlite3").entries() == []


def test_the_widget_says_that_questions_are_kept(visits: Visits, served: Serving) -> None:
    page = visits.window(400, 700, "light")
    page.goto(f"{served.address}/embed")
    page.locator("ra-assistant textarea").focus()
    expect(page.locator("ra-assistant .privacy")).to_contain_text(
        "Vos questions sont gardées 90\u00a0jours, sans votre nom ni votre adresse"
    )
    page.goto(f"{served.address}/embed?lang=en")
    page.locator("ra-assistant textarea").focus()
    expect(page.locator("ra-assistant .privacy")).to_contain_text("Your questions are kept for 90 days")


def test_it_fits_a_narrow_dark_screen(visits: Visits, served: Serving, home: Path) -> None:
    today = date.today()
    Journal(home / "journal.sqlite3").record([Entry(today, "not_in_report", "reason", question=LONG)])
    Journal(home / "journal.sqlite3").opine(Opinion("q1", "b1", "down", "too_long", LONG, LONG, LONG))
    page = entered(visits, served, 360, "dark")
    expect(page.locator(".ra-groups")).to_contain_text("anticonstitutionnellement")
    assert fits(page)
    assert faults(page) == []
