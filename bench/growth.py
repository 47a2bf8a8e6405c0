"""How answers, memory and builds grow with the passages, the embedding model left out.

    python -m bench.growth [--sizes 1000,10000,100000] [--questions 100]

Each passage gets a vector made from its words, of the model's own dimension: the model costs the same for every
passage, `bench.beside` says how much, and would take hours here. All the rest is real: reading, cutting, checks,
Chroma, BM25, sentence vectors, ranking, the span reader. Each size is built and asked in processes of their own, so
that memory is their own.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from hashlib import blake2b
from pathlib import Path

from bench.beside.books import Book, invented
from bench.beside.environments import ROOT, variables
from bench.beside.measuring import percentiles

TEXTS_EACH = 100
"""Texts of one document."""
WARMING = 10
"""Questions that are not counted."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


class WordVectors:
    """Vectors of unit length made from the hashes of a text's words: those that share words are near."""

    def __init__(self, dimension: int) -> None:
        """Make vectors of `dimension` numbers."""
        self._dimension = dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of texts."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a text."""
        from ra_assistant.french.words import stems

        vector = [0.0] * self._dimension
        for term in stems(text) or [""]:
            digest = blake2b(term.encode(), digest_size=16).digest()
            for at in range(0, 16, 4):
                place = int.from_bytes(digest[at : at + 2]) % self._dimension
                vector[place] += 1.0 if digest[at + 2] % 2 else -1.0
        norm = math.sqrt(sum(value * value for value in vector)) or 1.0
        return [value / norm for value in vector]


def _leave_the_model_out() -> None:
    from ra_assistant import assembly
    from ra_assistant.settings import load_settings

    real = assembly.embedding_profile(load_settings())
    vectors = WordVectors(len(real.embedder.embed_query("mots")))
    profile = assembly.EmbeddingProfile(vectors, "words@1", real.fusion)
    assembly.embedding_profile = lambda _: profile  # type: ignore[assignment]


def measured(size: int, questions: int) -> dict[str, float]:
    """Build `size` invented passages in this process, open the build, ask, and return what it took."""
    from ra_assistant import building, trying
    from ra_assistant.builds import BuildStore

    _leave_the_model_out()
    book = invented(size).cut(questions + WARMING)
    with tempfile.TemporaryDirectory() as folder:
        corpus, index = Path(folder) / "corpus", Path(folder) / "index"
        write(book, corpus)
        began = time.perf_counter()
        # The checks are made and timed; vectors of words, many of them the same, need not pass that of recall.
        builds = BuildStore(index)
        with builds.publishing():
            built = building.build_candidate(corpus, index)
            trying.check_candidate(index, built.build_id)
            builds.switch(built.build_id)
        seconds = time.perf_counter() - began
        disk = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
        asked = subprocess.run(
            [sys.executable, "-m", "bench.growth", "--ask", str(index)],
            input=json.dumps([one.question for one in book.questions]),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=variables(),
        )
    return {
        "passages": built.passages,
        "build_s": round(seconds, 1),
        "disk_mb": round(disk / 2**20, 1),
        **json.loads(asked.stdout.splitlines()[-1]),
    }


def asked(index: Path, questions: list[str]) -> dict[str, float]:
    """Open the build at `index` in this process, ask, and return times in milliseconds and memory in megabytes."""
    from ra_assistant import assembly

    _leave_the_model_out()
    began = time.perf_counter()
    assistant = assembly.open_assistant(index)
    opened = time.perf_counter() - began
    spent: dict[str, list[float]] = {"search": [], "answer": []}
    for number, question in enumerate(questions):
        started = time.perf_counter()
        assistant.search(question, 10)
        searched = time.perf_counter()
        assistant.answerer.ask(question)
        if number >= WARMING:
            spent["search"].append((searched - started) * 1000)
            spent["answer"].append((time.perf_counter() - searched) * 1000)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    assistant.close()
    told = {"open_s": round(opened, 2), "memory_mb": round(pages * _PAGE / 2**20, 1)}
    for name, times in spent.items():
        for key, value in percentiles([times]).items():
            told[f"{name}_{key}"] = round(value, 1)
    return told


def write(book: Book, corpus: Path) -> None:
    """Write the texts as Markdown documents, each text below its heading."""
    corpus.mkdir()
    for start in range(0, len(book.texts), TEXTS_EACH):
        part = book.texts[start : start + TEXTS_EACH]
        body = "\n\n".join(f"## {text.id}\n\n{text.text}" for text in part)
        (corpus / f"{start:07}.md").write_text(
            f"# Rapport {start // TEXTS_EACH}\n\n{body}\n", encoding="utf-8"
        )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--build", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask is not None:
        print(json.dumps(asked(options.ask, json.load(sys.stdin))))
    elif options.build is not None:
        print(json.dumps(measured(options.build, options.questions)))
    else:
        for size in map(int, options.sizes.split(",")):
            own = [
                sys.executable,
                "-m",
                "bench.growth",
                "--build",
                str(size),
                "--questions",
                str(options.questions),
            ]
            subprocess.run(own, check=True, cwd=ROOT, env=variables())
    return 0


if __name__ == "__main__":
    sys.exit(main())
