"""One site: from the chat to the other pages and back, by keyboard, in both themes, on a phone and on a laptop."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_chat import QUESTION, ask, finished
from tests.browser.test_reading import axe
from tests.serving import Serving

pytestmark = pytest.mark.browser
PAGES = {"Le rapport": "/rapport", "Chiffres clés": "/chiffres", "simple": "/simple"}
OTHERS = {1280: "/integrer", 360: "/n-existe-pas/du-tout"}


def follow(page: Page, name: str) -> None:
    """Go to a page by the keyboard alone, from the top of the one that is shown."""
    page.locator(".ra-skip").focus()
    link = page.locator(".ra-ways").get_by_role("link", name=name)
    for _ in range(8):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")


def look(page: Page) -> None:
    """Find no fault of access in either theme, nothing that is wider than the window, nothing too small."""
    page.wait_for_load_state("load")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert axe(page) == [], (page.url, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    sizes = page.eval_on_selector_all(".ra-top a:not(.ra-skip)", "links => links.map(a => a.clientHeight)")
    assert min(sizes) >= 24
    arrows = page.eval_on_selector_all(
        ".ra-ways a", "links => links.map(a => getComputedStyle(a, '::after').content)"
    )
    assert set(arrows) == {"none"}, "these pages are ours"
    assert page.locator(".ra-ways a[target]").count() == 0


@pytest.mark.parametrize("width", [1280, 360])
def test_four_pages_are_one_site(visit: OpenPage, chat: Serving, width: int) -> None:
    page = visit(width, 740)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller à la question")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("#ra-box textarea")).to_be_focused()
    ask(page, QUESTION)
    page.evaluate("() => scrollTo(0, 0)")
    for name, path in PAGES.items():
        follow(page, name)
        page.wait_for_url(chat.address + path)
        expect(page.locator(".ra-ways [aria-current=page]")).to_contain_text(name)
        look(page)
    follow(page, "question")
    page.wait_for_url(f"{chat.address}/")
    expect(finished(page, 1)).to_contain_text("13")
    expect(page.locator(".ra-ways [aria-current=page]")).to_contain_text("question")
    page.goto(chat.address + OTHERS[width])
    look(page)
