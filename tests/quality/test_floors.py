"""The shipped corpus, asked its own book with the shipped models: no figure may fall below its floor.

`python -m tests.quality.floors` measures again and raises the floors; `--lower` is needed to lower one.
"""

import json

import pytest

from tests.quality.floors import FLOORS, digest, measured


@pytest.fixture(scope="module")
def floors() -> dict[str, object]:
    return json.loads(FLOORS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    return measured(tmp_path_factory.mktemp("quality"))


def test_the_floors_were_measured_on_this_corpus_and_this_book(floors) -> None:
    assert floors["digest"] == digest(), "run `python -m tests.quality.floors`"


@pytest.mark.parametrize("name", ["answered_right", "rightly_refused", "hit@1", "hit@5", "mrr@10"])
def test_no_figure_falls_below_its_floor(floors, figures, name: str) -> None:
    assert figures[name] >= floors["figures"][name]


@pytest.mark.parametrize("name", ["quotes_verbatim", "figures_supported"])
def test_every_quote_and_every_figure_is_the_reports(figures, name: str) -> None:
    assert figures[name] == 1.0
