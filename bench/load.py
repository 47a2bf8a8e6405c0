"""Ask a running assistant from many clients at once; report throughput, waiting times, memory and errors.

    RA_LIMIT_PER_MINUTE=1000000 RA_LIMIT_PER_DAY=100000000 ra-assistant serve &
    python -m bench.load --clients 32 --seconds 300 [--address http://127.0.0.1:7860] [--stream]

The address may be that of a proxy. Memory is read from `/metrics` of the assistant itself, `--direct`.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OTHERS = ("Bonjour", "Quel est le salaire du directeur ?", "Et l’année suivante ?", "qui est le président")
"""Questions beside the starters: small talk, one that no report answers, a follow-up, keywords."""
PATIENCE_SECONDS = 30


@dataclass
class Tally:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    first_seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: str, first: float, whole: float) -> None:
        """Count one answer."""
        with self.lock:
            self.statuses[status] += 1
            self.first_seconds.append(first)
            self.seconds.append(whole)


MOST_BLANKS = 1500
"""Blanks after a question, one more each time: fewer than a question may have characters."""
_ASKED = itertools.count()


def fresh(question: str) -> str:
    """Return a question that asks the same as `question` and is not answered from memory."""
    return question + " " * (next(_ASKED) % MOST_BLANKS)


def client(address: str, questions: list[str], until: float, tally: Tally, *, is_stream: bool) -> None:
    """Ask one question after the other until the time is over."""
    parts = urlsplit(address)
    headers = {"content-type": "application/json"}
    if is_stream:
        headers["accept"] = "text/event-stream"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE_SECONDS)
    for question in itertools.cycle(questions):
        asked = fresh(question)
        if time.perf_counter() >= until:
            break
        began = time.perf_counter()
        try:
            connection.request(
                "POST", parts.path.rstrip("/") + "/api/v1/ask", json.dumps({"question": asked}), headers
            )
            reply = connection.getresponse()
            first = time.perf_counter() - began
            body = reply.read()
            is_whole = b"event: end" in body if is_stream else body.startswith(b'{"id"')
            status = str(reply.status) if reply.status != 200 or is_whole else "cut"
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            first, status = time.perf_counter() - began, type(error).__name__
        tally.add(status, first, time.perf_counter() - began)
    connection.close()


def megabytes(address: str) -> float:
    """Return the memory of the assistant that listens on an address, from its own count."""
    with urllib.request.urlopen(address.rstrip("/") + "/metrics", timeout=PATIENCE_SECONDS) as reply:  # noqa: S310
        for line in reply.read().decode().splitlines():
            if line.startswith("process_resident_memory_bytes "):
                return float(line.split()[1]) / 1e6
    return 0.0


def starters(address: str) -> list[str]:
    """Return the assistant's own starter questions."""
    with urllib.request.urlopen(address.rstrip("/") + "/api/v1/starters", timeout=PATIENCE_SECONDS) as reply:  # noqa: S310
        return list(json.load(reply)["starters"])


def report(tally: Tally, spent: float) -> dict[str, object]:
    """Return the measures: per second, milliseconds at three percentiles, answers by status."""
    cuts = statistics.quantiles(tally.seconds, n=100)
    firsts = statistics.quantiles(tally.first_seconds, n=100)
    return {
        "answers": len(tally.seconds),
        "per_second": round(len(tally.seconds) / spent, 1),
        "milliseconds_50_95_99": [round(cuts[rank] * 1000, 1) for rank in (49, 94, 98)],
        "first_byte_50_95_99": [round(firsts[rank] * 1000, 1) for rank in (49, 94, 98)],
        "statuses": dict(tally.statuses),
    }


def main() -> int:
    """Run the load; return 1 when an answer failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", default="http://127.0.0.1:7860")
    parser.add_argument("--direct", help="address of the assistant itself, when --address is a proxy's")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--stream", action="store_true")
    chosen = parser.parse_args()
    direct = chosen.direct or chosen.address
    questions = [*starters(direct), *OTHERS]
    before, tally, began = megabytes(direct), Tally(), time.perf_counter()
    with ThreadPoolExecutor(chosen.clients) as pool:
        for number in range(chosen.clients):
            turned = questions[number % len(questions) :] + questions[: number % len(questions)]
            pool.submit(
                client, chosen.address, turned, began + chosen.seconds, tally, is_stream=chosen.stream
            )
    told = report(tally, time.perf_counter() - began)
    told["megabytes_before_after"] = [round(before), round(megabytes(direct))]
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if set(tally.statuses) == {"200"} else 1


if __name__ == "__main__":
    sys.exit(main())
