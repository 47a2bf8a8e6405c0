"""What is kept across builds: vectors by text, documents by file."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from ra_assistant import building, reading_cache
from ra_assistant.blob_cache import KEPT_ROUNDS, BlobCache, key_of
from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading import FileLoader, read_corpus_paths
from ra_assistant.reading_cache import RememberingLoader, fingerprint_of_code
from ra_assistant.types import Extraction
from ra_assistant.vector_cache import VectorCache


@contextmanager
def blobs(folder: Path) -> Iterator[BlobCache]:
    with closing(BlobCache(folder / "kept.sqlite3", "kept")) as cache:
        yield cache


def round_of(folder: Path, *keys: bytes) -> None:
    with blobs(folder) as cache:
        cache.end_round(keys)


def test_vectors_come_back_as_they_were(tmp_path: Path) -> None:
    with closing(VectorCache(tmp_path, "model@1")) as cache:
        cache.remember(["un", "deux"], [[0.1, 0.2], [0.3, 0.4]])
    with closing(VectorCache(tmp_path, "model@1")) as cache:
        found = cache.known(["deux", "trois"])
    assert list(found) == ["deux"]
    assert found["deux"].tolist() == np.array([0.3, 0.4], dtype=np.float32).tolist()
    with closing(VectorCache(tmp_path, "model@2")) as other:
        assert other.known(["deux"]) == {}


def test_what_was_altered_is_unknown_and_a_damaged_file_is_thrown_away(tmp_path: Path) -> None:
    with blobs(tmp_path) as cache:
        cache.remember([(b"a", b"bytes"), (b"b", b"others")])
    with closing(sqlite3.connect(tmp_path / "kept.sqlite3")) as database:
        database.execute("UPDATE kept SET vector = ? WHERE key = ?", (b"else", b"a"))
        database.commit()
    with blobs(tmp_path) as cache:
        assert dict(cache.known([b"a", b"b"])) == {b"b": b"others"}
    (tmp_path / "kept.sqlite3").write_bytes(b"not a database at all, " * 100)
    with blobs(tmp_path) as cache:
        assert dict(cache.known([b"b"])) == {}
        cache.remember([(b"b", b"again")])
        assert dict(cache.known([b"b"])) == {b"b": b"again"}


def test_a_file_that_another_process_holds_is_left_as_it_is(tmp_path: Path) -> None:
    with blobs(tmp_path) as cache:
        cache.remember([(b"a", b"bytes")])
    with closing(sqlite3.connect(tmp_path / "kept.sqlite3", timeout=0)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.MonkeyPatch.context() as patch:
            connect = sqlite3.connect
            patch.setattr(sqlite3, "connect", lambda path: connect(path, timeout=0.01))
            with blobs(tmp_path) as cache:
                assert dict(cache.known([b"a"])) == {}
                cache.remember([(b"b", b"others")])
                assert dict(cache.known([b"b"])) == {b"b": b"others"}
                cache.end_round([b"b"])
        other.rollback()
    with blobs(tmp_path) as cache:
        assert dict(cache.known([b"a", b"b"])) == {b"a": b"bytes"}


def test_a_disk_without_room_fails_no_build(tmp_path: Path) -> None:
    with blobs(tmp_path) as cache:
        pages = cache._database.execute("PRAGMA page_count").fetchone()[0]
        cache._database.execute(f"PRAGMA max_page_count = {pages}")
        cache.remember([(b"a", b"x" * 100_000)])
        cache.end_round([b"a"])
        assert dict(cache.known([b"a"])) == {}


def test_what_builds_use_stays_and_the_rest_is_forgotten(tmp_path: Path) -> None:
    with blobs(tmp_path) as cache:
        cache.remember([(b"used", b"1"), (b"left", b"2")])
    for number in range(3 * KEPT_ROUNDS):
        with blobs(tmp_path) as cache:
            kept = dict(cache.known([b"used", b"left"]))
        assert b"used" in kept
        if number < KEPT_ROUNDS // 2:
            assert b"left" in kept
        round_of(tmp_path, b"used")
    assert kept == {b"used": b"1"}


def test_keys_of_several_parts_do_not_run_together() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of("é") == key_of("é".encode())


class Counted(FileLoader):
    """Counts what it reads."""

    def __init__(self, paths: list[Path] | None = None) -> None:
        super().__init__(paths)
        self.read: list[str] = []

    def load(self, path: Path, root: Path) -> Extraction:
        self.read.append(path.name)
        return super().load(path, root)


def read(corpus: Path, cache: Path, fingerprint: str = "code") -> tuple[list[Extraction], list[str]]:
    paths = read_corpus_paths(corpus)
    counted = Counted(paths)
    with closing(RememberingLoader(counted, cache, fingerprint)) as loader:
        found = [loader.load(path, corpus) for path in paths]
        loader.end_round()
        return found, counted.read


def test_a_report_is_read_once_and_gives_the_same_again(corpus: Path, tmp_path: Path) -> None:
    first, read_first = read(corpus, tmp_path / "cache")
    again, read_again = read(corpus, tmp_path / "cache")
    assert (len(read_first), read_again) == (2, [])
    assert again == first
    assert first[0].document == FileLoader().load(read_corpus_paths(corpus)[0], corpus).document


def test_notices_come_back_with_the_document(
    write_corpus: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    corpus = write_corpus({"texte.txt": "Un texte sans titre ni date, mais avec une phrase."})
    (first,), _ = read(corpus, tmp_path / "cache")
    (again,), _ = read(corpus, tmp_path / "cache")
    assert again.notices == first.notices
    assert {notice.code for notice in again.notices} >= {"year_unknown"}


def test_a_corrected_report_its_note_and_its_name_are_read_anew(corpus: Path, tmp_path: Path) -> None:
    read(corpus, tmp_path / "cache")
    path = corpus / "rapport-2020.md"
    path.write_text(path.read_text("utf-8").replace("13 nouvelles", "14 nouvelles"), encoding="utf-8")
    found, fresh = read(corpus, tmp_path / "cache")
    assert fresh == ["rapport-2020.md"]
    assert any("14 nouvelles" in item.document.text for item in found)
    path.with_name("rapport-2020.md.yaml").write_text("title: Autre titre\n", encoding="utf-8")
    found, fresh = read(corpus, tmp_path / "cache")
    assert fresh == ["rapport-2020.md"]
    assert found[0].document.title == "Rapport d’activité 2020"  # what the report says itself comes first
    path.rename(corpus / "edition.md")
    assert read(corpus, tmp_path / "cache")[1] == ["edition.md"]


def test_what_changes_while_it_is_read_is_not_taken_for_what_it_was(corpus: Path, tmp_path: Path) -> None:
    path = corpus / "rapport-2020.md"
    before = path.read_text("utf-8")
    after = before.replace("13 nouvelles", "99 nouvelles")

    class Hasty(Counted):
        def load(self, path: Path, root: Path) -> Extraction:
            if path.name == "rapport-2020.md":
                path.write_text(after, encoding="utf-8")
            return super().load(path, root)

    paths = read_corpus_paths(corpus)
    with closing(RememberingLoader(Hasty(paths), tmp_path / "cache", "code")) as loader:
        assert "99 nouvelles" in loader.load(path, corpus).document.text
    path.write_text(before, encoding="utf-8")
    found, fresh = read(corpus, tmp_path / "cache")
    assert "rapport-2020.md" in fresh
    assert not any("99 nouvelles" in item.document.text for item in found)


def test_a_document_whose_namesake_comes_in_is_read_anew(
    write_corpus: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    corpus = write_corpus({"a/rapport.md": "# Un\n\nUne phrase.\n"})
    (alone,), _ = read(corpus, tmp_path / "cache")
    write_corpus({"b/rapport.md": "# Deux\n\nUne autre phrase.\n"})
    both, _ = read(corpus, tmp_path / "cache")
    assert len({item.document.id for item in both}) == 2
    assert both == [FileLoader().load(path, corpus) for path in read_corpus_paths(corpus)]
    assert alone.document.text in {item.document.text for item in both}


def test_other_code_reads_everything_anew_and_what_it_replaces_goes(corpus: Path, tmp_path: Path) -> None:
    read(corpus, tmp_path / "cache", "old")
    assert len(read(corpus, tmp_path / "cache", "new")[1]) == 2
    assert [path.name for path in (tmp_path / "cache").glob("readings-*.sqlite3")] == ["readings-new.sqlite3"]


def test_the_code_that_reads_is_told_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = fingerprint_of_code()
    assert ours == fingerprint_of_code()
    monkeypatch.setattr(reading_cache.metadata, "version", lambda name: "99")
    assert fingerprint_of_code() != ours


def test_what_cannot_be_read_is_tried_again(corpus: Path, tmp_path: Path) -> None:
    paths = read_corpus_paths(corpus)
    path = paths[0]
    words = path.read_text("utf-8")
    path.write_text("\n", encoding="utf-8")
    loader = RememberingLoader(FileLoader(paths), tmp_path / "cache", "code")
    with closing(loader):
        with pytest.raises(UnreadableDocument):
            loader.load(path, corpus)
        path.write_text(words, encoding="utf-8")
        assert loader.load(path, corpus).document.text
        path.unlink()
        with pytest.raises(UnreadableDocument) as gone:
            loader.load(path, corpus)
    assert gone.value.details["reason"] == "vanished"


def test_a_file_above_the_limit_is_refused_without_being_hashed(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_cache, "MAX_FILE_BYTES", 3)
    monkeypatch.setattr(reading_cache, "file_digest", None)
    assert len(read(corpus, tmp_path / "cache")[1]) == 2


def test_a_published_correction_reads_one_report(
    corpus: Path, tmp_path: Path, hashed_embedding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    load = FileLoader.load
    monkeypatch.setattr(
        FileLoader, "load", lambda self, path, root: seen.append(path.name) or load(self, path, root)
    )
    index = tmp_path / "index"
    building.build(corpus, index)
    assert len(seen) == 2
    path = corpus / "rapport-2020.md"
    path.write_text(path.read_text("utf-8").replace("13 nouvelles", "14 nouvelles"), encoding="utf-8")
    building.build(corpus, index)
    assert seen[2:] == ["rapport-2020.md"]


def test_a_build_that_breaks_off_forgets_nothing(
    corpus: Path, tmp_path: Path, hashed_embedding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    building.build(corpus, index)
    rounds: list[object] = []
    monkeypatch.setattr(RememberingLoader, "end_round", lambda self: rounds.append(self))

    def broken(*_: object, **__: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(building, "build_index", broken)
    with pytest.raises(OSError, match="no space"):
        building.build(corpus, index)
    assert rounds == []
