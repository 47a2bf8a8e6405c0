"""The benchmark beside others, small: our own model, SQLite and bm25s over fifty invented texts."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_one_small_run_measures_three_contestants_serves_and_writes_its_reports(tmp_path: Path) -> None:
    command = [
        *(
            sys.executable,
            "-m",
            "bench.beside",
            "--only",
            "ours,fts5,bm25s",
            "--sizes",
            "50",
            "--rounds",
            "1",
        ),
        *("--questions", "30", "--serve", "50", "--starts", "1", "--seconds", "0.5"),
        *("--settled", "0", "--out", str(tmp_path)),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    (book,) = results["books"]
    assert set(book["results"]) == {"ours", "fts5", "bm25s"}
    for told in book["results"].values():
        assert told["hit@5"] >= told["hit@1"] > 0.3
        assert told["change_is_found"]
        assert 0 < told["ms_50"] <= told["ms_95"] <= told["ms_99"]
        assert told["megabytes_peak"] > 5
    assert book["results"]["ours"]["answers"]["sentence@1"] > 0.5
    served = results["serving"]
    assert [row["clients"] for row in served["loads"]] == [1, 8, 32, 1]
    assert served["loads"][-1]["while"] == "publishing"
    assert served["loads"][-1]["published"] >= 1
    assert "1, while publishing" in done.stdout
    assert all(row["failed"] == 0 and row["answers"] for row in served["loads"])
    assert served["healthz"] <= served["first_answer"]
    assert served["megabytes_after"] > 50
    assert (tmp_path / "table.md").read_text(encoding="utf-8") in done.stdout
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_an_unknown_contestant_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.beside", "--only", "nobody", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "nobody" in done.stderr
    assert "Traceback" not in done.stderr


def test_growth_is_told_for_each_size() -> None:
    command = [sys.executable, "-m", "bench.growth", "--sizes", "30,60", "--questions", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["passages"] for row in told] == [30, 60]
    for row in told:
        assert 0 < row["search_ms_50"] <= row["answer_ms_50"] <= row["answer_ms_99"]
        assert row["memory_mb"] > 50
        assert 0 < row["disk_mb"] < 50
