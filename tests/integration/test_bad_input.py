"""What goes wrong with files, disks and names: one French sentence each, and the build in service as it was."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ra_assistant import assembly, building
from ra_assistant.collecting import Arrival, Collection, Said
from ra_assistant.errors import BuildRejected, RaError, UnreadableDocument
from ra_assistant.publishing import Publisher
from ra_assistant.publishing_wording import SYSTEM, system_reason
from ra_assistant.reading import FileLoader
from ra_assistant.wording import sentence_of
from tests.fakes import in_this_process
from tests.integration.test_publishing import QUESTION, edit
from tests.interfaces.test_command_line import FAKED, SOURCES
from tests.reading_fixtures import write


@pytest.fixture
def publisher(corpus: Path, tmp_path: Path, hashed_embedding: None) -> Publisher:
    return Publisher(corpus, tmp_path / "index", None, in_this_process)


@pytest.fixture
def collection(corpus: Path) -> Collection:
    return Collection(corpus)


def ask(index: Path, question: str = QUESTION) -> str:
    with contextlib.closing(assembly.open_assistant(index)) as assistant:
        return assistant.ask(question).text


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FAKED, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Return a function that makes a disk of that size; skip where the machine mounts none."""
    mounted: list[Path] = []

    def make(size: str) -> Path:
        place = tmp_path / f"disque{len(mounted)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("this machine lets a test mount no disk")
        mounted.append(place)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", "-l", place], check=True)


def sparse(path: Path) -> Path:
    with path.open("wb") as stream:
        stream.write(b"%PDF-1.7\n")
        stream.truncate(2 * 1024**3)
    return path


def lying_bomb(path: Path) -> Path:
    """An archive whose headers understate what its members unpack to."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", b"<w>" + b"0" * 50_000_000)
    data = path.read_bytes().replace((50_000_003).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("enorme.pdf", sparse, "est trop gros"),
        ("bombe.docx", lying_bomb, "est abîmé"),
    ],
)
def test_a_huge_file_in_the_corpus_is_named_and_the_others_are_published(
    publisher: Publisher, name: str, make: Callable[[Path], Path], words: str
) -> None:
    make(publisher.corpus_dir / name)
    began = time.monotonic()
    prepared = publisher.publish()
    assert time.monotonic() - began < 15, "two gigabytes are not read to be refused"
    assert [words in sentence_of(error) for error in prepared.unreadable] == [True]
    assert prepared.documents == 2
    assert "13" in ask(publisher.builds.root)


def test_a_pdf_of_five_thousand_pages_is_read_to_its_last_page(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "r.pdf"), pagesize=A4, pageCompression=1)
    for number in range(1, 5001):
        write(canvas, 70, 700, f"La mesure {number} du rapport 2023.")
        canvas.showPage()
    canvas.save()
    document = FileLoader().load(tmp_path / "r.pdf", tmp_path).document
    assert len(document.page_starts) == 5000
    assert document.page_at(document.text.index("La mesure 5000 ")) == 5000


def test_scripts_and_attachments_of_a_pdf_are_neither_run_nor_read(
    collection: Collection, tmp_path: Path
) -> None:
    script = b"app.launchURL('http://127.0.0.1:9/'); this.submitForm('http://127.0.0.1:9/');"
    attached = b"Le budget secret de la piece jointe est de 99 millions."
    stream = b"BT /F1 12 Tf 70 700 Td (Le rapport 2023 compte 21 entreprises accueillies.) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 6 0 R/Names<</EmbeddedFiles<</Names[(s.txt) 7 0 R]>>"
        b"/JavaScript<</Names[(x) 6 0 R]>>>>/AA<</WC 6 0 R>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>/AA<</O 6 0 R>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Action/S/JavaScript/JS(" + script.replace(b"(", rb"\(").replace(b")", rb"\)") + b")>>",
        b"<</Type/Filespec/F(s.txt)/EF<</F 8 0 R>>>>",
        b"<</Type/EmbeddedFile/Length %d>>stream\n%s\nendstream" % (len(attached), attached),
    ]
    source = tmp_path / "actif.pdf"
    source.write_bytes(pdf_of(objects))
    brought = collection.add(source)
    assert brought.extraction is not None
    assert brought.extraction.document.text.strip() == "Le rapport 2023 compte 21 entreprises accueillies."


def pdf_of(objects: list[bytes]) -> bytes:
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(data))
    )


TEXT = "Rapport d’activité 2022\n\nL’agence a accueilli {number} nouvelles entreprises en 2022.\n"


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "un nom avec  espaces",
        "été à l’œuvre",
        "a" * 240,
        "é" * 120,
        "-rf",
        "$(touch x)",
        "a\nb",
        "..%2f..%2fetc",
        "🙂",
    ],
)
def test_a_name_of_any_kind_comes_in_under_a_plain_one(
    collection: Collection, tmp_path: Path, name: str
) -> None:
    source = tmp_path / f"{name}.txt"
    source.write_text(TEXT.format(number=7), encoding="utf-8")
    before = set(collection.files())
    brought = collection.add(source)
    assert set(collection.files()) - before == {brought.path}
    assert (collection.root / brought.path).resolve().parent == collection.root.resolve()
    assert set(brought.path) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert len(brought.path) <= 104


def test_a_path_that_climbs_out_brings_the_file_and_nothing_else(
    collection: Collection, tmp_path: Path
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text(TEXT.format(number=7), encoding="utf-8")
    brought = collection.add(tmp_path / "a" / "b" / ".." / ".." / "secret.txt")
    assert brought.path == "secret.txt"
    with pytest.raises(RaError):
        collection.remove("../secret.txt")
    assert (tmp_path / "secret.txt").is_file()


def test_a_link_that_leads_out_of_the_corpus_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(TEXT.format(number=7), encoding="utf-8")
    (publisher.corpus_dir / "lien.txt").symlink_to(tmp_path / "secret.txt")
    prepared = publisher.publish()
    assert ["mène hors du dossier" in sentence_of(error) for error in prepared.unreadable] == [True]


def test_two_reports_of_one_year_stand_side_by_side(
    publisher: Publisher, collection: Collection, tmp_path: Path
) -> None:
    for title, number in (("Rapport d’activité 2022", 21), ("Rapport financier 2022", 34)):
        source = tmp_path / f"{number}.txt"
        source.write_text(TEXT.format(number=number), encoding="utf-8")
        assert collection.add(source, Said(title=title, year=2022)).arrival is Arrival.NEW
    assert publisher.publish().documents == 4
    with contextlib.closing(assembly.open_assistant(publisher.builds.root)) as assistant:
        found = assistant.search("nouvelles entreprises accueillies en 2022", 4)
        texts = " ".join(hit.passage.text for hit in found)
    assert "21 nouvelles" in texts
    assert "34 nouvelles" in texts


def test_a_report_in_another_language_is_said_and_indexed(
    publisher: Publisher, collection: Collection, tmp_path: Path
) -> None:
    sentence = "The agency welcomed thirty new companies this year and they have hired many researchers. "
    (tmp_path / "report.txt").write_text("Activity report 2022\n\n" + sentence * 12, encoding="utf-8")
    brought = collection.add(tmp_path / "report.txt")
    assert brought.extraction is not None
    assert "other_language" in {notice.code for notice in brought.extraction.notices}
    prepared = publisher.publish()
    assert ("report.txt", "other_language") in [(path, notice.code) for path, notice in prepared.notices]
    assert prepared.documents == 3


def test_no_space_for_the_index_leaves_the_former_one(
    corpus: Path, hashed_embedding: None, small_disk: Callable[[str], Path]
) -> None:
    index = small_disk("3m") / "index"
    publisher = Publisher(corpus, index)
    built = publisher.publish().build_id
    filler = index.parent / "plein"
    room = shutil.disk_usage(index).free
    filler.write_bytes(b"\0" * max(0, room - 64 * 1024))
    edit(corpus, "13 nouvelles", "14 nouvelles")
    with pytest.raises((BuildRejected, OSError)) as caught:
        publisher.publish()
    assert isinstance(caught.value, BuildRejected), caught.value
    assert "place" in sentence_of(caught.value)
    assert "L’ancien index reste en service" in sentence_of(caught.value)
    assert publisher.builds.current_id() == built
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as stream:
        while True:
            stream.write(b"\0" * 4096)
    assert shutil.disk_usage(index).free == 0
    assert "13" in ask(index), "an assistant that starts on a full disk answers"
    filler.unlink()
    publisher.publish()
    assert "14" in ask(index)


def test_no_space_for_the_corpus_is_one_sentence_and_leaves_it_as_it_was(
    tmp_path: Path, small_disk: Callable[[str], Path]
) -> None:
    root = small_disk("256k") / "corpus"
    first = tmp_path / "a.txt"
    first.write_text(TEXT.format(number=7), encoding="utf-8")
    assert command("add", first, "--corpus", root).returncode == 0
    large = tmp_path / "grand.txt"
    large.write_text(TEXT.format(number=8) * 8000, encoding="utf-8")
    done = command("add", large, "--corpus", root)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "il ne reste plus de place sur le disque" in done.stderr
    assert [path.name for path in root.rglob("*")] == ["a.txt"]


def test_a_disk_that_cannot_be_written_is_one_sentence(
    corpus: Path, tmp_path: Path, hashed_embedding: None, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk("16m")
    shutil.copytree(corpus, disk / "corpus")
    publisher = Publisher(disk / "corpus", disk / "index")
    built = publisher.publish().build_id
    edit(disk / "corpus", "13 nouvelles", "14 nouvelles")
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    places = ("--corpus", disk / "corpus", "--index", disk / "index")
    source = tmp_path / "a.txt"
    source.write_text(TEXT.format(number=7), encoding="utf-8")
    for arguments in (
        ("add", source, *places[:2]),
        ("publish", *places),
        ("remove", "rapport-2021.md", *places[:2]),
    ):
        done = command(*arguments)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert "le disque est en lecture seule" in done.stderr
    assert publisher.builds.current_id() == built
    assert "13" in ask(disk / "index"), "a server on a disk that cannot be written answers"


def test_what_the_system_says_is_said_in_french() -> None:
    assert system_reason(OSError(errno.ENOSPC, "No space left on device")) == SYSTEM[errno.ENOSPC]
    assert system_reason(OSError(errno.EPIPE, "Broken pipe")) == "Broken pipe"
    assert system_reason(OSError("autre chose")) == "autre chose"


def test_a_file_in_the_corpus_that_nobody_may_read_is_named(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "rapport-2020.md":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    prepared = publisher.publish()
    assert [error.reason for error in prepared.unreadable] == ["vanished"]
    assert all(isinstance(error, UnreadableDocument) for error in prepared.unreadable)


def test_a_broken_link_and_a_name_of_an_old_archive_are_named_each_time_and_stop_nothing(
    publisher: Publisher,
) -> None:
    corpus = publisher.corpus_dir
    (corpus / "lien.md").symlink_to("parti.md")
    Path(corpus, os.fsdecode(b"activit\xe9-2022.md")).write_bytes(b"# Rapport 2022\n\nUne phrase.\n")
    for _ in range(2):
        prepared = publisher.publish()
        reasons = {error.path: error.reason for error in prepared.unreadable}
        assert reasons == {"lien.md": "vanished", "activit\ufffd-2022.md": "misnamed"}
        assert any("pas écrit en UTF-8" in sentence_of(error) for error in prepared.unreadable)
        assert building.is_up_to_date(corpus, publisher.builds.root)
    (corpus / "lien.md").unlink()
    assert building.is_up_to_date(corpus, publisher.builds.root)
    assert "13" in ask(publisher.builds.root)


def test_a_page_stuffed_with_letters_is_left_out_and_named(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "r.pdf"), pagesize=A4, pageCompression=1)
    write(canvas, 70, 700, "La première page du rapport 2023 compte douze mesures.")
    canvas.showPage()
    text = canvas.beginText(70, 700)
    for _ in range(2100):
        text.textOut("x" * 100)
    canvas.drawText(text)
    canvas.showPage()
    write(canvas, 70, 700, "La dernière page en compte treize.")
    canvas.save()
    found = FileLoader().load(tmp_path / "r.pdf", tmp_path)
    assert "xxx" not in found.document.text
    assert "treize" in found.document.text
    assert [notice.page for notice in found.notices if notice.code == "page_unreadable"] == [2]
