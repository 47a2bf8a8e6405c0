import json

import pytest

from ra_assistant.scoring import Scorer

MODEL = {
    "names": ["near", "far"],
    "linear": [1.0, -2.0],
    "bias": 0.5,
    "network": {
        "mean": [1.0, 0.0],
        "scale": [2.0, 1.0],
        "hidden": [[1.0, 0.0], [0.0, 1.0]],
        "hidden_bias": [0.0, -1.0],
        "output": [10.0, 100.0],
    },
}


def test_a_linear_model_weighs_what_a_row_has() -> None:
    scorer = Scorer.of({"near": 2.0, "far": -1.0, "bias": 0.25})
    assert scorer([{"near": 1.0}, {"far": 3.0, "unknown": 9.0}, {}]) == pytest.approx([2.25, -2.75, 0.25])


def test_the_network_adds_its_rectified_units() -> None:
    scorer = Scorer.read(json.loads(json.dumps(MODEL)))
    # near 3: unit 1 = (3 - 1) / 2 = 1; far 0: unit 2 = 0 - 1, rectified to 0.
    assert scorer([{"near": 3.0}]) == pytest.approx([3.0 + 0.5 + 10.0])
    # near 1: unit 1 = 0; far 3: unit 2 = 3 - 1 = 2.
    assert scorer([{"near": 1.0, "far": 3.0}]) == pytest.approx([1.0 - 6.0 + 0.5 + 200.0])


def test_no_row_gives_no_score() -> None:
    assert Scorer.of({"near": 1.0})([]) == []


def test_a_model_without_weights_scores_every_row_alike() -> None:
    assert Scorer.of({"bias": 1.5})([{}, {"near": 4.0}]) == [1.5, 1.5]
