import errno

import numpy as np
import pytest

from ra_assistant import builds as builds_room
from ra_assistant.builds import MANIFEST, BuildStore, Manifest
from ra_assistant.contents import read_contents, read_sentence_vectors, read_vectors, write_contents
from ra_assistant.errors import IndexDamaged, IndexMissing, IndexOutdated
from ra_assistant.splitting import SentenceSplitter
from ra_assistant.types import BlockKind
from tests.conftest import make_document


def manifest(build_id: str) -> Manifest:
    return Manifest(build_id, "2026-01-01T00:00:00+00:00", "hashed", 2, {}, 1, 1, 1, {}, {"weight": 0.2})


def sealed(builds: BuildStore) -> str:
    build_id, directory = builds.begin()
    (directory / "passages.jsonl").write_text("contenu")
    builds.seal(manifest(build_id))
    builds.switch(build_id)
    return build_id


def test_a_new_index_has_no_build_in_service(tmp_path) -> None:
    with pytest.raises(IndexMissing, match="ra-assistant index"):
        BuildStore(tmp_path).current_id()


def test_a_sealed_build_in_service_is_found_intact(tmp_path) -> None:
    builds = BuildStore(tmp_path)
    build_id = sealed(builds)
    assert builds.current_id() == build_id
    builds.verify(builds.manifest(build_id))


def test_a_build_is_in_service_once_the_pointer_says_so_even_without_room_for_its_copy(
    tmp_path, monkeypatch
) -> None:
    builds = BuildStore(tmp_path)
    first = sealed(builds)
    second, directory = builds.begin()
    (directory / "passages.jsonl").write_text("autre")
    builds.seal(manifest(second))
    write = builds_room.write_durably

    def full(path, text) -> None:
        if path.name == "current.copy":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, text)

    monkeypatch.setattr(builds_room, "write_durably", full)
    builds.switch(second)
    assert builds.served_ids() == [second, first]
    (tmp_path / "current").write_bytes(b"\xff")
    assert builds.served_ids() == [first], "the copy still names the build before"


@pytest.mark.parametrize("damage", [b"autre", b"", None])
def test_any_altered_file_is_noticed(tmp_path, damage) -> None:
    builds = BuildStore(tmp_path)
    build_id = sealed(builds)
    path = builds.directory(build_id) / "passages.jsonl"
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(IndexDamaged, match=r"passages\.jsonl"):
        builds.verify(builds.manifest(build_id))


def test_a_manifest_that_is_no_manifest_is_damage(tmp_path) -> None:
    builds = BuildStore(tmp_path)
    build_id = sealed(builds)
    (builds.directory(build_id) / MANIFEST).write_text("{")
    with pytest.raises(IndexDamaged):
        builds.manifest(build_id)


def test_another_format_is_outdated(tmp_path) -> None:
    builds = BuildStore(tmp_path)
    build_id = sealed(builds)
    path = builds.directory(build_id) / MANIFEST
    path.write_text(path.read_text().replace('"format": 4', '"format": 0'))
    with pytest.raises(IndexOutdated, match="format 0, expected 4"):
        builds.manifest(build_id)


@pytest.mark.parametrize("pointer", ["", "../ailleurs", ".cache"])
def test_a_pointer_that_leads_elsewhere_is_refused(tmp_path, pointer) -> None:
    (tmp_path / "current").write_text(pointer)
    with pytest.raises(IndexDamaged):
        BuildStore(tmp_path).current_id()


def test_the_build_in_service_and_the_newest_are_kept(tmp_path) -> None:
    builds = BuildStore(tmp_path)
    ids = []
    for _ in range(5):
        build_id, directory = builds.begin()
        (directory / "x").write_text("x")
        builds.seal(manifest(build_id))
        ids.append(build_id)
    builds.switch(sorted(ids)[0])
    unfinished, _ = builds.begin()
    builds.prune(kept=2)
    assert builds.sealed_ids() == [sorted(ids)[0], sorted(ids)[-1]]
    assert not builds.directory(unfinished).exists()


def test_contents_come_back_as_they_were(tmp_path) -> None:
    document = make_document(
        "Titre\n\nUne phrase. Une autre.", {0: BlockKind.HEADING}, page_starts=(0, 7), page_labels=("i", "1")
    )
    passages = SentenceSplitter().split(document)
    vectors = np.array([[0.6, 0.8]], dtype=np.float32)
    write_contents(tmp_path, [document], passages, vectors, vectors.repeat(3, axis=0))
    assert read_contents(tmp_path) == ([document], passages)
    assert (read_vectors(tmp_path) == vectors).all()
    assert read_sentence_vectors(tmp_path).shape == (3, 2)


@pytest.mark.parametrize("name", ["vectors.npy", "sentences.npy"])
def test_vectors_that_cannot_be_read_are_damage(tmp_path, name) -> None:
    (tmp_path / name).write_bytes(b"rien")
    with pytest.raises(IndexDamaged, match=name):
        read_vectors(tmp_path) if name == "vectors.npy" else read_sentence_vectors(tmp_path)


def test_builds_begun_within_one_second_are_in_their_order(tmp_path) -> None:
    builds = BuildStore(tmp_path)
    begun = [builds.begin()[0] for _ in range(8)]
    assert begun == sorted(begun)
