"""Who somebody is: told by a sentence that names them, never by the name of another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ra_assistant import assembly, building
from ra_assistant.assembly import Assistant
from ra_assistant.french.words import fold
from ra_assistant.types import Outcome
from tests.quality.floors import CORPUS

PERSONS = ("Stéphane Beaudet", "Gilles Trystram", "Jean-Marc Grognet", "Pierre Tambourin", "David Bodet")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder: Path = tmp_path_factory.mktemp("persons")
    building.build(CORPUS, folder / "index")
    opened = assembly.open_assistant(folder / "index")
    yield opened
    opened.close()


@pytest.mark.parametrize("wording", ["Qui est {} ?", "c’est qui {}"])
@pytest.mark.parametrize("person", PERSONS)
def test_a_person_is_told_by_what_names_them(assistant: Assistant, person: str, wording: str) -> None:
    asked = wording.format(person if "?" in wording else person.lower())
    answer = assistant.ask(asked)
    assert answer.outcome is Outcome.ANSWERED
    assert fold(person) in fold(answer.citations[0].quote)
    lead = answer.text.partition("«")[0]
    assert not any(other in lead for other in PERSONS), lead
