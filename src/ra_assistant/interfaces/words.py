"""The words of the HTTP interfaces and of the widget, from package data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def words_of(name: str) -> Mapping[str, Any]:
    """Return the tables of `data/{name}.toml`."""
    text = resources.files("ra_assistant.interfaces").joinpath(f"data/{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def waiting_time(seconds: int) -> str:
    """Return a duration in words, rounded up to the unit that is said: « 12 secondes », « une heure »."""
    number, unit = max(1, seconds), "second"
    for bound, larger, size in ((90, "minute", 60), (90 * 60, "hour", 3600)):
        if seconds > bound:
            number, unit = -(-seconds // size), larger
    key = unit if number == 1 else f"{unit}s"
    return str(words_of("api")["waits"][key].format(number=number))
