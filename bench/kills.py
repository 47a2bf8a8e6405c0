"""Kill publishers and builders at random moments while visitors ask; report what they saw.

    python -m bench.kills --kills 300 --clients 8

Each answer must come whole from one edition: the figure it gives is the one of the build it names.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.fakes import HashedEmbedder, in_this_process

from ra_assistant import assembly, dispatching
from ra_assistant.builds import BuildStore, file_hash
from ra_assistant.errors import StoreError
from ra_assistant.interfaces.desk import Desk
from ra_assistant.publishing import Publisher
from ra_assistant.retrieval import Fusion

QUESTIONS = {
    "Combien de nouvelles entreprises en 2020 ?": "entreprises-2020.md",
    "Combien de projets de recherche en 2021 ?": "projets-2021.md",
}
FOLLOW_SECONDS = 0.2
STRIKES_BETWEEN = 25
"""Strikes between two publications that nobody kills."""
PAUSE_SECONDS = 0.25
"""Between two questions of one visitor."""


@dataclass
class Report:
    """What was seen."""

    kills: int = 0
    killed_publishers: int = 0
    killed_workers: int = 0
    finished_before: int = 0
    """Publications that ended before the blow."""
    answers: int = 0
    failed_answers: int = 0
    mixed_answers: int = 0
    lost_builds: int = 0
    builds_seen: int = 0
    next_publish_failed: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Tell whether no visitor noticed anything."""
        return not (self.failed_answers or self.mixed_answers or self.lost_builds or self.next_publish_failed)


def pretend() -> None:
    """Put the fake embedding model in the place of the real one, here and in the workers."""
    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    assembly.embedding_profile = lambda _: profile  # type: ignore[assignment]
    dispatching.WORKER = (sys.executable, "-m", "tests.worker")


class Site:
    """A corpus of two reports whose figure tells the edition, and its index."""

    def __init__(self, root: Path) -> None:
        self.corpus, self.index = root / "corpus", root / "index"
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.builds = BuildStore(self.index)
        self._editions: dict[str, int] = {}
        self._known: dict[str, int] = {}

    def write(self, edition: int) -> None:
        """Write both reports in an edition."""
        figure = 1000 + edition
        filler = "\n\n".join(f"## Partie {n}\n\nLe comité {n} a siégé à Bellevue." for n in range(12))
        texts = {
            "entreprises-2020.md": f"L’agence a accueilli {figure} nouvelles entreprises en 2020.",
            "projets-2021.md": f"L’agence a soutenu {figure} projets de recherche en 2021.",
        }
        for name, text in texts.items():
            page = f"---\ntitle: Rapport {name[-7:-3]}\nyear: {name[-7:-3]}\n---\n# Bilan\n\n{text}\n\n{filler}\n"
            path = self.corpus / name
            path.with_suffix(".new").write_text(page, encoding="utf-8")
            path.with_suffix(".new").replace(path)
            self._editions[file_hash(path)] = edition

    def publisher(self) -> Publisher:
        """Return a publisher that works in this process."""
        return Publisher(self.corpus, self.index, carry_out=in_this_process)

    def edition_of(self, build_id: str) -> int | None:
        """Return which edition a build holds; None when its two reports are not of the same."""
        if build_id not in self._known:
            with contextlib.suppress(StoreError):
                found = {self._editions.get(d) for d in self.builds.manifest(build_id).sources.values()}
                if len(found) == 1:
                    self._known[build_id] = found.pop() or 0
        return self._known.get(build_id)


class Visitors:
    """Visitors that ask all the time, of a desk that follows the pointer."""

    def __init__(self, site: Site, count: int, report: Report) -> None:
        self._site, self._count, self._report = site, count, report
        self.desk = Desk(lambda: assembly.open_sound(site.index), site.builds.pointer_stamp)
        self._ending = threading.Event()
        self._writing = threading.Lock()
        self._seen: set[str] = set()
        self.latencies: list[tuple[float, float]] = []
        """Moment and seconds of each answer."""

    def __enter__(self) -> Visitors:
        assert self.desk.open(), self.desk.trouble
        self._pool = ThreadPoolExecutor(self._count + 1)
        self._running = [self._pool.submit(self._ask, n) for n in range(self._count)]
        self._running.append(self._pool.submit(self._follow))
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for future in self._running:
            error = future.exception()
            if error is not None:
                self._report.failed_answers += 1
                self._report.faults.append(repr(error))
        self._pool.shutdown()
        self.desk.close()
        self._report.builds_seen = len(self._seen)

    def _follow(self) -> None:
        while not self._ending.wait(FOLLOW_SECONDS):
            self.desk.follow()

    def _ask(self, number: int) -> None:
        questions = list(QUESTIONS)
        turn = number
        while not self._ending.wait(PAUSE_SECONDS):
            turn += 1
            service = self.desk.service
            started = time.perf_counter()
            answer = service.assistant.ask(questions[turn % len(questions)])
            spent = time.perf_counter() - started
            edition = self._site.edition_of(answer.build_id)
            whole = edition is not None and str(1000 + edition) in answer.text.replace("\u202f", "")
            with self._writing:
                self._report.answers += 1
                self._seen.add(answer.build_id)
                self.latencies.append((time.time(), spent))
                if not whole:
                    self._report.mixed_answers += 1
                    self._report.faults.append(f"{answer.build_id} ({edition}): {answer.text}")


def strike(site: Site, report: Report, chance: random.Random, longest: float) -> None:
    """Publish in a process and kill it, or its worker, at a random moment."""
    served = site.builds.served_ids()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.kills", "--publish", str(site.corpus), str(site.index)],
        stderr=subprocess.DEVNULL,
    )
    aim = chance.choice(["publisher", "worker"])
    time.sleep(chance.uniform(0, longest))
    workers = children(process.pid)
    report.kills += 1
    if process.poll() is not None:
        report.finished_before += 1
    elif aim == "worker" and workers:
        report.killed_workers += 1
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
    else:
        report.killed_publishers += 1
        process.kill()
    process.wait()
    inspect(site, report, served)


def inspect(site: Site, report: Report, served: list[str]) -> None:
    """Check that the build that was in service, and the one that is, are whole."""
    now = site.builds.served_ids()
    wanted = {now[0], *[name for name in served[:2] if name in now[:3]]}
    if served[0] not in now:
        report.lost_builds += 1
        report.faults.append(f"{served[0]} is no longer named")
    for name in sorted(wanted):
        try:
            site.builds.verify(site.builds.manifest(name))
        except StoreError as error:
            report.lost_builds += 1
            report.faults.append(str(error))


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def run(root: Path, kills: int, clients: int, seed: int, longest: float) -> Report:
    """Strike `kills` times while `clients` visitors ask; publish for good now and then."""
    pretend()
    report, chance, started = Report(), random.Random(seed), time.perf_counter()
    site = Site(root)
    site.write(0)
    site.publisher().publish()
    with Visitors(site, clients, report):
        for number in range(1, kills + 1):
            site.write(number)
            strike(site, report, chance, longest)
            if number % STRIKES_BETWEEN == 0 or number == kills:
                publish_for_good(site, report)
                print(f"{number}/{kills} {report.answers} {report.faults}", file=sys.stderr, flush=True)
    report.seconds = round(time.perf_counter() - started, 1)
    return report


def publish_for_good(site: Site, report: Report) -> None:
    """Publish in a process that nobody kills."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.kills", "--publish", str(site.corpus), str(site.index)],
        capture_output=True,
        text=True,
        check=False,
    )
    builds = list((site.index / "builds").iterdir())
    if done.returncode != 0 or len(builds) > 4:
        report.next_publish_failed += 1
        report.faults.append(f"{done.stderr[-400:]} {len(builds)} builds")


def at_each_step(root: Path, stride: int = 1) -> tuple[int, int]:
    """Kill the switch before each of its steps, or every `stride`th; return how many steps, and how many blows.

    A step is a call to the system that the interpreter announces (open, rename, remove, mkdir, lock) or a
    flush to disk. After each blow the index must open, and the switch must then go through.
    """
    pretend()
    site = Site(root / "site")
    site.write(0)
    site.publisher().publish()
    site.write(1)
    waiting = site.publisher().prepare().build_id
    for done, step in enumerate(itertools.count(1, stride)):
        copy = root / "copy"
        shutil.copytree(site.index, copy)
        process = subprocess.run(
            [sys.executable, "-m", "bench.kills", "--switch", str(copy), waiting, str(step)], check=False
        )
        with contextlib.closing(assembly.open_assistant(copy)) as assistant:
            assert assistant.ask(next(iter(QUESTIONS))).citations
        if process.returncode == 0:
            return step - 1, done
        assert process.returncode == -signal.SIGKILL, process.returncode
        Publisher(site.corpus, copy).go_live(waiting)
        assert BuildStore(copy).current_id() == waiting
        shutil.rmtree(copy)
    raise AssertionError("a switch has an end")


def _switch(index: Path, build_id: str, step: int) -> None:
    """Switch to a build, and die before the `step`th call to the system."""
    left = step
    watched = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "fcntl.flock")
    publisher = Publisher(index, index)
    sync = os.fsync

    def count(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event in watched:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def counted_sync(descriptor: int) -> None:
        count("open", ())
        sync(descriptor)

    os.fsync = counted_sync  # type: ignore[assignment]
    sys.addaudithook(count)
    publisher.go_live(build_id)
    os._exit(0)


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=8.0, help="seconds before the blow, at most")
    parser.add_argument("--steps", action="store_true", help="kill the switch before each of its steps")
    parser.add_argument("--publish", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--switch", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.publish:
        pretend()
        Publisher(*chosen.publish).publish()
    elif chosen.switch:
        _switch(Path(chosen.switch[0]), chosen.switch[1], int(chosen.switch[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            if chosen.steps:
                steps, recovered = at_each_step(Path(folder))
                print(json.dumps({"steps": steps, "blows": recovered}))
                return
            report = run(Path(folder), chosen.kills, chosen.clients, chosen.seed, chosen.longest)
        print(json.dumps(asdict(report), indent=1, ensure_ascii=False))
        sys.exit(0 if report.is_clean else 1)


if __name__ == "__main__":
    main()
