"""Publish many times under one server while visitors ask; report memory, descriptors, threads and waiting times.

    python -m bench.publishes --publishes 100 --clients 1 [--corpus corpus]

A report whose figure tells the edition is added to a copy of the corpus, and changed before each publication.
Every answer must name the build that it came from and give the figure of that build's edition.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.load import fresh
from ra_assistant.builds import BuildStore

QUESTION = "Combien de lanternes le phare de Bellevue a-t-il allumées en 2020 ?"
OTHERS = ("Combien de nouvelles entreprises en 2020 ?", "Qui est le président ?", "Quelle est la météo ?")
FIRST_FIGURE = 4000
PAUSE_SECONDS = 0.4
"""Between two questions of one visitor, who reads."""
PATIENCE_SECONDS = 60.0
WARMING = 3
"""Publications after which memory, descriptors and threads are first counted."""


@dataclass
class Watched:
    """The server's process, from the system's own count."""

    publishes: int
    megabytes: float
    descriptors: int
    threads: int
    idle_milliseconds: list[float]
    """Median, 95th and 99th percentile of the answers so far without a publication."""
    busy_milliseconds: list[float]
    """The same while one runs."""


@dataclass
class Report:
    """What was seen."""

    publishes: int = 0
    answers: int = 0
    failed: int = 0
    mixed: int = 0
    not_followed: int = 0
    seconds_of_a_publication: float = 0.0
    process: list[Watched] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def edition(corpus: Path, number: int) -> None:
    """Write the report of an edition."""
    text = f"Le phare de Bellevue a allumé {FIRST_FIGURE + number} lanternes en 2020."
    page = f"---\ntitle: Le phare de Bellevue\nyear: 2020\n---\n# Bilan\n\n{text}\n"
    path = corpus / "phare-2020.md"
    path.with_suffix(".new").write_text(page, encoding="utf-8")
    path.with_suffix(".new").replace(path)


class Server:
    """A real `serve` in a process of its own."""

    def __init__(self, corpus: Path, index: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "RA_PORT": str(port),
            "RA_CORPUS_DIR": str(corpus),
            "RA_INDEX_DIR": str(index),
            "RA_LIMIT_PER_MINUTE": "1000000",
            "RA_LIMIT_PER_DAY": "100000000",
        }
        self.process = subprocess.Popen(command("serve"), env=environment, stdout=subprocess.DEVNULL)

    def ask(self, question: str) -> dict[str, object]:
        """Return the answer to a question.

        Raises:
            OSError: it failed.
        """
        body = json.dumps({"question": question}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.address}/api/v1/ask", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as reply:  # noqa: S310 - our own address
            return dict(json.load(reply))

    def wait(self) -> None:
        """Wait until questions are answered."""
        for _ in range(int(PATIENCE_SECONDS * 10)):
            with contextlib.suppress(OSError):
                self.ask(QUESTION)
                return
            time.sleep(0.1)
        raise TimeoutError("the server does not answer")

    def watched(self, publishes: int, idle: list[float], busy: list[float]) -> Watched:
        """Return what the system counts of the process, with the percentiles of the answers so far."""
        place = Path(f"/proc/{self.process.pid}")
        said = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines() if ":" in line)
        return Watched(
            publishes,
            round(int(said["VmRSS"].split()[0]) / 1000, 1),
            len(list((place / "fd").iterdir())),
            int(said["Threads"]),
            percentiles(idle),
            percentiles(busy),
        )


class Visitors:
    """Visitors that ask all the time; each answer is kept with its moment."""

    def __init__(self, server: Server, count: int, report: Report) -> None:
        self._server, self._report = server, report
        self._ending = threading.Event()
        self._writing = threading.Lock()
        self.taken: list[tuple[float, float]] = []
        """Moment at which each question was asked, and seconds."""
        self.figures: dict[str, set[str]] = {}
        """Figures that each build gave."""
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(count)]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def seconds(self, idle_until: float, busy: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
        """Return what the answers took so far, before a moment and within stretches of time."""
        with self._writing:
            taken = list(self.taken)
        idle = [spent for moment, spent in taken if moment < idle_until]
        return idle, [spent for moment, spent in taken if any(begin <= moment < end for begin, end in busy)]

    def _ask(self, number: int) -> None:
        questions = (QUESTION, *OTHERS)
        while not self._ending.wait(PAUSE_SECONDS):
            number += 1
            question = questions[number % len(questions)]
            began, started = time.time(), time.perf_counter()
            try:
                answer = self._server.ask(fresh(question))
            except (OSError, ValueError) as error:
                with self._writing:
                    self._report.failed += 1
                    self._report.faults.append(repr(error)[:200])
                continue
            with self._writing:
                self._report.answers += 1
                self.taken.append((began, time.perf_counter() - started))
                if question == QUESTION:
                    text = str(answer["answer"]).replace("\u202f", "").replace("\u00a0", "")
                    self.figures.setdefault(str(answer["build_id"]), set()).add(text)


def command(*words: str) -> list[str]:
    """Return the words that run one of our commands."""
    return [sys.executable, "-m", "ra_assistant", *words]


def publish(corpus: Path, index: Path) -> str:
    """Publish in a process of its own; return what it complained of."""
    done = subprocess.run(
        command("publish", "--corpus", str(corpus), "--index", str(index)),
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr[-400:]


def percentiles(seconds: list[float]) -> list[float]:
    """Return median, 95th and 99th percentile in milliseconds."""
    if len(seconds) < 2:
        return []
    cuts = statistics.quantiles(seconds, n=100)
    return [round(cuts[rank] * 1000, 1) for rank in (49, 94, 98)]


@contextlib.contextmanager
def serving(corpus: Path, index: Path) -> Iterator[Server]:
    """Run a server, and end it."""
    server = Server(corpus, index)
    try:
        server.wait()
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=30)


def run(corpus: Path, index: Path, publishes: int, clients: int, idle_seconds: float) -> Report:
    """Publish again and again under one server."""
    report = Report()
    edition(corpus, 0)
    complaint = publish(corpus, index)
    if complaint:
        raise SystemExit(complaint)
    builds = BuildStore(index)
    known: dict[str, int] = {builds.current_id(): 0}
    busy: list[tuple[float, float]] = []
    with serving(corpus, index) as server, Visitors(server, clients, report) as visitors:
        time.sleep(idle_seconds)
        idle_until = time.time()
        for number in range(1, publishes + 1):
            edition(corpus, number)
            began = time.time()
            complaint = publish(corpus, index)
            busy.append((began, time.time()))
            report.publishes += 1
            if complaint:
                report.faults.append(complaint)
            known[builds.current_id()] = number
            report.not_followed += not followed(server, builds.current_id())
            if number in {WARMING, publishes} or number % 10 == 0:
                report.process.append(server.watched(number, *visitors.seconds(idle_until, busy)))
                sys.stderr.write(f"{report.process[-1]}\n")
    report.seconds_of_a_publication = round(statistics.median(end - begin for begin, end in busy), 1)
    for build_id, texts in visitors.figures.items():
        figure = str(FIRST_FIGURE + known[build_id]) if build_id in known else "?"
        wrong = [text for text in texts if figure not in text]
        report.mixed += len(wrong)
        report.faults += [f"{build_id}: {text[:200]}" for text in wrong]
    return report


def followed(server: Server, build_id: str) -> bool:
    """Tell whether the server comes to answer from a build within some seconds."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            if server.ask(QUESTION)["build_id"] == build_id:
                return True
        time.sleep(0.1)
    return False


def main() -> int:
    """Run what the arguments say; return 1 when a visitor noticed anything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--publishes", type=int, default=100)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--idle", type=float, default=120.0, help="seconds of questions before the first")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        shutil.copytree(chosen.corpus, corpus)
        report = run(corpus, Path(folder) / "index", chosen.publishes, chosen.clients, chosen.idle)
    sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n")
    return 1 if report.failed or report.mixed or report.not_followed else 0


if __name__ == "__main__":
    sys.exit(main())
