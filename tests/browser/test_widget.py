"""The widget in pages of another site: every control from end to end, hostile pages, cuts and refusals."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from ra_assistant.interfaces.widget import frame_code, script_code, widget_file
from tests.browser.conftest import POISON
from tests.browser.hosting import BOOTSTRAP, HOSTILE, PLAIN, WORDPRESS, Sites
from tests.conftest import ROOT
from tests.serving import SLOW_WORD, Serving

pytestmark = pytest.mark.browser

QUESTION = "Combien de nouvelles entreprises en 2020 ?"
QUOTE = "L’agence a accueilli 13 nouvelles entreprises en 2020."


@dataclass
class Visit:
    """A page of another site in a visitor's browser, and what its browser did."""

    page: Page
    home: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    @property
    def launch(self) -> Locator:
        return self.page.locator("ra-assistant .launch")

    @property
    def panel(self) -> Locator:
        return self.page.locator("ra-assistant .panel")

    @property
    def box(self) -> Locator:
        return self.page.locator("ra-assistant textarea")

    @property
    def turns(self) -> Locator:
        return self.page.locator("ra-assistant .log .turn")

    def open(self) -> None:
        self.launch.click()
        expect(self.box).to_be_focused()

    def ask(self, question: str = QUESTION) -> Locator:
        before = self.turns.count()
        self.box.fill(question)
        self.box.press("Enter")
        expect(self.turns).to_have_count(before + 1)
        return self.turns.nth(before).locator(".answer")


Arrive = Callable[..., Visit]


@pytest.fixture
def arrive(chromium: Browser, chat: Serving, sites: Sites) -> Iterator[Arrive]:
    """Return a function that opens a page of another site, with the widget's code in it."""
    contexts: list[BrowserContext] = []
    home = chat.address + "/"

    def arrive(
        body: str = PLAIN,
        width: int = 1100,
        height: int = 800,
        scheme: str = "light",
        site: str = "",
        code: str | None = None,
        policy: str = "",
        before: Callable[[Page], None] | None = None,
        **chosen: str,
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            locale="fr-FR",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        visit = Visit(page, home)
        page.on("request", lambda request: visit.asked.append(request.url))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        if before:
            before(page)
        written = script_code(home, chosen) if code is None else code
        headers = {"content-security-policy": policy.format(home=chat.address)} if policy else {}
        page.goto((site or sites.known) + sites.page(body + written, **headers))
        return visit

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture
def visit(arrive: Arrive) -> Iterator[Visit]:
    """Return a plain page of the site that is allowed; nothing may go wrong in it."""
    visit = arrive()
    yield visit
    assert visit.complaints == []


def stored(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].filter(Boolean)"
    )
    return found


def test_nothing_is_asked_nor_stored_before_the_widget_is_opened(visit: Visit) -> None:
    expect(visit.launch).to_be_visible()
    visit.wait_for_timeout(400)
    asked = [url for url in visit.asked if url.startswith(visit.home)]
    assert len(asked) == 1
    assert re.fullmatch(re.escape(visit.home) + r"widget-[0-9a-f]{12}\.js", asked[0])
    assert stored(visit.page) == []
    assert visit.evaluate("document.activeElement === document.body"), "the page keeps its focus"
    visit.open()
    expect(visit.locator("ra-assistant .starter")).to_have_count(4)
    expect(visit.panel.locator(".privacy")).to_have_text("Conversation gardée dans cet onglet seulement.")
    assert stored(visit.page) == [], "opening keeps nothing yet"
    assert {urlsplit(url).netloc for url in visit.asked} == {
        urlsplit(visit.home).netloc,
        urlsplit(visit.url).netloc,
    }


def test_an_answer_streams_and_each_marker_shows_quote_page_and_link(visit: Visit) -> None:
    visit.open()
    expect(visit.panel.locator(".welcome")).to_contain_text("assistant automatique")
    answer = visit.ask()
    expect(answer).to_contain_text("13 nouvelles entreprises")
    marker = answer.get_by_role("button", name="Passage 1", exact=True)
    card = answer.locator(".card").first
    expect(card).to_be_hidden()
    box = marker.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    marker.click()
    expect(marker).to_have_attribute("aria-expanded", "true")
    expect(card.locator("blockquote")).to_have_text(QUOTE)
    expect(card).to_contain_text("Synthèse d’après\u00a0: Agence du Val, éditorial 2020 · Nos entreprises")
    link = card.get_by_role("link")
    expect(link).to_have_text("Ouvrir la source (nouvel onglet)")
    assert link.get_attribute("href") == "https://val.example/2020/edito"
    assert link.get_attribute("rel") == "noopener noreferrer"
    marker.click()
    expect(card).to_be_hidden()
    expect(visit.ask("Et en 2021 ?")).to_contain_text("19")


def test_each_year_of_a_list_stands_on_its_line(visit: Visit) -> None:
    visit.open()
    answer = visit.ask("Combien de nouvelles entreprises en 2020 et en 2021 ?")
    expect(answer.locator("strong")).to_have_text(["13", "19"])
    expect(answer.locator("p").filter(has_text=re.compile(r"^En 20\d\d"))).to_have_count(2)


def test_a_starter_asks_and_a_refusal_offers_the_nearest_passages(visit: Visit) -> None:
    visit.open()
    starter = visit.locator("ra-assistant .starter").first
    text = starter.inner_text()
    starter.click()
    expect(visit.turns.first.locator(".question")).to_contain_text(text)
    expect(visit.locator("ra-assistant .starter")).to_have_count(0)
    refused = visit.ask("Quel est le salaire du directeur de l’agence ?")
    nearest = refused.get_by_role("button", name="Voir les passages les plus proches")
    expect(refused.locator(".card").first).to_be_hidden()
    nearest.click()
    expect(refused.locator(".card").first).to_be_visible()


def test_the_keyboard_does_everything_and_is_never_trapped(visit: Visit) -> None:
    visit.keyboard.press("Tab")
    expect(visit.launch).to_be_focused()
    visit.keyboard.press("Enter")
    expect(visit.box).to_be_focused()
    visit.keyboard.type(QUESTION)
    visit.keyboard.press("Enter")
    expect(visit.turns).to_have_count(1)
    expect(visit.box).to_be_focused()
    marker = visit.turns.locator(".marker").first
    for _ in range(12):
        visit.keyboard.press("Shift+Tab")
        if (
            visit.evaluate("document.querySelector('ra-assistant').shadowRoot.activeElement.className")
            == "marker"
        ):
            break
    expect(marker).to_be_focused()
    visit.keyboard.press("Space")
    expect(visit.turns.locator(".card").first).to_be_visible()
    visit.keyboard.press("Escape")
    expect(visit.panel).to_be_hidden()
    expect(visit.launch).to_be_focused()
    visit.keyboard.press("Enter")
    expect(visit.turns).to_have_count(1)
    for _ in range(12):
        visit.keyboard.press("Tab")
        if visit.evaluate("document.activeElement === document.body"):
            break
    else:
        pytest.fail("Tab does not leave the panel")


def test_shortcuts_of_the_page_do_not_take_what_is_typed(arrive: Arrive) -> None:
    keys = "<script>document.addEventListener('keydown', e => { window.taken = (window.taken || '') + e.key })</script>"
    visit = arrive(PLAIN + keys)
    visit.open()
    visit.keyboard.type("s/a")
    expect(visit.box).to_have_value("s/a")
    assert visit.evaluate("window.taken") is None


def test_a_screen_reader_hears_the_finished_answer_once(visit: Visit) -> None:
    visit.open()
    visit.evaluate(
        """() => {
          window.heard = [];
          const root = document.querySelector('ra-assistant').shadowRoot;
          new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node =>
            window.heard.push(node.textContent)))).observe(root.querySelector('[role=log]'),
            {childList: true, subtree: true, characterData: true});
        }"""
    )
    answer = visit.ask()
    heard = visit.evaluate("window.heard")
    assert len(heard) == 1
    assert answer.inner_text().split("\n")[0][:20] in heard[0]
    assert visit.locator("ra-assistant .pending").get_attribute("aria-hidden") == "true"
    expect(visit.locator("ra-assistant [role=log]")).to_have_attribute("aria-label", "Conversation")
    expect(visit.locator("ra-assistant [role=status]")).to_have_text("")


def test_a_slow_answer_says_so_and_can_be_stopped(visit: Visit) -> None:
    visit.open()
    visit.box.fill(f"{SLOW_WORD} {QUESTION}")
    visit.box.press("Enter")
    expect(visit.locator("ra-assistant [role=status]")).to_have_text("Je cherche dans les rapports…")
    visit.panel.get_by_role("button", name="Arrêter").click()
    expect(visit.locator("ra-assistant [role=status]")).to_have_text("Réponse interrompue.")
    expect(visit.box).to_have_value(f"{SLOW_WORD} {QUESTION}")
    expect(visit.turns).to_have_count(0)
    assert visit.ask().inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_closed_open_answered_or_inline(arrive: Arrive, scheme: str) -> None:
    for chosen in ({}, {"color": "#ffcc00"}, {"mode": "inline"}):
        visit = arrive(scheme=scheme, **chosen)
        found = []
        if not chosen.get("mode"):
            found += axe(visit.page)
            visit.open()
            expect(visit.locator("ra-assistant .starter").first).to_be_visible()
            found += axe(visit.page)
        visit.ask().locator(".marker").first.click()
        visit.ask("Quel est le salaire du directeur de l’agence ?").locator(".quiet").click()
        found += axe(visit.page)
        assert found == []
        assert visit.complaints == []


def axe(page: Page) -> list[str]:
    """Return what axe finds in the widget, the contrast of every text included."""
    report = Axe().run(page, context={"include": [["ra-assistant"]]}).response
    assert len(report["passes"]) > 5
    return [f"{row['id']}: {node['html'][:90]}" for row in report["violations"] for node in row["nodes"]]


STRICT = (
    "default-src 'none'; script-src {home}; connect-src {home}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def test_a_page_with_a_strict_policy_needs_to_list_our_origin_only(arrive: Arrive) -> None:
    visit = arrive("<main><h1>Page</h1></main>", policy=STRICT)
    visit.open()
    visit.ask().locator(".marker").first.click()
    expect(visit.panel.locator("blockquote").first).to_have_text(QUOTE)
    assert visit.complaints == []
    box = visit.panel.bounding_box()
    assert box is not None
    assert box["width"] == 400, "its style is there"


SEEN = """() => [...document.querySelector('ra-assistant').shadowRoot.querySelectorAll('.root *')].map(e => {
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  return [e.className, style.color, style.fontSize, style.fontFamily, style.textTransform, style.display,
    style.letterSpacing, style.padding, Math.round(box.width), Math.round(box.height)].join('|');
})"""


@pytest.mark.parametrize("body", [HOSTILE, BOOTSTRAP, WORDPRESS], ids=["hostile", "bootstrap", "wordpress"])
def test_the_style_of_the_page_does_not_touch_the_widget_nor_it_the_page(arrive: Arrive, body: str) -> None:
    looks = []
    for page in (PLAIN, body):
        visit = arrive(page)
        visit.open()
        expect(visit.locator("ra-assistant .starter")).to_have_count(4)
        visit.ask()
        looks.append(visit.evaluate(SEEN))
    assert looks[0] == looks[1]
    without = arrive(body, code="")
    ours = """() => [document.styleSheets.length, document.adoptedStyleSheets.length,
      getComputedStyle(document.querySelector('h1')).cssText, document.documentElement.scrollWidth]"""
    assert visit.evaluate(ours) == without.evaluate(ours)


def test_nothing_of_the_page_covers_the_widget(arrive: Arrive) -> None:
    visit = arrive(HOSTILE)
    visit.evaluate("document.body.append(Object.assign(document.createElement('div'), {id: 'cover'}))")
    visit.open()
    on_top = """() => { const box = document.querySelector('ra-assistant').shadowRoot.querySelector('.send')
      .getBoundingClientRect(); return document.elementFromPoint(box.x + 5, box.y + 5).localName }"""
    assert visit.evaluate(on_top) == "ra-assistant"


@pytest.mark.parametrize(
    ("width", "height"), [(360, 640), (360, 340), (320, 256)], ids=["phone", "keyboard", "zoom-400"]
)
def test_on_a_small_screen_the_panel_is_the_screen(arrive: Arrive, width: int, height: int) -> None:
    visit = arrive(width=width, height=height)
    visit.open()
    box = visit.panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": width, "height": height}
    answer = visit.ask()
    answer.locator(".marker").first.click()
    answer.locator(".card").first.scroll_into_view_if_needed()
    expect(answer.locator("blockquote").first).to_be_in_viewport()
    visit.box.scroll_into_view_if_needed()
    expect(visit.box).to_be_in_viewport()
    wide = "() => document.querySelector('ra-assistant').shadowRoot.querySelector('.panel').scrollWidth"
    assert visit.evaluate(wide) <= width
    visit.panel.get_by_role("button", name="Fermer").click()
    expect(visit.launch).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_visitors_unless_the_page_chooses(arrive: Arrive, scheme: str) -> None:
    paper = "e => getComputedStyle(e).backgroundColor"
    light, dark = "rgb(251, 249, 245)", "rgb(18, 23, 29)"
    for theme in ("", "light", "dark"):
        visit = arrive(scheme=scheme, theme=theme)
        visit.open()
        assert visit.panel.evaluate(paper) == (dark if (theme or scheme) == "dark" else light)


def test_colours_place_words_and_language_are_the_pages_choice(arrive: Arrive) -> None:
    visit = arrive(
        color="#fc0",
        position="left",
        lang="en",
        heading="Ask <us>",
        welcome="Hello & welcome",
        starters="One? | Two?",
    )
    box = visit.launch.bounding_box()
    assert box is not None
    assert box["x"] < 100
    assert visit.launch.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 204, 0)"
    assert visit.launch.evaluate("e => getComputedStyle(e).color") == "rgb(0, 0, 0)"
    expect(visit.launch).to_contain_text("Ask a question")
    visit.open()
    expect(visit.panel).to_have_accessible_name("Ask <us>")
    expect(visit.panel.locator(".welcome")).to_have_text("Hello & welcome")
    assert visit.locator("ra-assistant .starter").all_inner_texts() == ["One?", "Two?"]
    expect(visit.panel.locator(".privacy")).to_have_text("This conversation is kept in this tab only.")
    expect(visit.box).to_have_attribute("placeholder", "Ask your question…")
    visit.box.fill("?")
    visit.box.press("Enter")
    expect(visit.locator("ra-assistant [role=alert]")).to_have_text(
        "This question cannot be treated: write it in a few words."
    )
    wrong = arrive(color="red;}*{display:none", theme="odd", lang="xx", position="odd")
    expect(wrong.launch).to_contain_text("Poser une question")
    assert wrong.launch.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(15, 76, 92)"


def test_the_page_styles_parts_and_variables_that_are_offered(arrive: Arrive) -> None:
    style = "<style>ra-assistant{--ra-accent:#123456}ra-assistant::part(button){border-radius:2px}</style>"
    visit = arrive(PLAIN + style)
    assert visit.launch.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(18, 52, 86)"
    assert visit.launch.evaluate("e => getComputedStyle(e).borderRadius") == "2px"


def test_an_origin_that_is_not_listed_gets_no_widget_and_no_answer(
    arrive: Arrive, sites: Sites, chat: Serving
) -> None:
    checked = arrive(site=sites.unknown)
    checked.wait_for_timeout(300)
    assert checked.locator("ra-assistant").count() == 0
    assert any("CORS" in said for said in checked.complaints)
    plain = arrive(site=sites.unknown, code=f'<script src="{chat.address}/widget.js" defer></script>')
    plain.open()
    plain.box.fill(QUESTION)
    plain.box.press("Enter")
    expect(plain.locator("ra-assistant [role=alert]")).to_contain_text("L’assistant ne répond pas")
    expect(plain.turns).to_have_count(0)
    framed = arrive(site=sites.unknown, code=frame_code(chat.address + "/", {}))
    framed.wait_for_timeout(300)
    assert any("frame-ancestors" in said for said in framed.complaints)


def test_an_unreachable_server_is_a_sentence_a_link_and_a_new_try(arrive: Arrive) -> None:
    visit = arrive()
    visit.route("**/api/**", lambda route: route.abort())
    visit.open()
    visit.box.fill(QUESTION)
    visit.box.press("Enter")
    alarm = visit.locator("ra-assistant [role=alert]")
    expect(alarm).to_contain_text(
        "L’assistant ne répond pas\u00a0: vérifiez votre connexion, puis réessayez."
    )
    link = alarm.get_by_role("link", name="Ouvrir l’assistant sur son site (nouvel onglet)")
    assert link.get_attribute("href") == visit.home
    expect(visit.box).to_have_value(QUESTION)
    visit.unroute("**/api/**")
    alarm.get_by_role("button", name="Réessayer").click()
    expect(visit.turns).to_have_count(1)
    expect(alarm).to_be_empty()


def test_a_stream_that_is_cut_is_taken_up_where_it_was(arrive: Arrive) -> None:
    visit = arrive()
    resumed: list[str | None] = []

    def cut(route: Route) -> None:
        resumed.append(route.request.headers.get("last-event-id"))
        reply = route.fetch()
        body = reply.text()
        if len(resumed) == 1:
            body = "\n\n".join(body.split("\n\n")[:3]) + "\n\nevent: te"
        route.fulfill(response=reply, body=body)

    visit.route("**/api/v1/ask", cut)
    visit.open()
    expect(visit.ask()).to_contain_text("13 nouvelles entreprises")
    assert resumed[0] is None
    assert re.fullmatch(r"[0-9a-f]{32}:.+:2", resumed[1] or "")


def test_a_limit_is_said_in_the_servers_words(arrive: Arrive) -> None:
    visit = arrive()
    problem = '{"status": 429, "code": "too_many", "detail": "Trop de questions <b>."}'
    headers = {"access-control-allow-origin": "*", "content-type": "application/problem+json"}
    visit.route("**/api/v1/ask", lambda route: route.fulfill(status=429, body=problem, headers=headers))
    visit.open()
    visit.box.fill(QUESTION)
    visit.box.press("Enter")
    expect(visit.locator("ra-assistant [role=alert]")).to_have_text("Trop de questions <b>.")
    expect(visit.box).to_have_value(QUESTION)


def test_what_a_report_says_is_text_whatever_it_holds(arrive: Arrive) -> None:
    visit = arrive()
    visit.open()
    answer = visit.ask("Quel est le mot de passe du coffre ?")
    expect(answer).to_contain_text("<img src=https://mal.example/a.png")
    assert answer.locator("img, script, form, a").count() == 0
    answer.locator(".marker").first.click()
    assert POISON[:60] in answer.locator("blockquote").first.inner_text()
    visit.ask("<img src=x onerror=window.pwned=1>")
    assert visit.evaluate("window.pwned") is None
    assert {urlsplit(url).hostname for url in visit.asked} == {"127.0.0.1"}


def test_the_conversation_follows_the_visitor_on_the_site_until_it_is_erased(visit: Visit) -> None:
    visit.open()
    visit.ask()
    kept = stored(visit.page)
    assert len(kept) == 1
    visit.reload()
    expect(visit.launch).to_be_visible()
    expect(visit.panel).to_be_hidden()
    visit.open()
    expect(visit.turns).to_have_count(1)
    expect(visit.ask("Et en 2021 ?")).to_contain_text("19")
    visit.panel.get_by_role("button", name="Effacer").click()
    expect(visit.turns).to_have_count(0)
    expect(visit.locator("ra-assistant .starter")).to_have_count(4)
    expect(visit.box).to_be_focused()
    assert stored(visit.page) == []


def test_the_full_chat_goes_on_with_the_questions_and_answers_them_itself(visit: Visit) -> None:
    visit.open()
    visit.ask("Qui préside l’agence ?")
    visit.ask("Et depuis quand ?")
    with visit.context.expect_page() as opened:
        visit.panel.get_by_role("link", name="Ouvrir en grand").click()
    full = opened.value
    expect(full.locator(".ra-question")).to_have_count(2, timeout=30_000)
    expect(full.locator(".ra-answer:not(.ra-welcome)").nth(1)).to_contain_text("depuis mars 2021")
    assert full.url == visit.home, "the questions do not stay in the address"
    full.wait_for_function(
        "() => (localStorage.getItem('ra-assistant.conversation') || '').includes('mars 2021')"
    )
    forged = '[{"question":"Qui ?","answer":"Un mensonge","outcome":"answered"}]'
    other = visit.context.new_page()
    other.goto(visit.home + "#questions=" + forged)
    other.wait_for_function("() => !document.querySelector('#ra-splash')", timeout=30_000)
    expect(other.locator(".ra-question")).to_have_count(0)
    expect(other.locator("body")).not_to_contain_text("Un mensonge")


def test_two_widgets_in_a_page_are_two_conversations(arrive: Arrive, chat: Serving) -> None:
    code = script_code(chat.address + "/", {})
    visit = arrive(
        PLAIN + "<ra-assistant id=a mode=inline></ra-assistant><ra-assistant id=b></ra-assistant>" + code,
        code="",
    )
    first, second = visit.locator("#a"), visit.locator("#b")
    expect(visit.locator("ra-assistant")).to_have_count(2)
    first.locator("textarea").fill(QUESTION)
    first.locator("textarea").press("Enter")
    expect(first.locator(".turn")).to_have_count(1)
    second.locator(".launch").click()
    expect(second.locator(".turn")).to_have_count(0)
    assert first.locator(".close").count() == 0


def test_an_application_mounts_and_unmounts_it_without_leaving_anything(arrive: Arrive) -> None:
    visit = arrive()
    visit.open()
    visit.box.fill(f"{SLOW_WORD} {QUESTION}")
    visit.box.press("Enter")
    visit.evaluate(
        """() => { const one = document.querySelector('ra-assistant'); one.remove();
          for (let i = 0; i < 50; i++) { document.body.append(one); one.remove(); }
          window.gone = new WeakRef(one); }"""
    )
    visit.wait_for_timeout(300)
    assert visit.locator("ra-assistant").count() == 0
    session = visit.context.new_cdp_session(visit.page)
    session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    visit.evaluate(
        """() => { for (let i = 0; i < 50; i++) { const one = document.createElement('ra-assistant');
          document.body.append(one); one.open(); one.remove(); } }"""
    )
    visit.wait_for_timeout(1000)
    session.send("HeapProfiler.collectGarbage")
    after = session.send("Memory.getDOMCounters")
    assert after["jsEventListeners"] - counters["jsEventListeners"] < 60
    assert after["nodes"] - counters["nodes"] < 400
    visit.evaluate("document.body.append(document.createElement('ra-assistant'))")
    visit.open()
    visit.ask()
    assert visit.complaints == []


def test_a_second_script_changes_nothing(arrive: Arrive, chat: Serving) -> None:
    code = script_code(chat.address + "/", {})
    visit = arrive(code=code + code)
    visit.wait_for_timeout(200)
    expect(visit.locator("ra-assistant")).to_have_count(1)
    assert visit.complaints == []


def test_a_slow_network_still_brings_the_answer(arrive: Arrive) -> None:
    visit = arrive()
    session = visit.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    visit.open()
    expect(visit.ask()).to_contain_text("13 nouvelles entreprises")


def test_a_page_that_refuses_scripts_shows_the_frame(arrive: Arrive, chat: Serving) -> None:
    code = frame_code(chat.address + "/", {"theme": "dark", "heading": 'L’agence "répond"'})
    visit = arrive(PLAIN + code, code="", policy="script-src 'none'; frame-src {home}")
    frame = visit.frame_locator("iframe")
    expect(frame.locator("h2")).to_have_text('L’agence "répond"')
    frame.locator("textarea").fill(QUESTION)
    frame.locator("textarea").press("Enter")
    expect(frame.locator(".turn .answer")).to_contain_text("13 nouvelles entreprises")
    assert frame.locator(".panel").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(18, 23, 29)"
    assert frame.locator(".panel").evaluate("e => [e.offsetHeight, innerHeight]")[0] <= 640
    assert visit.complaints == []


def test_the_page_that_gives_the_code_shows_what_it_will_be(
    arrive: Arrive, chat: Serving, sites: Sites
) -> None:
    visit = arrive(code="")
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.goto(chat.address + "/integrer")
    expect(visit.locator("h1")).to_have_text("Intégrer l’assistant à votre site")
    expect(visit.locator("main")).to_contain_text(sites.known)
    assert visit.locator("#script").input_value() == script_code(visit.home, {})
    visit.get_by_label("Titre").fill('L’agence <répond> & "plus"')
    visit.get_by_label("Thème").select_option("dark")
    visit.get_by_label("Place").select_option("left")
    visit.get_by_label("Couleur").fill("#ffcc00")
    chosen = {
        "heading": 'L’agence <répond> & "plus"',
        "color": "#ffcc00",
        "theme": "dark",
        "position": "left",
    }
    assert visit.locator("#script").input_value() == script_code(visit.home, chosen)
    assert visit.locator("#frame").input_value() == frame_code(visit.home, chosen)
    assert visit.launch.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 204, 0)"
    box = visit.launch.bounding_box()
    assert box is not None
    assert box["x"] < 100
    visit.get_by_role("button", name="Copier").first.click()
    expect(visit.get_by_role("status").last).to_have_text("Le code est copié.")
    assert visit.evaluate("navigator.clipboard.readText()") == script_code(visit.home, chosen)
    report = Axe().run(visit.page).response["violations"]
    assert [row["id"] for row in report] == []
    assert visit.complaints == []
    pasted = arrive(code=script_code(visit.home, chosen))
    pasted.open()
    expect(pasted.panel).to_have_accessible_name('L’agence <répond> & "plus"')


def test_what_the_widget_costs_a_page_is_one_request_of_its_weight(chromium: Browser, chat: Serving) -> None:
    command = [sys.executable, "-m", "bench.page_cost", "--address", chat.address, "--runs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    cost = json.loads(done.stdout)["cost"]
    assert cost["requests"] == 1
    assert len(gzip.compress(widget_file(), 9)) <= cost["bytes"] <= 12_000
