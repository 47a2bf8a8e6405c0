"""The process of one contestant: a command a line on standard input, a reply a line on standard output.

python -m bench.beside.worker MODULE:CLASS FOLDER
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

WANTED = 10
"""Passages asked for, for every measure."""


class Worker:
    """Does what the lines say."""

    def __init__(self, program: str, folder: Path) -> None:
        module, _, name = program.partition(":")
        began = time.perf_counter()
        self._kind = getattr(importlib.import_module(f"bench.beside.contestants.{module}"), name)
        self._import_seconds = time.perf_counter() - began
        self._folder = folder
        self._built = 0
        self._contestant: Any = None

    def build(self, texts: list[tuple[str, str]]) -> dict[str, Any]:
        """Index the texts from nothing."""
        if self._contestant is not None:
            self._contestant.close()
        self._built += 1
        place = self._folder / str(self._built)
        place.mkdir()
        self._contestant = self._kind()
        began, worked = time.perf_counter(), time.process_time()
        self._contestant.build([(name, text) for name, text in texts], place)
        return {
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - worked,
            "import_seconds": self._import_seconds,
            "megabytes_disk": _disk(place),
        }

    def search(self, questions: list[str]) -> dict[str, Any]:
        """Return what is found for each question, the milliseconds it took, and those of processor of all."""
        found, milliseconds, worked = [], [], time.process_time()
        for question in questions:
            began = time.perf_counter()
            names = self._contestant.search(question, WANTED)
            milliseconds.append((time.perf_counter() - began) * 1000)
            found.append(list(dict.fromkeys(names)))
        worked = (time.process_time() - worked) * 1000
        return {"found": found, "milliseconds": milliseconds, "cpu_milliseconds": worked}

    def answer(self, questions: list[str]) -> dict[str, Any]:
        """Return whole answers, from a contestant that gives any."""
        answers, milliseconds = [], []
        for question in questions:
            began = time.perf_counter()
            answers.append(self._contestant.answer(question))
            milliseconds.append((time.perf_counter() - began) * 1000)
        return {"answers": answers, "milliseconds": milliseconds}

    def change(self, name: str, text: str) -> dict[str, Any]:
        """Replace a text; say whether it is the first that its own words find."""
        began = time.perf_counter()
        self._contestant.change(name, text)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "is_found": self._contestant.search(text, WANTED)[:1] == [name]}

    def weigh(self) -> dict[str, Any]:
        """Return the megabytes of memory that the process held at most, and holds."""
        return memory()

    def close(self) -> dict[str, Any]:
        """Release what the contestant holds."""
        if self._contestant is not None:
            self._contestant.close()
        return {}


def memory() -> dict[str, float]:
    """Return `megabytes_peak` and `megabytes_now` of this process."""
    told = {"VmHWM": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, "VmRSS": 0}
    with contextlib.suppress(OSError):  # where there is no /proc
        for line in Path("/proc/self/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in told:
                told[name] = int(value.split()[0])
    return {"megabytes_peak": told["VmHWM"] / 1024, "megabytes_now": told["VmRSS"] / 1024}


def _disk(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Answer each line until the input ends; only replies go to the output."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            worker = worker or Worker(sys.argv[1], Path(sys.argv[2]))
            reply = getattr(worker, command.pop("do"))(**command)
        except Exception as error:  # noqa: BLE001 - whatever a library raises is reported, and the run goes on
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"[:500]}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
