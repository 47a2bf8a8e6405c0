"""The back office in a real browser: a report from file to live, then one step back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import REPORTS, ROOT
from tests.serving import Serving, start

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SECRET = "un mot de passe assez long"
PATIENCE_MS = 240_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serving]:
    """Serve an empty index with a back office: the first report is published through it."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "rapport-2020.md").write_text(REPORTS["rapport-2020.md"], encoding="utf-8")
    running = start(
        tmp_path / "index",
        RA_ADMIN_SECRET=SECRET,
        RA_CORPUS_DIR=str(tmp_path / "corpus"),
        PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    )
    try:
        running.wait("/healthz")
        yield running
    finally:
        status, _, complained = running.end()
        assert (status, "Traceback" in complained) == (0, False), complained


def test_a_report_goes_live_through_the_office_and_back(
    served: Serving, chromium: Browser, tmp_path: Path
) -> None:
    shots = Path(os.environ.get("SCREENSHOTS", tmp_path))
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1100, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(f"{served.address}/publier/")
    page.screenshot(path=shots / "office-1-door.png")
    page.get_by_label("Mot de passe de publication").fill("faux")
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("alert")).to_contain_text("n’est pas le bon")
    page.get_by_label("Mot de passe de publication").fill(SECRET)
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("heading", name="Publier", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    assert page.locator("html").get_attribute("lang") == "fr"
    report = tmp_path / "rapport-2021.md"
    report.write_text(REPORTS["rapport-2021.md"], encoding="utf-8")
    page.locator("#ra-file input[type=file]").set_input_files(report)
    expect(page.locator("#ra-file")).to_contain_text("rapport-2021", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Lire le rapport").click()
    expect(page.locator("#ra-read-said")).to_contain_text("page par page", timeout=PATIENCE_MS)
    expect(page.frame_locator("#ra-preview iframe").locator("body")).to_contain_text("19 nouvelles")
    page.screenshot(path=shots / "office-2-read.png", full_page=True)
    page.get_by_role("button", name="Préparer et vérifier").click()
    expect(page.locator("#ra-check-said")).to_contain_text("prêt", timeout=PATIENCE_MS)
    page.screenshot(path=shots / "office-3-checked.png", full_page=True)
    page.get_by_role("button", name="Mettre en service").click()
    expect(page.locator("#ra-live-said")).to_contain_text("C’est fait", timeout=PATIENCE_MS)
    expect(page.locator("#ra-builds")).to_contain_text("en service")
    page.screenshot(path=shots / "office-4-live.png", full_page=True)
    served.started = time.perf_counter()
    served.wait("/readyz")
    page.get_by_role("button", name="Revenir au rapport précédent").click()
    expect(page.locator("#ra-live-said")).to_contain_text("pas d’index précédent", timeout=PATIENCE_MS)
    page.screenshot(path=shots / "office-5-back.png", full_page=True)
    assert hosts - {""} == {urlsplit(served.address).netloc}, "data addresses have no host"
    context.close()
