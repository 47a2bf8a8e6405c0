"""Recognises a figure that stands alone on its line: « 187 », « 41,7 M€ », « + 73 % », « x16 »."""

from __future__ import annotations

import re

_NUMBER = r"\d+(?:[ \u00a0\u202f\u2009.,'’ʼ]\d+)*"
_UNIT = (
    r"(?:%|‰|€|\$|£|[kKMG]€|Md€|Mds€|Mrd€|k|K|M|Md|Mds|millions?|milliards?|ans?|mois|jours?|h|min|"
    r"m²|m2|m3|m³|km|km²|km2|ha|t|kg|kWh|MWh|GWh|TWh|MW|GW|°C?|pts?|er|re|e|[eè]re|[eè]me)"
)
FIGURE = re.compile(
    rf"(?:plus d[e'’ʼ]|pr[eè]s d[e'’ʼ]|environ|env\.|\+ d[e'’ʼ]|moins d[e'’ʼ])?\s*[+\-−–±×x~≈<>n°№]*\s*{_NUMBER}"
    rf"(?:\s*[/\-–à]\s*{_NUMBER})?\s*{_UNIT}?(?:\s*(?:d['’ʼ]euros|€|%|hors taxes|HT|TTC))?\s*[*+]?",
    re.IGNORECASE,
)


def is_figure(line: str) -> bool:
    """Return whether `line` is nothing but one figure with its sign and unit."""
    return FIGURE.fullmatch(line.strip()) is not None


def is_key_figure(lines: list[str]) -> bool:
    """Return whether `lines` are a figure alone followed by at least one line of words."""
    return len(lines) > 1 and is_figure(lines[0]) and any(char.isalpha() for char in lines[1])


def is_year(text: str) -> bool:
    """Return whether `text` is a year from 1900 to 2099."""
    return len(text) == 4 and text.isdecimal() and text[:2] in {"19", "20"}
