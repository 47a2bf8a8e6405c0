"""Measure the shipped corpus with its book, and keep the floors.

usage: python -m tests.quality.floors [--lower]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from ra_assistant import assembly, building
from ra_assistant.books import read_book
from ra_assistant.evaluating import evaluate, summarise
from ra_assistant.measures import measure

HERE = Path(__file__).parent
BOOK = HERE / "genopole.jsonl"
FLOORS = HERE / "floors.json"
CORPUS = HERE.parents[1] / "corpus"
SLACK = 0.02
"""What two machines may differ by: rounding of eight-bit products depends on the processor."""


def digest() -> str:
    """Return a hash of the corpus and of the book."""
    parts = [path.read_bytes() for path in (*sorted(CORPUS.glob("*.md")), BOOK)]
    return sha256(b"\x00".join(parts)).hexdigest()[:16]


def measured(folder: Path) -> dict[str, float]:
    """Return the figures of the book on an index made in `folder`."""
    building.build(CORPUS, folder / "index")
    assistant = assembly.open_assistant(folder / "index")
    verdicts = evaluate(read_book(BOOK), assistant.ask, assistant.search_after, measure)
    assistant.close()
    summary = summarise(verdicts)
    return {
        "answered_right": summary.answered_right or 0.0,
        "rightly_refused": summary.rightly_refused or 0.0,
        "quotes_verbatim": summary.quotes_verbatim,
        "figures_supported": summary.figures_supported,
        **summary.measures,
    }


def main() -> int:
    """Write the floors; refuse to lower one without the flag."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lower", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {name: round(value - SLACK, 3) for name, value in measured(Path(folder)).items()}
    kept = json.loads(FLOORS.read_text(encoding="utf-8"))["figures"] if FLOORS.is_file() else {}
    fallen = {name: (kept[name], found[name]) for name in kept if found.get(name, 0.0) < kept[name]}
    if fallen and not options.lower:
        sys.stderr.write(f"lower than the floors, nothing written (--lower to accept): {fallen}\n")
        return 1
    FLOORS.write_text(json.dumps({"digest": digest(), "figures": found}, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
