"""`add`, `remove` and `watch` as processes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

from ra_assistant.reading import FileLoader
from tests.conftest import REPORTS
from tests.interfaces.test_command_line import FAKED, SOURCES, Run, run
from tests.scanning import SENTENCE, scanned, stand_in

__all__ = ["run"]

ENVIRONMENT = {**os.environ, "PYTHONPATH": SOURCES}


def test_adding_a_directory_publishing_and_removing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "recus").mkdir()
    for name, text in REPORTS.items():
        (tmp_path / "recus" / name).write_text(text, encoding="utf-8")
    (tmp_path / "recus" / "vide.txt").write_text("")
    places = ("--corpus", tmp_path / "corpus", "--index", tmp_path / "index")
    done = run("add", tmp_path / "recus", "--publish", *places)
    assert done.returncode == 1, "one of the files could not be read"
    assert "Ajouté\u00a0: Rapport d’activité 2020 (2020), rapport-2020.md" in done.stdout
    assert "«\u00a0vide.txt\u00a0» ne contient aucun texte" in done.stderr
    assert "Index en service\u00a0: 2\u00a0documents" in done.stdout
    again = run("add", tmp_path / "recus" / "rapport-2020.md", *places)
    assert (again.returncode, "Déjà là" in again.stdout) == (0, True)
    removed = run("remove", "rapport-2020.md", *places[:2])
    assert "Retiré\u00a0: rapport-2020.md" in removed.stdout
    assert "Aucun rapport ne s’appelle" in run("remove", "rapport-2020.md", *places[:2]).stderr


def test_wrong_options_get_one_sentence(run: Run, corpus: Path, tmp_path: Path) -> None:
    for arguments, sentence in (
        ((corpus, "--title", "X"), "pour un seul fichier"),
        ((corpus / "rapport-2020.md", "--year", "20"), "quatre chiffres"),
        ((corpus / "rapport-2020.md", "--kind", "autre"), "--kind"),
        ((tmp_path / "absent.pdf",), "n’existe pas"),
    ):
        done = run("add", *arguments, "--corpus", tmp_path / "c")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert sentence in done.stderr


def test_a_corpus_that_cannot_be_written_is_one_sentence(run: Run, corpus: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "bloqué"
    blocked.write_text("un fichier, pas un dossier")
    done = run("add", corpus / "rapport-2020.md", "--corpus", blocked)
    assert done.returncode == 1
    assert "ne peut pas être modifié" in done.stderr
    assert "Traceback" not in done.stderr


def test_in_a_terminal_what_was_guessed_is_proposed(tmp_path: Path) -> None:
    source = tmp_path / "r.txt"
    source.write_text(
        "Rapport d’activité 2024\n\nLe conseil a siégé douze fois dans l’année.\n", encoding="utf-8"
    )
    master, slave = pty.openpty()
    command = [sys.executable, "-c", FAKED, "add", str(source), "--corpus", str(tmp_path / "corpus")]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=ENVIRONMENT)
    os.close(slave)
    os.write(master, b"Le bilan\nmille\n2023\nAgence du Val\n")
    said = b""
    try:
        while chunk := os.read(master, 4096):
            said += chunk
    except OSError:
        pass
    finally:
        os.close(master)
    assert process.wait(timeout=20) == 0, said.decode()
    assert "Titre [Rapport d’activité 2024]\u00a0: " in said.decode()
    note = (tmp_path / "corpus" / "r.txt.yaml").read_text(encoding="utf-8")
    assert note == "title: Le bilan\nyear: 2023\npublisher: Agence du Val\n", said.decode()


def test_a_report_put_in_a_watched_folder_is_published(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    folder.mkdir()
    command = [
        sys.executable, "-u", "-c", FAKED, "watch", folder, "--every", "0.2",
        "--corpus", corpus, "--index", tmp_path / "index",
    ]  # fmt: skip
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=ENVIRONMENT,
        # A shell starts what it puts in the background deaf to interruptions, and so the tests' own children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stdout is not None
        assert "Je surveille" in process.stdout.readline()
        (folder / "vide.txt").write_text("")
        time.sleep(0.6)
        text = "Rapport d’activité 2022. L’agence a accueilli 21 entreprises."
        (folder / "2022.txt").write_text(text, encoding="utf-8")
        lines = []
        while not lines or "Index en service" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        assert any("ne contient aucun texte" in line for line in lines)
        assert any("Ajouté" in line and "2022.txt" in line for line in lines)
        assert "3\u00a0documents" in lines[-1]
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in rest


def test_a_document_is_previewed_and_left_alone(run: Run, corpus: Path, tmp_path: Path) -> None:
    done = run("preview", corpus / "rapport-2020.md", "--html", tmp_path / "lu.html")
    assert done.returncode == 0, done.stderr
    assert "Rapport d’activité 2020 · 2020 · rapport-2020.md" in done.stdout
    assert "13 nouvelles" in (tmp_path / "lu.html").read_text(encoding="utf-8")
    assert "introuvable" in run("preview", tmp_path / "absent.pdf").stderr
    nowhere = run("preview", corpus / "rapport-2020.md", "--html", tmp_path / "absent" / "lu.html")
    assert (nowhere.returncode, "ne peut pas être modifié" in nowhere.stderr) == (1, True)


def test_a_scanned_document_comes_with_its_words_and_its_original_is_kept(tmp_path: Path) -> None:
    scan = tmp_path / "numerise.pdf"
    scan.write_bytes(scanned())
    corpus = tmp_path / "corpus"

    def add(path: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", FAKED, "add", str(scan), "--corpus", str(corpus), *options],
            capture_output=True,
            text=True,
            env={**ENVIRONMENT, "PATH": path},
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    empty = tmp_path / "rien"
    empty.mkdir()
    refused = add(str(empty), "--ocr")
    assert (refused.returncode, "sudo apt install ocrmypdf" in refused.stderr) == (1, True)
    assert not corpus.exists()
    path = stand_in(tmp_path / "bin")
    assert "ne contient que des images" in add(path).stderr
    done = add(path, "--ocr", "--year", "2024")
    assert done.returncode == 0, done.stderr
    assert "Ajouté" in done.stdout
    assert "relisez-le" in done.stderr
    assert (corpus / ".scanned" / "numerise.pdf").read_bytes() == scan.read_bytes()
    assert SENTENCE in FileLoader().load(corpus / "numerise.pdf", corpus).document.text
    assert "Déjà là" in add(path, "--ocr").stdout
