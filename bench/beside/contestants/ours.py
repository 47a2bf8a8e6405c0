"""The assistant itself, through what `publish`, `search` and `ask` call."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ra_assistant.assembly import Assistant, open_assistant
from ra_assistant.building import build
from ra_assistant.types import Outcome


class Ours:
    """Each text a file of the corpus; built, checked, put in service, opened as a server opens it."""

    def __init__(self) -> None:
        self._assistant: Assistant | None = None
        self._names: dict[str, str] = {}
        self._paths: dict[str, str] = {}

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Write the corpus beside `folder`, publish it, open it."""
        self._corpus, self._index = folder.parent / f"{folder.name}-corpus", folder
        self._corpus.mkdir()
        for number, (name, text) in enumerate(texts):
            self._paths[name] = f"t{number:06}.txt"
            self._write(name, text)
        self._names = {path: name for name, path in self._paths.items()}
        self._publish()

    def _write(self, name: str, text: str) -> None:
        (self._corpus / self._paths[name]).write_text(unicodedata.normalize("NFC", text), encoding="utf-8")

    def _publish(self) -> None:
        build(self._corpus, self._index)
        opened = open_assistant(self._index)
        self.close()
        self._assistant = opened
        self._documents = {one.id: self._names[one.path] for one in opened.documents}

    def search(self, question: str, k: int) -> list[str]:
        """Return the texts of the best passages."""
        assert self._assistant is not None
        return [self._documents[hit.passage.document_id] for hit in self._assistant.search(question, k)]

    def answer(self, question: str) -> dict[str, Any]:
        """Return whether the whole answer refuses, and the ranges it cites."""
        assert self._assistant is not None
        answer = self._assistant.ask(question)
        return {
            "refused": answer.outcome is not Outcome.ANSWERED,
            "cited": [(self._names[one.document.path], one.start, one.end) for one in answer.citations],
        }

    def change(self, name: str, text: str) -> None:
        """Write the file again, publish, open."""
        self._write(name, text)
        self._publish()

    def close(self) -> None:
        """Close the build."""
        if self._assistant is not None:
            self._assistant.close()
            self._assistant = None
