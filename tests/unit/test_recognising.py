"""Characters of scanned pages: what the program is asked, what it gives, and each way that it fails."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from ra_assistant import recognising
from ra_assistant.errors import RecognitionFailed
from ra_assistant.reading import FileLoader
from ra_assistant.wording import sentence_of
from tests.scanning import SENTENCE, scanned, stand_in


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "-rapport numérisé.pdf"
    path.write_bytes(scanned())
    return path


def read(path: Path) -> str:
    return FileLoader().load(path, path.parent).document.text


@pytest.mark.skipif(not recognising.is_available(), reason="OCRmyPDF is not installed")
def test_the_program_gives_a_scanned_page_its_words(scan: Path, tmp_path: Path) -> None:
    recognising.recognise(scan, tmp_path / "lisible.pdf")
    assert SENTENCE in read(tmp_path / "lisible.pdf")


def test_a_document_is_given_to_the_program_and_its_copy_taken(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "order"
    monkeypatch.setenv("PATH", stand_in(tmp_path / "bin", before=f'printf "%s\\n" "$@" > {log}'))
    assert recognising.is_available()
    recognising.recognise(scan, tmp_path / "lisible.pdf")
    assert SENTENCE in read(tmp_path / "lisible.pdf")
    order = log.read_text().splitlines()
    assert order[-3:] == ["--", str(scan), str(tmp_path / "lisible.pdf")], "a name is never an option"
    assert order[order.index("--language") + 1] == "fra"
    assert "--skip-text" in order


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(3, "français de Tesseract"), (8, "protégé"), (15, "n’a pas pu être reconnu")],
)
def test_what_the_program_says_is_said_in_french(
    status: int, sentence: str, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", stand_in(tmp_path / "bin", status, "echo damaged >&2"))
    with pytest.raises(RecognitionFailed, match="status") as caught:
        recognising.recognise(scan, tmp_path / "lisible.pdf")
    assert sentence in sentence_of(caught.value)


def test_a_program_that_is_slow_ends_with_all_that_it_started(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = tmp_path / "alive"
    started = f"(while :; do touch {alive}; sleep 0.05; done) &\nsleep 60"
    monkeypatch.setenv("PATH", stand_in(tmp_path / "bin", before=started))
    with pytest.raises(RecognitionFailed) as caught:
        recognising.recognise(scan, tmp_path / "lisible.pdf", seconds=1.0)
    assert "plus d’une heure" in sentence_of(caught.value)
    assert alive.is_file()
    time.sleep(0.3)
    seen = alive.stat().st_mtime_ns
    time.sleep(0.5)
    assert alive.stat().st_mtime_ns == seen


def test_without_the_program_what_to_install_is_said(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert not recognising.is_available()
    with pytest.raises(RecognitionFailed) as caught:
        recognising.recognise(scan, tmp_path / "lisible.pdf")
    assert "sudo apt install ocrmypdf tesseract-ocr-fra" in sentence_of(caught.value)
