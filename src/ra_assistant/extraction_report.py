"""The report of what was read of a document, for the terminal and as one self-contained web page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ra_assistant.previewing import PageView, Preview
from ra_assistant.publishing_wording import COMMANDS, NOUNS, PREVIEW
from ra_assistant.types import Notice
from ra_assistant.wording import NOTICES, count

SHOWN_CHARS = 1200
"""How much of each page `as_plain` gives."""
_STYLE = """
:root{color-scheme:light dark;--line:#8886;--warn:#a15c00}
@media(prefers-color-scheme:dark){:root{--warn:#ffb84d}}
body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:0 auto;padding:1.5rem}
section{border-top:1px solid var(--line);padding:1rem 0;display:grid;gap:1.5rem}
@media(min-width:60rem){section.pair{grid-template-columns:minmax(0,2fr) minmax(0,3fr)}}
section h2{grid-column:1/-1;margin:0;font-size:1.1rem}
img{width:100%;height:auto;border:1px solid var(--line)}
.text{white-space:pre-wrap;overflow-wrap:anywhere}
.warn{color:var(--warn);font-weight:600}
ul{margin:.25rem 0;padding-left:1.2rem}
"""


def identity(preview: Preview) -> str:
    """Return title, year and path on one line."""
    document = preview.document
    year = document.year or COMMANDS["year_none"]
    return PREVIEW["identity"].format(title=document.title, year=year, path=document.path)


def summary(preview: Preview) -> str:
    """Return how much was read, in one line."""
    pages = preview.pages
    return PREVIEW["summary"].format(
        pages=count(len(pages), *NOUNS["pages"]),
        words=count(len(preview.document.text.split()), *NOUNS["words"]),
        headings=count(sum(len(page.headings) for page in pages), *NOUNS["headings"]),
        rows=count(sum(page.table_rows for page in pages), *NOUNS["rows"]),
        figures=count(sum(len(page.key_figures) for page in pages), *NOUNS["figures"]),
    )


def warnings(page: PageView) -> Iterator[str]:
    """Yield what should be looked at on one page, each with its remedy."""
    said = {notice.code for notice in page.notices}
    yield from (_sentence(notice) for notice in page.notices)
    if page.is_empty and not said & {"page_without_text", "page_unreadable"}:
        yield PREVIEW["empty" if page.number is not None else "empty_whole"]
    if page.damaged and "damaged_accents" not in said:
        yield PREVIEW["damaged"].format(signs=count(page.damaged, *NOUNS["signs"]))
    if page.hyphens:
        yield PREVIEW["hyphens"].format(words=count(page.hyphens, *NOUNS["cut"]))
    if page.in_columns:
        yield PREVIEW["columns"]


def as_text(preview: Preview) -> str:
    """Return the summary, then each warning with its page."""
    lines = [identity(preview), summary(preview), *(_sentence(notice) for notice in preview.notices)]
    for page in preview.pages:
        lines += [f"{name_of(page)}\u00a0: {warning}" for warning in warnings(page)]
    return "\n".join(lines)


def as_html(preview: Preview, images: Sequence[bytes] = ()) -> str:
    """Return the page; `images` are JPEGs of the first pages, an empty one where there is none."""
    title = escape(PREVIEW["title"].format(title=preview.document.title))
    sections = "".join(
        _section(page, images[rank] if rank < len(images) else b"") for rank, page in enumerate(preview.pages)
    )
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{escape(identity(preview))}</p>"
        f"<p>{escape(summary(preview))}</p>{_list(_notices(preview) or [PREVIEW['nothing_to_check']])}"
        f"{sections}</body></html>"
    )


def as_plain(preview: Preview, words: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the report as plain values, each sentence ready to be shown; `words` replace some of `NOTICES`."""
    document = preview.document
    return {
        "title": document.title,
        "year": document.year,
        "publisher": document.publisher,
        "summary": summary(preview),
        "notices": _notices(preview, words),
        "pages": [
            {
                "name": name_of(page),
                "warnings": list(warnings(page)),
                "words": len(page.text.split()),
                "text": page.text[:SHOWN_CHARS],
                "is_cut": len(page.text) > SHOWN_CHARS,
                "headings": list(page.headings),
                "figures": list(page.key_figures),
            }
            for page in preview.pages
        ],
    }


def name_of(page: PageView) -> str:
    """Return how a page is called: its number, and its printed label where it is another."""
    if page.number is None:
        return PREVIEW["whole"]
    key = "page" if page.label in {"", str(page.number)} else "page_labelled"
    return PREVIEW[key].format(number=page.number, label=page.label)


def _section(page: PageView, image: bytes) -> str:
    found = list(warnings(page))
    parts = [
        f'<ul class="warn">{"".join(f"<li>{escape(item)}</li>" for item in found)}</ul>' if found else ""
    ]
    for key, items in (("headings", page.headings), ("figures", page.key_figures)):
        if items:
            parts.append(f"<h3>{escape(PREVIEW[key])}</h3>{_list(items)}")
    if page.table_rows:
        rows = PREVIEW["rows"].format(rows=count(page.table_rows, *NOUNS["lines"]))
        parts.append(f"<p>{escape(rows)}</p>")
    parts.append(f'<div class="text">{escape(page.text or PREVIEW["nothing"])}</div>')
    shown = ""
    if image:
        alternative = escape(PREVIEW["image_alt"].format(number=page.number))
        data = b64encode(image).decode("ascii")
        shown = f'<div><img loading="lazy" alt="{alternative}" src="data:image/jpeg;base64,{data}"></div>'
    pair = ' class="pair"' if image else ""
    return f"<section{pair}><h2>{escape(name_of(page))}</h2>{shown}<div>{''.join(parts)}</div></section>"


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _notices(preview: Preview, words: Mapping[str, str] | None = None) -> list[str]:
    """Return what should be known of the whole document."""
    found = [_sentence(notice, words) for notice in preview.notices]
    if preview.empty_pages:
        found.append(PREVIEW["empty_pages"].format(pages=", ".join(map(str, preview.empty_pages))))
    return found


def _sentence(notice: Notice, words: Mapping[str, str] | None = None) -> str:
    return (NOTICES | dict(words or {}))[notice.code].format(detail=notice.detail, page=notice.page)
