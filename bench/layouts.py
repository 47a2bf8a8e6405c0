"""How much of a report survives its layout: Markdown reports printed by Chromium in six layouts, read again as PDF.

usage: python -m bench.layouts [--reports DIR] [--out DIR] [--missing]

Each report (`*.md`) is printed with each style of `bench/layouts`: two justified columns, one column, slides, three
narrow columns, headings and key figures in the margin, an office document. A figure followed by its label is laid out
as a card, as published reports do. Then each sentence, list item, heading and table row of the Markdown is looked for,
whole, in the text read from the PDF, letters and figures alone compared. A row counts when all its cells stand in
order, one after the other.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import Page, sync_playwright

from ra_assistant.reading import pdf

STYLES = Path(__file__).with_name("layouts")
REPORTS = Path(__file__).parent.parent / "training" / "data_reports"
MAX_FIGURE_CHARS = 22

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FIGURE = re.compile(r"[^|#\-*a-z]*\d")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_RULE = re.compile(r"[|\s:-]+")


def page_of(text: str, style: str) -> str:
    """Return the HTML of a report in a style, its key figures as cards."""
    render = MarkdownIt("commonmark").enable("table").render
    parts: list[str] = []
    cards: list[tuple[str, str]] = []
    is_open = False
    for block in [*text.split("\n\n"), ""]:
        lines = block.strip().split("\n")
        if len(lines) == 2 and len(lines[0]) < MAX_FIGURE_CHARS and _FIGURE.match(lines[0]):
            cards.append((lines[0], lines[1]))
            continue
        if cards:
            inside = "".join(
                f'<div class="card"><div class="n">{html.escape(figure)}</div>'
                f'<div class="l">{html.escape(label)}</div></div>'
                for figure, label in cards
            )
            parts.append(f'<div class="cards">{inside}</div>')
            cards = []
        if block.strip().startswith(("# ", "## ")):
            parts.append("</section><section>" if is_open else "<section>")
            is_open = True
        parts.append(render(block))
    title = html.escape(text.strip().splitlines()[0].lstrip("# "))
    body = "\n".join(parts) + ("</section>" if is_open else "")
    return f'<html lang="fr"><title>{title}</title><style>{style}</style><main>{body}</main>'


def printed(page: Page, text: str, style: str) -> bytes:
    """Return the PDF of a report, with a running head and numbered pages."""
    page.set_content(page_of(text, style))
    return page.pdf(
        prefer_css_page_size=True,
        print_background=True,
        display_header_footer=True,
        header_template='<div style="font-size:7px;width:100%;text-align:right;padding-right:16mm">'
        '<span class="title"></span></div>',
        footer_template='<div style="font-size:7px;width:100%;text-align:center">'
        '<span class="pageNumber"></span></div>',
    )


def units_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the words of each sentence, item, heading and table row of a Markdown report."""
    for line in filter(None, map(str.strip, text.split("\n"))):
        if line.startswith("|"):
            if not _RULE.fullmatch(line):
                yield "row", line
        elif line.startswith("#"):
            yield "heading", line
        elif line.startswith("- "):
            yield "item", line[2:]
        else:
            yield from (("sentence", part) for part in _SENTENCE_END.split(line))


def bare(text: str) -> str:
    """Return the letters and figures of a text, in small letters and without what divides them."""
    kept = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[^\w%€²]|_", "", kept)


def missing(text: str, read: str) -> list[tuple[str, str]]:
    """Return what of a Markdown report does not stand whole in a text."""
    whole = bare(read)
    return [(kind, words) for kind, words in units_of(text) if bare(words) not in whole]


def measured(
    reports: Sequence[Path], styles: Sequence[Path], out: Path
) -> Iterator[tuple[str, str, int, list[tuple[str, str]]]]:
    """Yield the style, the report, how many parts it has, and those that are not read whole."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        for style in styles:
            for report in reports:
                text = _FRONT.sub("", report.read_text(encoding="utf-8"))
                data = printed(page, text, style.read_text(encoding="utf-8"))
                (out / f"{report.stem}.{style.stem}.pdf").write_bytes(data)
                read = pdf.read(data, f"{report.stem}.pdf").text
                yield style.stem, report.stem, sum(1 for _ in units_of(text)), missing(text, read)
        browser.close()


def main() -> None:
    """Print the share of each style and of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=Path, default=REPORTS, help="folder of Markdown reports")
    parser.add_argument("--out", type=Path, help="folder in which the PDF files are kept")
    parser.add_argument("--missing", action="store_true", help="print what is not read whole")
    options = parser.parse_args()
    counts: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as made:
        out = options.out or Path(made)
        out.mkdir(parents=True, exist_ok=True)
        found = measured(sorted(options.reports.glob("*.md")), sorted(STYLES.glob("*.css")), out)
        for style, report, asked, lost in found:
            for name in (style, "all"):
                count = counts.setdefault(name, [0, 0])
                count[0] += asked - len(lost)
                count[1] += asked
            if options.missing:
                for kind, words in lost:
                    print(f"{style}, {report}, {kind}: {words}")
    for name in (*sorted(counts.keys() - {"all"}), "all"):
        whole, asked = counts[name]
        print(f"{name}: {whole} of {asked} whole, {whole / max(asked, 1):.4f}")


if __name__ == "__main__":
    main()
