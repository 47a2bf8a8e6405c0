"""Reports printed by Chromium in the layouts of published ones are read again whole."""

from __future__ import annotations

import pytest
from bench.layouts import REPORTS, STYLES, bare, missing, page_of, printed, units_of
from playwright.sync_api import Browser

from ra_assistant.reading import pdf

MAX_LOST = 0.01


@pytest.mark.parametrize("style", sorted(path.stem for path in STYLES.glob("*.css")))
def test_a_report_survives_its_layout(chromium: Browser, style: str) -> None:
    text = (REPORTS / "port_2021.md").read_text(encoding="utf-8")
    page = chromium.new_page()
    try:
        data = printed(page, text, (STYLES / f"{style}.css").read_text(encoding="utf-8"))
    finally:
        page.close()
    asked = sum(1 for _ in units_of(text))
    lost = missing(text, pdf.read(data, "port_2021.pdf").text)
    assert asked > 150
    assert len(lost) <= MAX_LOST * asked, lost


def test_what_is_not_read_whole_is_told() -> None:
    text = "# Rapport\n\nUn fait. Un autre.\n\n| Eau | 78,4 |\n|---|---|\n| Air | 3 |\n\n- Premier point\n"
    assert [kind for kind, _ in units_of(text)] == ["heading", "sentence", "sentence", "row", "row", "item"]
    assert missing(text, "Rapport Un fait. Un\u00a0autre. Eau | 78,4 Air Premier point") == [
        ("row", "| Air | 3 |")
    ]
    assert bare("L\u2019été : 3,2\u202fGWh") == "lété32gwh"


def test_a_figure_and_its_label_are_a_card() -> None:
    made = page_of("# Rapport\n\n1 486\nescales <de> navires\n\nUn texte.\n", "")
    assert '<div class="n">1 486</div><div class="l">escales &lt;de&gt; navires</div>' in made
    assert made.index("card") < made.index("Un texte")
