"""The command as a process: forms, French sentences, exit statuses."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ra_assistant.rendering import turns_of
from ra_assistant.types import Turn
from tests.conftest import ROOT
from tests.model_server import model_server, says
from tests.reading_fixtures import pdf

SOURCES = os.pathsep.join([str(ROOT), str(ROOT / "src")])
Run = Callable[..., subprocess.CompletedProcess[str]]

FAKED = """
import sys
from ra_assistant import assembly
from ra_assistant.retrieval import Fusion
from tests.fakes import HashedEmbedder
profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
assembly.embedding_profile = lambda settings: profile
from ra_assistant import dispatching
dispatching.WORKER = (sys.executable, "-m", "tests.worker")
from ra_assistant.cli import main
sys.argv[0] = "ra-assistant"
main()
"""


@pytest.fixture
def run() -> Run:
    """Return a function that runs the command with the fake embedding model."""

    def run(
        *arguments: object, env_more: dict[str, str] | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", FAKED, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            **{"env": {**os.environ, "PYTHONPATH": SOURCES, **(env_more or {})}} | options,  # type: ignore[call-overload]
        )

    return run


def test_index_then_ask_prints_the_answer_and_its_source(run: Run, corpus: Path, tmp_path: Path) -> None:
    built = run("index", "--corpus", corpus, "--index", tmp_path / "index")
    assert built.returncode == 0, built.stderr
    assert "2\u00a0documents" in built.stdout
    asked = run("ask", "Combien de nouvelles entreprises en 2020 ?", "--index", tmp_path / "index")
    assert asked.returncode == 0, asked.stderr
    assert "13 nouvelles entreprises" in asked.stdout
    assert "Synthèse d’après" in asked.stdout
    assert "https://val.example/2020/edito" in asked.stdout


def test_one_question_is_answered_without_loading_chroma_or_torch(index: Path) -> None:
    program = (
        FAKED + "\nprint(sorted({'torch', 'chromadb', 'langchain_chroma', 'gradio'} & set(sys.modules)))"
    )
    program = program.replace("\nmain()", "\ntry:\n    main()\nexcept SystemExit:\n    pass")
    asked = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "ask",
            "Combien de nouvelles entreprises en 2020 ?",
            "--index",
            str(index),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )
    assert "13 nouvelles entreprises" in asked.stdout
    assert asked.stdout.endswith("[]\n")


def test_a_batch_prints_one_line_a_question_in_the_promised_form(
    run: Run, index: Path, tmp_path: Path
) -> None:
    rows = [
        {"id": "a", "question": "Combien de nouvelles entreprises en 2020 ?", "history": []},
        {
            "id": "b",
            "question": "Et en 2021 ?",
            "history": [
                {"role": "user", "content": "Combien de nouvelles entreprises en 2020 ?"},
                {"role": "assistant", "content": "13"},
            ],
        },
        {"id": "c", "question": "Bonjour"},
        {"id": "d", "question": ""},
        {"id": "e", "question": "Où est le siège ?", "within": ["rapport-2020.md"]},
    ]
    book = tmp_path / "book.jsonl"
    book.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    done = run("ask", "--batch", book, "--index", index, "--json")
    assert done.returncode == 0, done.stderr
    answers = {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert list(answers) == ["a", "b", "c", "d", "e"]
    assert {row["outcome"] for row in answers.values()} == {"answered", "small_talk", "not_in_report"}
    first = answers["a"]
    assert set(first) >= {
        "id", "question", "outcome", "answer", "highlights", "span", "citations", "suggestions",
        "build_id", "milliseconds", "standalone_question",
    }  # fmt: skip
    citation = first["citations"][0]
    assert set(citation) >= {
        "marker", "document_id", "path", "document_title", "kind", "year", "source_url", "page",
        "page_label", "section", "start", "end", "quote",
    }  # fmt: skip
    assert (citation["path"], citation["kind"], citation["year"]) == ("rapport-2020.md", "restated", 2020)
    assert "19" in answers["b"]["answer"]
    assert {item["path"] for item in answers["e"]["citations"]} == {"rapport-2020.md"}
    exported = run("export", "--index", index, "--json")
    texts = {row["document_id"]: row["text"] for row in map(json.loads, exported.stdout.splitlines())}
    assert texts[citation["document_id"]][citation["start"] : citation["end"]] == citation["quote"]


def test_search_prints_hits_of_each_mode(run: Run, index: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"
    book.write_text(json.dumps({"id": 1, "question": "nouvelles entreprises"}), encoding="utf-8")
    for mode in ("hybrid", "lexical", "dense"):
        done = run("search", "--batch", book, "--k", 3, "--mode", mode, "--index", index, "--json")
        (row,) = map(json.loads, done.stdout.splitlines())
        assert row["id"] == 1
        assert 1 <= len(row["hits"]) <= 3
        assert set(row["hits"][0]) >= {"document_id", "path", "start", "end", "page", "score", "text"}


def test_an_index_that_is_up_to_date_is_left_alone(run: Run, corpus: Path, index: Path) -> None:
    before = (index / "current").read_text()
    done = run("index", "--if-needed", "--corpus", corpus, "--index", index)
    assert "à jour" in done.stdout
    assert (index / "current").read_text() == before


def test_a_bad_file_is_said_in_french_and_in_the_exit_status(run: Run, corpus: Path, index: Path) -> None:
    (corpus / "vide.txt").write_text("")
    done = run("index", "--corpus", corpus, "--index", index)
    assert done.returncode == 1
    assert "vide.txt" in done.stderr
    assert "2\u00a0documents" in done.stdout


def _picture(canvas: Canvas) -> None:
    canvas.rect(0, 0, 500, 700, fill=1)


def _three_hundred_pages(canvas: Canvas) -> None:
    for number in range(1, 301):
        canvas.drawString(
            72, 700, f"En 2023, la page {number} du rapport compte {number * 7} arbres plantés."
        )
        canvas.showPage()


def test_each_bad_file_has_its_sentence_and_the_good_ones_are_read(
    run: Run, corpus: Path, index: Path, tmp_path: Path
) -> None:
    bad = {
        "vide.txt": (b"", "ne contient aucun texte"),
        "protégé.pdf": (pdf(_picture, encrypt="secret"), "protégé par un mot de passe"),
        "abîmé.pdf": (b"%PDF-1.7\n" + b"\x00\xff" * 500, "est abîmé"),
        "numérisé.pdf": (pdf(_picture), "ne contient que des images"),
        "trompeur.pdf": (b"<html><p>Bonjour</p></html>", "n’est pas celui que son extension annonce"),
        "coupé.docx": (b"PK\x03\x04" + b"\x00" * 200, "est abîmé"),
    }
    for name, (data, _) in bad.items():
        (corpus / name).write_bytes(data)
    (corpus / "long-2023.pdf").write_bytes(pdf(_three_hundred_pages))
    done = run("index", "--corpus", corpus, "--index", index)
    assert done.returncode == 1
    assert "3\u00a0documents" in done.stdout
    for name, (_, sentence) in bad.items():
        (said,) = [line for line in done.stderr.splitlines() if name in line]
        assert sentence in said
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        json.dumps({"id": 1, "question": "Combien d’arbres plantés page 250 ?"}), encoding="utf-8"
    )
    answer = json.loads(run("ask", "--batch", rows, "--json", "--index", index).stdout)
    nearest = (answer["citations"] or answer["suggestions"])[0]  # the fake embedding may leave it in doubt
    assert (nearest["path"], nearest["page"]) == ("long-2023.pdf", 250)


def test_a_corpus_of_bad_files_alone_leaves_the_index_in_service(
    run: Run, index: Path, tmp_path: Path
) -> None:
    (tmp_path / "mauvais").mkdir()
    (tmp_path / "mauvais" / "vide.txt").write_text("")
    before = (index / "current").read_text()
    for folder in ("mauvais", "rien"):
        (tmp_path / folder).mkdir(exist_ok=True)
        done = run("index", "--corpus", tmp_path / folder, "--index", index)
        assert done.returncode == 1
        assert "Aucun rapport lisible" in done.stderr
        assert "Traceback" not in done.stderr
    assert (index / "current").read_text() == before
    assert [build.name for build in (index / "builds").iterdir()] == [before.strip()]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("", "Je n’ai pas vu de question"),
        ("\u0007\u0000\u200b", "Je n’ai pas vu de question"),
        ("entreprise " * 2000, "trop long"),
        ("<script>alert(1)</script>", "<script>"),
    ],
    ids=["empty", "control", "20000", "html"],
)
def test_a_question_that_is_none_gets_a_polite_sentence_and_no_crash(
    run: Run, index: Path, tmp_path: Path, question: str, sentence: str
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": 1, "question": question}), encoding="utf-8")
    done = run("ask", "--batch", rows, "--json", "--index", index)
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["outcome"] == "not_in_report"
    assert answer["citations"] == []
    assert (sentence in answer["answer"]) == ("<" not in question)


@pytest.mark.parametrize(
    ("arguments", "sentence", "status"),
    [
        (("ask", "Où ?", "--index", "absent"), "ra-assistant index", 1),
        (("ask",), "question", 1),
        (("ask", "--batch", "absent.jsonl"), "absent.jsonl", 1),
        (("index", "--corpus", "absent"), "n’existe pas", 1),
        (("aks",), "commande inconnue aks", 2),
        (("ask", "--jsn"), "option inconnue --jsn", 2),
        (("search",), "il manque --batch", 2),
        (("search", "--batch", "x", "--k", "zéro"), "valeur refusée pour --k", 2),
        (("serve", "--port", "99999"), "valeur refusée pour --port", 2),
        (("export", "un", "deux"), "trop d’arguments", 2),
    ],
)
def test_a_wrong_command_gets_one_french_sentence(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], sentence: str, status: int
) -> None:
    done = run(*arguments, cwd=tmp_path, env={"PYTHONPATH": SOURCES})
    assert done.returncode == status
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_line_that_is_no_question_is_named(run: Run, index: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"
    for text in ('{"id": 1}\nabc', "[1]"):
        book.write_text(text)
        done = run("ask", "--batch", book, "--index", index, "--json")
        assert done.returncode == 1
        assert "n’est pas une question" in done.stderr


def test_a_wrong_setting_is_named(run: Run, tmp_path: Path) -> None:
    done = run("check", cwd=tmp_path, env=ENVIRONMENT | {"RA_PORT": "port"})
    assert done.returncode == 1
    assert "RA_PORT" in done.stderr


ENVIRONMENT = {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def test_the_directories_are_settings(run: Run, corpus: Path, tmp_path: Path) -> None:
    places = {"RA_CORPUS_DIR": str(corpus), "RA_INDEX_DIR": str(tmp_path / "elsewhere")}
    assert run("index", cwd=tmp_path, env=ENVIRONMENT | places).returncode == 0
    assert (tmp_path / "elsewhere" / "current").is_file()
    assert run("check", cwd=tmp_path, env=ENVIRONMENT | places).returncode == 0
    assert run("check", cwd=tmp_path, env=ENVIRONMENT).returncode == 1


def test_the_weight_of_the_vectors_is_a_setting(run: Run, index: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": 1, "question": "entreprises accueillies"}), encoding="utf-8")

    def found(mode: str, **settings: str) -> list[tuple[str, int]]:
        done = run(
            *("search", "--batch", rows, "--k", 1, "--mode", mode, "--json", "--index", index),
            env=ENVIRONMENT | settings,
        )
        return [(hit["path"], hit["start"]) for hit in json.loads(done.stdout)["hits"]]

    assert found("hybrid", RA_FUSION_WEIGHT="0") == found("lexical")
    assert found("hybrid", RA_FUSION_WEIGHT="1") == found("dense")
    refused = run("check", "--index", index, env=ENVIRONMENT | {"RA_FUSION_WEIGHT": "2"})
    assert refused.returncode == 1
    assert "RA_FUSION_WEIGHT" in refused.stderr


def test_check_tells_a_sound_index_from_a_stale_one(run: Run, corpus: Path, index: Path) -> None:
    done = run("check", "--corpus", corpus, "--index", index)
    assert (done.returncode, "Tout va bien" in done.stdout) == (0, True), done.stderr
    (corpus / "rapport-2022.txt").write_text("Un rapport de plus. Il est court.")
    done = run("check", "--corpus", corpus, "--index", index)
    assert done.returncode == 1
    assert "ont changé" in done.stderr
    assert "intact" in done.stdout


def test_help_speaks_french(run: Run) -> None:
    for arguments in (("--help",), ("ask", "--help"), ("index", "--help")):
        text = run(*arguments).stdout
        assert "Utilisation" in text
        assert "Afficher cette aide." in text
        for english in ("Usage:", "Show this message", "Commands:", "[default", "[OPTIONS] COMMAND"):
            assert english not in text, english


def test_a_malformed_history_is_left_out() -> None:
    assert turns_of(None) == turns_of("x") == turns_of([1, {"role": "assistant", "content": "seul"}]) == []
    history = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "user"}]
    assert turns_of(history) == [Turn("q", "a"), Turn("")]
    assert turns_of(["q", "a", "r"]) == [Turn("q", "a"), Turn("r")]


def test_a_book_is_evaluated_in_text_in_json_and_as_a_page(run: Run, index: Path, tmp_path: Path) -> None:
    book = tmp_path / "questions.yaml"
    book.write_text(
        "- question: Combien de nouvelles entreprises en 2020 ?\n  attendu: 13\n"
        "- question: Quelle est la recette du gratin dauphinois ?\n  refuser: oui\n",
        encoding="utf-8",
    )
    page = tmp_path / "rapport.html"
    done = run("evaluate", book, "--index", index, "--html", page)
    assert done.returncode == 0, done.stderr
    assert "réponses justes" in done.stdout
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    measured = json.loads(run("evaluate", book, "--index", index, "--json").stdout)
    assert measured["all"]["questions"] == 2
    assert measured["all"]["answered_right"] == measured["all"]["rightly_refused"] == 1.0
    refused = run("evaluate", book, "--index", index, "--html", tmp_path / "absent" / "rapport.html")
    assert refused.returncode == 1
    assert "n’a pas pu être écrit" in refused.stderr


def test_a_book_is_evaluated_with_a_language_model_beside_the_report(
    run: Run, index: Path, tmp_path: Path
) -> None:
    pytest.importorskip("langchain_openai", reason="the extra « openai » is not installed")
    book = tmp_path / "questions.yaml"
    book.write_text(
        "- question: Combien de nouvelles entreprises en 2020 ?\n  attendu: 13\n", encoding="utf-8"
    )
    without = run("evaluate", book, "--index", index, "--llm")
    assert without.returncode == 1
    assert "Aucun modèle de langage n’est réglé" in without.stderr
    with model_server([says("L’agence a accueilli 13 nouvelles entreprises en 2020 [1].")]) as server:
        model = {"RA_LLM": "openai:scripted", "RA_LLM_BASE_URL": server.address}
        environment = {**os.environ, "PYTHONPATH": SOURCES, **model}
        done = run(
            "evaluate",
            book,
            "--index",
            index,
            "--llm",
            "--price-in",
            "1",
            "--price-out",
            "3",
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        assert "Avec le modèle de langage openai:scripted" in done.stdout
        assert "Réponses rédigées par le modèle\u00a0: 1 sur 1" in done.stdout
        assert "\u00a0€" in done.stdout
        counted = len(server.requests)
        quiet = run("evaluate", book, "--index", index, "--json", env=environment)
        assert "comparison" not in json.loads(quiet.stdout)
        assert len(server.requests) == counted  # without the option, only the report answers


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ra_assistant", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Utilisation" in done.stdout


def test_publishing_telling_listing_and_going_back(run: Run, corpus: Path, tmp_path: Path) -> None:
    places = ("--corpus", corpus, "--index", tmp_path / "index")
    assert "Aucun index" in run("status", *places).stderr
    assert "Aucun index" in run("builds", *places[2:]).stdout
    done = run("publish", *places)
    assert done.returncode == 0, done.stderr
    assert "✓ Passages retrouvés par leur propre texte\u00a0: 4 sur 4" in done.stdout
    assert "2\u00a0documents, 4\u00a0passages (4\u00a0nouveaux calculs)" in done.stdout
    assert "à jour" in run("publish", *places).stdout
    told = run("status", *places)
    assert "Rapport d’activité 2021 (2021), rapport-2021.md" in told.stdout
    assert "rien à publier" in told.stdout
    path = corpus / "rapport-2020.md"
    path.write_text(path.read_text().replace("13 nouvelles", "14 nouvelles"))
    assert "Les rapports ont changé" in run("status", *places).stdout
    assert run("publish", *places).returncode == 0
    listed = run("builds", *places[2:]).stdout.splitlines()
    assert [line.rpartition("(")[2] for line in listed] == [
        "en service)",
        "ancien, prêt à reprendre du service)",
    ]
    back = run("rollback", *places)
    former = listed[1].split()[0]
    assert f"«\u00a0{former}\u00a0» est de nouveau en service" in back.stdout
    assert f"ra-assistant rollback {former} --files" in back.stdout, "the reports would come back"
    again = run("rollback", former, *places, "--files")
    assert "n’a pas été gardée\u00a0: «\u00a0rapport-2020.md\u00a0»" in again.stdout, "it was changed by hand"
    (corpus / "rapport-2021.md").unlink()
    refused = run("publish", *places)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert run("publish", *places, "--force").returncode == 0


def test_what_asks_no_model_opens_none(run: Run, corpus: Path, tmp_path: Path) -> None:
    """With a provider whose package is missing, only what speaks with it fails."""
    env = {**os.environ, "PYTHONPATH": SOURCES, "RA_LLM": "cohere:command-r"}
    index = tmp_path / "index"
    question = "Combien de nouvelles entreprises en 2020 ?"
    batch, book = tmp_path / "questions.jsonl", tmp_path / "book.jsonl"
    batch.write_text(json.dumps({"id": "a", "question": question}), encoding="utf-8")
    book.write_text(json.dumps({"question": question, "expected": "13"}), encoding="utf-8")
    for name, options in (
        ("index", ("--corpus", corpus)),
        ("search", ("--batch", batch, "--json")),
        ("evaluate", (book, "--json")),
        ("figures", ("--json",)),
    ):
        done = run(name, *options, "--index", index, env=env)
        assert (done.returncode, done.stderr) == (0, ""), (name, done.stderr)
    asked = run("ask", question, "--index", index, env=env)
    assert asked.returncode == 1
    assert "Il manque un composant" in asked.stderr
