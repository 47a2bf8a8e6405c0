"""The web chat as a visitor uses it, every control from end to end, failures included."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import POISON, OpenPage
from tests.serving import BROKEN_WORD, SLOW_WORD

pytestmark = pytest.mark.browser

KEY = "ra-assistant.conversation"
QUESTION = "Combien de nouvelles entreprises en 2020 ?"
REFUSED = "Quel est le salaire du directeur de l’agence ?"

ENGLISH = re.compile(
    r"\b(?:type a message|submit|clear|copy|retry|undo|chatbot|bot's message|user's message|loading|close|error"
    r"|textbox|send|share|settings|built with|use via api|response|scroll to|lost|warning|queue)\b",
    re.IGNORECASE,
)


def ask(page: Page, question: str) -> Locator:
    """Ask with the keyboard; return the finished answer."""
    asked = page.locator(".ra-question").count()
    page.locator("#ra-box textarea").fill(question)
    page.keyboard.press("Enter")
    return finished(page, asked + 1)


def finished(page: Page, number: int) -> Locator:
    expect(page.locator(".ra-question")).to_have_count(number)
    expect(page.locator("body")).not_to_have_class(re.compile("ra-busy"))
    answer = page.locator(".ra-answer:not(.ra-welcome)").nth(number - 1)
    expect(answer).not_to_have_class(re.compile("ra-pending"))
    return answer


def kept(page: Page) -> list[dict[str, object]]:
    found: list[dict[str, object]] = page.evaluate(f"() => JSON.parse(localStorage.getItem('{KEY}') || '[]')")
    return found


def spoken(page: Page) -> str:
    """Return every word of the page that is seen or heard."""
    words: str = page.evaluate(
        """() => [document.body.innerText, document.title,
          ...[...document.querySelectorAll('.sr-only, .ra-heard')].map(e => e.textContent),
          ...[...document.querySelectorAll('*')].flatMap(e =>
            ['aria-label', 'title', 'placeholder', 'alt', 'aria-description'].map(a => e.getAttribute(a) || ''))
        ].join('\\n')"""
    )
    return words


def test_the_first_screen_is_french_says_what_it_is_and_offers_questions(page: Page) -> None:
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.title() == "Assistant du rapport d’activité"
    expect(page.locator(".ra-welcome")).to_contain_text("assistant automatique")
    expect(page.locator(".ra-welcome")).to_contain_text("uniquement à partir des rapports")
    expect(page.locator(".ra-starter:visible")).to_have_count(4)
    expect(page.locator("#ra-panel")).to_contain_text("Rapport d’activité 2021")
    expect(page.locator("#ra-erase")).to_be_hidden()
    expect(page.locator("#ra-stop")).to_be_hidden()
    expect(page.locator("#ra-manner")).to_have_count(0)  # there is no language model here
    assert page.get_by_role("textbox", name="Votre question").count() == 1
    assert page.get_by_role("log", name="Conversation").count() == 1
    assert page.locator("[role=log]").get_attribute("aria-live") == "off"
    assert page.locator("meta[property^='og:'], meta[name^='twitter:']").count() == 0


def test_an_answer_shows_its_passages_and_each_marker_opens_its_own(page: Page) -> None:
    page.locator("#ra-box textarea").fill(QUESTION)
    page.get_by_role("button", name="Envoyer").click()
    answer = finished(page, 1)
    expect(answer).to_contain_text("13 nouvelles entreprises")
    expect(page.locator(".ra-greeting")).to_be_hidden()
    expect(page.locator("#ra-box textarea")).to_have_value("")
    source = page.locator("#source-1-1")
    expect(source.locator("mark")).to_have_text("L’agence a accueilli 13 nouvelles entreprises en 2020.")
    expect(source).to_contain_text("Aucune entreprise n’a fait faillite")
    expect(source).to_contain_text("Rapport d’activité 2020")
    expect(source.locator(".ra-chip").first).to_have_text("2020")
    expect(source).to_contain_text("Nos entreprises")
    expect(source).to_contain_text("Synthèse d’après\u00a0: Agence du Val, éditorial 2020")
    expect(source.get_by_role("link")).to_have_count(2)
    read = source.get_by_role("link", name="Ouvrir dans le rapport")
    assert (read.get_attribute("href") or "").startswith("rapport/rapport-2020-md?debut=")
    link = source.get_by_role("link", name="Ouvrir la source")
    expect(link).to_contain_text("nouvel onglet")
    assert link.get_attribute("href") == "https://val.example/2020/edito"
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in (link.get_attribute("rel") or "")
    expect(page.locator("#ra-status")).to_contain_text("Réponse\u00a0: 13. «")

    marker = answer.get_by_role("link", name="Passage 1")
    box = marker.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    marker.click()
    expect(source).to_be_focused()
    page.keyboard.press("Escape")
    expect(marker).to_be_focused()
    page.keyboard.press("Enter")
    expect(source).to_be_focused()


def test_a_follow_up_leans_on_the_conversation_and_old_markers_still_open(page: Page) -> None:
    first = ask(page, "Qui préside l’agence ?")
    follow_up = ask(page, "Et depuis quand ?")  # alone, this finds the director's year
    expect(follow_up).to_contain_text("Marie Durand préside l’agence depuis mars 2021")
    expect(follow_up).not_to_contain_text("2022")
    expect(page.locator("#source-1-1")).to_be_hidden()
    first.get_by_role("link", name="Passage 1").click()
    expect(page.locator("#source-1-1")).to_be_focused()
    expect(page.locator("#sources-2")).to_be_hidden()
    page.locator("#sources-1 .ra-back").click()
    expect(first.get_by_role("link", name="Passage 1")).to_be_focused()


def test_the_conversation_outlives_a_reload_until_it_is_erased(page: Page, visit: OpenPage) -> None:
    before = ask(page, QUESTION).inner_html()
    assert [exchange["question"] for exchange in kept(page)] == [QUESTION]
    page.reload()
    assert finished(page, 1).inner_html() == before
    expect(page.locator("#source-1-1 mark")).to_be_visible()
    expect(ask(page, "Et en 2021 ?")).to_contain_text("19")
    expect(visit().locator(".ra-question")).to_have_count(0)

    page.get_by_role("button", name="Effacer").click()
    expect(page.locator(".ra-question")).to_have_count(0)
    expect(page.locator(".ra-starter:visible")).to_have_count(4)
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('ra-'))") == []
    page.reload()
    expect(page.locator(".ra-starter:visible")).to_have_count(4)
    expect(page.locator(".ra-question")).to_have_count(0)


def test_each_starter_is_answered(page: Page) -> None:
    for number in range(4):
        starter = page.locator(".ra-starter:visible").nth(number)
        text = starter.inner_text().replace("\u2011", "-")
        starter.click()
        expect(finished(page, 1)).to_have_class(re.compile("ra-answered"))
        assert kept(page)[0]["question"] == text
        page.get_by_role("button", name="Effacer").click()
        expect(page.locator(".ra-question")).to_have_count(0)


def test_a_refusal_is_one_sentence_with_the_nearest_passages_beside(page: Page) -> None:
    answer = ask(page, REFUSED)
    expect(answer).to_have_class(re.compile("ra-not_in_report"))
    expect(answer.locator(".ra-marker")).to_have_count(0)
    expect(page.locator("#ra-panel h2:visible")).to_have_text("Passages les plus proches")
    assert page.locator("#sources-1 mark").count() > 0
    answer.get_by_role("link", name=re.compile("passages? proches?")).click()
    expect(page.locator("#sources-1")).to_be_focused()


def test_small_talk_is_answered_without_a_passage(page: Page) -> None:
    expect(ask(page, "Bonjour !")).to_have_class(re.compile("ra-small_talk"))
    expect(page.locator("#sources-1 .ra-source")).to_have_count(0)


def test_enter_sends_and_shift_enter_makes_a_line(page: Page) -> None:
    box = page.locator("#ra-box textarea")
    box.fill("Combien de nouvelles")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("entreprises en 2020 ?")
    expect(box).to_have_value("Combien de nouvelles\nentreprises en 2020 ?")
    expect(page.locator(".ra-question")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(finished(page, 1)).to_contain_text("13 nouvelles entreprises")


def test_an_answer_can_be_stopped_and_the_next_question_works(page: Page) -> None:
    page.locator("#ra-box textarea").fill(f"{QUESTION} Réponds {SLOW_WORD}.")
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Arrêter")
    expect(stop).to_be_visible()
    expect(page.locator("#ra-send")).to_be_hidden()
    expect(page.locator(".ra-pending")).to_be_visible()
    stop.click()
    expect(page.locator(".ra-answer").last).to_contain_text("Réponse interrompue.")
    expect(stop).to_be_hidden()
    assert kept(page)[-1]["stopped"] is True
    page.locator("#ra-box textarea").fill("Et en 2021 ?")
    page.keyboard.press("Enter")
    expect(finished(page, 2)).to_contain_text("19")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("", "Je n’ai pas vu de question"),
        ("\u0007\u200b ?!", "Je n’ai pas vu de question"),
        ("a" * 20_000, "trop long"),
    ],
    ids=["empty", "control", "20000"],
)
def test_a_question_that_is_none_gets_a_polite_sentence(page: Page, question: str, sentence: str) -> None:
    page.locator("#ra-box textarea").fill(question)
    page.locator("#ra-send").click()
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    expect(page.locator("body")).not_to_have_class(re.compile("ra-busy"))
    expect(page.locator(".ra-question")).to_have_count(0)
    expect(page.locator("#ra-box textarea")).to_have_value(question)
    expect(ask(page, QUESTION)).to_contain_text("13")
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_have_count(0)


def test_nothing_runs_and_nothing_is_fetched_whoever_writes_it(page: Page) -> None:
    """The hosts that the page asked are checked by the fixture."""
    answer = ask(page, "Quel est le mot de passe du coffre ?")
    expect(answer).to_contain_text("<script>window.pwned=self</script>")
    expect(page.locator("#source-1-1")).to_contain_text("{{window.pwned}} $$\\href{https://mal.example}{x}$$")
    ask(page, POISON)
    expect(page.locator(".ra-question").last).to_contain_text("![x](https://mal.example/b.png)")
    page.reload()
    finished(page, 2)
    assert page.evaluate("window.pwned") is None
    assert page.locator("#ra-app :is(img, form, script, iframe, a[href*='mal.example'])").count() == 0


def test_no_english_is_seen_or_heard(page: Page) -> None:
    words = [spoken(page)]
    ask(page, QUESTION)
    words.append(spoken(page))
    page.locator("#ra-box textarea").fill(f"Réponds {SLOW_WORD}.")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_have_class(re.compile("ra-busy"))
    words.append(spoken(page))
    page.route("**/queue/join*", lambda route: route.abort())
    finished(page, 2)
    page.locator("#ra-box textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_text("est coupée")).to_be_visible()
    words.append(spoken(page))
    assert ENGLISH.findall("\n".join(words)) == []


def test_when_the_assistant_is_busy_the_question_is_not_lost(page: Page) -> None:
    busy = '{"detail": "Trop de monde"}'
    page.route("**/queue/join*", lambda route: route.fulfill(status=503, body=busy))
    page.locator("#ra-box textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast-text")).to_contain_text("Trop de monde en ce moment")
    expect(page.locator("#ra-box textarea")).to_have_value(QUESTION)
    page.unroute("**/queue/join*")
    page.locator("#ra-send").click()
    expect(finished(page, 1)).to_contain_text("13")


def test_a_fault_of_ours_is_one_sentence_and_the_question_stays(page: Page) -> None:
    asked = f"Une {BROKEN_WORD} ?"
    page.locator("#ra-box textarea").fill(asked)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="erreur est survenue de notre côté")).to_be_visible()
    expect(page.locator("#ra-box textarea")).to_have_value(asked)
    expect(ask(page, QUESTION)).to_contain_text("13")
    expect(page.get_by_role("alert").filter(has_text="erreur")).to_have_count(0)


def test_after_a_cut_the_page_comes_back_with_the_question(page: Page) -> None:
    ask(page, QUESTION)
    page.route("**/queue/data*", lambda route: route.abort())
    page.locator("#ra-box textarea").fill("Et en 2021 ?")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast-text")).to_contain_text("est coupée")
    page.unroute("**/queue/data*")
    expect(page.get_by_test_id("toast-text")).to_have_count(0)
    finished(page, 1)
    expect(page.locator("#ra-box textarea")).to_have_value("Et en 2021 ?")


def test_a_phone_shows_the_passages_below_the_answer_and_never_scrolls_sideways(visit: OpenPage) -> None:
    page = visit(360, 740)
    wide = "() => document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= 360
    answer = ask(page, QUESTION)
    assert page.evaluate(wide) <= 360
    above, below = answer.bounding_box(), page.locator("#sources-1").bounding_box()
    assert above is not None
    assert below is not None
    assert below["y"] >= above["y"] + above["height"]
    asked = page.locator(".ra-question").last.bounding_box()
    assert asked is not None
    assert 0 <= asked["y"] < 80
    expect(page.locator("#ra-box textarea")).to_be_in_viewport()
    answer.get_by_role("link", name="Passage 1").click()
    expect(page.locator("#source-1-1")).to_be_in_viewport()
    ask(page, "Quel est le mot de passe du coffre ?")
    assert page.evaluate(wide) <= 360


def test_on_a_wide_screen_the_last_answer_is_in_view_whole(visit: OpenPage) -> None:
    page = visit(1280, 620)
    for question in (QUESTION, "Et en 2021 ?", "Quel est le mot de passe du coffre ?"):
        answer = ask(page, question)
    page.wait_for_function("""() => {
      const last = [...document.querySelectorAll("#ra-messages .ra-answer")].at(-1).getBoundingClientRect();
      return last.top >= 0 && last.bottom <= document.querySelector("#ra-box").getBoundingClientRect().top;
    }""")
    expect(answer).to_be_in_viewport()


CONTRAST = """(selectors) => selectors.map(selector => {
  const element = [...document.querySelectorAll(selector)].find(e => e.offsetParent !== null);
  if (!element) return [selector, 0];
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => { const c = [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; };
  let paper = null, opacity = 1;
  for (let e = element; e; e = e.parentElement) {
    const style = getComputedStyle(e), fill = parse(style.backgroundColor);
    opacity *= Number(style.opacity);
    if (!paper && fill.length && (fill.length < 4 || fill[3] === 1)) paper = fill;
  }
  const ink = parse(getComputedStyle(element).color).slice(0, 3).map((v, i) => v * opacity + paper[i] * (1 - opacity));
  const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x);
  return [selector, (a + 0.05) / (b + 0.05)];
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(visit: OpenPage, scheme: str) -> None:
    page = visit(scheme=scheme)
    first = [
        ".ra-brand h1",
        ".ra-publisher",
        ".ra-ways a",
        ".ra-greeting",
        ".ra-welcome p",
        ".ra-starter",
        "#ra-send",
    ]
    first += ["#ra-privacy p", "#ra-starters h2", ".ra-documents a", ".ra-documents .ra-chip", ".ra-notice"]
    ratios = dict(page.evaluate(CONTRAST, first))
    ask(page, QUESTION)
    answered = [
        ".ra-question p",
        ".ra-answered p",
        ".ra-marker",
        ".ra-source h3",
        ".ra-chip",
        ".ra-path",
        "mark",
    ]
    answered += ["blockquote p", ".ra-whose", ".ra-out a", ".ra-back", "#ra-erase", ".ra-number"]
    ratios |= dict(page.evaluate(CONTRAST, answered))
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == (scheme == "dark")
    assert {selector: ratio for selector, ratio in ratios.items() if ratio < 4.5} == {}
