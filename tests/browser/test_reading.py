"""What a visitor does with answers: quotes, copies, links, exports, opinions, questions asked otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from markdown_it import MarkdownIt
from playwright.sync_api import Locator, Page, Route, expect

from ra_assistant.journal import Journal
from tests.browser.conftest import POISON, OpenPage, Visits
from tests.browser.test_chat import QUESTION, REFUSED, ask, finished, kept
from tests.conftest import REPORTS, build_served
from tests.serving import SLOW_WORD, Serving, serving

pytestmark = pytest.mark.browser
PRESIDENT = "Qui préside l’agence ?"


def tool(page: Page, name: str, turn: int) -> Locator:
    return page.locator(f'#ra-messages a[href="#{name}-{turn}"]')


def pasted(page: Page) -> str:
    """Return the clipboard as a visitor gets it back."""
    page.locator("#ra-box textarea").fill("")
    page.locator("#ra-box textarea").press("Control+v")
    return page.locator("#ra-box textarea").input_value()


def axe(page: Page) -> list[str]:
    found = Axe().run(page)
    return [
        f"{violation['id']}: {[node['html'][:120] for node in violation['nodes']]}"
        for violation in found.response["violations"]
    ]


# ── Reading ──────────────────────────────────────────────────────────────────────────────────
def test_a_marker_shows_its_quote_to_pointer_and_keyboard(page: Page) -> None:
    marker = ask(page, QUESTION).locator(".ra-marker").first
    tip = page.locator("#ra-tip")
    expect(tip).to_be_hidden()
    marker.hover()
    expect(tip).to_have_text(re.compile("L’agence a accueilli 13 nouvelles entreprises en 2020"))
    expect(tip).to_contain_text("Rapport d’activité 2020")
    assert marker.get_attribute("aria-describedby") == "ra-tip"
    tip.hover()
    page.wait_for_timeout(400)
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    assert marker.get_attribute("aria-describedby") is None
    page.mouse.move(5, 5)
    page.locator("#ra-box textarea").focus()
    while not marker.evaluate("marker => marker === document.activeElement"):
        page.keyboard.press("Shift+Tab")
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(marker).to_be_focused()


def test_a_tap_on_a_marker_goes_to_its_passage(visits: Visits, chat: Serving) -> None:
    page = visits.window(360, 740, "light", has_touch=True)
    page.goto(chat.address)
    page.locator("#ra-box textarea").wait_for()
    ask(page, QUESTION).locator(".ra-marker").first.tap()
    expect(page.locator("#source-1-1")).to_be_focused()
    expect(page.locator("#ra-tip")).to_be_hidden()


@pytest.mark.parametrize("way", ["clipboard", "older"])
def test_an_answer_is_copied_with_its_references(page: Page, way: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    if way == "older":
        page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    tool(page, "copy", 1).focus()
    page.keyboard.press("Space")
    expect(page.locator("#ra-status")).to_have_text("La réponse est copiée, avec ses références.")
    expect(tool(page, "copy", 1)).to_have_text("Copié")
    text = pasted(page)
    assert text.startswith("13.")
    assert (
        "[1] «\u00a0L’agence a accueilli 13 nouvelles entreprises en 2020.\u00a0» — Agence du Val, " in text
    )
    assert "Rapport d’activité 2020" in text
    assert "https://val.example/2020/edito" in text
    if way == "clipboard":
        html = page.evaluate(
            "async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()"
        )
        assert '<a href="https://val.example/2020/edito">Agence du Val, Rapport d’activité 2020' in html


def test_a_copy_that_the_browser_refuses_is_said(page: Page) -> None:
    ask(page, QUESTION)
    page.evaluate(
        "() => { navigator.clipboard.write = async () => { throw 0; }; document.execCommand = () => false; }"
    )
    tool(page, "copy", 1).click()
    expect(page.get_by_role("alert").filter(has_text="n’a pas permis la copie")).to_be_visible()


def test_a_link_to_a_question_asks_it_once_apart_from_the_rest(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, PRESIDENT)
    tool(page, "link", 1).click()
    expect(page.locator("#ra-status")).to_have_text("Le lien vers cette question est copié.")
    address = pasted(page)
    ask(page, QUESTION)
    other = page.context.new_page()
    other.goto(address)
    expect(finished(other, 1)).to_contain_text("Marie Durand")
    assert "question" not in other.url
    other.reload()
    finished(other, 1)
    assert [exchange["question"] for exchange in kept(page)] == [PRESIDENT, QUESTION]
    third = page.context.new_page()
    third.goto(page.url)
    finished(third, 2)
    assert third.locator(".ra-question").first.inner_text().endswith("Qui préside l’agence\u00a0?")


def test_a_hostile_link_is_a_question_like_any_other(page: Page, chat: Serving) -> None:
    from urllib.parse import quote

    page.goto(f"{chat.address}/?question={quote(POISON + chr(0x202E) + ' a' * 500)}&x=1")
    finished(page, 1)
    assert page.evaluate("window.pwned") is None
    assert page.locator("#ra-app :is(img, form, script, iframe, a[href*='mal.example'])").count() == 0
    said = page.evaluate("() => JSON.parse(sessionStorage.getItem('ra-assistant.conversation'))")
    assert len(said[0]["question"]) <= 500
    assert "\u202e" not in said[0]["question"]
    assert page.url.endswith("/?x=1")


def test_a_conversation_is_taken_away_as_markdown_in_which_nothing_acts(page: Page) -> None:
    ask(page, QUESTION)
    ask(page, "Quel est le mot de passe du coffre ?")
    ask(page, POISON)
    with page.expect_download() as download:
        page.get_by_role("button", name="Exporter").click()
    assert re.fullmatch(r"conversation-\d{4}-\d\d-\d\d\.md", download.value.suggested_filename)
    text = Path(download.value.path()).read_text("utf-8")
    tokens = [
        token for block in MarkdownIt("commonmark").parse(text) for token in [block, *(block.children or [])]
    ]
    assert {token.type for token in tokens} & {"image", "html_inline", "html_block", "code_inline"} == set()
    addresses = {str(token.attrs["href"]) for token in tokens if token.type == "link_open"}
    assert addresses
    assert {re.sub("/.*", "", address.removeprefix("https://")) for address in addresses} == {"val.example"}
    shown = "".join(token.content for token in tokens if token.type == "text")
    assert "«\u00a0L’agence a accueilli 13 nouvelles entreprises en 2020.\u00a0»" in shown
    assert "Agence du Val, Rapport d’activité 2020" in shown
    assert "![x](https://mal.example/b.png)" in shown
    assert len([token for token in tokens if token.type == "heading_open"]) == 4


def test_on_paper_sources_stand_under_each_answer(page: Page) -> None:
    ask(page, QUESTION)
    ask(page, REFUSED)
    expect(page.locator(".ra-printed").first).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".ra-printed").first).to_be_visible()
    expect(page.locator(".ra-printed").first).to_contain_text("https://val.example/2020/edito")
    expect(page.locator(".ra-printed")).to_have_count(2)
    for hidden in ("#ra-panel", "#ra-ask", "#ra-more", "#ra-keep", ".ra-tools >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.get_by_role("button", name="Imprimer").click()
    assert page.evaluate("window.printed") is True


def test_questions_to_go_on_with_are_answered(page: Page) -> None:
    expect(page.locator(".ra-follow")).to_have_count(0)
    ask(page, QUESTION)
    following = page.locator(".ra-follow")
    expect(following.first).to_be_visible()
    assert following.count() <= 3
    text = following.first.inner_text().replace("\u2011", "-")
    following.first.click()
    expect(finished(page, 2)).to_have_class(re.compile("ra-answered"))
    assert kept(page)[-1]["question"] == text
    assert text not in [shown.replace("\u2011", "-") for shown in following.all_inner_texts()]


# ── Opinions ─────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def opinions(page: Page) -> Iterator[list[dict[str, Any]]]:
    """Take opinions in the place of the server; return what was sent."""
    sent: list[dict[str, Any]] = []

    def take(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(status=204)

    page.route("**/api/v1/feedback", take)
    yield sent
    page.unroute("**/api/v1/feedback")


def test_a_useful_answer_is_said_so_with_one_key(page: Page, opinions: list[dict[str, Any]]) -> None:
    ask(page, QUESTION)
    up = page.get_by_role("button", name="Réponse utile")
    expect(up).to_have_attribute("aria-pressed", "false")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#ra-status")).to_have_text("Merci, votre avis est transmis.")
    expect(up).to_have_attribute("aria-pressed", "true")
    (exchange,) = kept(page)
    assert opinions == [{"id": exchange["id"], "build_id": exchange["build_id"], "verdict": "up"}]
    assert re.fullmatch("[0-9a-f]{32}", str(exchange["id"]))
    ask(page, "Et en 2021 ?")
    expect(up.first).to_have_attribute("aria-pressed", "true")


def test_what_is_wrong_with_an_answer_is_said_in_a_dialog(page: Page, opinions: list[dict[str, Any]]) -> None:
    ask(page, QUESTION)
    page.get_by_role("button", name="Réponse à revoir").click()
    dialog = page.get_by_role("dialog", name="Qu’est-ce qui ne va pas")
    dialog.get_by_role("button", name="Envoyer").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choisissez une raison.")
    dialog.get_by_label("Chiffre faux").check()
    dialog.get_by_label("Précisions").fill("Le rapport dit 14.")
    dialog.get_by_role("button", name="Envoyer").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#ra-status")).to_have_text("Merci, votre avis est transmis.")
    expect(page.get_by_role("button", name="Réponse à revoir")).to_have_attribute("aria-pressed", "true")
    assert {key: opinions[0][key] for key in ("verdict", "reason", "comment")} == {
        "verdict": "down",
        "reason": "wrong_figure",
        "comment": "Le rapport dit 14.",
    }
    assert "question" not in opinions[0], "words leave only when the visitor joins them"

    page.get_by_role("button", name="Signaler une erreur").click()
    dialog = page.get_by_role("dialog", name="Signaler une erreur")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    dialog.get_by_role("button", name="Envoyer").click()
    expect(dialog.get_by_role("alert")).to_have_text("Dites en quelques mots quelle est l’erreur.")
    page.keyboard.type("Ce n’est pas la bonne année.")
    dialog.get_by_role("button", name="Envoyer").click()
    expect(dialog).to_have_count(0)
    assert opinions[1]["reason"] == "report_error"
    assert opinions[1]["question"] == QUESTION
    assert opinions[1]["answer"].startswith("13.")

    report = page.get_by_role("button", name="Signaler une erreur")
    report.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(report).to_be_focused()
    assert len(opinions) == 2


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Journal]]:
    """Serve the chat with its journal, in which the words of questions are kept."""
    root = tmp_path_factory.mktemp("heard")
    build_served(root, REPORTS)
    for running in serving(root / "index", RA_KEEP_QUESTIONS="1", RA_LIMIT_PER_MINUTE="100000"):
        yield running, Journal(root / "journal.sqlite3")


def told(page: Page, verdict: str) -> None:
    """Wait until the page says that an opinion has arrived, and which."""
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#ra-status")).to_have_text("Merci, votre avis est transmis.")
    expect(page.get_by_role("button", name=verdict)).to_have_attribute("aria-pressed", "true")


def test_opinions_reach_the_journal_and_one_that_cannot_be_kept_is_said(
    visits: Visits, heard: tuple[Serving, Journal]
) -> None:
    running, journal = heard
    page = visits.window(1280, 800, "light")
    page.goto(running.address)
    ask(page, QUESTION)
    (exchange,) = kept(page)

    def written() -> dict[str, str]:
        (opinion,) = journal.usage().opinions
        assert opinion.build_id == exchange["build_id"]
        return {key: getattr(opinion, key) for key in ("verdict", "reason", "comment", "question")}

    page.get_by_role("button", name="Réponse utile").click()
    told(page, "Réponse utile")
    assert written() == {"verdict": "up", "reason": "", "comment": "", "question": ""}

    page.get_by_role("button", name="Réponse à revoir").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Manque de sources").check()
    dialog.get_by_label("Joindre ma question").check()
    dialog.get_by_role("button", name="Envoyer").click()
    told(page, "Réponse à revoir")
    assert written() == {"verdict": "down", "reason": "missing_sources", "comment": "", "question": QUESTION}
    expect(page.get_by_role("button", name="Réponse utile")).to_have_attribute("aria-pressed", "false")

    page.get_by_role("button", name="Signaler une erreur").click()
    page.keyboard.type("Le rapport dit 14, écrivez à paul@val.example.")
    dialog.get_by_role("button", name="Envoyer").click()
    told(page, "Réponse à revoir")
    assert written()["reason"] == "report_error"
    assert written()["comment"].startswith("Le rapport dit 14")
    assert "paul" not in written()["comment"]

    for path in journal.path.parent.glob("journal.sqlite3*"):
        path.unlink()
    journal.path.mkdir()
    page.get_by_role("button", name="Réponse utile").click()
    expect(page.get_by_role("alert").filter(has_text="n’a pas pu être gardé")).to_be_visible()
    expect(page.get_by_role("button", name="Réponse utile")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Signaler une erreur").click()
    page.keyboard.type("Une erreur.")
    dialog.get_by_role("button", name="Envoyer").click()
    expect(dialog.get_by_role("alert")).to_contain_text("n’a pas pu être gardé")
    expect(dialog.get_by_role("textbox")).to_have_value("Une erreur.")
    journal.path.rmdir()
    dialog.get_by_role("button", name="Envoyer").click()
    told(page, "Réponse à revoir")
    assert written()["comment"] == "Une erreur."


def test_an_opinion_that_does_not_arrive_is_said(page: Page) -> None:
    ask(page, QUESTION)
    for status, sentence in ((429, "n’est pas parti"), (500, "n’est pas parti"), (0, "n’est pas parti")):
        page.route("**/api/v1/feedback", _answering(status))
        page.get_by_role("button", name="Réponse utile").click()
        expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        expect(page.get_by_role("button", name="Réponse utile")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Signaler une erreur").click()
    page.keyboard.type("Une erreur.")
    page.get_by_role("dialog").get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("n’est pas parti")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_value("Une erreur.")


def _answering(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body="{}") if status else route.abort()


# ── Manners ──────────────────────────────────────────────────────────────────────────────────
def test_a_question_asked_otherwise_takes_the_place_of_what_followed(page: Page) -> None:
    for question in (QUESTION, PRESIDENT, "Et depuis quand ?"):
        ask(page, question)
    tool(page, "edit", 2).click()
    box = page.locator("#ra-box textarea")
    expect(box).to_be_focused()
    expect(box).to_have_value(PRESIDENT)
    expect(page.locator("#ra-editing")).to_contain_text(
        "elle remplacera celle-ci et les échanges qui la suivent"
    )
    page.keyboard.press("Escape")
    expect(page.locator("#ra-editing")).to_have_count(0)
    expect(box).to_have_value("")
    tool(page, "edit", 2).click()
    box.fill("Combien de nouvelles entreprises en 2021 ?")
    page.keyboard.press("Enter")
    expect(finished(page, 2)).to_contain_text("19")
    expect(page.locator("#ra-editing")).to_have_count(0)
    assert [exchange["question"] for exchange in kept(page)] == [
        QUESTION,
        "Combien de nouvelles entreprises en 2021 ?",
    ]
    ask(page, "Et en 2020 ?")


def test_escape_stops_and_the_question_is_put_again_in_one_gesture(page: Page) -> None:
    page.locator("#ra-box textarea").fill(f"{SLOW_WORD}, {QUESTION}")
    page.keyboard.press("Enter")
    expect(page.locator(".ra-pending")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".ra-answer").last).to_contain_text("Réponse interrompue.")
    expect(page.locator("body")).not_to_have_class(re.compile("ra-busy"))
    page.get_by_role("button", name="Poser de nouveau").click()
    expect(finished(page, 1)).to_contain_text("13")
    assert len(kept(page)) == 1


def test_former_questions_come_back_with_the_arrows(page: Page) -> None:
    ask(page, QUESTION)
    ask(page, PRESIDENT)
    box = page.locator("#ra-box textarea")
    for key, text in (
        ("ArrowUp", PRESIDENT),
        ("ArrowUp", QUESTION),
        ("ArrowUp", QUESTION),
        ("ArrowDown", PRESIDENT),
        ("ArrowDown", ""),
    ):
        box.press(key)
        expect(box).to_have_value(text)
    box.fill("Un début")
    box.press("ArrowUp")
    expect(box).to_have_value("Un début")


def test_two_tabs_never_mix(page: Page) -> None:
    ask(page, QUESTION)
    other = page.context.new_page()
    other.goto(page.url)
    finished(other, 1)
    ask(other, PRESIDENT)
    ask(page, "Et en 2021 ?")
    for tab, second in ((page, "Et en 2021"), (other, "Qui préside l’agence")):
        tab.reload()
        finished(tab, 2)
        expect(tab.locator(".ra-question")).to_have_count(2)
        expect(tab.locator(".ra-question").last).to_contain_text(second)
    page.get_by_role("button", name="Effacer").click()
    expect(page.locator(".ra-question")).to_have_count(0)
    ask(other, "Et depuis quand ?")
    page.reload()
    expect(page.locator(".ra-starter:visible")).to_have_count(4)
    expect(page.locator(".ra-question")).to_have_count(0)


def test_a_finished_answer_is_announced_once(page: Page) -> None:
    page.evaluate(
        """() => { window.said = []; new MutationObserver(() => window.said.push(
          document.querySelector('#ra-status').textContent)).observe(
          document.querySelector('#ra-status'), { childList: true, characterData: true, subtree: true }); }"""
    )
    ask(page, QUESTION)
    page.wait_for_timeout(300)
    said = [text for text in page.evaluate("window.said") if text.startswith("Réponse")]
    assert len(said) == 1


# ── An organisation's own look, and its limits ───────────────────────────────────────────────
HOSTILE_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20" onload="parent.pwned=1"><script>parent.pwned=1'
    '</script><image href="https://mal.example/a.png"/><rect width="90" height="20" fill="#6b2d7b"/></svg>'
)
SITE = """
nom = '''{poison}'''
logo = "logo.svg"
accueil = '''Bonjour <img src=https://mal.example/a.png onerror=window.pwned=self> ![x](https://mal.example/b.png) ?'''
questions = ["Qui préside l’agence ?", "Quelle est la recette du gratin ?", '''{poison}''']
contact = "contact@val.example"
mentions_legales = "https://val.example/mentions"
[couleurs]
accent = "#6b2d7b"
"""


@pytest.fixture(scope="module")
def dressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Serve the chat of an organisation whose file is full of traps; twelve requests a minute."""
    root = tmp_path_factory.mktemp("dressed")
    build_served(root, REPORTS)
    (root / "logo.svg").write_text(HOSTILE_SVG, encoding="utf-8")
    (root / "site.toml").write_text(
        SITE.format(poison="<b onclick=window.pwned=1>[Val](javascript:1)"), encoding="utf-8"
    )
    yield from serving(root / "index", RA_SITE=str(root / "site.toml"), RA_LIMIT_PER_MINUTE="12")


def test_an_organisations_look_is_worn_and_its_words_do_nothing(visits: Visits, dressed: Serving) -> None:
    page = visits.window(1280, 800, "light")
    page.goto(dressed.address)
    page.locator("#ra-box textarea").wait_for()
    logo = page.locator(".ra-logo")
    expect(logo).to_be_visible()
    assert logo.evaluate("image => image.naturalWidth") > 0
    assert (logo.get_attribute("alt") or "").startswith("<b onclick")
    assert page.title().startswith("Assistant du rapport d’activité · <b")
    expect(page.locator(".ra-greeting")).to_contain_text("<img src=https://mal.example/a.png")
    expect(page.locator(".ra-welcome")).to_contain_text("assistant automatique")
    expect(page.locator(".ra-starter:visible")).to_have_text(["Qui préside l’agence\u00a0?"])
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#ra-send')).backgroundColor")
        == "rgb(107, 45, 123)"
    )
    expect(page.get_by_role("link", name="Mentions légales")).to_have_attribute(
        "href", "https://val.example/mentions"
    )
    answer = ask(page, REFUSED)
    expect(answer).to_contain_text("Vous pouvez écrire à contact@val.example.")
    expect(answer.get_by_role("link", name="contact@val.example")).to_have_attribute(
        "href", "mailto:contact@val.example"
    )
    assert page.evaluate("window.pwned") is None
    assert (
        page.locator(
            "#ra-app :is(form, script, iframe, a[href*='mal.example'], a[href^='javascript'])"
        ).count()
        == 0
    )
    assert page.locator("#ra-app img").count() == 1
    assert axe(page) == []


def test_who_asks_too_often_is_told_when_to_come_back(visits: Visits, dressed: Serving) -> None:
    for _ in range(12):
        dressed.get("/api/v1/starters")
    page = visits.window(1280, 800, "light")
    page.goto(dressed.address)
    page.locator("#ra-box textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast-text").first).to_contain_text("Trop de questions en peu de temps")
    expect(page.locator("#ra-box textarea")).to_have_value(QUESTION)
    expect(page.locator("body")).not_to_have_class(re.compile("ra-busy"))


# ── Every screen ─────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_any_screen(visit: OpenPage, width: int) -> None:
    page = visit(width, 800)
    found: dict[str, list[str]] = {}

    def look(screen: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found[f"{screen}, {scheme}"] = axe(page)

    look("welcome")
    answer = ask(page, QUESTION)
    expect(page.locator(".ra-follow").first).to_be_visible()
    small = page.evaluate(
        """() => [...document.querySelectorAll('#ra-app :is(a:not(.ra-skip), button, textarea)')]
          .filter(e => e.offsetParent).map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
          .filter(([, box]) => box.width && Math.min(box.width, box.height) < 24).map(([html]) => html)"""
    )
    assert small == []
    answer.locator(".ra-marker").first.hover()
    expect(page.locator("#ra-tip")).to_be_visible()
    look("answer and tip")
    box = page.locator("#ra-tip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.keyboard.press("Escape")
    ask(page, REFUSED)
    tool(page, "edit", 1).click()
    look("refusal and editing")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Réponse à revoir").last.click()
    look("opinion")
    assert {screen: violations for screen, violations in found.items() if violations} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
