"""Take the README's pictures from the real thing: the shipped corpus, the shipped models, a real browser.

usage: .venv/bin/python scripts/pictures.py [FOLDER]    (docs/images by default)
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "ra_assistant"]
PATIENCE_SECONDS = 120
DESK = (1280, 800)
PHONE = (360, 740)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is asked before the picture is taken, in which window, and what must come out."""

    name: str
    question: str = ""
    outcome: str = "answered"
    window: tuple[int, int] = DESK
    scheme: str = "light"
    way: str = ""
    """The link that is followed, in the same window, before the picture is taken."""


PICTURES = (
    Picture("welcome"),
    Picture("answer", "Combien d’argent les entreprises ont-elles levé en 2020 ?"),
    Picture(
        "report", "Combien d’argent les entreprises ont-elles levé en 2020 ?", way="Ouvrir dans le rapport"
    ),
    Picture("figures", way="Chiffres clés"),
    Picture("refusal", "Quel est le chiffre d’affaires de Genopole en 2020 ?", outcome="not_in_report"),
    Picture(
        "phone", "Combien de tests par jour la plateforme d’I-Stem pouvait-elle réaliser ?", window=PHONE
    ),
    Picture("phone-dark", window=PHONE, scheme="dark"),
    Picture("dark", "Où se trouve le nouveau siège social ?", scheme="dark"),
)


@contextmanager
def served(index: Path) -> Iterator[str]:
    """Index the shipped corpus, serve it, yield the address."""
    subprocess.run([*COMMAND, "index", "--corpus", str(ROOT / "corpus"), "--index", str(index)], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([*COMMAND, "serve", "--index", str(index), "--port", str(port)])
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/readyz")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str) -> None:
    """Return when `url` answers 200."""
    for _ in range(PATIENCE_SECONDS * 2):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    sys.exit(f"{url} did not answer within {PATIENCE_SECONDS} s")


def take(browser: Browser, address: str, picture: Picture, folder: Path) -> None:
    """Ask the question of a picture as a visitor does, and save what is seen."""
    width, height = picture.window
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=picture.scheme,
        device_scale_factor=2 if picture.window == PHONE else 1,
        locale="fr-FR",
        reduced_motion="reduce",
    )
    page.goto(address)
    page.locator("#ra-box textarea").wait_for()
    page.wait_for_function("() => !document.querySelector('#ra-splash')")
    if picture.question:
        ask(page, picture)
    if picture.way:
        link = page.get_by_role("link", name=picture.way).first
        page.goto(f"{address}/{link.get_attribute('href')}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
    page.screenshot(path=folder / f"{picture.name}.png")
    page.close()


def ask(page: Page, picture: Picture) -> None:
    """Ask the question; return when its answer is complete and the page still."""
    page.locator("#ra-box textarea").fill(picture.question)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.ra-question') && !document.body.classList.contains('ra-busy')"
    )
    if not page.locator(f".ra-{picture.outcome}").count():
        sys.exit(f"{picture.name}: {picture.question!r} should be {picture.outcome}: choose another question")
    page.evaluate("() => document.activeElement?.blur()")
    page.wait_for_timeout(300)


def main() -> None:
    """Take every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium on this machine: install the package chromium")
    os.environ.update({"PYTHONPATH": str(ROOT / "src")})
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(Path(scratch)) as address,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        for picture in PICTURES:
            take(browser, address, picture, folder)
        browser.close()


if __name__ == "__main__":
    main()
