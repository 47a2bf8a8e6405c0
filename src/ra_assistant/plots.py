"""Plots as SVG, in one web page that loads nothing, light or dark as the reader has it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def bars(rows: Iterable[tuple[str, float, str]]) -> str:
    """Return a table with a bar a row.

    Args:
        rows: name, length from 0 to 1, and the figure as it is read.
    """
    lines = []
    for name, share, label in rows:
        lines.append(
            f'<tr><th scope="row">{escape(name)}</th><td><svg viewBox="0 0 100 6" role="img" '
            f'aria-label="{escape(label)}"><rect width="100" height="6" class="rail"/>'
            f'<rect width="{100 * share:.1f}" height="6" class="fill"/></svg></td>'
            f"<td>{escape(label)}</td></tr>"
        )
    return f"<table>{''.join(lines)}</table>"


def page(title: str, body: str, language: str = "fr") -> str:
    """Return a whole page; `body` is HTML."""
    return _PAGE.format(title=escape(title), body=body, language=language)


_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
:root {{ color-scheme: light dark; --ink: #1d2733; --paper: #fbfaf7; --fill: #0f4c5c; --rail: #d9e4e6; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e8ecef; --paper: #12161c; --fill: #8fd3dd; --rail: #26313b; }}
}}
body {{ font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }}
dl {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; }}
dl div {{ border: 1px solid var(--rail); border-radius: .5rem; padding: .75rem; }}
dd {{ margin: 0; font-size: 1.6rem; font-weight: 600; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--rail); }}
svg {{ display: block; width: 100%; }} td svg {{ min-width: 8rem; }}
.square {{ max-width: 20rem; }} .wide {{ max-width: 40rem; }}
.rail {{ fill: var(--rail); }} .fill, circle {{ fill: var(--fill); }}
.axis, .rule {{ fill: none; stroke: currentColor; }} .rule {{ stroke-dasharray: 4; opacity: .5; }}
</style></head><body>
{body}
</body></html>
"""
