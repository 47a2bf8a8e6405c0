"""Having a process of its own carry out an order, so that what breaks it breaks nothing here."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ra_assistant import errors
from ra_assistant.errors import BuildRejected, RaError
from ra_assistant.indexing import Progress

WORKER = (sys.executable, "-m", "ra_assistant.worker")

Report = Callable[[Progress], None]
"""Told how far the work is."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a process may use before it is ended."""

    seconds: int
    """Of time, and of work of the processor."""
    bytes: int
    """Of memory, the process' own code included."""


class ProcessBroken(OSError):
    """A process ended without a result."""


def in_a_process(
    order: Mapping[str, Any], report: Report, lock: int | None, bounds: Bounds | None = None
) -> dict[str, Any]:
    """Have a process carry out an order; return its result.

    The process inherits the lock, so that nobody else begins before it has ended as well.

    Args:
        order: what to do.
        report: told how far it is.
        lock: descriptor of the publisher's lock; None without one.
        bounds: what it may use at most; None for as much as it takes.

    Raises:
        RaError: the one that the process met.
        ProcessBroken: it ended without a result.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints,
        subprocess.Popen(  # noqa: S603 - our own interpreter and module
            WORKER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
            pass_fds=() if lock is None else (lock,),
        ) as process,
        _ended_after(process, bounds),
    ):
        if bounds is not None:
            order = {**order, "bounds": asdict(bounds)}
        try:
            result = _result(process, order, report)
        finally:
            if sys.exc_info()[0] is not None:
                process.kill()
        if result is None:
            complaints.seek(0)
            raise ProcessBroken(f"status {process.wait()}: {complaints.read().strip()[-2000:]}")
    return result


@contextlib.contextmanager
def _ended_after(process: subprocess.Popen[str], bounds: Bounds | None) -> Iterator[None]:
    """End a process whose time is over."""
    if bounds is None:
        yield
        return
    timer = threading.Timer(bounds.seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _result(
    process: subprocess.Popen[str], order: Mapping[str, Any], report: Report
) -> dict[str, Any] | None:
    """Give the order; return the result, None when the process ended without one."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
    for line in process.stdout:
        said = json.loads(line)
        if "progress" in said:
            report(Progress(*said["progress"]))
        elif "result" in said:
            return dict(said["result"])
        elif said["error"] == "os":
            raise BuildRejected(said["message"], reason="os", cause=said["details"]["reason"])
        else:
            raise _revived(said["error"], said["message"], said["details"])
    return None


def _revived(code: str, message: str, details: Mapping[str, object]) -> RaError:
    """Return the error that another process met."""
    known = {
        kind.code: kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, RaError)
    }
    kind = known.get(code, RaError)
    error = kind.__new__(kind)
    RaError.__init__(error, message, **details)
    return error
