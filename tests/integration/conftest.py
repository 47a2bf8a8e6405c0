"""What the tests of whole answers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ra_assistant import assembly, building


@pytest.fixture(scope="module")
def open_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], assembly.Assistant]]:
    """Publish a report given as Markdown and open an assistant on it, closed with the module's last test."""
    opened: list[assembly.Assistant] = []

    def published(text: str) -> assembly.Assistant:
        place = tmp_path_factory.mktemp("published")
        corpus = place / "corpus"
        corpus.mkdir()
        (corpus / "rapport.md").write_text(text, encoding="utf-8")
        building.build(corpus, place / "index")
        opened.append(assembly.open_assistant(place / "index"))
        return opened[-1]

    yield published
    for assistant in opened:
        assistant.close()
