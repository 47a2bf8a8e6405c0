"""Answers phrased by a model that our own server plays: how fast, and what becomes of those that are cut off.

`python -m bench.model INDEX` prints one line of JSON a measure. It needs the extra `openai`, and no network.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from pathlib import Path

from tests.model_server import Reply, model_server, says
from tests.quality.test_paraphrases import TRUE, rows

from ra_assistant import assembly
from ra_assistant.evidence import Evidence
from ra_assistant.generating import PASSAGES
from ra_assistant.settings import Settings
from ra_assistant.speaking import french_words
from ra_assistant.supporting import check
from ra_assistant.types import Outcome

QUESTION = "Combien de nouvelles entreprises en 2020 ?"
SAID = (
    "Genopole a accueilli 13 nouvelles entreprises en 2020 [2]. "
    "Genopole a accueilli 19 nouvelles entreprises en 2021 [1]."
)
STOPPED = 200


def stopped(index: Path) -> dict[str, object]:
    """Stop the model in the middle of conversations, anywhere; count the answers."""
    chance = random.Random(8)

    def cut(reply: Reply) -> None:
        place = chance.randrange(len(SAID))
        reply.start()
        for start in range(0, place, 9):
            reply.words(SAID[start : min(start + 9, place)])
        reply.handler.connection.close()

    with model_server([cut]) as server:
        assistant = assembly.open_assistant(index, _settings(server.address), exact=True)
        answered = phrased = 0
        for _ in range(STOPPED):
            assert assistant.speaker is not None
            assistant.speaker.guard.breaker.note(worked=True)
            assistant.speaker.memory.clear()
            answer = list(assistant.stream(QUESTION))[-1]
            answered += answer.outcome is Outcome.ANSWERED and bool(answer.citations) and "13" in answer.text
            phrased += bool(answer.model)
        assistant.close()
    return {"measure": "stopped", "conversations": STOPPED, "answers": answered, "partly_phrased": phrased}


def latency(index: Path, rounds: int = 40) -> dict[str, object]:
    """Measure from the end of the model's first sentence, as it leaves our server, to the visitor's."""
    left: list[float] = []

    def timed(reply: Reply) -> None:
        reply.start()
        first, rest = SAID.split(" Genopole", 1)
        reply.words(first)
        left.append(time.perf_counter())
        time.sleep(0.3)
        reply.words(" Genopole" + rest)
        reply.end()

    spent = []
    with model_server([timed]) as server:
        assistant = assembly.open_assistant(index, _settings(server.address), exact=True)
        for _ in range(rounds):
            assert assistant.speaker is not None
            assistant.speaker.memory.clear()
            stream = assistant.stream(QUESTION)
            for answer in stream:
                if answer.text and answer.model:
                    spent.append((time.perf_counter() - left[-1]) * 1000)
                    break
            stream.close()  # type: ignore[attr-defined]
        assistant.close()
    return {"measure": "first_sentence_ms", "rounds": len(spent), **_times(spent)}


def checks(index: Path) -> dict[str, object]:
    """Measure the check of one sentence, over the paraphrases that ship, each seen for the first time."""
    spent = []
    assistant = assembly.open_assistant(index, exact=True)
    documents = {document.id: document for document in assistant.documents}
    for at, sentence in rows(*TRUE):
        cited = next(p for p in assistant.passages if at.split(" ++ ")[0] in " ".join(p.text.split()))
        given = [cited, *(p for p in assistant.passages[::17] if p is not cited)][:PASSAGES]
        evidence = Evidence(
            [(p, documents[p.document_id]) for p in given], assistant.sentences, french_words()
        )
        started = time.perf_counter()
        check(sentence, evidence)
        spent.append((time.perf_counter() - started) * 1000)
    assistant.close()
    return {"measure": "sentence_check_ms", "sentences": len(spent), **_times(spent)}


def _times(spent: list[float]) -> dict[str, float]:
    ordered = sorted(spent)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
    }


def untouched(index: Path) -> dict[str, object]:
    """Ask for an answer that is right; it must come as it is."""
    with model_server([says(SAID)]) as server:
        assistant = assembly.open_assistant(index, _settings(server.address), exact=True)
        answer = assistant.ask(QUESTION)
        assistant.close()
    return {
        "measure": "untouched",
        "model": answer.model,
        "shortened": answer.shortened,
        "answer": answer.text,
    }


def _settings(address: str) -> Settings:
    return Settings(llm="openai:scripted", llm_base_url=address)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index", type=Path, help="directory of an index")
    chosen = parser.parse_args()
    for measure in (untouched, checks, latency, stopped):
        print(json.dumps(measure(chosen.index), ensure_ascii=False), flush=True)
