"""The other end of a contestant's process."""

from __future__ import annotations

import json
import queue
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from bench.beside.environments import ROOT, variables


class Failed(Exception):
    """A contestant failed, or took too long; the message says how."""


class Running:
    """A contestant at work; closes its process at the end of a `with`."""

    def __init__(self, python: Path, program: str, folder: Path) -> None:
        """Start it.

        Args:
            python: of its environment.
            program: `module:class`, below `bench.beside.contestants`.
            folder: where it may write, empty.
        """
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        self._process = subprocess.Popen(
            [str(python), "-m", "bench.beside.worker", program, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            cwd=ROOT,
            env=variables(),
        )
        self._replies: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._replies.put(line)
        self._replies.put("")

    def do(self, command: str, seconds: float, **more: Any) -> dict[str, Any]:
        """Return the reply to a command.

        Raises:
            Failed: it said that it failed, ended, or did not answer within `seconds`.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": command, **more}) + "\n")
            self._process.stdin.flush()
            line = self._replies.get(timeout=seconds)
        except queue.Empty:
            self.close()
            raise Failed(f"{command}: no answer within {seconds:.0f} s") from None
        except OSError as error:
            raise Failed(f"{command}: {self._last_words() or error}") from error
        if not line:
            raise Failed(f"{command}: {self._last_words()}")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise Failed(f"{command}: {reply['error']}")
        return reply

    def _last_words(self) -> str:
        self._process.wait(10)
        self._said.seek(0)
        lines = [line.strip() for line in self._said if line.strip()]
        return lines[-1][:300] if lines else f"ended with status {self._process.returncode}"

    def close(self) -> None:
        """End the process."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._listener.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                try:
                    stream.close()
                except OSError:
                    continue
        self._said.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
