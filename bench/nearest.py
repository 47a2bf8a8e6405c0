"""How long the passages nearest to a question take to be found: in our own copy of the vectors, and in Chroma.

usage: python -m bench.nearest [--sizes 1000,10000] [--questions 200]

Vectors are drawn around as many centres as there are twenties of passages; questions are passages a little moved. Each
store is asked for sixty passages, as an answer is. Medians in milliseconds, and how many of Chroma's are the true ones.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import numpy.typing as npt

from ra_assistant.exact_store import ExactStore
from ra_assistant.retrieval import CANDIDATES
from ra_assistant.store import ChromaStore
from ra_assistant.types import Passage

DIMENSION = 384
Vectors = npt.NDArray[np.float32]


def drawn(count: int, questions: int, seed: int = 7) -> tuple[Vectors, Vectors]:
    """Return unit vectors of passages and of questions, shapes (count, 384) and (questions, 384)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 20), DIMENSION))
    passages = centres[rng.integers(0, len(centres), count)] + 0.7 * rng.normal(size=(count, DIMENSION))
    asked = passages[rng.integers(0, count, questions)] + 0.05 * rng.normal(size=(questions, DIMENSION))
    return tuple((v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32) for v in (passages, asked))


def spent(find: Callable[[Sequence[float]], object], questions: Vectors) -> float:
    """Return the median time of a question, in milliseconds."""
    times = []
    for question in questions:
        began = perf_counter()
        find(question.tolist())
        times.append((perf_counter() - began) * 1000)
    return median(times)


def row(count: int, questions: int) -> dict[str, float]:
    """Return what both stores take at one size; `build` in seconds, `recall` from 0 to 1."""
    vectors, asked = drawn(count, questions)
    text = "Une phrase du rapport. " * 15
    passages = [Passage(f"p{n}", "d", 0, len(text), text) for n in range(count)]
    own = ExactStore([passage.id for passage in passages], vectors)
    with tempfile.TemporaryDirectory() as folder:
        began = perf_counter()
        with ChromaStore.create(Path(folder), passages, vectors) as store:
            build = perf_counter() - began
            found = [
                len({name for name, _ in store.nearest(q.tolist(), CANDIDATES)}
                    & {name for name, _ in own.nearest(q.tolist(), CANDIDATES)})
                for q in asked
            ]  # fmt: skip
            return {
                "own": spent(lambda q: own.nearest(q, CANDIDATES), asked),
                "product": spent(
                    lambda q: np.argsort(-(vectors @ np.asarray(q, np.float32)))[:CANDIDATES], asked
                ),
                "chroma": spent(lambda q: store.nearest(q, CANDIDATES), asked),
                "build": build,
                "recall": sum(found) / (len(found) * min(count, CANDIDATES)),
            }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args(arguments)
    print("passages  our copy, ms  the same by `@`, ms  Chroma, ms  Chroma built, s  recall")
    for size in map(int, options.sizes.split(",")):
        found = row(size, options.questions)
        print(
            f"{size:8}  {found['own']:12.2f}  {found['product']:19.2f}  {found['chroma']:10.2f}"
            f"  {found['build']:15.1f}  {found['recall']:6.3f}"
        )


if __name__ == "__main__":
    main()
