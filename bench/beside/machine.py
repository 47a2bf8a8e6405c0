"""What the machine is, and how busy others keep it."""

from __future__ import annotations

import os
import platform
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any


def described() -> dict[str, Any]:
    """Return processor, cores, memory, system, versions, and the load of the last minute."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory_gigabytes": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": load(),
    }


def load() -> float:
    """Return how many processes wanted a core, over the last minute; more than the cores: they were shared."""
    return round(os.getloadavg()[0], 2)


def _first(path: str, name: str) -> str:
    with suppress(OSError):
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return ""
