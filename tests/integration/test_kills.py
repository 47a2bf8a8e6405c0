"""The short form of `bench.kills`: publishers killed at random while visitors ask."""

import os
from pathlib import Path

import pytest
from bench.kills import at_each_step, run

from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _sources(monkeypatch: pytest.MonkeyPatch, hashed_embedding: None) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), str(ROOT)]))


def test_visitors_notice_nothing_of_publishers_killed_at_random(tmp_path: Path) -> None:
    report = run(tmp_path, kills=2, clients=4, seed=5, longest=3.0)
    assert report.is_clean, report
    assert report.answers > 20
    assert report.kills == 2


def test_a_switch_killed_at_any_step_leaves_an_index_that_opens(tmp_path: Path) -> None:
    steps, blows = at_each_step(tmp_path, stride=9)
    assert steps >= blows * 9 > 9
