"""Word lists of the French language, read once from the package's data."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """Return the lexicon `name` (a TOML file of this package), as nested tables."""
    text = resources.files("ra_assistant.french").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def words_of(name: str, key: str) -> frozenset[str]:
    """Return the space-separated words under `key` of the lexicon `name`."""
    return frozenset(table(name)[key].split())


STOP_WORDS = words_of("words", "stop")
ABBREVIATIONS = words_of("words", "abbreviations")
SENTENCE_STARTERS = words_of("words", "sentence_starters")
