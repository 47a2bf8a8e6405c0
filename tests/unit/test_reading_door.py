"""The door of the reading room: which files, which names, which refusals that need no parser."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from ra_assistant import wording
from ra_assistant.errors import UnreadableDocument
from ra_assistant.ports import Loader
from ra_assistant.reading import FileLoader, admission, read_corpus_paths
from ra_assistant.types import DocumentKind
from tests.reading_fixtures import codes, load

REPORT = "# Rapport d'activité 2021\n\nLe réseau compte 187 adhérents.\n"


def test_the_loader_fits_its_port() -> None:
    loader: Loader = FileLoader()
    assert callable(loader.load)


def test_importing_the_door_loads_no_parser() -> None:
    heavy = ("pypdfium2", "docx", "odfdo", "trafilatura", "lxml", "markdown_it")
    program = f"import sys, ra_assistant.reading; print([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reports_are_listed_by_path_and_the_rest_is_left_out(tmp_path: Path) -> None:
    names = [
        "b.md", "a/2020.pdf", "Z.txt", "page.HTML", ".cache/x.md", ".x.md", "LISEZ-MOI.md", "README.txt",
        "lisezmoi_avant.md", "questions.yml", "questions.yaml", "r.pdf.yaml", "~$r.docx", "image.png",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "directory.md").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in read_corpus_paths(tmp_path)]
    assert found == ["Z.txt", "a/2020.pdf", "b.md", "page.HTML"]


def test_a_document_is_named_after_its_path(tmp_path: Path) -> None:
    document = load(tmp_path, "2020/Rapport d'activité (éd. 2).md", REPORT).document
    assert document.id == "2020-rapport-d-activite-ed-2-md"
    assert document.path == "2020/Rapport d'activité (éd. 2).md"


def test_a_name_stored_in_another_normal_form_still_opens_the_file(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "été.md")
    document = load(tmp_path, name, "Mots.").document
    assert (tmp_path / document.path).read_text() == "Mots."
    assert document.id == "ete-md"
    assert document.title == "Été"


def test_paths_with_one_slug_get_two_identifiers_whatever_their_order(tmp_path: Path) -> None:
    first = load(tmp_path, "a b.md", REPORT).document.id
    second = load(tmp_path, "a-b.md", REPORT).document.id
    again = FileLoader().load(tmp_path / "a b.md", tmp_path).document.id
    assert first == "a-b-md"
    assert len({second, again}) == 2
    assert second.startswith("a-b-md-")
    assert again.startswith("a-b-md-")


def test_a_loader_that_is_given_the_corpus_names_documents_as_one_that_looks_for_it(tmp_path: Path) -> None:
    for name in ("a b.md", "a-b.md", "c.md"):
        (tmp_path / name).write_text(REPORT, encoding="utf-8")
    paths = read_corpus_paths(tmp_path)
    looked_for = [FileLoader().load(path, tmp_path).document.id for path in paths]
    (tmp_path / "a-b.md").rename(tmp_path / "d.md")
    given = FileLoader(paths)
    assert given.load(tmp_path / "a b.md", tmp_path).document.id == looked_for[0]
    assert given.load(tmp_path / "c.md", tmp_path).document.id == looked_for[2] == "c-md"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xyz", b"Bonjour", "unsupported"),
        ("a.md", b"", "empty"),
        ("a.txt", b" \r\n\xef\xbb\xbf\n", "empty"),
        ("a.md", b"***\n\n---\n", "empty"),
        ("a.txt", b"%PDF-1.7 hello", "mislabelled"),
        ("a.md", b"PK\x03\x04rest", "mislabelled"),
        ("a.txt", b"texte\x00\x01\x02\x03" * 50, "mislabelled"),
        ("a.txt", b"<!DOCTYPE html><p>Bonjour</p>", "mislabelled"),
        ("a.pdf", b"<html><p>Bonjour</p></html>", "mislabelled"),
        ("a.docx", b"%PDF-1.7 hello", "mislabelled"),
        ("a.odt", b"Bonjour", "mislabelled"),
        ("a.html", b"\x89PNG\r\n\x1a\n", "mislabelled"),
        ("a.md", b"---\ntitle: [never closed\n---\nBonjour\n", "front_matter"),
        ("a.md", b"---\ntitle: Bonjour\n\nBonjour\n", "front_matter"),
        ("a.md", b"---\ntitle: Bonjour\nyear: bient\xc3\xb4t\n---\nBonjour\n", "front_matter"),
        ("a.md", b"---\ntitle: Bonjour\nkind: copie\n---\nBonjour\n", "front_matter"),
        ("a.md", b"---\ntitle: {a: b}\n---\nBonjour\n", "front_matter"),
        ("a.md", b"---\ntitle: " + b"[" * 9000 + b"\n---\nBonjour\n", "front_matter"),
        ("a.md", b"---\n'title': !!python/object:os.system x\n---\nBonjour\n", "front_matter"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        load(tmp_path, name, content)
    assert refused.value.reason == reason
    assert refused.value.path == name
    assert name in wording.UNREADABLE[reason].format(**refused.value.details)


def test_a_missing_file_has_vanished(tmp_path: Path) -> None:
    (tmp_path / "b.md").mkdir()
    for name in ("a.md", "b.md"):
        with pytest.raises(UnreadableDocument) as refused:
            FileLoader().load(tmp_path / name, tmp_path)
        assert refused.value.reason == "vanished"


def test_a_file_that_may_not_be_opened_has_vanished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableDocument, match="Permission denied") as refused:
        load(tmp_path, "a.md", REPORT)
    assert refused.value.reason == "vanished"


def test_a_file_beyond_the_limit_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_FILE_BYTES", 20)
    with pytest.raises(UnreadableDocument) as refused:
        load(tmp_path, "a.md", REPORT)
    assert refused.value.reason == "too_large"


def test_a_link_that_leaves_the_corpus_is_refused_and_one_inside_is_read(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    load(corpus, "vrai.md", REPORT)
    (tmp_path / "secret.md").write_text(REPORT)
    (corpus / "dedans.md").symlink_to(corpus / "vrai.md")
    (corpus / "dehors.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "corpus-prive").mkdir()  # whose name begins as that of the corpus
    (tmp_path / "corpus-prive" / "secret.md").write_text(REPORT)
    (corpus / "voisin.md").symlink_to(tmp_path / "corpus-prive" / "secret.md")
    assert FileLoader().load(corpus / "dedans.md", corpus).document.path == "dedans.md"
    for path in (
        corpus / "dehors.md",
        corpus / "voisin.md",
        tmp_path / "secret.md",
        corpus / ".." / "secret.md",
    ):
        with pytest.raises(UnreadableDocument) as refused:
            FileLoader().load(path, corpus)
        assert refused.value.reason == "outside"


def test_front_matter_says_title_year_publisher_source_and_kind(tmp_path: Path) -> None:
    head = "---\ntitle: Bilan\nyear: '2021'\npublisher: AGAS\nsource: https://x.fr/b\nkind: restated\nlayout: y\n---\n"
    extraction = load(tmp_path, "bilan-2019.md", head + REPORT)
    document = extraction.document
    assert (document.title, document.year, document.publisher) == ("Bilan", 2021, "AGAS")
    assert (document.source_url, document.kind) == ("https://x.fr/b", DocumentKind.RESTATED)
    assert document.text.startswith("Rapport d'activité 2021")
    assert extraction.notices == ()


def test_a_note_beside_a_file_says_what_the_file_does_not(tmp_path: Path) -> None:
    (tmp_path / "r.txt.yaml").write_text(
        "title: Éditorial\nyear: 2020\nsource: https://x.fr\nkind: original\n"
    )
    extraction = load(tmp_path, "r.txt", "Une année difficile.\n")
    document = extraction.document
    assert (document.title, document.year, document.source_url) == ("Éditorial", 2020, "https://x.fr")
    assert extraction.notices == ()


def test_a_wrong_note_is_refused(tmp_path: Path) -> None:
    for content in (b"year: demain\n", b"- a\n- b\n", b"title: \xe9\n"):
        (tmp_path / "r.txt.yaml").write_bytes(content)
        with pytest.raises(UnreadableDocument) as refused:
            load(tmp_path, "r.txt", "Une année difficile.\n")
        assert refused.value.reason == "front_matter"


def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    assert load(tmp_path, "a.md", "---\n\nUne année. Deux mots.\n\n---\n\nFin.").document.text == (
        "Une année. Deux mots.\n\nFin."
    )


@pytest.mark.parametrize(
    ("name", "text", "year"),
    [
        ("bilan-2019.md", "# Rapport 2021\n\nExercice 2020.", 2021),
        ("bilan_2019.md", "# Rapport annuel\n\nBilan 2018", 2019),
        ("ra2020.md", "# Rapport annuel\n\nMots.", 2020),
        ("r.md", "# Rapport\n\nCe rapport d'activité 2022 est le dixième, après 2021.", 2022),
        ("r.md", "# Rapport\n\nRapport d’activité\u00a02022. Bilan 2022. En 2019, rien.", 2022),
        ("r.md", "# Rapport\n\nBilan 2022 et bilan 2023.", None),
        ("r.md", "# Rapport 2021-2022\n\nBilan 2022.", None),
        ("rapport-2022.md", "# Rapport 2021-2022\n\nBilan.", 2022),
        ("r.md", "# Plan\n\nEn 2019, nous avons agi.", None),
        ("r.md", "# Rapport 12020\n\nNuméro 20213.", None),
        ("2018/r.md", "# Rapport\n\nMots.", 2018),
        ("r.md", "# Rapport 1815\n\nMots.", None),
    ],
)
def test_the_year_is_the_reports_or_none(tmp_path: Path, name: str, text: str, year: int | None) -> None:
    extraction = load(tmp_path, name, text)
    assert extraction.document.year == year
    assert ("year_unknown" in codes(extraction)) == (year is None)


def test_a_title_taken_from_the_file_name_is_announced(tmp_path: Path) -> None:
    extraction = load(tmp_path, "rapport_annuel-2020.md", "Pas de titre ici.")
    assert extraction.document.title == "Rapport annuel 2020"
    assert "title_guessed" in codes(extraction)


def test_a_long_text_without_heading_is_announced(tmp_path: Path) -> None:
    assert "no_heading" in codes(load(tmp_path, "a.md", "Une phrase comme une autre. " * 200))
    assert "no_heading" not in codes(
        load(tmp_path, "b.md", "# Titre\n\n" + "Une phrase comme une autre. " * 200)
    )


def test_a_guessed_encoding_is_announced_and_its_accents_are_right(tmp_path: Path) -> None:
    extraction = load(tmp_path, "a.txt", "L’année 2020 à Évry : œuvre".encode("cp1252"))
    assert extraction.document.text == "L’année 2020 à Évry : œuvre"
    assert "encoding_guessed" in codes(extraction)
    assert "encoding_guessed" not in codes(load(tmp_path, "b.txt", "L’année 2020 à Évry".encode("utf-8-sig")))
    assert (
        load(tmp_path, "c.txt", "L’année 2020 à Évry".encode("utf-16")).document.text == "L’année 2020 à Évry"
    )


def test_a_text_that_says_it_has_no_year_gets_none_and_no_notice(tmp_path: Path) -> None:
    path = tmp_path / "presentation-2019.md"
    head = "---\ntitle: Présentation\nyear: aucune\n---\n"
    path.write_text(f"{head}# Présentation\n\nFondée en 2019.\n", encoding="utf-8")
    extraction = FileLoader().load(path, tmp_path)
    assert extraction.document.year is None
    assert extraction.notices == ()
