"""The process in which a build is made or tried: `python -m ra_assistant.worker`, one JSON order on standard input.

It runs at low priority, tells its progress and its result as JSON lines on standard output, and ends with
the process that started it. A damaged index that kills it kills nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

from ra_assistant.errors import RaError, UnreadableDocument
from ra_assistant.indexing import Progress
from ra_assistant.publishing_wording import system_reason
from ra_assistant.settings import load_settings

NICENESS = 10


def main() -> None:
    """Carry out one order and end."""
    voice = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)
    try:
        result = carry_out(order, voice)
    except RaError as error:
        _say(voice, {"error": error.code, "message": str(error), "details": _plain(error.details)})
    except OSError as error:
        _say(voice, {"error": "os", "message": str(error), "details": {"reason": system_reason(error)}})
    else:
        _say(voice, {"result": result})
    voice.close()


def carry_out(order: Mapping[str, Any], voice: TextIO) -> dict[str, Any]:
    """Return the result of an order: build, mend, check, probe, sweep, preview, harvest or bring."""
    from ra_assistant import building

    def report(progress: Progress) -> None:
        _say(voice, {"progress": [progress.stage, progress.done, progress.total]})

    if order["act"] == "preview":
        if order.get("scanned"):
            _recognise(Path(order["file"]), Path(order["scanned"]))
        return _preview(Path(order["file"]), Path(order["html"]))
    if order["act"] == "harvest":
        return _harvest(order, report)
    if order["act"] == "bring":
        return _bring(order)
    index_dir = Path(order["index"])
    if order["act"] == "mend":
        return {"build_id": building.mend(index_dir, order["build"])}
    if order["act"] == "probe":
        building.probe(index_dir, order["build"])
        return {}
    if order["act"] == "sweep":
        return {"collections": building.sweep(index_dir, load_settings().chroma_url)}
    if order["act"] == "check":
        book = Path(order["book"]) if order.get("book") else None
        unreadable = order.get("unreadable", [])
        return building.check_candidate(index_dir, order["build"], book, unreadable, report=report).as_json()
    built = building.build_candidate(Path(order["corpus"]), index_dir, report=report)
    return {
        "build_id": built.build_id,
        "documents": built.documents,
        "passages": built.passages,
        "embedded": built.embedded,
        "unreadable": [[error.path, error.reason] for error in built.unreadable],
        "notices": [[path, notice.code, notice.page, notice.detail] for path, notice in built.notices],
    }


def _preview(file: Path, html: Path) -> dict[str, Any]:
    from ra_assistant.extraction_report import as_html, as_plain
    from ra_assistant.office_wording import READ
    from ra_assistant.previewing import preview
    from ra_assistant.reading import FileLoader

    found = preview(FileLoader().load(file, file.absolute().parent))
    images: list[bytes] = []
    if file.suffix.lower() == ".pdf":
        from ra_assistant.reading.page_images import page_images

        images = page_images(file)
    html.write_text(as_html(found, images), encoding="utf-8")
    return {**as_plain(found, READ), "with_images": bool(images)}


def _recognise(file: Path, scanned: Path) -> None:
    """Put a copy whose characters are recognised in the place of a file, and the file aside."""
    from ra_assistant.recognising import recognise

    readable = scanned.with_name("recognised.pdf")
    recognise(file, readable)
    file.replace(scanned)
    readable.replace(file)


def _harvest(order: Mapping[str, Any], report: Callable[[Progress], None]) -> dict[str, Any]:
    from ra_assistant import assembly
    from ra_assistant.wording import sentence_of

    def told(done: int, waiting: int, _: str) -> None:
        report(Progress("fetching", done, done + waiting))

    with contextlib.closing(assembly.harvester()) as harvester:
        url = order["url"]
        found = harvester.site(url, told) if order["site"] else harvester.one(url)
    pieces: list[dict[str, Any]] = []
    left: list[RaError] = list(found.left)
    for number, leaf in enumerate(found.leaves):
        report(Progress("reading", number, len(found.leaves)))
        file = Path(order["room"]) / str(number) / PurePosixPath(leaf.name).name
        file.parent.mkdir()
        file.write_bytes(leaf.data)
        try:
            reading = _preview(file, file.with_name("lecture.html"))
        except UnreadableDocument as error:
            left.append(error)
            continue
        page = leaf.name if leaf.is_page else ""
        pieces.append({"file": str(file), "page": page, "url": leaf.url, "reading": reading})
    if not pieces:
        raise left[0]
    return {
        "pieces": pieces,
        "documents": list(found.documents),
        "left": [sentence_of(error) for error in left],
        "repeated": found.repeated,
        "stopped": found.stopped,
    }


def _bring(order: Mapping[str, Any]) -> dict[str, Any]:
    from ra_assistant.collecting import Collection, Said

    collection = Collection(Path(order["corpus"]))
    brought = []
    for item in order["items"]:
        file, said = Path(item["file"]), Said(**item["said"])
        if item["page"]:
            arrived = collection.add_page(item["page"], file.read_bytes(), said)
        else:
            arrived = collection.add(file, said, Path(item["scanned"]) if item["scanned"] else None)
        brought.append({"arrival": arrived.arrival.value, "path": arrived.path, "replaced": arrived.replaced})
    return {"brought": brought}


def _say(voice: TextIO, line: Mapping[str, Any]) -> None:
    voice.write(json.dumps(line, ensure_ascii=False) + "\n")
    voice.flush()


def _plain(details: Mapping[str, object]) -> dict[str, object]:
    kept = (str, int, float, bool, type(None))
    return {name: value if isinstance(value, kept) else str(value) for name, value in details.items()}


def _end_with_parent() -> None:
    """Wait for the end of standard input, which the system closes when the parent ends."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
