"""`add https://…` as a process, against a site of this machine that only the test lets in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interfaces.test_command_line import FAKED, SOURCES
from tests.reading_fixtures import pdf, write
from tests.web_site import Reply, Site, page, served, typed

LET_IN = """
from ra_assistant.harvesting import Harvester
from ra_assistant.visiting import Visitor
permits = lambda address, port: (str(address), port) == ("127.0.0.1", {port})
assembly.harvester = lambda limits: Harvester(Visitor(permits, seconds=3.0), limits, lambda seconds: None)
"""
Add = Callable[..., subprocess.CompletedProcess[str]]


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )


TEAM = page("L’équipe", "<h2>L’équipe</h2><p>Marie Durand dirige une équipe de 9 personnes.</p>")


@pytest.fixture
def site() -> Iterator[Site]:
    links = '<a href="equipe">L’équipe</a> <a href="bilan.pdf">PDF</a> <a href="absente">x</a> <a href="copie">y</a>'
    first = "<p>L’agence a accueilli 21 nouvelles entreprises en 2023, un record.</p>"
    bilan = pdf(lambda canvas: write(canvas, 70, 700, "Bilan 2023. Le budget a atteint 4 millions d'euros."))
    routes: dict[str, Reply | Callable[[str], Reply]] = {
        "/rapport-2023/": page("Rapport 2023", f"<h1>Rapport d’activité 2023</h1>{first}{links}"),
        "/rapport-2023/equipe": TEAM,
        "/rapport-2023/copie": TEAM,
        "/rapport-2023/bilan.pdf": typed(bilan, "text/html"),
    }
    with served(routes) as running:
        yield running


@pytest.fixture
def add(site: Site, tmp_path: Path) -> Add:
    def add(*arguments: object) -> subprocess.CompletedProcess[str]:
        code = FAKED.replace("from ra_assistant.cli", LET_IN.format(port=site.port) + "from ra_assistant.cli")
        return run(code, "add", *arguments, "--corpus", tmp_path / "corpus", "--index", tmp_path / "index")

    return add


def test_a_site_is_read_published_and_answers_with_its_address(site: Site, add: Add, tmp_path: Path) -> None:
    done = add(f"{site.url}/rapport-2023/", "--site", "--documents", "--publish")
    assert done.returncode == 0, done.stderr
    assert "Lecture de la page 2 (encore 2 connues)" in done.stderr
    assert "n’existe pas" in done.stderr
    assert "Lu\u00a0: 2\u00a0pages, 1 laissée de côté." in done.stdout
    assert "Pages en double, laissées de côté\u00a0: 1." in done.stdout
    assert "Index en service\u00a0: 3\u00a0documents" in done.stdout
    asked = run(FAKED, "ask", "Qui dirige l’équipe de 9 personnes ?", "--index", tmp_path / "index")
    assert "Marie Durand" in asked.stdout
    assert f"{site.url}/rapport-2023/equipe" in asked.stdout
    note = (tmp_path / "corpus" / "bilan.pdf.yaml").read_text(encoding="utf-8")
    assert note == f"source: {site.url}/rapport-2023/bilan.pdf\n"
    again = add(f"{site.url}/rapport-2023/", "--site")
    assert again.stdout.count("Déjà là") == 2
    assert f"ra-assistant add {site.url}/rapport-2023/bilan.pdf" in again.stdout


def test_one_page_is_read_and_said(site: Site, add: Add, tmp_path: Path) -> None:
    done = add(f"{site.url}/rapport-2023/", "--title", "Le rapport", "--year", "2022")
    assert done.returncode == 0, done.stderr
    assert "Ajouté\u00a0: Le rapport (2022)" in done.stdout
    assert f"ra-assistant add {site.url}/rapport-2023/bilan.pdf" in done.stdout
    assert "/rapport-2023/equipe" not in site.paths()


def test_each_failure_is_one_sentence_and_leaves_the_corpus_alone(
    site: Site, add: Add, tmp_path: Path
) -> None:
    site.routes["/vers-dedans"] = Reply(status=302, headers={"Location": "http://10.1.2.3/"})
    for source, sentence in (
        (f"{site.url}/absente", "n’existe pas"),
        (f"{site.url}/vers-dedans", "réseau privé"),
        ("http://127.0.0.1:9/", "réseau privé"),
        ("file:///etc/passwd", "https://"),
        ("ftp://val.example/x", "https://"),
        ("https://moi:secret@val.example/", "adresse de page"),
    ):
        done = add(source)
        assert (done.returncode, done.stderr.count("\n"), done.stdout) == (1, 1, ""), done.stderr
        assert sentence in done.stderr
    assert not list((tmp_path / "corpus").rglob("*"))


def test_without_the_word_of_a_test_this_machine_is_refused(site: Site, tmp_path: Path) -> None:
    for name in ("127.0.0.1", "localhost"):
        done = run(FAKED, "add", f"http://{name}:{site.port}/rapport-2023/", "--corpus", tmp_path / "c")
        assert (done.returncode, "réseau privé" in done.stderr) == (1, True), done.stderr
    assert site.asked == []


def test_options_that_do_not_go_together_get_one_sentence(site: Site, add: Add, corpus: Path) -> None:
    for arguments, sentence in (
        ((corpus, "--site"), "ne valent que pour une adresse"),
        ((f"{site.url}/a", "--site", "--title", "X"), "chaque page a le sien"),
        ((f"{site.url}/a", f"{site.url}/b", "--year", "2023"), "pour un seul fichier"),
        ((f"{site.url}/a", "--delay", "0"), "--delay"),
    ):
        done = add(*arguments)
        assert done.returncode in {1, 2}
        assert (done.stderr.count("\n"), sentence in done.stderr) == (1, True), done.stderr
    assert site.asked == []
