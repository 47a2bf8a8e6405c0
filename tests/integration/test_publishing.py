"""Publishing with real processes: build beside, check, switch, go back, mend."""

import contextlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ra_assistant import assembly, building, dispatching
from ra_assistant.builds import BuildStore
from ra_assistant.errors import (
    BookUnreadable,
    BuildRejected,
    EmptyCorpus,
    IndexDamaged,
    IndexOutdated,
    NoSuchBuild,
    PublishingBusy,
    RaError,
)
from ra_assistant.indexing import Progress
from ra_assistant.interfaces.desk import Desk
from ra_assistant.publishing import Publisher
from ra_assistant.settings import load_settings
from ra_assistant.wording import sentence_of
from tests.fakes import in_this_process
from tests.integration.test_index_and_ask import spoil

QUESTION = "Combien de nouvelles entreprises en 2020 ?"


@pytest.fixture
def publisher(corpus: Path, tmp_path: Path, hashed_embedding: None) -> Publisher:
    return Publisher(corpus, tmp_path / "index", corpus / "questions.yaml", in_this_process)


def edit(corpus: Path, old: str, new: str) -> None:
    path = corpus / "rapport-2020.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def answer(index: Path, question: str = QUESTION) -> str:
    with contextlib.closing(assembly.open_sound(index)) as assistant:
        return assistant.ask(question).text


def test_publishing_in_processes_builds_checks_and_switches(
    corpus: Path, tmp_path: Path, hashed_embedding: None
) -> None:
    publisher = Publisher(corpus, tmp_path / "index")
    seen: list[Progress] = []
    first = publisher.publish(seen.append)
    assert (first.documents, first.passages, first.embedded) == (2, 4, 4)
    assert {check.code for check in first.report.checks} == {
        "files", "count", "own_vector", "recall",
    }  # fmt: skip
    assert all(check.passed for check in first.report.checks)
    assert {step.stage for step in seen} == {"reading", "splitting", "embedding", "storing", "checking"}
    assert publisher.builds.current_id() == first.build_id
    assert "13" in answer(publisher.builds.root)


def test_one_edited_paragraph_embeds_one_passage(publisher: Publisher, corpus: Path) -> None:
    publisher.publish()
    edit(corpus, "13 nouvelles", "14 nouvelles")
    assert publisher.publish().embedded == 1
    assert "14" in answer(publisher.builds.root)


def test_a_candidate_waits_until_it_goes_live(publisher: Publisher, corpus: Path) -> None:
    first = publisher.publish()
    edit(corpus, "13 nouvelles", "14 nouvelles")
    abandoned = publisher.prepare()
    waiting = publisher.prepare()
    assert publisher.builds.current_id() == first.build_id
    assert [(row.build_id, row.state) for row in publisher.rows()] == [
        (waiting.build_id, "waiting"),
        (first.build_id, "current"),
    ]
    publisher.go_live(waiting.build_id)
    assert "14" in answer(publisher.builds.root)
    with pytest.raises(NoSuchBuild):
        publisher.go_live(abandoned.build_id)


def test_nothing_is_done_before_the_switch_when_the_candidate_was_damaged_since_its_checks(
    publisher: Publisher,
) -> None:
    served = publisher.publish().build_id
    waiting = publisher.prepare().build_id
    next((publisher.builds.directory(waiting) / "lexical").iterdir()).write_bytes(b"damaged")
    done: list[bool] = []
    with pytest.raises(IndexDamaged):
        publisher.go_live(waiting, first=lambda: done.append(True))
    assert (done, publisher.builds.current_id()) == ([], served)


def test_going_back_takes_the_previous_build_and_going_back_again_returns(
    publisher: Publisher, corpus: Path
) -> None:
    first = publisher.publish()
    with pytest.raises(NoSuchBuild) as none:
        publisher.rollback()
    assert "pas d’index précédent" in sentence_of(none.value)
    edit(corpus, "13 nouvelles", "14 nouvelles")
    second = publisher.publish()
    assert publisher.rollback() == first.build_id
    assert "13" in answer(publisher.builds.root)
    assert publisher.rollback() == second.build_id
    assert publisher.rollback(first.build_id) == first.build_id
    with pytest.raises(NoSuchBuild) as unknown:
        publisher.rollback("20200101T000000-abcdef")
    assert "n’existe pas" in sentence_of(unknown.value)


def test_a_build_made_with_another_model_is_not_gone_back_to(
    publisher: Publisher, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.publish()
    other = replace(assembly.embedding_profile(load_settings()), fingerprint="other@1:64")
    monkeypatch.setattr(assembly, "embedding_profile", lambda settings: other)
    edit(corpus, "13 nouvelles", "14 nouvelles")
    second = publisher.publish()
    with pytest.raises(IndexOutdated) as outdated:
        publisher.rollback()
    assert "un autre modèle" in sentence_of(outdated.value)
    assert publisher.builds.current_id() == second.build_id
    assert "14" in answer(publisher.builds.root)


def test_a_typing_error_in_the_question_book_does_not_keep_an_index_damaged(
    publisher: Publisher, corpus: Path
) -> None:
    built = publisher.publish()
    (corpus / "questions.yaml").write_text("- [", encoding="utf-8")
    spoil(publisher.builds.directory(built.build_id) / "lexical" / "forms.json", "cut")
    assert publisher.mend() is not None
    assert "13" in answer(publisher.builds.root)


def test_three_builds_are_kept_and_one_that_is_read_stays(publisher: Publisher, corpus: Path) -> None:
    first = publisher.publish()
    reading = assembly.open_assistant(publisher.builds.root)
    for figure in range(14, 18):
        edit(corpus, f"{figure - 1} nouvelles", f"{figure} nouvelles")
        publisher.publish()
    assert len(publisher.rows()) == 4
    assert reading.build_id == first.build_id
    assert "13" in reading.ask(QUESTION).text
    reading.close()
    publisher.prepare()
    assert first.build_id not in publisher.builds.sealed_ids()
    assert len([row for row in publisher.rows() if row.state != "waiting"]) == 3


def test_a_second_publisher_is_told_to_wait(publisher: Publisher) -> None:
    with publisher.builds.publishing(), pytest.raises(PublishingBusy) as busy:
        publisher.publish()
    assert "en cours" in sentence_of(busy.value)
    publisher.publish()


def test_a_sudden_fall_needs_an_explicit_word(publisher: Publisher, corpus: Path) -> None:
    first = publisher.publish()
    (corpus / "rapport-2021.md").unlink()
    with pytest.raises(BuildRejected) as refused:
        publisher.publish()
    assert "que 2 passages contre 4" in sentence_of(refused.value)
    assert publisher.builds.current_id() == first.build_id
    assert publisher.builds.sealed_ids() == [first.build_id]
    assert publisher.publish(forced=True).passages == 2


def test_a_report_that_can_no_longer_be_read_needs_an_explicit_word(
    publisher: Publisher, corpus: Path
) -> None:
    text = "\n\n".join(f"Le conseil a pris la décision numéro {n}." for n in range(400))
    (corpus / "long.txt").write_text(text, encoding="utf-8")
    publisher.publish()
    (corpus / "rapport-2021.md").write_bytes(b"")
    with pytest.raises(BuildRejected) as refused:
        publisher.publish()
    assert "«\u00a0rapport-2021.md\u00a0»" in sentence_of(refused.value)
    published = publisher.publish(forced=True)
    assert [error.path for error in published.unreadable] == ["rapport-2021.md"]


def test_an_empty_corpus_leaves_the_build_in_service(publisher: Publisher, corpus: Path) -> None:
    first = publisher.publish()
    shutil.rmtree(corpus)
    corpus.mkdir()
    with pytest.raises(EmptyCorpus) as refused:
        publisher.publish(forced=True)
    assert "Aucun rapport lisible" in sentence_of(refused.value)
    assert [path.name for path in (publisher.builds.root / "builds").iterdir()] == [first.build_id]


def test_a_question_that_is_no_longer_answered_keeps_the_new_build_out(
    publisher: Publisher, corpus: Path
) -> None:
    (corpus / "questions.yaml").write_text(
        f"- question: {QUESTION}\n  attendu: 13\n- question: Qui est le roi ?\n  attendu: Louis\n",
        encoding="utf-8",
    )
    first = publisher.publish()
    book = {check.code: check for check in first.report.checks}["book"]
    assert book.details["right"] == 1
    assert book.details["missed"] == ["Qui est le roi ?"]
    edit(corpus, "13 nouvelles", "14 nouvelles")
    with pytest.raises(BuildRejected) as refused:
        publisher.publish()
    assert f"«\u00a0{QUESTION}\u00a0»" in sentence_of(refused.value)
    assert publisher.builds.current_id() == first.build_id
    assert publisher.publish(forced=True).build_id == publisher.builds.current_id()


def test_a_question_book_that_is_none_is_named(publisher: Publisher, corpus: Path) -> None:
    (corpus / "questions.yaml").write_text("- rien", encoding="utf-8")
    with pytest.raises(BookUnreadable) as refused:
        publisher.publish()
    assert "questions.yaml" in sentence_of(refused.value)
    assert publisher.builds.sealed_ids() == []


def test_a_build_process_that_dies_leaves_nothing_and_says_so(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publisher.publish()
    deadly = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(dispatching, "WORKER", (sys.executable, "-c", deadly))
    with pytest.raises(BuildRejected, match="status -11") as refused:
        Publisher(publisher.corpus_dir, publisher.builds.root).publish()
    assert "arrêtée brusquement" in sentence_of(refused.value)
    assert publisher.builds.sealed_ids() == [publisher.builds.current_id()] == [first.build_id]


def test_an_error_in_the_process_is_the_publishers_error(
    write_corpus: Callable[[dict[str, str]], Path], tmp_path: Path, hashed_embedding: None
) -> None:
    with pytest.raises(EmptyCorpus) as refused:
        Publisher(write_corpus({"vide.txt": " "}), tmp_path / "index").publish()
    assert "Aucun rapport lisible" in sentence_of(refused.value)


def test_a_build_that_was_never_checked_does_not_go_live(publisher: Publisher, corpus: Path) -> None:
    built = building.build_candidate(corpus, publisher.builds.root)
    with pytest.raises(NoSuchBuild) as refused:
        publisher.go_live(built.build_id)
    assert "pas été vérifié" in sentence_of(refused.value)


def damages(build: Path) -> list[Path]:
    return sorted(path for path in build.rglob("*") if path.is_file())


def test_whatever_is_damaged_the_previous_build_is_served(
    publisher: Publisher, corpus: Path, tmp_path: Path
) -> None:
    first = publisher.publish()
    edit(corpus, "13 nouvelles", "14 nouvelles")
    second = publisher.publish()
    index = publisher.builds.root
    files = [*damages(publisher.builds.directory(second.build_id)), index / "current"]
    for path in files:
        for damage in ("removed", "cut", "garbage") if path.name == "current" else ("cut",):
            copy = tmp_path / "copy"
            shutil.copytree(index, copy)
            spoil(copy / path.relative_to(index), damage)
            with contextlib.closing(assembly.open_sound(copy)) as assistant:
                assert assistant.build_id in {first.build_id, second.build_id}, (path, damage)
                if path.name != "current":
                    assert assistant.build_id == first.build_id, (path, damage)
                else:
                    assert assistant.build_id == second.build_id, damage
            shutil.rmtree(copy)


def test_a_damaged_pointer_without_a_copy_serves_a_build_that_passed_its_checks(
    publisher: Publisher,
) -> None:
    first = publisher.publish()
    (publisher.builds.root / "current").write_bytes(b"\xff\xfe")
    (publisher.builds.root / "current.copy").unlink()
    with contextlib.closing(assembly.open_sound(publisher.builds.root)) as assistant:
        assert assistant.build_id == first.build_id


@pytest.mark.parametrize(
    "part", ["chroma/chroma.sqlite3", "lexical/forms.json", "manifest.json", "vectors.npy"]
)
def test_a_damaged_build_is_made_again_from_our_own_copy_or_from_the_reports(
    publisher: Publisher, part: str
) -> None:
    first = publisher.publish()
    spoil(publisher.builds.directory(first.build_id) / part, "cut")
    corpus = publisher.corpus_dir
    from_copy = part.startswith(("chroma", "lexical"))
    moved = corpus.rename(corpus.with_name("ailleurs")) if from_copy else None
    mended = publisher.mend()
    assert (mended is not None) == from_copy, "our own copy is enough for what is made from it"
    if moved is None:
        assert publisher.publish().embedded == 0
    else:
        moved.rename(corpus)
    with contextlib.closing(assembly.open_assistant(publisher.builds.root)) as assistant:
        assert "13" in assistant.ask(QUESTION).text
    assert building.is_up_to_date(corpus, publisher.builds.root)


def test_a_damaged_former_build_is_not_gone_back_to(publisher: Publisher, corpus: Path) -> None:
    first = publisher.publish()
    edit(corpus, "13 nouvelles", "14 nouvelles")
    second = publisher.publish()
    spoil(publisher.builds.directory(first.build_id) / "passages.jsonl", "cut")
    with pytest.raises(IndexDamaged):
        publisher.rollback()
    assert publisher.builds.current_id() == second.build_id
    assert [row.state for row in publisher.rows()] == ["current", "damaged"]


def test_a_desk_follows_the_pointer_and_closes_the_old_build_after_its_last_answer(
    publisher: Publisher, corpus: Path
) -> None:
    publisher.publish()
    closed: list[str] = []

    def opened() -> assembly.Assistant:
        assistant = assembly.open_sound(publisher.builds.root)
        close, name = assistant._close, assistant.build_id
        assistant._close = lambda: (close(), closed.append(name))[0]
        return assistant

    desk = Desk(opened, publisher.builds.pointer_stamp)
    assert desk.open()
    assert not desk.follow()
    service = desk.service
    old = service.assistant.build_id
    begun = service.assistant.stream(QUESTION)
    first_words = next(begun)
    edit(corpus, "13 nouvelles", "14 nouvelles")
    publisher.publish()
    assert desk.follow()
    assert "14" in desk.service.assistant.ask(QUESTION).text
    assert closed == []
    last = [first_words, *begun][-1]
    assert "13" in last.text
    assert last.build_id == old
    del service, begun
    assert closed == [old]
    desk.close()
    assert len(closed) == 2


def test_a_desk_goes_on_with_the_open_build_when_the_new_one_cannot_be_opened(publisher: Publisher) -> None:
    publisher.publish()
    trouble: list[RaError] = []

    def opened() -> assembly.Assistant:
        if trouble:
            raise trouble[0]
        return assembly.open_sound(publisher.builds.root)

    desk = Desk(opened, publisher.builds.pointer_stamp)
    desk.open()
    trouble.append(IndexDamaged("broken", path="x"))
    publisher.publish()
    assert not desk.follow()
    assert desk.trouble is trouble[0]
    assert "13" in desk.service.assistant.ask(QUESTION).text
    desk.close()


def test_what_the_checks_found_is_kept_beside_the_build(publisher: Publisher) -> None:
    first = publisher.publish()
    kept = json.loads(publisher.builds.read_checks(first.build_id))
    assert kept["build_id"] == first.build_id
    assert [check["code"] for check in kept["checks"]] == [check.code for check in first.report.checks]


def test_a_clock_that_goes_back_does_not_change_the_order_of_builds(tmp_path: Path) -> None:
    builds = BuildStore(tmp_path)
    (tmp_path / "builds" / "29990101T000000-abcdef").mkdir(parents=True)
    assert builds.begin()[0].startswith("29990101T000001-")
