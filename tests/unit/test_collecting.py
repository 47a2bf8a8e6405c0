"""Bringing documents into the corpus: guessed, given, known, new version, refused."""

import os
import threading
import zipfile
from pathlib import Path

import pytest

from ra_assistant import collecting
from ra_assistant.builds import source_hash
from ra_assistant.collecting import Arrival, Collection, Said, clean_name, readable_below
from ra_assistant.errors import ReportUnknown, SaysOtherwise, UnreadableDocument
from ra_assistant.reading import FileLoader
from ra_assistant.watching import Watch
from ra_assistant.wording import sentence_of

TEXT = "Rapport d’activité 2024\n\nL’agence du Val a accueilli douze entreprises au cours de l’année.\n"


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    (tmp_path / "corpus").mkdir()
    return Collection(tmp_path / "corpus")


def write(path: Path, text: str = TEXT) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def names(collection: Collection) -> list[str]:
    return sorted(path.relative_to(collection.root).as_posix() for path in collection.root.rglob("*"))


def test_a_file_comes_in_as_it_is_under_a_plain_name(collection: Collection, tmp_path: Path) -> None:
    source = write(tmp_path / "Rapport d’activité 2024 (v2) é.TXT")
    brought = collection.add(source)
    assert (brought.arrival, brought.path) == (Arrival.NEW, "rapport-d-activite-2024-v2-e.txt")
    assert (collection.root / brought.path).read_bytes() == source.read_bytes()
    assert brought.extraction is not None
    assert brought.extraction.document.year == 2024
    assert names(collection) == [brought.path]


def test_what_is_given_is_written_in_a_note_and_read(collection: Collection, tmp_path: Path) -> None:
    said = Said("Bilan de l’an passé", 2023, "Agence du Val", "https://val.example/b", "restated")
    brought = collection.add(write(tmp_path / "b.txt"), said)
    document = FileLoader().load(collection.root / brought.path, collection.root).document
    assert (document.title, document.year, document.publisher) == (said.title, 2023, "Agence du Val")
    assert (document.source_url, document.kind) == ("https://val.example/b", "restated")
    assert names(collection) == ["b.txt", "b.txt.yaml"]


def test_the_same_content_again_changes_nothing(collection: Collection, tmp_path: Path) -> None:
    collection.add(write(tmp_path / "a.txt"))
    again = collection.add(write(tmp_path / "autre.txt"))
    assert (again.arrival, again.path) == (Arrival.KNOWN, "a.txt")
    assert names(collection) == ["a.txt"]


def test_the_same_content_with_another_title_changes_its_note(collection: Collection, tmp_path: Path) -> None:
    collection.add(write(tmp_path / "a.txt"))
    again = collection.add(write(tmp_path / "a.txt"), Said(title="Le bilan"))
    assert again.arrival is Arrival.REPLACES
    assert collection.files() == ["a.txt"]
    assert "Le bilan" in (collection.root / "a.txt.yaml").read_text(encoding="utf-8")


def test_a_new_version_takes_the_place_of_the_old_one_which_is_kept_aside(
    collection: Collection, tmp_path: Path
) -> None:
    collection.add(write(tmp_path / "a.txt"))
    brought = collection.add(write(tmp_path / "b.txt", TEXT.replace("douze", "treize")))
    assert (brought.arrival, brought.path, brought.replaced) == (Arrival.REPLACES, "a.txt", "a.txt")
    assert "treize" in (collection.root / "a.txt").read_text(encoding="utf-8")
    assert collection.files() == ["a.txt"]
    assert "douze" in (collection.root / ".replaced" / "a.txt").read_text(encoding="utf-8")


def test_a_new_version_in_another_format_leaves_no_twin(collection: Collection, tmp_path: Path) -> None:
    collection.add(write(tmp_path / "a.txt"), Said(title="Le rapport", year=2024))
    page = "# Le rapport\n\nL’agence a accueilli treize entreprises en 2024.\n"
    brought = collection.add(write(tmp_path / "b.md", page), Said(year=2024))
    assert (brought.arrival, brought.replaced) == (Arrival.REPLACES, "a.txt")
    assert collection.files() == ["b.md"]


def test_two_reports_of_one_year_stay_two(collection: Collection, tmp_path: Path) -> None:
    collection.add(write(tmp_path / "a.txt"), Said(title="Rapport social", year=2024))
    other = collection.add(write(tmp_path / "b.txt", TEXT + "Fin.\n"), Said(title="Rapport moral", year=2024))
    assert other.arrival is Arrival.NEW
    assert collection.files() == ["a.txt", "b.txt"]


def test_another_report_under_the_same_name_gets_another(collection: Collection, tmp_path: Path) -> None:
    collection.add(write(tmp_path / "rapport.txt"))
    next_year = collection.add(write(tmp_path / "rapport.txt", TEXT.replace("2024", "2025")))
    assert (next_year.arrival, next_year.path) == (Arrival.NEW, "rapport-2.txt")


def test_a_report_may_be_named_as_the_one_replaced(collection: Collection, tmp_path: Path) -> None:
    collection.add(write(tmp_path / "a.txt"))
    corrected = write(tmp_path / "b.txt", TEXT.replace("2024", "2023"))
    assert collection.add(corrected, Said(replaces="a.txt")).replaced == "a.txt"
    with pytest.raises(ReportUnknown) as unknown:
        collection.add(write(tmp_path / "c.txt", TEXT + "c"), Said(replaces="z.txt"))
    assert "«\u00a0z.txt\u00a0»" in sentence_of(unknown.value)


def test_front_matter_that_says_otherwise_is_named(collection: Collection, tmp_path: Path) -> None:
    source = write(tmp_path / "a.md", "---\ntitle: Bilan\nyear: 2020\n---\n" + TEXT)
    with pytest.raises(SaysOtherwise) as refused:
        collection.add(source, Said(year=2021))
    assert "«\u00a02020\u00a0», et non «\u00a02021\u00a0»" in sentence_of(refused.value)
    assert names(collection) == []


def test_what_cannot_be_read_never_comes_in(collection: Collection, tmp_path: Path) -> None:
    bomb = tmp_path / "bombe.docx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", "0" * 30_000_000)
    huge = tmp_path / "enorme.pdf"
    with huge.open("wb") as stream:
        stream.truncate(2 * 1024**3)
    for source, reason in (
        (bomb, "too_large"),
        (huge, "too_large"),
        (write(tmp_path / "vide.txt", " "), "empty"),
        (write(tmp_path / "faux.pdf"), "mislabelled"),
        (write(tmp_path / "photo.jpg"), "unsupported"),
        (tmp_path / "absent.txt", "vanished"),
    ):
        with pytest.raises(UnreadableDocument) as refused:
            collection.add(source)
        assert refused.value.reason == reason
        assert names(collection) == []


def test_a_file_that_is_being_written_is_refused(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "a.txt")
    copy = collecting.shutil.copyfileobj

    def slow(reading: object, writing: object, size: int) -> None:
        copy(reading, writing, size)
        with source.open("a", encoding="utf-8") as stream:
            stream.write("Encore une phrase.")

    monkeypatch.setattr(collecting.shutil, "copyfileobj", slow)
    with pytest.raises(UnreadableDocument) as refused:
        collection.add(source)
    assert "a changé pendant sa lecture" in sentence_of(refused.value)
    assert names(collection) == []


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/Rapport.PDF".rpartition("/")[2], "rapport.pdf"),
        ("..pdf", "document.pdf" if Path("..pdf").suffix else "pdf"),
        ("é" * 300 + ".md", "e" * 100 + ".md"),
        ("Rapport  d’activité.docx", "rapport-d-activite.docx"),
    ],
)
def test_names_are_made_plain(name: str, clean: str) -> None:
    assert clean_name(name) == clean
    assert "/" not in clean_name(name)


def test_a_name_as_long_as_a_system_bears_comes_in_shorter(collection: Collection, tmp_path: Path) -> None:
    source = write(tmp_path / ("un très long nom " * 12 + ".txt"))
    assert len(collection.add(source).path) <= 104


def test_removing_keeps_the_report_aside(collection: Collection, tmp_path: Path) -> None:
    collection.add(write(tmp_path / "a.txt"), Said(title="Le bilan"))
    assert collection.remove("le bilan") == "a.txt"
    assert collection.files() == []
    assert (collection.root / ".replaced" / "a.txt.yaml").is_file()
    with pytest.raises(ReportUnknown) as unknown:
        collection.remove("a.txt")
    assert "status" in sentence_of(unknown.value)


def test_the_directory_goes_back_to_any_of_the_versions_that_are_kept(
    collection: Collection, tmp_path: Path
) -> None:
    states = []
    for word in ("douze", "treize", "quinze"):
        collection.add(
            write(tmp_path / "a.txt", TEXT.replace("douze", word)),
            Said(title=f"Le {word}", year=2024, replaces="a.txt" if states else None),
        )
        states.append({"a.txt": source_hash(collection.root / "a.txt")})
    for state, word in [*zip(states, ("douze", "treize", "quinze"), strict=True)] * 2:
        done = collection.restore(state)
        assert (done.aside, done.lost) == ((), ())
        assert word in (collection.root / "a.txt").read_text(encoding="utf-8")
        assert f"Le {word}" in (collection.root / "a.txt.yaml").read_text(encoding="utf-8")
    assert collection.restore(states[-1]).back == ()


def test_few_versions_of_a_report_are_kept_aside(collection: Collection, tmp_path: Path) -> None:
    for number in range(10, 17):
        collection.add(write(tmp_path / "a.txt", TEXT.replace("douze", str(number))))
    kept = sorted((collection.root / ".replaced").glob("a*"))
    assert {path.read_text("utf-8").split("accueilli ")[1][:2] for path in kept} == {"13", "14", "15"}


def test_a_title_that_two_reports_have_is_not_enough_to_remove(
    collection: Collection, tmp_path: Path
) -> None:
    collection.add(write(tmp_path / "a.txt"), Said(title="Le bilan", year=2020))
    collection.add(write(tmp_path / "b.txt", TEXT + "Fin."), Said(title="Le bilan", year=2021))
    with pytest.raises(ReportUnknown) as several:
        collection.remove("Le bilan")
    assert "Plusieurs" in sentence_of(several.value)


def test_a_directory_gives_the_files_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "sous").mkdir()
    for name in ("a.md", "sous/b.txt", "photo.jpg", ".cache.md"):
        write(tmp_path / name)
    assert [path.name for path in readable_below(tmp_path)] == ["a.md", "b.txt"]


def test_a_report_in_another_language_is_said(collection: Collection, tmp_path: Path) -> None:
    english = "The agency welcomed twelve companies during the year and opened two laboratories. " * 10
    brought = collection.add(write(tmp_path / "report.txt", english))
    assert brought.extraction is not None
    assert "other_language" in {notice.code for notice in brought.extraction.notices}


def test_a_watched_file_is_taken_once_it_has_come_to_rest(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    path = write(tmp_path / "a.txt", "un")
    assert watch.ripe() == []
    write(path, "un deux")
    assert watch.ripe() == []
    assert watch.ripe() == [path]
    assert watch.ripe() == []
    os.utime(path, (1, 1))
    assert [watch.ripe(), watch.ripe(), watch.ripe()] == [[], [path], []]


def test_what_a_killed_process_left_half_way_is_cleared_by_the_next(
    collection: Collection, tmp_path: Path
) -> None:
    left = collection.root / ".incoming" / "a.txt"
    left.parent.mkdir(parents=True)
    left.write_text("à moitié", encoding="utf-8")
    collection.add(write(tmp_path / "b.txt"))
    assert names(collection) == ["b.txt"]


def test_two_files_brought_at_once_both_come_in(collection: Collection, tmp_path: Path) -> None:
    sources = [write(tmp_path / f"{n}.txt", f"Rapport numéro {n}. " + TEXT) for n in range(4)]
    said = [Said(title=f"Rapport {n}") for n in range(4)]
    workers = [threading.Thread(target=collection.add, args=pair) for pair in zip(sources, said, strict=True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(collection.files()) == 4
