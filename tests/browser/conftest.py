"""One server and one browser for all; a fresh visitor, whose browser speaks English, for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.hosting import Sites
from tests.conftest import REPORTS, build_served
from tests.serving import PATIENCE_SECONDS, Serving, serving

POISON = (
    "<img src=https://mal.example/a.png onerror=window.pwned=self> ![x](https://mal.example/b.png) "
    "<script>window.pwned=self</script> ${window.pwned=self} {{window.pwned}} $$\\href{https://mal.example}{x}$$ "
    "[clic](javascript:window.pwned=self) <form action=https://mal.example><input></form>"
)
CORPUS = {
    **REPORTS,
    "avis.txt": f"AVIS AUX LECTEURS\n\nLe mot de passe du coffre est {POISON} selon le règlement.\n",
    "avis.txt.yaml": "title: Avis aux lecteurs\npublisher: Agence du Val\n",
    "rapport-2022.md": """---
title: Rapport d’activité 2022
year: 2022
publisher: Agence du Val
source: https://val.example/2022
---
# Rapport d’activité 2022

## La halle des inventeurs

La halle des inventeurs a été ouverte le 3 mai 2022 au bord du canal. Elle accueille des prototypes.

## Le fonds Boréal

Boréal est un fonds qui aide les jeunes entreprises. En 2022, le fonds a soutenu 14 projets industriels.

## La direction

Claire Fontaine est directrice de l’agence depuis 2022. Les équipes se réunissent chaque mois.

## L’eau

Les bassins ont reçu 120 visiteurs scolaires en 2022. La qualité de l’eau est mesurée chaque semaine.
""",
}

OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")
def sites() -> Iterator[Sites]:
    """Serve pages of other sites: one that the assistant knows, one that it does not."""
    with Sites() as sites:
        yield sites


@pytest.fixture(scope="package")
def chat(tmp_path_factory: pytest.TempPathFactory, sites: Sites) -> Iterator[Serving]:
    """Serve a corpus of four documents, one of them poisoned."""
    root = tmp_path_factory.mktemp("chat")
    build_served(root, CORPUS)
    yield from serving(root / "index", RA_ORIGINS=sites.known, RA_LIMIT_PER_MINUTE="100000")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Return the system's Chromium; it is closed before the tests of other folders.

    Playwright keeps an event loop running in the main thread for as long as it lives, and where one
    runs, `asyncio.run` refuses: a test elsewhere that needs a loop would fail, and the coroutine that it
    never awaited would fail one more, whichever runs when it is collected.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install the package « chromium »")
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


class Visits:
    """Windows of new visitors, what hosts they asked and what went wrong in them."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self.hosts: set[str | None] = set()
        self.failures: list[str] = []

    def window(self, width: int, height: int, scheme: str, *, has_touch: bool = False) -> Page:
        """Return an empty page in a browser of its own; its language is English, to see that ours is French."""
        context = self._chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale="en-US",
            reduced_motion="reduce",
            has_touch=has_touch,
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        context.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        page = context.new_page()
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("console", self._hear)
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            self.failures.append(said.text)

    def close(self) -> None:
        """Close every window."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def visits(chromium: Browser) -> Iterator[Visits]:
    """Return windows; no other host may ever be asked anything, and nothing may go wrong in them."""
    visits = Visits(chromium)
    yield visits
    visits.close()
    assert visits.hosts <= {"127.0.0.1", None}
    assert visits.failures == []


@pytest.fixture
def visit(visits: Visits, chat: Serving) -> OpenPage:
    """Return a function that opens the chat as a new visitor."""

    def visit(width: int = 1280, height: int = 800, scheme: str = "light") -> Page:
        page = visits.window(width, height, scheme)
        page.goto(chat.address)
        page.locator("#ra-box textarea").wait_for()
        page.wait_for_function("() => !document.querySelector('#ra-splash')")
        return page

    return visit


@pytest.fixture
def page(visit: OpenPage) -> Page:
    """Return the chat in a laptop's window."""
    return visit()
