"""The benchmark beside others, small: our own model, SQLite and bm25s over fifty invented texts."""

import json
import subprocess
import sys
from pathlib import Path

from bench.removed import Told, halves, refused_at

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


def test_questions_are_asked_with_their_article_and_without(tmp_path: Path) -> None:
    articles = {
        "Moulins": (
            "Le moulin de Kerlune moud le blé depuis 1871.",
            "Depuis quand le moulin moud-il le blé ?",
        ),
        "Phares": (
            "La lanterne du phare porte à 32 milles.",
            "À combien de milles la lanterne porte-t-elle ?",
        ),
        "Écoles": ("La classe unique accueille 14 élèves.", "Combien d'élèves la classe accueille-t-elle ?"),
    }
    texts = [{"context_id": t, "title": t, "text": text} for t, (text, _) in articles.items()]
    questions = [
        {"id": t, "question": asked, "context_id": t, "answers": []} for t, (_, asked) in articles.items()
    ]
    for name, rows in (("village.contexts", texts), ("village", questions)):
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    command = [sys.executable, "-m", "bench.removed", str(tmp_path), "village"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "village, 3 questions: article there, refused 0.000; article gone, refused 1.000;" in done.stdout


def test_halves_keep_articles_whole_and_the_threshold_refuses_a_tenth() -> None:
    assert halves({"a": "Un", "b": "Deux", "c": "Un", "d": "Mille"}) == {"a": 0, "b": 0, "c": 0, "d": 1}
    there = [Told(is_refused=False, certainty=number / 10) for number in range(1, 11)]
    gone = [Told(is_refused=True, certainty=value) for value in (0.05, 0.1, 0.15, 0.9)]
    assert refused_at(there, gone, 0.1) == 0.25
    assert refused_at(there, gone, 0.2) == 0.75
