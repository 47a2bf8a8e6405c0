"""The back office in a real browser: from a file to what visitors read, one step back, and what goes wrong."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from ra_assistant.builds import BuildStore
from tests.browser.conftest import Visits
from tests.browser.test_chat import ENGLISH, spoken
from tests.conftest import REPORTS, ROOT, build_served
from tests.serving import Serving, serving
from tests.web_site import Reply, Site, typed
from tests.web_site import page as page_of
from tests.worker import SITE_PORT

pytestmark = pytest.mark.browser
SECRET = "un mot de passe assez long"
Enter = Callable[..., Page]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one report and its index in service."""
    root = tmp_path_factory.mktemp("office")
    build_served(root, {"rapport-2020.md": REPORTS["rapport-2020.md"]})
    return root


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Return a site in two pages, the only one that the server may read."""
    text = "<main><h1>Bilan en ligne</h1><p>L’agence a ouvert 52 ateliers en 2022.</p>"
    slow = page_of("L’équipe", "<main><p>Anne Petit préside l’agence depuis 2019.</p></main>")
    site = Site(
        {
            "/bilan/": page_of(
                "Bilan en ligne", f'{text}<a href="equipe">Équipe</a><a href="b.txt">Texte</a></main>'
            ),
            "/bilan/equipe": Reply(slow.body, slowly=0.02),
            "/bilan/b.txt": typed(b"Le texte\n\nLe bilan compte 55 laboratoires en 2022.\n", "text/plain"),
        }
    )
    yield site
    site.close()


@pytest.fixture(scope="module")
def served(home: Path, site: Site) -> Iterator[Serving]:
    yield from serving(
        home / "index",
        **{SITE_PORT: str(site.port)},
        RA_ADMIN_SECRET=SECRET,
        RA_CORPUS_DIR=str(home / "corpus"),
        PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    )


@pytest.fixture
def enter(visits: Visits, served: Serving) -> Enter:
    """Return a function that opens the office in a new browser."""

    def enter(width: int = 1280, scheme: str = "light") -> Page:
        page = visits.window(width, 900, scheme)
        page.goto(f"{served.address}/publier")
        page.get_by_label("Mot de passe de publication").fill(SECRET)
        page.keyboard.press("Enter")
        return opened(page)

    return enter


def opened(page: Page) -> Page:
    expect(page.get_by_role("heading", name="Publier un rapport")).to_be_visible()
    page.locator("#ra-back").wait_for()
    page.wait_for_function("() => document.querySelector('#ra-kept li')")
    return page


def give(page: Page, file: Path) -> None:
    page.locator("#ra-file input[type=file]").set_input_files(file)


def said(page: Page, step: str) -> Locator:
    return page.locator(f"#ra-{step}-said .ra-said")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def fits(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return found


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found]


def read_by_visitors(served: Serving, title: str, *, wanted: bool = True) -> bool:
    """Tell whether visitors come to read a report, or no longer do, within some seconds."""
    for _ in range(100):
        titles = [document["title"] for document in served.get("/api/v1/documents").json()["documents"]]
        if (title in titles) is wanted:
            return True
        time.sleep(0.1)
    return False


def report(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_report_goes_from_a_file_to_the_visitors_and_back(
    enter: Enter, served: Serving, home: Path, tmp_path: Path
) -> None:
    page = enter()
    assert page.locator("html").get_attribute("lang") == "fr"
    assert faults(page) == []
    expect(page.get_by_role("button", name="Revenir au rapport précédent")).to_be_disabled()
    before = BuildStore(home / "index").current_id()
    give(page, report(tmp_path, "rapport-2021.md", REPORTS["rapport-2021.md"]))
    expect(said(page, "read")).to_contain_text("Le rapport est lu")
    expect(page.locator("#ra-reading")).to_contain_text("19 nouvelles entreprises")
    expect(page.get_by_label("Titre du rapport")).to_have_value("Rapport d’activité 2021")
    expect(page.get_by_label("Année")).to_have_value("2021")
    assert faults(page) == []
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Ouvrir le compte rendu").click()
    expect(opening.value.locator("body")).to_contain_text("Marie Durand préside")
    opening.value.close()
    press(page, "Préparer et vérifier")
    expect(page.locator("#ra-check-said progress")).to_be_visible()
    expect(said(page, "check")).to_contain_text("Toutes les vérifications sont passées")
    expect(page.locator(".ra-checks li")).to_have_count(6)
    assert faults(page) == []
    assert BuildStore(home / "index").current_id() == before
    assert sorted(path.name for path in (home / "corpus").iterdir()) == ["rapport-2020.md"]
    press(page, "Mettre en service")
    expect(page.locator("#ra-banner")).to_contain_text("«\u00a0Rapport d’activité 2021\u00a0» est en service")
    expect(page.locator("#ra-top")).to_contain_text("Rapport d’activité 2021")
    assert not ENGLISH.search(spoken(page)), ENGLISH.search(spoken(page))
    assert read_by_visitors(served, "Rapport d’activité 2021")
    press(page, "Revenir au rapport précédent")
    expect(said(page, "back")).to_contain_text("gardé de côté\u00a0: «\u00a0rapport-2021.md\u00a0»")
    assert faults(page) == []
    assert BuildStore(home / "index").current_id() == before
    assert sorted(path.name for path in (home / "corpus").glob("[!.]*")) == ["rapport-2020.md"]
    assert read_by_visitors(served, "Rapport d’activité 2021", wanted=False)
    press(page, "Revenir au rapport précédent")
    expect(page.locator("#ra-top")).to_contain_text("Rapport d’activité 2021")
    expect(said(page, "back")).to_contain_text("Remis comme il était")
    assert read_by_visitors(served, "Rapport d’activité 2021")
    page.get_by_label("Remettre aussi le dossier").uncheck()
    press(page, "Revenir au rapport précédent")
    expect(said(page, "back")).to_contain_text("les reprendra tous")
    assert (home / "corpus" / "rapport-2021.md").is_file()
    page.get_by_label("Remettre aussi le dossier").check()
    press(page, "Revenir au rapport précédent")
    expect(page.locator("#ra-top")).to_contain_text("Rapport d’activité 2021")


def test_on_a_narrow_dark_screen_by_keyboard_refusals_say_what_to_do(
    enter: Enter, home: Path, tmp_path: Path
) -> None:
    page = enter(360, "dark")
    broken = tmp_path / "Abîmé.pdf"
    broken.write_bytes(b"%PDF-1.7 rien")
    give(page, broken)
    expect(said(page, "read")).to_contain_text("«\u00a0Abîmé.pdf\u00a0» est abîmé")
    expect(said(page, "read")).to_have_attribute("role", "alert")
    served_before = BuildStore(home / "index").current_id()
    lost = home / "corpus" / "rapport-2021.md"
    kept = lost.read_text(encoding="utf-8")
    lost.write_text("\n", encoding="utf-8")
    with page.expect_file_chooser() as choosing:
        page.locator("#ra-file button").focus()
        page.keyboard.press("Enter")
    choosing.value.set_files(
        report(tmp_path, "avis.txt", "Avis\n\nLe conseil a nommé huit experts en 2021.\n")
    )
    expect(said(page, "read")).to_contain_text("Le rapport est lu")
    assert fits(page)
    page.get_by_label("Année").fill("mille")
    page.get_by_role("button", name="Préparer et vérifier").focus()
    page.keyboard.press("Enter")
    expect(said(page, "check")).to_contain_text("en quatre chiffres")
    page.get_by_label("Année").fill("2021")
    page.get_by_role("button", name="Préparer et vérifier").focus()
    page.keyboard.press("Enter")
    expect(said(page, "check")).to_contain_text("n’a pas passé toutes les vérifications")
    expect(said(page, "check")).to_be_focused()
    expect(page.locator(".ra-checks .ra-wrong")).to_contain_text("ne peuvent plus être lus")
    assert fits(page)
    assert faults(page) == []
    page.get_by_role("button", name="Mettre en service", exact=True).focus()
    page.keyboard.press("Enter")
    expect(said(page, "live")).to_contain_text("Cochez la case")
    assert BuildStore(home / "index").current_id() == served_before
    page.get_by_role("button", name="Abandonner").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#ra-banner")).to_contain_text("rien n’a changé")
    lost.write_text(kept, encoding="utf-8")
    assert sorted(path.name for path in (home / "corpus").glob("[!.]*")) == [
        "rapport-2020.md",
        "rapport-2021.md",
    ]


def test_two_windows_show_one_work_and_an_ended_session_says_so(
    enter: Enter, home: Path, tmp_path: Path
) -> None:
    first, second = enter(), enter()
    give(first, report(tmp_path, "avis.txt", "Avis\n\nLe conseil a nommé huit experts en 2021.\n"))
    expect(said(first, "read")).to_contain_text("Le rapport est lu")
    opened(second).reload()
    expect(second.locator("#ra-reading")).to_contain_text("huit experts")
    press(second, "Choisir un autre rapport")
    expect(second.locator("#ra-banner")).to_contain_text("abandonné")
    press(first, "Préparer et vérifier")
    expect(first.locator("#ra-banner .ra-wrong")).to_contain_text("n’était plus à jour")
    expect(first.locator("#ra-file")).to_be_visible()
    give(first, report(tmp_path, "avis.txt", "Avis\n\nLe conseil a nommé huit experts en 2021.\n"))
    expect(said(first, "read")).to_contain_text("Le rapport est lu")
    with BuildStore(home / "index").publishing():
        press(first, "Préparer et vérifier")
        expect(said(first, "check")).to_contain_text("Une autre publication est en cours")
    press(first, "Préparer et vérifier")
    expect(first.locator("#ra-check-said progress")).to_be_visible()
    second.reload()
    expect(second.locator("#ra-check-said progress")).to_be_visible()
    first.close()
    expect(said(second, "check")).to_contain_text("Toutes les vérifications sont passées")
    second.context.clear_cookies()
    press(second, "Mettre en service")
    gone = second.get_by_role("alert").filter(has_text="Votre session est terminée")
    expect(gone).to_be_visible()
    gone.get_by_role("link", name="Entrer de nouveau").click()
    second.get_by_label("Mot de passe de publication").fill("faux")
    press(second, "Entrer")
    expect(second.get_by_role("alert")).to_contain_text("n’est pas le bon")
    second.get_by_label("Mot de passe de publication").fill(SECRET)
    press(second, "Entrer")
    expect(opened(second).locator(".ra-checks li")).to_have_count(6)
    press(second, "Abandonner")
    expect(second.locator("#ra-banner")).to_contain_text("rien n’a changé")
    press(second, "Fermer la session")
    expect(second.get_by_label("Mot de passe de publication")).to_be_visible()


def test_a_report_published_on_the_web_goes_from_its_address_to_the_visitors(
    enter: Enter, served: Serving, site: Site
) -> None:
    page = enter(360, "dark")
    page.get_by_label("Ou l’adresse du rapport").fill("http://127.0.0.1:1/rapport")
    page.keyboard.press("Enter")
    expect(said(page, "read")).to_contain_text("réseau privé")
    press(page, "Lire cette adresse")
    expect(said(page, "read")).to_contain_text("réseau privé")
    page.get_by_label("Ou l’adresse du rapport").fill(f"{site.url}/bilan/")
    page.get_by_label("Lire aussi les pages").check()
    assert fits(page)
    assert faults(page) == []
    press(page, "Lire cette adresse")
    expect(page.locator("#ra-read-said progress")).to_be_visible()
    expect(page.locator("#ra-banner")).to_be_empty()
    press(page, "Arrêter la lecture")
    expect(said(page, "read")).to_contain_text("La lecture est arrêtée")
    press(page, "Lire cette adresse")
    expect(page.locator("#ra-reading")).to_contain_text("52 ateliers")
    expect(page.locator("#ra-reading")).to_contain_text("Anne Petit")
    expect(page.get_by_label("Titre du rapport")).to_be_hidden()
    assert fits(page)
    assert faults(page) == []
    press(page, "Lire ce document")
    expect(said(page, "read")).to_contain_text("Choisissez d’abord")
    page.get_by_label(f"{site.url}/bilan/b.txt").check()
    press(page, "Lire ce document")
    expect(page.locator("#ra-reading")).to_contain_text("55 laboratoires")
    page.get_by_label("Titre du rapport").fill("Bilan en ligne")
    press(page, "Préparer et vérifier")
    expect(said(page, "check")).to_contain_text("Toutes les vérifications sont passées")
    press(page, "Mettre en service")
    expect(page.locator("#ra-banner")).to_contain_text("«\u00a0Bilan en ligne\u00a0» est en service")
    expect(page.get_by_label("Ou l’adresse du rapport")).to_have_value("")
    assert read_by_visitors(served, "Bilan en ligne")
    assert not ENGLISH.search(spoken(page)), ENGLISH.search(spoken(page))


def test_a_file_that_is_too_large_does_not_leave_the_browser(enter: Enter, tmp_path: Path) -> None:
    page = enter()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    large = tmp_path / "énorme.pdf"
    with large.open("wb") as stream:
        stream.truncate(201 * 1024 * 1024)
    give(page, large)
    expect(page.locator("#ra-too-large")).to_contain_text("«\u00a0énorme.pdf\u00a0» dépasse 200\u00a0Mo")
    assert not [address for address in asked if re.search("upload", address)]
