"""Our own files of style and script: where they are, and the addresses by which browsers may keep them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path

STATIC = Path(str(resources.files("ra_assistant.interfaces"))) / "static"
STATIC_ROUTE = "/page"


@cache
def asset(name: str) -> str:
    """Return the address of one of our files; it changes with the file, which may be kept for ever."""
    return f"{STATIC_ROUTE}/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def beside(address: str) -> str:
    """Return an address of ours as seen from a page at our root, whatever the path a proxy puts before it."""
    return address.removeprefix("/")
