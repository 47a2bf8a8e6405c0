"""Measure the assistant beside other ways to search: the same texts and questions, one machine, one run.

    python -m bench.beside [--full] [--data DIR] [--only ours,fts5] [--sizes 100,1000] [--out build/bench]

Writes results.json, table.md and report.html; bench/README.md says what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from widget.weigh import weighed

from bench.beside import books, machine, report, serving
from bench.beside.environments import HERE, ROOT, Environment, NotInstalled, environment_of, own_environment
from bench.beside.measuring import measure
from bench.beside.protocol import ENTRIES, Entry, chosen

CACHE = ROOT / ".bench"


def installed(
    entries: Sequence[Entry], cache: Path
) -> tuple[dict[str, Any], list[tuple[Entry, Environment]]]:
    """Return what is known of each contestant, and those that can be run, with their environments."""
    known: dict[str, Any] = {}
    ready = []
    for entry in entries:
        row: dict[str, Any] = {"label": entry.label, "set_up": entry.set_up}
        try:
            if entry.requirements:
                print(f"{entry.label}: its environment", file=sys.stderr)
                made = environment_of(HERE / "requirements" / entry.requirements, cache)
            else:
                made = own_environment(*entry.packages)
        except NotInstalled as error:
            row["error"] = str(error)
        else:
            row |= {
                "packages": made.packages,
                "megabytes": made.megabytes,
                "install_seconds": made.seconds,
            }
            ready.append((entry, made))
        known[entry.name] = row
    return known, ready


def wanted(options: argparse.Namespace) -> Iterator[tuple[books.Book, int, bool]]:
    """Yield each book, how often it is asked, and whether it is invented."""
    for size in options.sizes:
        yield books.invented(size).cut(options.questions), options.rounds, True
    for name in books.present(options.data) if options.data else ():
        book = books.read(options.data, name).within(options.characters)
        yield book.cut(options.questions), 1, False


def run(options: argparse.Namespace, keep: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return every figure; `keep` gets what there is after each book, so that a run cut off leaves it."""
    began = time.perf_counter()
    results: dict[str, Any] = {
        "machine": machine.described(),
        "version": _version(),
        "when": datetime.now(UTC).isoformat(timespec="minutes"),
        "shared": options.shared,
        "widget": _widgets() if options.widget else None,
        "serving": None,
        "books": [],
    }
    results["contestants"], ready = installed(options.only, options.cache)
    for book, rounds, is_invented in wanted(options):
        with tempfile.TemporaryDirectory() as folder:
            told = measure(book, ready, Path(folder), rounds)
            if (
                options.serve == len(book.texts)
                and is_invented
                and "error" not in told.get("ours", {"error": ""})
            ):
                results["serving"] = _served(Path(folder) / "ours", book, options)
        results["books"].append(
            {
                "name": book.name,
                "is_invented": is_invented,
                "texts": len(book.texts),
                "questions": sum(bool(question.relevant) for question in book.questions),
                "unanswerable": sum(not question.relevant for question in book.questions),
                "rounds": rounds,
                "results": told,
            }
        )
        keep(results | {"seconds": time.perf_counter() - began, "load_end": machine.load()})
    return results | {"seconds": time.perf_counter() - began, "load_end": machine.load()}


def _served(place: Path, book: books.Book, options: argparse.Namespace) -> dict[str, Any]:
    """Serve the last index that was built at `place`."""
    index = max((path.parent for path in place.glob("*/current")), key=lambda path: int(path.name))
    print(f"{book.name}: served", file=sys.stderr)
    told: dict[str, Any] = {"texts": len(book.texts)}
    try:
        asked = [question.question for question in book.questions]
        corpus = index.parent / f"{index.name}-corpus"
        return told | serving.measure(index, asked, options.seconds, options.starts, options.settled, corpus)
    except (OSError, subprocess.SubprocessError) as error:
        return told | {"error": str(error)}


def _widgets() -> dict[str, Any]:
    try:
        return {"rows": [{"name": name, "bytes": size, "gzip": packed} for name, size, packed in weighed()]}
    except (OSError, subprocess.SubprocessError) as error:
        return {"error": str(error)}


def _version() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says, the rest by default."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.beside",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="10,000 texts too, five rounds, every question")
    parser.add_argument("--sizes", type=_numbers, help="numbers of invented texts, with commas; 0: none")
    parser.add_argument("--rounds", type=int, help="how often each question is asked")
    parser.add_argument("--questions", type=int, help="questions of a book at most")
    parser.add_argument("--data", type=Path, help="folder with piaf, spf_qr, cnil_faq")
    parser.add_argument("--serve", type=int, help="the number of texts that is served, too; 0: none")
    parser.add_argument("--seconds", type=float, default=8, help="how long each number of clients asks")
    parser.add_argument("--starts", type=int, default=serving.STARTS, help="how often it is started")
    parser.add_argument(
        "--settled", type=float, default=serving.SETTLED_SECONDS, help="how long it is then left alone"
    )
    parser.add_argument("--widget", action="store_true", help="weigh the widget beside others, from npm")
    parser.add_argument("--characters", type=int, help="of the texts of each of these, about, at most")
    parser.add_argument("--only", type=_entries, default=list(ENTRIES), help="contestants, with commas")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", help="where the reports go")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the environments are kept")
    parser.add_argument("--shared", action="store_true", help="say in the report that others use the machine")
    found = parser.parse_args(arguments)
    usual = [100, 1000, 10_000] if found.full else [100, 1000]
    found.sizes = usual if found.sizes is None else found.sizes
    found.rounds = found.rounds or (5 if found.full else 3)
    found.serve = max(found.sizes, default=0) if found.serve is None else found.serve
    found.widget = found.widget or found.full
    found.characters = found.characters or (10**12 if found.full else 250_000)
    found.questions = found.questions or (1_000_000 if found.full else 200)
    return found


def _entries(listed: str) -> list[Entry]:
    try:
        return chosen(listed.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _numbers(listed: str) -> list[int]:
    return [number for number in map(int, listed.split(",")) if number > 0]


def write(results: dict[str, Any], folder: Path) -> None:
    """Write the three reports."""
    for name, text in (
        ("results.json", json.dumps(results, ensure_ascii=False, indent=1)),
        ("table.md", report.markdown(results)),
        ("report.html", report.html(results)),
    ):
        (folder / name).write_text(text, encoding="utf-8")


def main() -> None:
    """Run it, write the reports, say where; the table goes to the output."""
    options = options_of()
    options.out.mkdir(parents=True, exist_ok=True)
    results = run(options, lambda results: write(results, options.out))
    write(results, options.out)
    print(report.markdown(results))
    print(options.out / "report.html", file=sys.stderr)


if __name__ == "__main__":
    main()
