"""The signs that begin list items and end sentences."""

from __future__ import annotations

import re

BULLETS = "•▪●■◆►▶➢➤✓✔✗·‣⁃◦○□–—-\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0e0\u27a4\u2794\u2192"
"""Signs that begin list items; the last ones are those of the Symbol and Wingdings fonts, and arrows."""
LONE_BULLET = re.compile(rf"[{re.escape(BULLETS)}]|o|\d{{1,2}}[.)]|[a-z]\)")
"""A bullet or number drawn apart from its text; office programs draw « o » for an empty circle."""
ENDS = (".", "!", "?", "\u2026", ":", ";", "\u00bb", ")", "\u201d")
"""What a sentence, or what introduces a list, ends with."""

_BULLET = re.compile(rf"(?:[{re.escape(BULLETS)}]|o(?= ))\s*(?=\S)")
_NUMBERED = re.compile(r"(?:\d{1,2}[.)]|[a-z]\)|\([a-z0-9]\))\s+\S")


def bullet_of(text: str) -> str | None:
    """Return the bullet that `text` begins with, blanks after it included; None when there is none."""
    found = _BULLET.match(text)
    if found is None or (found[0] in "-–·" and len(text) > 1 and text[1].isalnum()):
        return None
    return found[0]


def is_item(text: str) -> bool:
    """Return whether `text` begins like an item of a list."""
    return bullet_of(text) is not None or bool(_NUMBERED.match(text))
