"""The process in which a build is made or tried, or a page drawn: `python -m ra_assistant.worker`.

It takes one JSON order on standard input, runs at low priority, tells its progress and its result as JSON
lines on standard output, and ends with the process that started it. A damaged index that kills it kills
nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TextIO

from ra_assistant.errors import RaError, UnreadableDocument
from ra_assistant.publishing_wording import system_reason

if TYPE_CHECKING:
    from ra_assistant.indexing import Progress

    Report = Callable[[Progress], None]

NICENESS = 10


def main() -> None:
    """Carry out one order and end."""
    voice = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)
    if "bounds" in order:
        _confine(**order["bounds"])
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
    """Return the result of an order, whose `act` is a key of `_ACTS`; its progress is told on `voice`."""

    def report(progress: Progress) -> None:
        _say(voice, {"progress": [progress.stage, progress.done, progress.total]})

    return _ACTS[order["act"]](order, report)


def _build(order: Mapping[str, Any], report: Report) -> dict[str, Any]:
    from ra_assistant import building

    built = building.build_candidate(Path(order["corpus"]), Path(order["index"]), report=report)
    return {
        "build_id": built.build_id,
        "documents": built.documents,
        "passages": built.passages,
        "embedded": built.embedded,
        "unreadable": [[error.path, error.reason] for error in built.unreadable],
        "notices": [[path, notice.code, notice.page, notice.detail] for path, notice in built.notices],
    }


def _check(order: Mapping[str, Any], report: Report) -> dict[str, Any]:
    from ra_assistant import trying

    book = Path(order["book"]) if order.get("book") else None
    unreadable = order.get("unreadable", [])
    index_dir = Path(order["index"])
    return trying.check_candidate(index_dir, order["build"], book, unreadable, report=report).as_json()


def _mend(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    from ra_assistant import building

    return {"build_id": building.mend(Path(order["index"]), order["build"])}


def _calibrate(order: Mapping[str, Any], report: Report) -> dict[str, Any]:
    from ra_assistant import tuning

    book = Path(order["book"]) if order["book"] else None
    return dict(tuning.calibrate(Path(order["index"]), order["build"], book, report=report))


def _probe(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    from ra_assistant import trying

    trying.probe(Path(order["index"]), order["build"])
    return {}


def _suits(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    from ra_assistant import trying

    trying.suits(Path(order["index"]), order["build"])
    return {}


def _sweep(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    from ra_assistant import building
    from ra_assistant.settings import load_settings

    return {"collections": building.sweep(Path(order["index"]), load_settings().chroma_url)}


def _preview(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    file = Path(order["file"])
    if order.get("scanned"):
        _recognise(file, Path(order["scanned"]))
    return _read(file, Path(order["html"]))


def _read(file: Path, html: Path) -> dict[str, Any]:
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


def _harvest(order: Mapping[str, Any], report: Report) -> dict[str, Any]:
    from ra_assistant import assembly
    from ra_assistant.indexing import Progress
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
            reading = _read(file, file.with_name("lecture.html"))
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


def _image(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    from ra_assistant.reading.pdf_page import page_image

    image = page_image(Path(order["file"]), order["digest"], order["page"], order["width"])
    return {"png": base64.b64encode(image).decode()}


def _letters(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    from ra_assistant.reading.pdf_page import GRAIN, page_letters

    found = page_letters(Path(order["file"]), order["digest"], order["page"])
    return {"letters": found.letters, "places": found.places, "grain": GRAIN, "height": found.height}


def _bring(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
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


def _restore(order: Mapping[str, Any], _: Report) -> dict[str, Any]:
    from ra_assistant.collecting import Collection

    done = Collection(Path(order["corpus"])).restore(order["sources"])
    return {"aside": done.aside, "back": done.back, "lost": done.lost}


_ACTS: dict[str, Callable[[Mapping[str, Any], Report], dict[str, Any]]] = {
    "build": _build,
    "check": _check,
    "mend": _mend,
    "calibrate": _calibrate,
    "probe": _probe,
    "suits": _suits,
    "sweep": _sweep,
    "preview": _preview,
    "harvest": _harvest,
    "bring": _bring,
    "restore": _restore,
    "image": _image,
    "letters": _letters,
}


def _say(voice: TextIO, line: Mapping[str, Any]) -> None:
    voice.write(json.dumps(line, ensure_ascii=False) + "\n")
    voice.flush()


def _plain(details: Mapping[str, object]) -> dict[str, object]:
    kept = (str, int, float, bool, type(None))
    return {name: value if isinstance(value, kept) else str(value) for name, value in details.items()}


def _confine(seconds: int, bytes: int) -> None:  # noqa: A002 - the fields of `dispatching.Bounds`
    """Let the system end this process when it takes more time or memory than it may."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (bytes, bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    """Wait for the end of standard input, which the system closes when the parent ends."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
