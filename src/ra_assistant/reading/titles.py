"""Tells a heading that nothing marks as one: by its look and by what follows it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ra_assistant.reading.figures import is_figure

MAX_HEADING_CHARS = 100

BULLET = re.compile(r"\s*(?:[-–—•▪●■◆►▶➢➤✓✔*·‣⁃o]|\d{1,2}[.)]|[a-z]\))\s+\S")
_NEVER_HEADING = (".", ",", ";", ":", "…", "!", "»", "-")


def is_heading(block: str, following: Sequence[str]) -> bool:
    """Return whether a block is a heading: one short, unpunctuated line, and something is said under it.

    Args:
        block: the block's text.
        following: the texts of the next two blocks, fewer at the end; a heading may stand right below another.
    """
    if not may_be_heading(block):
        return False
    for below in following[:2]:
        if not may_be_heading(below):
            return len(below) > len(block) or BULLET.match(below) is not None
    return False


def may_be_heading(block: str) -> bool:
    """Return whether a block looks like a heading, whatever follows it."""
    is_short = len(block) <= MAX_HEADING_CHARS and "\n" not in block and not block.endswith(_NEVER_HEADING)
    has_words = sum(map(str.isalpha, block)) >= 3 and not is_figure(block)
    return (
        is_short and has_words and not block[0].islower() and not BULLET.match(block) and "://" not in block
    )
