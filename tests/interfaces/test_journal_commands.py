"""The commands `journal show`, `purge`, `backup`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from ra_assistant.cli import main
from ra_assistant.journal import Entry, Journal, Opinion
from ra_assistant.settings import load_settings


@dataclass(frozen=True)
class Done:
    returncode: object
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command in this process."""

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["ra-assistant", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(ended.value.code, said.out, said.err)

    return run


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal beside the directory of an index, with one row that is too old."""
    today = date.today()
    journal = Journal(tmp_path / "journal.sqlite3")
    journal.record(
        [
            Entry(today, "answered", "quantity", documents=("rapport-2020.md",)),
            Entry(today, "not_in_report", "person", question="Qui paie le café ?"),
            Entry(today - timedelta(days=100), "answered", "date"),
        ]
    )
    journal.opine(Opinion("q1", "b1", "down", "too_long"))
    return journal


def test_it_is_told_purged_and_copied(run: Run, journal: Journal, tmp_path: Path) -> None:
    index = tmp_path / "index"
    shown = run("journal", "show", "--index", index)
    assert shown.returncode == 0, shown.stderr
    for line in (
        f"Journal\u00a0: {journal.path}",
        "  répondue\u00a0: 1 (50,0\u00a0%)",
        "Avis\u00a0: 0\u00a0utile sur 1.",
        "  Trop long\u00a0: 1",
        "  rapport-2020.md\u00a0: 1",
        "  1\u00a0× Qui paie le café ?",
        "Chaque ligne disparaît au bout de 90 jours.",
    ):
        assert line in shown.stdout.splitlines(), shown.stdout
    assert "1\u00a0ligne de plus de 90 jours" in run("journal", "purge", "--index", index).stdout
    assert "il n’y a rien à effacer" in run("journal", "purge", "--index", index).stdout
    saved = run("journal", "backup", tmp_path / "copie.sqlite3", "--index", index)
    assert "est copié dans" in saved.stdout
    assert len(Journal(tmp_path / "copie.sqlite3").entries()) == 2
    again = run("journal", "backup", tmp_path / "copie.sqlite3", "--index", index)
    assert (again.returncode, again.stdout) == (1, "")
    assert (
        again.stderr
        == f"«\u00a0{tmp_path / 'copie.sqlite3'}\u00a0» existe déjà\u00a0: donnez un autre nom à la copie.\n"
    )


def test_a_failure_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (("show",), ("purge",), ("backup", tmp_path / "copie")):
        missing = run("journal", *command, "--index", tmp_path / "index")
        assert (missing.returncode, missing.stdout) == (1, "")
        assert "n’existe pas encore" in missing.stderr
        assert missing.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"
    monkeypatch.setenv("RA_JOURNAL", "off")
    load_settings.cache_clear()
    off = run("journal", "show")
    assert (off.returncode, off.stderr) == (
        1,
        "Il n’y a pas de journal\u00a0: RA_JOURNAL vaut «\u00a0off\u00a0».\n",
    )
