"""`ra-assistant calibrate`: measured on a book or on headings, served, kept by the next reports, one step back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ra_assistant.fitted import ranking_model
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


@pytest.fixture
def places(run: Run, towns: Path, tmp_path: Path) -> tuple[object, ...]:
    """Return the options that name the corpus and its index, which is built."""
    options = ("--corpus", towns, "--index", tmp_path / "index")
    built = run("index", *options)
    assert built.returncode == 0, built.stderr
    return options


def manifest(index: Path) -> dict[str, object]:
    build = (index / "current").read_text(encoding="utf-8").split()[0]
    found: dict[str, object] = json.loads((index / "builds" / build / "manifest.json").read_text("utf-8"))
    return found


def test_a_book_sets_weight_and_threshold_and_the_next_report_keeps_them(
    run: Run, towns: Path, places: tuple[object, ...], tmp_path: Path
) -> None:
    index = tmp_path / "index"
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
    assert shares[after["threshold"]] >= shares[ranking_model().threshold]
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
    run: Run, places: tuple[object, ...], tmp_path: Path
) -> None:
    index = tmp_path / "index"
    listed = run("models", "list", "--index", index)
    assert "n’a pas été mesuré" in listed.stdout
    done = run("calibrate", *places, env_more={"RA_FUSION_WEIGHT": "0.3"})
    assert done.returncode == 0, done.stderr
    assert "8\u00a0titres des rapports, pris comme questions" in done.stdout
    usual = f"{ranking_model().threshold:g}".replace(".", ",")
    assert f"Seuil de refus\u00a0: {usual}, inchangé" in done.stdout
    assert "RA_FUSION_WEIGHT est posé\u00a0: sa valeur, 0,3, reste utilisée à la place." in done.stderr
    assert manifest(index)["threshold"] is None
    assert "les titres des rapports" in run("models", "list", "--index", index).stdout


def test_the_book_of_the_corpus_is_taken_and_few_questions_leave_things_as_they_are(
    run: Run, towns: Path, places: tuple[object, ...], tmp_path: Path
) -> None:
    index = tmp_path / "index"
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


def test_without_an_index_there_is_nothing_to_calibrate(run: Run, towns: Path, tmp_path: Path) -> None:
    none = run("calibrate", "--corpus", towns, "--index", tmp_path / "index")
    assert none.returncode == 1
    assert "Aucun index" in none.stderr
    assert "Traceback" not in none.stderr


@pytest.mark.parametrize("words", ['{"question": "Combien ?"}', "", None])
def test_a_book_that_cannot_be_read_changes_nothing(
    run: Run, places: tuple[object, ...], tmp_path: Path, words: str | None
) -> None:
    index = tmp_path / "index"
    before = manifest(index)
    carnet = tmp_path / "carnet.jsonl"
    if words is not None:
        carnet.write_text(words, encoding="utf-8")
    done = run("calibrate", carnet, *places)
    assert done.returncode == 1
    assert "carnet.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
    assert manifest(index) == before
    assert len(list((index / "builds").iterdir())) == 1


def test_a_threshold_that_loses_an_answer_needs_an_explicit_word(
    run: Run, places: tuple[object, ...], tmp_path: Path
) -> None:
    """Eight questions answered wrongly and nine to refuse raise the threshold; one right answer is lost by it."""
    index = tmp_path / "index"
    before = manifest(index)
    lost = "Qu’y a-t-il eu à Aubrac en 2021 ?"
    rows: list[dict[str, object]] = [{"question": lost, "attendu": "11"}]
    rows += [{"question": f"Combien d’entreprises à {place} ?", "attendu": "99"} for place in PLACES[1:]]
    rows += [{"question": f"Combien de musées à {place} ?", "refuser": True} for place in PLACES]
    rows.append({"question": "???", "attendu": "11"})
    carnet = tmp_path / "carnet.jsonl"
    carnet.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    refused = run("calibrate", carnet, *places)
    assert refused.returncode == 1, refused.stdout
    assert lost in refused.stderr
    assert manifest(index) == before
    forced = run("calibrate", carnet, *places, "--force")
    assert forced.returncode == 0, forced.stderr
    after = manifest(index)
    assert after["build_id"] != before["build_id"]
    assert after["threshold"] == after["calibration"]["chosen"]["threshold"]  # type: ignore[index]
    assert json.loads(run("ask", lost, "--json", "--index", index).stdout)["outcome"] != "answered"


@pytest.mark.parametrize(("threshold", "is_answered"), [("1", False), ("0", True)])
def test_the_operator_s_threshold_is_the_one_used(
    run: Run, places: tuple[object, ...], tmp_path: Path, threshold: str, *, is_answered: bool
) -> None:
    index = tmp_path / "index"
    asked = run(
        "ask", "Combien d’entreprises à Aubrac ?", "--json", "--index", index,
        env_more={"RA_REFUSAL_THRESHOLD": threshold},
    )  # fmt: skip
    assert (json.loads(asked.stdout)["outcome"] == "answered") is is_answered


def test_a_threshold_that_is_no_number_is_said_in_french(run: Run, tmp_path: Path) -> None:
    wrong = run("ask", "Combien ?", "--index", tmp_path, env_more={"RA_REFUSAL_THRESHOLD": "deux"})
    assert wrong.returncode == 1
    assert "RA_REFUSAL_THRESHOLD" in wrong.stderr
    assert "Traceback" not in wrong.stderr
