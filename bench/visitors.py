"""Visitors of the web chat, by the protocol of its own page: first words, a crowd, memory after many sessions.

    RA_LIMIT_PER_MINUTE=1000000 RA_LIMIT_PER_DAY=100000000 ra-assistant serve &
    python -m bench.visitors --visitors 20 --rounds 5 --crowd 120 --sessions 10000

Every question is put as the page puts it: `queue/join`, then the stream of `queue/data`; first one that the page
offers, then questions that each visitor writes, at the end of a conversation of their own. Status 1 when a
visitor got neither an answer nor a French sentence, or a word of another visitor's conversation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from bench.load import megabytes, starters

JOIN = "/gradio_api/queue/join"
DATA = "/gradio_api/queue/data"
PATIENCE_SECONDS = 120.0
MARK = re.compile(r"dossier (\w{8})")
"""What tells the words of a visitor, in the question and in the conversation before it."""
TOGETHER = 20
"""Sessions that are open together while their memory is weighed."""


@dataclass
class Seen:
    """What visitors saw."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)


class Chat:
    """The chat at one address, as its page speaks to it."""

    def __init__(self, client: httpx.AsyncClient, config: dict[str, Any]) -> None:
        self._client = client
        self.asking = _function(config, "raChat.ask(")
        self.restoring = _function(config, "raChat.remembered(")
        self._usual = {row["id"]: _usual(config, row["inputs"]) for row in config["dependencies"]}

    async def call(
        self, function: int, data: list[Any], seen: Seen, mark: str = "", session: str = ""
    ) -> None:
        """Call a function of the page as one visitor, a new one without `session`.

        `mark` must stand in every answer and no other's.
        """
        session, began = session or uuid4().hex[:12], time.perf_counter()
        body = {
            "data": [*data, *self._usual[function][len(data) :]],
            "fn_index": function,
            "session_hash": session,
            "event_data": None,
            "trigger_id": None,
        }
        try:
            joined = await self._client.post(JOIN, json=body)
            if joined.status_code != 200:
                told = str(joined.json().get("detail", ""))
                seen.ends[f"{joined.status_code} {told}"] += 1
                return
            await self._hear(session, began, seen, mark)
        except (httpx.HTTPError, ValueError) as error:
            seen.ends[type(error).__name__] += 1

    async def _hear(self, session: str, began: float, seen: Seen, mark: str) -> None:
        said, marks = 0, set[str]()
        async with self._client.stream("GET", DATA, params={"session_hash": session}) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                marks |= set(MARK.findall(line))
                event = json.loads(line[5:])
                if event["msg"] == "process_generating":
                    said += 1
                    if said == 1:
                        seen.first.append(time.perf_counter() - began)
                elif event["msg"] == "process_completed":
                    seen.whole.append(time.perf_counter() - began)
                    told = "answered" if event.get("success") else "failed"
                    seen.ends[told if marks <= {mark} else "another visitor's words"] += 1
                    if mark and mark not in marks:
                        seen.ends["own words lost"] += 1
                    return
        seen.ends["cut"] += 1


def _function(config: dict[str, Any], said: str) -> int:
    return next(row["id"] for row in config["dependencies"] if said in str(row.get("js")))


def _usual(config: dict[str, Any], inputs: list[int]) -> list[Any]:
    """Return what the inputs of a function hold when nobody touched them."""
    values = {row["id"]: row["props"].get("value") for row in config["components"]}
    return [values[number] for number in inputs]


async def config_of(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the configuration that the page carries."""
    text = (await client.get("/")).text
    start = text.index("window.gradio_config = ") + len("window.gradio_config = ")
    return dict(json.JSONDecoder().raw_decode(text, start)[0])


async def at_once(chat: Chat, visitors: int, questions: list[str], *, is_marked: bool = True) -> Seen:
    """Let visitors ask at the same moment, each in a conversation with a word of their own if `is_marked`.

    They have opened the page before.
    """
    seen = Seen()
    sessions = [uuid4().hex[:12] for _ in range(visitors)]
    for start in range(0, visitors, TOGETHER):
        opened = sessions[start : start + TOGETHER]
        await asyncio.gather(*(chat.call(chat.restoring, [[]], Seen(), session=one) for one in opened))

    def ask(number: int) -> Coroutine[Any, Any, None]:
        question = questions[number % len(questions)]
        if not is_marked:
            return chat.call(chat.asking, [question, []], seen, session=sessions[number])
        mark = uuid4().hex[:8]
        former = {"question": f"Et avant ? (dossier {mark})", "answer": "13.", "outcome": "answered"}
        return chat.call(
            chat.asking, [f"{question} (dossier {mark})", [former]], seen, mark, sessions[number]
        )

    await asyncio.gather(*map(ask, range(visitors)))
    return seen


async def many(chat: Chat, sessions: int) -> Seen:
    """Open the page many times, as new visitors."""
    seen, gate = Seen(), asyncio.Semaphore(TOGETHER)

    async def one() -> None:
        async with gate:
            await chat.call(chat.restoring, [[]], seen)

    await asyncio.gather(*(one() for _ in range(sessions)))
    return seen


def told(seen: Seen) -> dict[str, Any]:
    """Return the measures in milliseconds, and how the calls ended."""
    report: dict[str, Any] = {"ends": dict(seen.ends)}
    for name, seconds in (("first_words", seen.first), ("whole", seen.whole)):
        if len(seconds) > 1:
            cuts = statistics.quantiles(seconds, n=20)
            report[f"{name}_ms_50_95"] = [round(cuts[9] * 1000), round(cuts[18] * 1000)]
    return report


async def run(chosen: argparse.Namespace) -> int:
    """Run what was asked for; return the exit status."""
    questions = starters(chosen.address)
    limits = httpx.Limits(max_connections=1000)
    async with httpx.AsyncClient(base_url=chosen.address, timeout=PATIENCE_SECONDS, limits=limits) as client:
        chat = Chat(client, await config_of(client))
        ends: Counter[str] = Counter()
        for name, is_marked in (("offered", False), ("their own", True)) if chosen.visitors else ():
            seen = Seen()
            for _ in range(chosen.rounds):
                one = await at_once(chat, chosen.visitors, questions, is_marked=is_marked)
                seen.first += one.first
                seen.whole += one.whole
                seen.ends += one.ends
            ends += seen.ends
            row = {"visitors": chosen.visitors, "questions": name, **told(seen)}
            print(json.dumps(row, ensure_ascii=False), flush=True)
        if chosen.crowd:
            seen = await at_once(chat, chosen.crowd, questions)
            ends += seen.ends
            print(json.dumps({"crowd": chosen.crowd, **told(seen)}, ensure_ascii=False), flush=True)
        if chosen.sessions:
            await many(chat, min(500, chosen.sessions))
            before = megabytes(chosen.address)
            seen = await many(chat, chosen.sessions)
            ends += seen.ends
            weighed = [round(before), round(megabytes(chosen.address))]
            row = {"sessions": chosen.sessions, "megabytes_before_after": weighed, **told(seen)}
            print(json.dumps(row, ensure_ascii=False), flush=True)
    is_well = all(end == "answered" or end.startswith("503 Trop de monde") for end in ends)
    return 0 if is_well else 1


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", default="http://127.0.0.1:7860")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--crowd", type=int, default=120)
    parser.add_argument("--sessions", type=int, default=10_000)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
