"""The assistant as visitors meet it: over HTTP, from a cold command line, from a server that has just started."""

from __future__ import annotations

import json
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import load
from bench.beside.environments import ROOT, variables
from bench.beside.measuring import percentiles

CLIENTS = (1, 8, 32)
STARTS = 3
PATIENCE_SECONDS = 180
STEP_SECONDS = 0.02
"""Pause between two looks at a server that is starting."""
SETTLED_SECONDS = 20.0
"""How long a server is left alone before it is asked, when nothing else is said: the chat loads behind its first
answers, and questions that it offers are tried."""


@dataclass(frozen=True, slots=True)
class Started:
    """A server that answers."""

    address: str
    healthz: float
    """Seconds from the start of its process to the first answer of `/healthz`."""
    first_answer: float
    """Seconds from the start of its process to the end of the first whole answer."""


def measure(
    index: Path,
    questions: Sequence[str],
    seconds: float,
    starts: int = STARTS,
    settled: float = SETTLED_SECONDS,
    corpus: Path | None = None,
) -> dict[str, Any]:
    """Return what the build in service at `index` costs to ask.

    Args:
        index: directory of the builds.
        questions: asked one after the other.
        seconds: how long each number of clients asks.
        starts: how often it is started.
        settled: seconds that it is left alone before it is asked.
        corpus: directory of the texts, one of them to be edited and published while one client asks; None not to.

    Raises:
        OSError, subprocess.SubprocessError: a command failed, or a server did not answer in time.
    """
    taken: dict[str, list[float]] = {"import_chromadb": [], "cold_ask": [], "healthz": [], "first_answer": []}
    told: dict[str, Any] = {"loads": []}
    for turn in range(starts):
        taken["import_chromadb"].append(_timed("-c", "import chromadb"))
        taken["cold_ask"].append(_timed("-m", "ra_assistant", "ask", "--index", str(index), questions[0]))
        with serving(index, questions[0]) as server:
            taken["healthz"].append(server.healthz)
            taken["first_answer"].append(server.first_answer)
            if turn == starts - 1:
                time.sleep(settled)
                told["megabytes_before"] = load.megabytes(server.address)
                told["loads"] = [loaded(server.address, questions, clients, seconds) for clients in CLIENTS]
                if corpus is not None:
                    with publishing(corpus, index) as published:
                        row = loaded(server.address, questions, 1, seconds, lambda: not published)
                    told["loads"].append(row | {"while": "publishing", "published": len(published)})
                told["megabytes_after"] = load.megabytes(server.address)
    told["answered"] = sum(row["answers"] for row in told["loads"])
    return told | {name: statistics.median(values) for name, values in taken.items()}


def _timed(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        cwd=ROOT,
        env=variables(),
    )
    return time.perf_counter() - began


@contextmanager
def serving(index: Path, question: str) -> Iterator[Started]:
    """Serve `index` on a free port; the server ends with the block.

    Raises:
        OSError: it did not answer in time.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    unlimited = {"RA_LIMIT_PER_MINUTE": "100000000", "RA_LIMIT_PER_DAY": "100000000"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ra_assistant", "serve", "--index", str(index), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=variables() | unlimited,
    )
    address = f"http://127.0.0.1:{port}"
    asked = urllib.request.Request(  # noqa: S310
        address + "/api/v1/ask",
        json.dumps({"question": question}).encode(),
        {"content-type": "application/json"},
    )
    try:
        _wait(process, address + "/healthz", began)
        healthz = time.perf_counter() - began
        _wait(process, asked, began)
        yield Started(address, healthz, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], asked: str | urllib.request.Request, began: float) -> None:
    error: Exception = OSError("the server ended")
    while process.poll() is None and time.perf_counter() - began < PATIENCE_SECONDS:
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as reply:  # noqa: S310
                reply.read()
                return
        except (OSError, urllib.error.HTTPError) as refused:
            error = refused
            time.sleep(STEP_SECONDS)
    raise OSError(f"{error}: the server at work on {asked!r} did not answer")


@contextmanager
def publishing(corpus: Path, index: Path) -> Iterator[list[float]]:
    """Edit a text and publish, again and again, as long as the block lasts; give the seconds of each publication.

    Raises:
        subprocess.SubprocessError: a publication failed.
    """
    text = min(corpus.iterdir())
    taken: list[float] = []
    over = threading.Event()

    def publish() -> None:
        while not over.is_set():
            text.write_text(f"{text.read_text('utf-8')} Une phrase de plus.", encoding="utf-8")
            places = ("--corpus", str(corpus), "--index", str(index))
            taken.append(_timed("-m", "ra_assistant", "publish", *places))

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(publish)
        try:
            yield taken
        finally:
            over.set()
            work.result()


def loaded(
    address: str,
    questions: Sequence[str],
    clients: int,
    seconds: float,
    lasts: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Return throughput, milliseconds and failures while `clients` ask at once.

    Args:
        address: of the server.
        questions: asked one after the other.
        clients: how many ask at once.
        seconds: how long at least; then as often as `lasts` says.
        lasts: whether to ask for as long again.
    """
    tally, began = load.Tally(), time.perf_counter()

    def ask(turned: list[str]) -> None:
        load.client(address, turned, began + seconds, tally, is_stream=False)
        while lasts() and time.perf_counter() < began + PATIENCE_SECONDS:
            load.client(address, turned, time.perf_counter() + seconds, tally, is_stream=False)

    with ThreadPoolExecutor(clients) as pool:
        for number in range(clients):
            start = number * len(questions) // clients
            pool.submit(ask, [*questions[start:], *questions[:start]])
    spent = time.perf_counter() - began
    return {
        "clients": clients,
        "answers": len(tally.seconds),
        "per_second": len(tally.seconds) / spent,
        **percentiles([[second * 1000 for second in tally.seconds]]),
        "failed": len(tally.seconds) - tally.statuses["200"],
    }
