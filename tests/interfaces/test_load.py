"""The load commands, against a running server: what they report, and that they notice what fails."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.serving import serving


def test_the_load_is_reported_and_a_limit_is_seen_as_a_failure(index: Path) -> None:
    for limit, status in (("100000", 0), ("5", 1)):
        for running in serving(index, RA_LIMIT_PER_MINUTE=limit):
            command = ["-m", "bench.load", "--address", running.address, "--clients", "2", "--seconds", "1"]
            done = subprocess.run(
                [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert done.returncode == status, done.stderr
            told = json.loads(done.stdout)
            assert told["answers"] == sum(told["statuses"].values()) > 0
            assert set(told["statuses"]) == ({"200"} if status == 0 else {"200", "429"})
            low, _, high = told["milliseconds_50_95_99"]
            assert 0 < low <= high
            assert told["megabytes_before_after"][0] > 50


def test_visitors_at_once_never_see_one_another_and_the_command_would_notice(index: Path) -> None:
    chosen = ("--visitors", "8", "--rounds", "1", "--crowd", "0", "--sessions", "30")
    for environment, status in (({}, 0), ({"MIXED": "1"}, 1)):
        for running in serving(index, RA_LIMIT_PER_MINUTE="100000", **environment):
            command = ["-m", "bench.visitors", "--address", running.address, *chosen]
            done = subprocess.run(
                [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert done.returncode == status, done.stdout + done.stderr
            offered, own, opened = map(json.loads, done.stdout.splitlines())
            assert offered["ends"] == {"answered": 8}
            assert all(weight > 50 for weight in opened["megabytes_before_after"])
            if status == 0:
                assert own["ends"] == {"answered": 8}
                assert opened["ends"] == {"answered": 30}
            else:
                assert own["ends"]["another visitor's words"] >= 1
