"""The web chat in a process of its own, with the fake embedding model; it ends with the test that started it.

Run as a module, it serves an index: `python -m tests.serving INDEX PORT`. A question that says
« lentement » is answered slowly, so that it can be stopped; one that says « panne » fails as a fault in
the code would; a connection to another machine is reported.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PATIENCE_SECONDS = 120
SLOW_WORD = "lentement"
BROKEN_WORD = "panne"
FAULT = "a fault that nobody foresaw"
EGRESS = "connection to another machine:"


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Serving:
    """A running `serve`."""

    process: subprocess.Popen[str]
    address: str
    started: float = field(default_factory=time.perf_counter)

    def get(self, path: str, data: bytes | None = None, **headers: str) -> Response:
        request = urllib.request.Request(self.address + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return Response(reply.status, _lower(reply.headers), reply.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Response(error.code, _lower(error.headers), error.read().decode())

    def wait(self, path: str) -> float:
        """Wait until `path` answers 200; return the seconds since the start of the process."""
        while time.perf_counter() - self.started < PATIENCE_SECONDS:
            try:
                if self.get(path).status == 200:
                    return time.perf_counter() - self.started
            except OSError:
                assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)
        raise AssertionError(f"{path} did not answer 200 within {PATIENCE_SECONDS} s")

    def end(self, how: int = signal.SIGINT) -> tuple[int, str, str]:
        """Interrupt the server; return its exit status and what it said."""
        self.process.send_signal(how)
        said, complained = self.process.communicate(timeout=20)
        return self.process.returncode, said, complained


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(index: Path, port: int | None = None, **environment: str) -> Serving:
    """Start serving `index`; the process ends when this one does."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.serving", str(index), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    return Serving(process, f"http://127.0.0.1:{port}")


def serving(index: Path, **environment: str) -> Iterator[Serving]:
    """Yield a ready server and end it; for fixtures."""
    running = start(index, **environment)
    try:
        running.wait("/readyz")
        yield running
    finally:
        status, _, complained = running.end()
        assert status == 0, complained
        assert EGRESS not in complained, complained
        assert complained.count("Traceback") == complained.count(FAULT), complained


def _end_with_parent() -> None:
    sys.stdin.read()
    time.sleep(10)  # an interrupted server closes by itself; one whose test died does not
    os._exit(1)


def _report_egress(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    elif event == "socket.getaddrinfo":
        host = str(arguments[0])
    else:
        return
    if host not in {"127.0.0.1", "::1", "localhost", "None"}:
        sys.stderr.write(f"{EGRESS} {host}\n")


def _mix_conversations() -> None:
    """Give every visitor the conversations of all: a fault that must be noticed."""
    from ra_assistant.opening import prepare_environment

    prepare_environment()
    from ra_assistant.interfaces import chat

    read, everything = chat.exchanges_of, []  # type: ignore[var-annotated]

    def mixed(kept: object) -> Any:
        everything.extend(read(kept))
        return list(everything)

    chat.exchanges_of = mixed  # type: ignore[assignment]


def _main() -> None:
    from ra_assistant import assembly, dispatching
    from ra_assistant.retrieval import Fusion
    from tests.fakes import HashedEmbedder

    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.addaudithook(_report_egress)
    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    assembly.embedding_profile = lambda settings: profile  # type: ignore[assignment]
    dispatching.WORKER = (sys.executable, "-m", "tests.worker")
    stream = assembly.Assistant.stream

    def unhurried(self: Any, question: str, *more: Any) -> Any:
        if BROKEN_WORD in question:
            raise RuntimeError(FAULT)
        for answer in stream(self, question, *more):
            if SLOW_WORD in question:
                time.sleep(0.4)
            yield answer

    assembly.Assistant.stream = unhurried  # type: ignore[method-assign]
    if os.environ.get("MIXED"):
        _mix_conversations()
    from ra_assistant.cli import main

    sys.argv[:] = ["ra-assistant", "serve", "--index", sys.argv[1], "--port", sys.argv[2]]
    main()


if __name__ == "__main__":
    _main()
