"""The shipped corpus, asked its own book with the shipped models: no figure may fall below its floor.

`python -m tests.quality.floors` measures again and raises the floors; `--lower` is needed to lower one.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.retrieval import NAMES, gain, reciprocal_ranks, relevant, shares_no_word

from ra_assistant.assembly import Assistant, open_assistant
from ra_assistant.books import read_book
from ra_assistant.retrieval import Mode
from tests.conftest import ROOT
from tests.quality.floors import FLOORS, digest, measured

OTHER_WORDS = ROOT / "bench" / "books" / "autres_mots.jsonl"


@pytest.fixture(scope="module")
def floors() -> dict[str, object]:
    return json.loads(FLOORS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quality")


@pytest.fixture(scope="module")
def figures(folder: Path) -> dict[str, float]:
    return measured(folder)


@pytest.fixture
def assistant(figures: dict[str, float], folder: Path) -> Iterator[Assistant]:
    with contextlib.closing(open_assistant(folder / "index", exact=True)) as opened:
        yield opened


def test_the_floors_were_measured_on_this_corpus_and_this_book(floors) -> None:
    assert floors["digest"] == digest(), "run `python -m tests.quality.floors`"


@pytest.mark.parametrize("name", ["answered_right", "rightly_refused", "hit@1", "hit@5", "mrr@10"])
def test_no_figure_falls_below_its_floor(floors, figures, name: str) -> None:
    assert figures[name] >= floors["figures"][name]


@pytest.mark.parametrize("name", ["quotes_verbatim", "figures_supported"])
def test_every_quote_and_every_figure_is_the_reports(figures, name: str) -> None:
    assert figures[name] == 1.0


def test_vectors_find_what_is_asked_in_other_words(assistant: Assistant) -> None:
    cases = read_book(OTHER_WORDS)
    answers = [relevant(assistant, case) for case in cases]
    assert len(cases) == 40
    assert all(answers)
    assert all(shares_no_word(assistant, case, right) for case, right in zip(cases, answers, strict=True))
    ranks = {mode: reciprocal_ranks(assistant, cases, answers, mode) for mode in NAMES}
    assert (ranks[Mode.LEXICAL] >= 1 / 5).mean() < 0.1
    assert (ranks[Mode.DENSE] >= 1 / 5).mean() >= 0.7
    assert (ranks[Mode.HYBRID] >= 1 / 5).mean() >= 0.6
    mean, low, _ = gain(ranks[Mode.HYBRID], ranks[Mode.LEXICAL])
    assert mean > low > 0.25
