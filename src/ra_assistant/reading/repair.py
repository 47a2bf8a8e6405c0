"""Repairs characters that typesetting and old encodings left damaged."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans(
    {
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\ufb05": "st",
        "\ufb06": "st",
        "\uf001": "fi",
        "\uf002": "fl",
        "\u019f": "ti",
        "\u01a9": "tt",
    }
)
"""Ligatures, and what stands for them in files whose fonts name them wrongly (Calibri says U+019F for ti)."""

_SPACING_ACCENTS = {
    "\u00b4": "\u0301",
    "\u02ca": "\u0301",
    "`": "\u0300",
    "\u02cb": "\u0300",
    "\u02c6": "\u0302",
    "\u00a8": "\u0308",
    "\u00b8": "\u0327",
    "\u02dc": "\u0303",
}
_ACCENTS = "".join(_SPACING_ACCENTS) + "".join(set(_SPACING_ACCENTS.values()))
_ACCENT_BEFORE = re.compile(rf"([{re.escape(_ACCENTS)}])[ ]?([A-Za-z\u0131])")
_ACCENT_AFTER = re.compile(rf"([A-Za-z\u0131])[ ]?([{re.escape(''.join(_SPACING_ACCENTS))}])")
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3\u00e2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]{1,2}"
)
_LETTER_SPACED = re.compile(r"(?:\b\w[ ]){3,}\w\b")

REPLACEMENT = "\ufffd"


def repaired(text: str) -> str:
    """Return `text` in normal form C with ligatures spelt out, accents put on their letters, marks dropped.

    Soft hyphens inside a line are dropped; one at its end becomes a hyphen, for the joining of words.
    """
    text = text.translate(_LIGATURES)
    if text.endswith("\u00ad"):
        text = text[:-1] + "-"
    text = text.replace("\u00ad", "")
    if _MOJIBAKE.search(text):
        text = _MOJIBAKE.sub(_decoded, text)
    if any(accent in text for accent in _ACCENTS):
        text = _with_accents(text)
    return unicodedata.normalize("NFC", text)


def is_damaged(raw: str) -> bool:
    """Return whether `raw` shows signs of a wrong encoding that `repaired` may only guess at."""
    return REPLACEMENT in raw or bool(_MOJIBAKE.search(raw)) or _with_accents(raw) != raw


def _with_accents(text: str) -> str:
    """Put accents that stand beside their letter on it, where the two compose."""
    text = _ACCENT_BEFORE.sub(lambda found: _composed(found[2], found[1]) or found[0], text)
    return _ACCENT_AFTER.sub(lambda found: _composed(found[1], found[2]) or found[0], text)


def _composed(letter: str, accent: str) -> str | None:
    """Return the accented letter; None when there is no such one."""
    base = "i" if letter == "\u0131" else letter
    whole = unicodedata.normalize("NFC", base + _SPACING_ACCENTS.get(accent, accent))
    return whole if len(whole) == 1 else None


def _decoded(found: re.Match[str]) -> str:
    """Return the character whose UTF-8 bytes were read as Windows-1252; else the text itself."""
    try:
        return found[0].encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return found[0]


def unspaced(text: str) -> str:
    """Return `text` with words set letter by letter put together: « B I L A N » becomes « BILAN »."""
    return _LETTER_SPACED.sub(lambda found: found[0].replace(" ", ""), text)
