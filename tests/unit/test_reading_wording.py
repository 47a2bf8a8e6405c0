"""Every reason and every notice of the reading room has its French sentence, and no sentence is idle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ra_assistant.reading
from ra_assistant import wording

ROOM = Path(ra_assistant.reading.__file__).parent
TREES = [ast.parse(path.read_text("utf-8")) for path in sorted(ROOM.glob("*.py"))]


def said(name: str, place: int) -> set[str]:
    """Return the texts that the room passes as the argument at `place` of calls to `name`."""
    calls = [
        node
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    constants = [node for call in calls if len(call.args) > place for node in ast.walk(call.args[place])] + [
        node.value
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and [getattr(target, "id", "") for target in node.targets] == ["reason"]
        for node.value in [part for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
    ] * (name == "UnreadableDocument")
    return {
        node.value
        for node in constants
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.replace("_", "").isalpha()
    }


def test_each_reason_has_a_sentence() -> None:
    assert said("UnreadableDocument", 1) | {"changing"} == set(wording.UNREADABLE), (
        "said where files are copied"
    )


def test_each_notice_has_a_sentence() -> None:
    assert said("Notice", 0) == set(wording.NOTICES)


@pytest.mark.parametrize("sentence", wording.UNREADABLE.values())
def test_a_reason_names_the_file_and_a_remedy(sentence: str) -> None:
    told = sentence.format(path="rapport.pdf", reason="x")
    assert "«\u00a0rapport.pdf\u00a0»" in told
    assert told.count(".") >= 2


@pytest.mark.parametrize("sentence", wording.NOTICES.values())
def test_a_notice_says_what_to_do(sentence: str) -> None:
    told = sentence.format(page=3, detail="détail")
    assert told.count(".") >= 2
    assert "{" not in told
