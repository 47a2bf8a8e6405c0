"""The memory of a server that opens many builds: few heaps, and free memory given back."""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ra_assistant import assembly
from ra_assistant.interfaces import desk, memory
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.memory import HEAPS
from ra_assistant.publishing import Publisher
from tests.conftest import ROOT
from tests.fakes import in_this_process
from tests.serving import start

THREADS = 12
HEAP_BYTES = 64 * 1024 * 1024
"""Distance at which the GNU C library puts the heaps that threads get."""
BEGUN_BEFORE = 4
"""Heaps that threads of the tests' own server may have before `serve`; without the bound it gets a dozen more."""

pytestmark = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="the GNU C library alone has these heaps"
)


def heaps(process: str = "self") -> int:
    """Count the heaps of a process: the first one, and those at round addresses that threads got."""
    regions = Path(f"/proc/{process}/maps").read_text("utf-8").splitlines()
    private = [line for line in regions if " rw-p 00000000 00:00 0" in line and not line.endswith("]")]
    return 1 + sum(int(line.partition("-")[0], 16) % HEAP_BYTES == 0 for line in private)


def take_memory_in_threads() -> int:
    """Let threads take memory, all at once; return how many heaps there are then."""
    library = ctypes.CDLL(None)
    ready, over = threading.Barrier(THREADS + 1), threading.Event()

    def take() -> None:
        for _ in range(100):
            library.malloc(4000)
        ready.wait()
        over.wait()

    threads = [threading.Thread(target=take) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    ready.wait()
    found = heaps()
    over.set()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("bounded", [True, False])
def test_all_threads_share_a_few_heaps(*, bounded: bool) -> None:
    code = (
        "from tests.interfaces import test_memory as t\n"
        f"{'t.memory.share_heaps()' if bounded else ''}\n"
        "print(t.take_memory_in_threads())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert (int(done.stdout) <= HEAPS) is bounded, done.stdout


def test_a_server_that_answers_has_few_heaps(corpus: Path, tmp_path: Path, hashed_embedding: None) -> None:
    publisher = Publisher(corpus, tmp_path / "index", None, in_this_process)
    publisher.publish()
    serving = start(publisher.builds.root)
    try:
        serving.wait("/readyz")
        asked = serving.get(
            "/api/v1/ask", b'{"question": "Combien ?"}', **{"content-type": "application/json"}
        )
        assert asked.status == 200
        assert heaps(str(serving.process.pid)) <= HEAPS + BEGUN_BEFORE
    finally:
        serving.end()


def test_memory_is_given_back_once_a_build_is_closed(
    corpus: Path, tmp_path: Path, hashed_embedding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(corpus, tmp_path / "index", None, in_this_process)
    publisher.publish()
    done: list[str] = []

    def opened() -> assembly.Assistant:
        assistant = assembly.open_assistant(publisher.builds.root)
        close = assistant.close
        monkeypatch.setattr(assistant, "close", lambda: (close(), done.append("closed")))
        return assistant

    monkeypatch.setattr(desk, "give_back", lambda: done.append("given back"))
    with contextlib.closing(Desk(opened)) as at:
        at.open()
        assert done == []
        at.open()
        assert done == ["closed", "given back"]


def test_a_library_without_these_bounds_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.share_heaps()
    memory.give_back()
