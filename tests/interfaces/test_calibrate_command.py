"""`ra-assistant calibrate`: measured on a book or on headings, served, kept by the next reports, one step back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interfaces.test_command_line import Run
from tests.interfaces.test_command_line import run as run

PLACES = ("Aubrac", "Bellevue", "Cormeilles", "Draveil", "Étampes", "Fleury", "Grigny", "Igny", "Juvisy")
ABSENT = (
    "le chauffage",
    "un vaccin",
    "la météo",
    "le football",
    "une recette",
    "la bourse",
    "un opéra",
    "le cinéma",
)


@pytest.fixture
def towns(write_corpus: Callable[[dict[str, str]], Path]) -> Path:
    """Return a corpus of one report, a section a town."""
    sections = [
        f"## La commune de {place}\n\nEn 2021, {place} a accueilli {rank + 11} entreprises. Le conseil y siège."
        for rank, place in enumerate(PLACES)
    ]
    text = "---\ntitle: Rapport\nyear: 2021\n---\n# Rapport\n\n" + "\n\n".join(sections) + "\n"
    return write_corpus({"rapport.md": text})


def book(path: Path, refused: int = len(ABSENT)) -> Path:
    rows: list[dict[str, object]] = [
        {"question": f"Combien d’entreprises à {place} ?", "attendu": str(rank + 11)}
        for rank, place in enumerate(PLACES)
    ]
    rows += [{"question": f"Combien coûte {thing} ?", "refuser": True} for thing in ABSENT[:refused]]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def manifest(index: Path) -> dict[str, object]:
    build = (index / "current").read_text(encoding="utf-8").split()[0]
    found: dict[str, object] = json.loads((index / "builds" / build / "manifest.json").read_text("utf-8"))
    return found


def test_a_book_sets_weight_and_threshold_and_the_next_report_keeps_them(
    run: Run, towns: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    places = ("--corpus", towns, "--index", index)
    assert run("index", *places).returncode == 0
    before = manifest(index)
    assert (before["threshold"], before["calibration"]) == (None, {})
    done = run("calibrate", book(tmp_path / "carnet.jsonl"), *places)
    assert done.returncode == 0, done.stderr
    assert (
        "«\u00a0carnet.jsonl\u00a0»\u00a0: 9\u00a0questions dont un passage a la réponse, 8\u00a0questions à refuser"
        in done.stdout
    )
    assert "Poids des vecteurs" in done.stdout
    assert "Bonnes réponses" in done.stdout
    after = manifest(index)
    assert after["build_id"] != before["build_id"]
    assert isinstance(after["threshold"], float)
    shares = {row[0]: sum(row[1:]) for row in after["calibration"]["shares"]}  # type: ignore[index]
    assert shares[after["threshold"]] >= shares[0.38]
    ranks = dict(after["calibration"]["ranks"])  # type: ignore[index]
    assert ranks[after["fusion"]["weight"]] >= ranks[0.0]  # type: ignore[index]

    (towns / "autre.md").write_text("# Autre\n\nUn autre rapport parle de la forêt.\n", encoding="utf-8")
    assert run("publish", *places).returncode == 0
    kept = manifest(index)
    assert kept["documents"] == 2
    assert (kept["threshold"], kept["fusion"]) == (after["threshold"], after["fusion"])

    listed = run("models", "list", "--index", index)
    assert "Ce que les vecteurs apportent ici" in listed.stdout
    assert "9\u00a0questions, «\u00a0carnet.jsonl\u00a0»" in listed.stdout

    assert run("rollback", "--index", index).returncode == 0
    assert run("rollback", before["build_id"], "--index", index).returncode == 0
    assert manifest(index)["threshold"] is None


def test_without_a_book_the_headings_are_asked_and_the_threshold_stays(
    run: Run, towns: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    assert run("index", "--corpus", towns, "--index", index).returncode == 0
    listed = run("models", "list", "--index", index)
    assert "n’a pas été mesuré" in listed.stdout
    done = run("calibrate", "--corpus", towns, "--index", index, env_more={"RA_FUSION_WEIGHT": "0.3"})
    assert done.returncode == 0, done.stderr
    assert "8\u00a0titres des rapports, pris comme questions" in done.stdout
    assert "Seuil de refus\u00a0: 0,38, inchangé" in done.stdout
    assert "RA_FUSION_WEIGHT est posé\u00a0: sa valeur, 0,3, reste utilisée à la place." in done.stderr
    assert manifest(index)["threshold"] is None
    assert "les titres des rapports" in run("models", "list", "--index", index).stdout


def test_the_book_of_the_corpus_is_taken_and_few_questions_leave_things_as_they_are(
    run: Run, towns: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    places = ("--corpus", towns, "--index", index)
    assert run("index", *places).returncode == 0
    (towns / "questions.yaml").write_text(
        "- question: Combien d’entreprises à Aubrac ?\n  attendu: '11'\n", encoding="utf-8"
    )
    done = run("calibrate", *places)
    assert done.returncode == 0, done.stderr
    assert (
        "«\u00a0questions.yaml\u00a0»\u00a0: 1\u00a0question dont un passage a la réponse, 0\u00a0question à refuser"
        in done.stdout
    )
    assert "Moins de 8 questions" in done.stdout
    assert "au moins 8 questions avec réponse et 8 à refuser" in done.stdout
    assert manifest(index)["fusion"]["weight"] == 0.2  # type: ignore[index]


def test_a_book_that_cannot_be_read_or_no_index_changes_nothing(
    run: Run, towns: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    places = ("--corpus", towns, "--index", index)
    none = run("calibrate", *places)
    assert none.returncode == 1
    assert "Traceback" not in none.stderr
    assert run("index", *places).returncode == 0
    before = manifest(index)
    broken = tmp_path / "carnet.jsonl"
    broken.write_text('{"question": "Combien ?"}', encoding="utf-8")
    done = run("calibrate", broken, *places)
    assert done.returncode == 1
    assert "carnet.jsonl" in done.stderr
    missing = run("calibrate", tmp_path / "absent.yaml", *places)
    assert missing.returncode == 1
    assert "absent.yaml" in missing.stderr
    assert manifest(index) == before
    assert len(list((index / "builds").iterdir())) == 1


@pytest.mark.parametrize(("threshold", "is_answered"), [("1", False), ("0", True)])
def test_the_operator_s_threshold_is_the_one_used(
    run: Run, towns: Path, tmp_path: Path, threshold: str, *, is_answered: bool
) -> None:
    index = tmp_path / "index"
    assert run("index", "--corpus", towns, "--index", index).returncode == 0
    asked = run(
        "ask", "Combien d’entreprises à Aubrac ?", "--json", "--index", index,
        env_more={"RA_REFUSAL_THRESHOLD": threshold},
    )  # fmt: skip
    assert (json.loads(asked.stdout)["outcome"] == "answered") is is_answered


def test_a_threshold_that_refuses_nothing_still_refuses_where_nothing_is_found(
    run: Run, towns: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    assert run("index", "--corpus", towns, "--index", index).returncode == 0
    asked = run("ask", "zzzz qqqq", "--json", "--index", index, env_more={"RA_REFUSAL_THRESHOLD": "0"})
    assert asked.returncode == 0, asked.stderr
    wrong = run("ask", "Combien ?", "--index", index, env_more={"RA_REFUSAL_THRESHOLD": "deux"})
    assert wrong.returncode == 1
    assert "RA_REFUSAL_THRESHOLD" in wrong.stderr
