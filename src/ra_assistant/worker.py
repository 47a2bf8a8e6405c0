"""The process in which a build is made or tried, or a page drawn: `python -m ra_assistant.worker`.

It takes one JSON order on standard input, runs at low priority, tells its progress and its result as JSON
lines on standard output, and ends with the process that started it. A damaged index that kills it kills
nothing else.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ra_assistant.errors import RaError
from ra_assistant.publishing_wording import system_reason

if TYPE_CHECKING:
    from ra_assistant.indexing import Progress

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
    """Return the result of an order: a build, a trial, a preview, a report brought in, a page drawn."""
    if order["act"] == "image":
        return _image(order)
    if order["act"] == "letters":
        return _letters(order)
    from ra_assistant import building

    def report(progress: Progress) -> None:
        _say(voice, {"progress": [progress.stage, progress.done, progress.total]})

    if order["act"] == "preview":
        return _preview(Path(order["file"]), Path(order["html"]))
    if order["act"] == "bring":
        return _bring(order)
    index_dir = Path(order["index"])
    if order["act"] == "mend":
        return {"build_id": building.mend(index_dir, order["build"])}
    if order["act"] == "probe":
        building.probe(index_dir, order["build"])
        return {}
    if order["act"] == "sweep":
        from ra_assistant.settings import load_settings

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
    from ra_assistant.previewing import preview
    from ra_assistant.reading import FileLoader

    found = preview(FileLoader().load(file, file.absolute().parent))
    images: list[bytes] = []
    if file.suffix.lower() == ".pdf":
        from ra_assistant.reading.page_images import page_images

        images = page_images(file)
    html.write_text(as_html(found, images), encoding="utf-8")
    return {**as_plain(found), "with_images": bool(images)}


def _image(order: Mapping[str, Any]) -> dict[str, Any]:
    from ra_assistant.reading.pdf_page import page_image

    image = page_image(Path(order["file"]), order["digest"], order["page"], order["width"])
    return {"png": base64.b64encode(image).decode()}


def _letters(order: Mapping[str, Any]) -> dict[str, Any]:
    from ra_assistant.reading.pdf_page import GRAIN, page_letters

    found = page_letters(Path(order["file"]), order["digest"], order["page"])
    return {"letters": found.letters, "places": found.places, "grain": GRAIN, "height": found.height}


def _bring(order: Mapping[str, Any]) -> dict[str, Any]:
    from ra_assistant.collecting import Collection, Said

    brought = Collection(Path(order["corpus"])).add(Path(order["file"]), Said(**order["said"]))
    return {"arrival": brought.arrival.value, "path": brought.path, "replaced": brought.replaced}


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
