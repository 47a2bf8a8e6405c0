"""The work of the back office, step by step, without a browser: what it does, what it refuses, what it leaves alone."""

from __future__ import annotations

import html
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ra_assistant import assembly, building, dispatching, publishing
from ra_assistant.errors import BuildRejected
from ra_assistant.harvesting import Harvester, Limits
from ra_assistant.interfaces import office_view as view
from ra_assistant.interfaces.office import Office, Said, State, _titles, in_the_background
from ra_assistant.office_wording import OFFICE
from ra_assistant.publishing import Publisher
from ra_assistant.visiting import Visitor
from tests.conftest import REPORTS
from tests.fakes import in_this_process
from tests.reading_fixtures import pdf, write
from tests.scanning import scanned, stand_in
from tests.web_site import Reply, Site, page, typed

QUESTION = "Combien de nouvelles entreprises en 2022 ?"
REPORT = "Rapport d’activité 2022\n\nL’agence a accueilli 37 nouvelles entreprises en 2022.\n"


def at_once(work: Callable[[], None]) -> None:
    work()


@pytest.fixture
def publisher(corpus: Path, tmp_path: Path, hashed_embedding: None) -> Publisher:
    publisher = Publisher(corpus, tmp_path / "index", corpus / publishing.BOOK, in_this_process)
    publisher.publish()
    return publisher


@pytest.fixture
def office(publisher: Publisher) -> Office:
    office = Office(publisher, publisher.builds.root / "office", at_once)
    office.look()
    return office


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "Rapport d'activité 2022.txt"
    path.write_text(REPORT, "utf-8")
    return str(path)


def answer(publisher: Publisher) -> str:
    assistant = assembly.open_assistant(publisher.builds.root)
    try:
        return assistant.ask(QUESTION).text
    finally:
        assistant.close()


def files(publisher: Publisher) -> dict[str, bytes]:
    """Return every file of the corpus directory, hidden ones included."""
    root = publisher.corpus_dir
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def said(office: Office) -> Said:
    found = office.state.said
    assert found is not None
    return found


def checked(office: Office, report: str, title: str = "", year: str = "") -> str:
    """Read and check a report; return the mark of what waits."""
    assert office.read(report) == ""
    assert office.check(office.state.mark, title, year, "") == ""
    return office.state.mark


def test_nothing_changes_for_anybody_until_the_report_goes_live(
    office: Office, publisher: Publisher, report: str
) -> None:
    before, served = files(publisher), publisher.builds.current_id()
    assert office.read(report) == ""
    shown = view.reading(office.state)
    assert "37 nouvelles entreprises" in shown
    assert f'href="lecture/{office.state.mark}"' in shown
    mark = checked(office, report)
    assert (files(publisher), publisher.builds.current_id()) == (before, served)
    assert "37" not in answer(publisher)
    assert view.checks(office.state).count("Vérifié") == 6
    assert office.go_live(mark, forced=False) == ""
    assert "est en service" in said(office).sentence
    assert "37" in answer(publisher)
    assert "rapport-d-activite-2022.txt" in files(publisher)
    assert "rapport-d-activite-2022.txt" in office.state.sources
    assert "Rapport d’activité 2022" in view.masthead(office.state), "by its title, its year said once"
    assert ".txt" not in view.masthead(office.state) and "&#40;2022" not in view.masthead(office.state)
    years = [year for _, year in office.state.titles]
    assert years[0] == 2022 and years == sorted(years, reverse=True) and len(years) > 1, "newest first"
    assert office.state.draft is None
    assert not list((publisher.builds.root / "office").rglob("*.*")), "nothing of the draft is left"


def test_many_reports_in_service_are_counted_and_a_build_that_cannot_be_read_has_its_files_named() -> None:
    titles = tuple((f"Rapport {number}", 2023) for number in range(14))
    shown = view.masthead(State(titles=titles))
    assert "Rapport 11 &#40;2023&#41;" in shown and "Rapport 12" not in shown
    assert "et 2\xa0autres" in shown
    assert "et 1\xa0autre<" in view.masthead(State(titles=titles[:13]))
    assert "bilan &#60;b&#62;" in view.masthead(State(sources=("bilan <b>.pdf",)))


def test_what_the_publisher_says_of_the_report_is_what_is_shown_with_answers(
    office: Office, publisher: Publisher, report: str
) -> None:
    mark = checked(office, report, title="  Bilan  2022 ", year="2022")
    office.go_live(mark, forced=False)
    assistant = assembly.open_assistant(publisher.builds.root)
    try:
        assert "Bilan 2022" in {document.title for document in assistant.documents}
    finally:
        assistant.close()
    assert "«\u00a0Bilan 2022\u00a0»" in said(office).sentence


def test_one_step_back_and_again(office: Office, publisher: Publisher, report: str) -> None:
    assert office.state.previous is None
    assert "pas encore" in view.kept(office.state)
    office.go_live(checked(office, report), forced=False)
    previous = office.state.previous
    assert previous is not None
    assert office.back(previous.build_id, with_files=False) == ""
    assert "de nouveau en service" in said(office).sentence
    assert "37" not in answer(publisher)
    assert office.back(previous.build_id, with_files=False) == OFFICE["stale"], "that one is in service now"
    again = office.state.previous
    assert again is not None
    office.back(again.build_id, with_files=False)
    assert "37" in answer(publisher)


def test_what_went_back_does_not_return_with_the_next_publication(
    office: Office, publisher: Publisher, report: str, tmp_path: Path
) -> None:
    before = publisher.builds.current_id()
    office.go_live(checked(office, report), forced=False)
    after = publisher.builds.current_id()
    office.back(before, with_files=False)
    assert "les reprendra tous" in said(office).sentence
    assert not building.is_up_to_date(publisher.corpus_dir, publisher.builds.root)
    office.back(after, with_files=False)
    office.back(before, with_files=True)
    assert said(office).sentence.endswith("gardé de côté\u00a0: «\u00a0rapport-d-activite-2022.txt\u00a0».")
    assert not said(office).wrong
    assert building.is_up_to_date(publisher.corpus_dir, publisher.builds.root), "nothing waits to come back"
    avis = tmp_path / "avis.txt"
    avis.write_text("Avis\n\nLe conseil a nommé huit experts en 2021.\n", "utf-8")
    office.go_live(checked(office, str(avis)), forced=False)
    assert "37" not in answer(publisher)
    office.back(before, with_files=True)
    assert "avis.txt" not in files(publisher)


def test_going_back_again_brings_the_report_back_with_its_note(
    office: Office, publisher: Publisher, report: str
) -> None:
    before = publisher.builds.current_id()
    office.go_live(checked(office, report, title="Bilan 2022"), forced=False)
    after, there = publisher.builds.current_id(), files(publisher)
    office.back(before, with_files=True)
    office.back(after, with_files=True)
    assert "Remis comme il était" in said(office).sentence
    assert "37" in answer(publisher)
    assert {name: data for name, data in files(publisher).items() if not name.startswith(".")} == there


def test_a_directory_that_cannot_be_put_back_does_not_keep_the_index_from_going_back(
    office: Office, publisher: Publisher, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = publisher.builds.current_id()
    office.go_live(checked(office, report), forced=False)

    def full(*_: object) -> None:
        raise BuildRejected("no space left", reason="no_space")

    monkeypatch.setattr(publisher, "restore", full)
    office.back(before, with_files=True)
    assert publisher.builds.current_id() == before
    assert said(office).wrong
    assert "n’a pas pu être remis" in said(office).sentence
    assert "libérez-en" in said(office).sentence


def test_a_file_that_was_changed_by_hand_is_named_and_left(
    office: Office, publisher: Publisher, report: str
) -> None:
    before = publisher.builds.current_id()
    office.go_live(checked(office, report), forced=False)
    by_hand = publisher.corpus_dir / "rapport-2020.md"
    by_hand.write_text(by_hand.read_text("utf-8") + "\nUn mot de plus.\n", "utf-8")
    office.back(before, with_files=True)
    assert "n’a pas été gardée\u00a0: «\u00a0rapport-2020.md\u00a0»" in said(office).sentence
    assert "Un mot de plus" in by_hand.read_text("utf-8")
    assert "rapport-d-activite-2022.txt" not in files(publisher)


def test_one_step_back_leads_to_what_was_in_service_just_before(
    office: Office, publisher: Publisher, report: str
) -> None:
    first = publisher.builds.current_id()
    office.go_live(checked(office, report), forced=False)
    second = publisher.builds.current_id()
    (publisher.corpus_dir / "avis.txt").write_text("Avis\n\nLe conseil a nommé huit experts.\n", "utf-8")
    publisher.publish()
    publisher.rollback(first)
    publisher.rollback(second)
    office.look()
    assert office.state.previous is not None
    assert office.state.previous.build_id == first, "not the newest one that is kept"
    office.back(first, with_files=False)
    assert publisher.builds.current_id() == first


def test_a_report_that_is_abandoned_leaves_nothing(office: Office, publisher: Publisher, report: str) -> None:
    before = files(publisher)
    mark = checked(office, report)
    assert office.abandon(mark) == ""
    assert "rien n’a changé" in said(office).sentence
    assert files(publisher) == before
    assert [row.state for row in office.state.rows] == ["current"]
    assert office.go_live(mark, forced=True) == OFFICE["stale"]


def test_a_new_version_says_what_it_replaces_and_the_old_one_is_kept(
    office: Office, publisher: Publisher, tmp_path: Path
) -> None:
    version = tmp_path / "rapport-2020.md"
    version.write_text(REPORTS["rapport-2020.md"].replace("13 nouvelles", "14 nouvelles"), "utf-8")
    mark = checked(office, str(version))
    assert "prendra la place" in view.checks(office.state)
    assert b"13 nouvelles" in files(publisher)["rapport-2020.md"], (
        "the links of the copy are not written through"
    )
    office.go_live(mark, forced=False)
    found = files(publisher)
    assert b"14 nouvelles" in found["rapport-2020.md"]
    assert b"13 nouvelles" in found[".replaced/rapport-2020.md"]


def test_a_report_that_is_known_is_said_and_may_be_published_all_the_same(
    office: Office, publisher: Publisher
) -> None:
    mark = checked(office, str(publisher.corpus_dir / "rapport-2020.md"))
    assert "déjà dans le dossier" in view.checks(office.state)
    assert office.go_live(mark, forced=False) == ""


def test_a_file_that_cannot_be_read_is_named_with_its_remedy(
    office: Office, publisher: Publisher, tmp_path: Path
) -> None:
    broken = tmp_path / "Abîmé.pdf"
    broken.write_bytes(b"%PDF-1.7 rien")
    before = files(publisher)
    assert office.read(str(broken)) == ""
    assert said(office) == Said("read", said(office).sentence, wrong=True)
    assert said(office).sentence.startswith("«\u00a0Abîmé.pdf\u00a0» est abîmé")
    assert (office.state.draft, files(publisher)) == (None, before)
    assert office.read(None) == OFFICE["upload_failed"]


def test_a_file_that_kills_its_reader_is_a_damaged_file(
    office: Office, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(order: Mapping[str, Any], *_: object) -> dict[str, Any]:
        raise dispatching.ProcessBroken(f"status -11 at {order['act']}")

    monkeypatch.setattr(office._publisher, "_carry_out", broken)
    office.read(report)
    assert "est abîmé et ne peut pas être ouvert" in said(office).sentence


def test_a_year_that_is_none_and_words_that_the_file_contradicts_are_refused(
    office: Office, publisher: Publisher, tmp_path: Path
) -> None:
    version = tmp_path / "rapport-2019.md"
    version.write_text(REPORTS["rapport-2020.md"].replace("2020", "2019"), "utf-8")
    office.read(str(version))
    for year in ("mille", "²²²²", "20245"):
        assert office.check(office.state.mark, "", year, "") == OFFICE["bad_year"]
    before = publisher.builds.current_id()
    office.check(office.state.mark, "Autre titre", "", "")
    assert "gardez ce qu’il dit" in said(office).sentence
    assert said(office).wrong
    assert office.state.tried is None
    assert publisher.builds.current_id() == before


def test_a_check_that_fails_keeps_the_candidate_out_until_a_word_is_given(
    office: Office, publisher: Publisher, report: str
) -> None:
    (publisher.corpus_dir / "rapport-2020.md").write_text("\n")
    mark = checked(office, report)
    assert said(office).wrong
    shown = view.checks(office.state)
    assert "À corriger" in shown
    assert "«&#32;" not in shown
    assert "--force" not in shown.replace("&#45;", "-")
    assert "ne peuvent plus être lus" in shown
    before = publisher.builds.current_id()
    assert office.go_live(mark, forced=False) == OFFICE["force_needed"]
    assert publisher.builds.current_id() == before
    assert office.go_live(mark, forced=True) == ""
    assert publisher.builds.current_id() != before


def test_a_question_of_the_book_that_is_lost_is_quoted(
    office: Office, publisher: Publisher, tmp_path: Path
) -> None:
    book = "- question: Combien de nouvelles entreprises en 2020 ?\n  attendu: 13\n"
    (publisher.corpus_dir / publishing.BOOK).write_text(book, "utf-8")
    version = tmp_path / "rapport-2020.md"
    version.write_text(REPORTS["rapport-2020.md"].replace("13 nouvelles", "des nouvelles"), "utf-8")
    mark = checked(office, str(version))
    shown = view.checks(office.state)
    assert "ne reçoivent plus la bonne réponse" in shown
    assert "Combien de nouvelles entreprises en 2020" in shown
    assert office.go_live(mark, forced=False) == OFFICE["force_needed"]


def test_another_publication_under_way_is_said_and_nothing_is_lost(
    office: Office, publisher: Publisher, report: str
) -> None:
    office.read(report)
    mark = office.state.mark
    with publisher.builds.publishing():
        office.check(mark, "", "", "")
        assert said(office) == Said("check", OFFICE["busy"], wrong=True)
    assert office.check(mark, "", "", "") == ""
    waiting = office.state.mark
    with publisher.builds.publishing():
        office.go_live(waiting, forced=False)
        assert said(office) == Said("live", OFFICE["busy"], wrong=True)
    assert office.go_live(waiting, forced=False) == ""
    assert "est en service" in said(office).sentence


def test_a_candidate_that_was_overtaken_does_not_undo_the_other_publication(
    office: Office, publisher: Publisher, report: str, tmp_path: Path
) -> None:
    mark = checked(office, report)
    other = publisher.corpus_dir / "avis.txt"
    other.write_text("Avis\n\nLe conseil a nommé huit experts en 2021.\n", "utf-8")
    live = publisher.publish().build_id
    office.go_live(mark, forced=True)
    assert said(office).wrong
    assert "préparez de nouveau" in said(office).sentence or "préparez-le de nouveau" in said(office).sentence
    assert publisher.builds.current_id() == live
    assert "rapport-d-activite-2022.txt" not in files(publisher)
    assert office.check(office.state.mark, "", "", "") == ""
    assert office.go_live(office.state.mark, forced=False) == ""
    assert {"avis.txt", "rapport-d-activite-2022.txt"} <= set(office.state.sources)


def test_one_thing_is_done_at_a_time_and_every_window_sees_it(publisher: Publisher, report: str) -> None:
    waiting: list[Callable[[], None]] = []
    office = Office(publisher, publisher.builds.root / "office", waiting.append)
    office.look()
    assert office.read(report) == ""
    assert office.state.job == "reading"
    assert "Rapport d&#39;activité 2022" in view.outcome(office.state, "read", None)
    assert office.read(report) == OFFICE["busy"]
    version = office.state.version
    waiting.pop()()
    assert office.wait(version, 0).job == ""
    first = office.state.mark
    assert office.read(report) == ""
    waiting.pop()()
    assert office.check(first, "", "", "") == OFFICE["stale"], (
        "a window that shows another report does nothing"
    )


def test_how_far_the_work_is_never_goes_back(publisher: Publisher, report: str) -> None:
    shown: list[float] = []

    class Watched(Office):
        def _set(self, **changes: Any) -> None:
            super()._set(**changes)
            if self.state.progress is not None:
                shown.append(view._done(self.state.progress) or 0.0)
                assert "<progress" in view.outcome(self.state, "check", None)

    office = Watched(publisher, publisher.builds.root / "office", at_once)
    checked(office, report)
    assert len(shown) > 5
    assert shown == sorted(shown)
    assert shown[-1] <= 1


def test_work_whose_fault_nobody_foresaw_lets_the_next_one_begin(
    office: Office, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(office._publisher, "preview", lambda *_: {})
        with pytest.raises(KeyError):
            office.read(report)
    assert (office.state.job, said(office).sentence) == ("", OFFICE["failed_call"])
    assert office.read(report) == ""
    assert office.state.draft is not None


def test_a_disk_that_cannot_be_written_is_said(
    office: Office, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    office.read(report)
    assert "ne peut pas être écrit" in said(office).sentence


def test_a_server_that_ended_leaves_no_draft(publisher: Publisher, report: str) -> None:
    room = publisher.builds.root / "office"
    Office(publisher, room, at_once).read(report)
    assert list(room.rglob("*.txt"))
    assert Office(publisher, room, at_once).state.draft is None
    assert not room.exists()


def test_a_hostile_report_gives_the_page_no_template_and_no_element(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("${alert(1)} {{alert(1)}} `x` <script>alert(1)</script>, dit le conseil.", "utf-8")
    office.read(str(path))
    shown = view.reading(office.state)
    assert not set("${}`") & set(shown)
    assert "<script" not in shown


def test_the_real_processes_read_bring_and_try(
    corpus: Path, tmp_path: Path, hashed_embedding: None, report: str
) -> None:
    publisher = Publisher(corpus, tmp_path / "index")
    publisher.publish()
    office = Office(publisher, tmp_path / "index" / "office", in_the_background)
    office.look()
    assert office.read(report) == ""
    settle(office)
    assert office.check(office.state.mark, "", "", "") == ""
    settle(office)
    assert office.go_live(office.state.mark, forced=False) == ""
    settle(office)
    assert "est en service" in said(office).sentence
    assert "37" in answer(publisher)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return a site in three pages and a document, the only one that may be read, without pauses."""
    first = "<h1>Rapport 2023</h1><p>L’agence a accueilli 41 nouvelles entreprises en 2023.</p>"
    links = '<a href="equipe">Équipe</a> <a href="bilan.pdf">Bilan</a> <a href="vide">Vide</a>'
    site = Site(
        {
            "/r/": page("Rapport 2023", f"<main>{first}{links}</main>"),
            "/r/equipe": page(
                "L’équipe", "<main><h1>L’équipe</h1><p>Anne Petit préside l’agence.</p></main>"
            ),
            "/r/vide": page("Vide", "<main></main>"),
            "/r/bilan.pdf": typed(a_pdf(), "application/pdf"),
        }
    )

    def harvester(limits: Limits | None = None) -> Harvester:
        return Harvester(Visitor(site.permits(), seconds=3.0), limits, lambda _: None)

    monkeypatch.setattr(assembly, "harvester", harvester)
    yield site
    site.close()


def a_pdf() -> bytes:
    return pdf(lambda canvas: write(canvas, 72, 700, "Le bilan compte 55 laboratoires en 2023."))


def test_a_page_of_the_web_is_read_tried_and_put_in_service_with_its_address(
    office: Office, publisher: Publisher, site: Site
) -> None:
    before = files(publisher)
    assert office.read_address(f"  {site.url}/r/\n", site=False) == ""
    assert "41 nouvelles entreprises" in view.reading(office.state)
    assert office.state.draft is not None
    assert office.state.draft.documents == (f"{site.url}/r/bilan.pdf",)
    assert files(publisher) == before
    assert office.check(office.state.mark, "Rapport en ligne", "2023", "") == ""
    office.go_live(office.state.mark, forced=False)
    assert "«\u00a0Rapport en ligne\u00a0» est en service" in said(office).sentence
    assistant = assembly.open_assistant(publisher.builds.root)
    try:
        served = {document.source_url: document for document in assistant.documents}
        assert served[f"{site.url}/r/"].title == "Rapport en ligne"
        assert served[f"{site.url}/r/"].year == 2023
    finally:
        assistant.close()
    assert office.read_address(f"{site.url}/r/", site=False) == ""
    assert office.check(office.state.mark, "", "", "") == ""
    assert "déjà dans le dossier" in view.checks(office.state)


def test_the_pages_below_an_address_come_together_each_with_its_title(
    office: Office, publisher: Publisher, site: Site
) -> None:
    office.read_address(f"{site.url}/r/", site=True)
    shown = view.reading(office.state)
    draft = office.state.draft
    assert draft is not None
    assert [piece.reading["title"] for piece in draft.pieces] == ["Rapport 2023", "L’équipe"]
    assert f'href="lecture/{draft.id}/1"' in shown
    assert "Anne Petit" in shown
    assert "ne contient pas de texte" in shown
    assert shown.count("Indiquez&#45;la à l’étape suivante") == 1, "what holds for all is said once"
    office.check(office.state.mark, "Un titre pour tout", "2023", "Agence du Val")
    assert "2\u00a0pages nouvelles" in view.checks(office.state)
    office.go_live(office.state.mark, forced=False)
    assistant = assembly.open_assistant(publisher.builds.root)
    try:
        served = {document.title: document for document in assistant.documents if document.year == 2023}
        assert {"Rapport 2023", "L’équipe"} <= set(served)
        assert served["L’équipe"].publisher == "Agence du Val"
    finally:
        assistant.close()
    site.routes["/r/equipe"] = page(
        "L’équipe", "<main><h1>L’équipe</h1><p>Paul Roy préside l’agence.</p></main>"
    )
    office.read_address(f"{site.url}/r/", site=True)
    office.check(office.state.mark, "", "", "")
    assert "1 page qui en remplace une autre" in view.checks(office.state).replace("\u00a0", " ")
    assert "1 page déjà là" in view.checks(office.state).replace("\u00a0", " ")


def test_a_document_of_the_web_is_kept_with_its_address(
    office: Office, publisher: Publisher, site: Site
) -> None:
    office.read_address(f"{site.url}/r/bilan.pdf", site=True)
    office.check(office.state.mark, "Bilan", "2023", "")
    office.go_live(office.state.mark, forced=False)
    assert b"source: " + site.url.encode() + b"/r/bilan.pdf" in files(publisher)["bilan.pdf.yaml"]


def test_an_address_that_cannot_be_read_says_why_and_leaves_nothing(
    office: Office, publisher: Publisher, site: Site
) -> None:
    before = files(publisher)
    for address, why in (
        (f"{site.url}/absente", "n’existe pas"),
        ("http://127.0.0.1:1/", "réseau privé"),
        ("file:///etc/passwd", "seules les adresses qui commencent par"),
        ("utilisateur:secret@exemple.fr", "n’est pas une adresse de page"),
        (f"{site.url}/r/vide", "ne contient pas de texte"),
    ):
        assert office.read_address(address, site=False) == ""
        assert why in said(office).sentence, (address, said(office).sentence)
        assert said(office).wrong
        assert office.state.draft is None
    assert office.read_address("   ", site=False) == OFFICE["no_address"]
    assert files(publisher) == before
    assert not (publisher.builds.root / "office").exists()


def test_the_reading_of_a_site_can_be_stopped(publisher: Publisher, site: Site) -> None:
    office = Office(publisher, publisher.builds.root / "office", at_once)

    def stopping(_: str) -> Reply:
        office.stop()
        return page("L’équipe", "<main><p>Anne Petit préside l’agence depuis 2023.</p></main>")

    site.routes["/r/equipe"] = stopping
    office.read_address(f"{site.url}/r/", site=True)
    assert said(office) == Said("read", OFFICE["stopped"])
    assert (office.state.draft, office.state.job) == (None, "")
    assert not (publisher.builds.root / "office").exists()
    assert office.read_address(f"{site.url}/r/", site=False) == "", "the next one is not stopped"
    assert office.state.draft is not None


def test_a_scanned_report_is_read_once_its_characters_are_recognised(
    office: Office, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = tmp_path / "numérisé.pdf"
    scan.write_bytes(scanned())
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "which", lambda _: None)
        office.read(str(scan))
        assert "Passez-le dans un logiciel" in said(office).sentence
    monkeypatch.setenv("PATH", stand_in(tmp_path / "bin"))
    office.read(str(scan))
    assert "cochez «\u00a0Reconnaître le texte" in said(office).sentence
    office.read(str(scan), recognised=True)
    assert "43 nouvelles entreprises" in view.reading(office.state)
    assert "relisez&#45;le" in view.reading(office.state)
    assert office.check(office.state.mark, "", "2024", "") == ""
    office.go_live(office.state.mark, forced=False)
    assert "est en service" in said(office).sentence
    found = files(publisher)
    assert found[".scanned/numerise.pdf"] == scan.read_bytes()
    assert found["numerise.pdf"] != scan.read_bytes()
    monkeypatch.setenv("PATH", stand_in(tmp_path / "broken", 15))
    office.read(str(scan), recognised=True)
    assert "n’a pas pu être reconnu" in said(office).sentence
    assert "numérisé.pdf" in said(office).sentence


def settle(office: Office) -> None:
    state = office.state
    for _ in range(600):
        if not state.job:
            return
        state = office.wait(state.version, 0.2)
    raise AssertionError(state)


def test_what_holds_for_all_the_pages_of_a_site_is_said_once(office: Office, site: Site) -> None:
    site.routes["/r/"] = page(
        "Le bilan",
        '<main><h1>Le bilan</h1><p>L’agence compte 41 entreprises.</p><a href="equipe">É</a></main>',
    )
    office.read_address(f"{site.url}/r/", site=True)
    draft = office.state.draft
    assert draft is not None
    assert [len(piece.reading["notices"]) for piece in draft.pieces] == [1, 1]
    assert sum("année du rapport" in notice for notice in draft.reading["notices"]) == 1
    assert not any("année" in warning for one in draft.reading["pages"] for warning in one["warnings"])


def test_a_build_whose_documents_cannot_be_read_has_its_files_named(
    office: Office, publisher: Publisher
) -> None:
    path = publisher.builds.directory(publisher.builds.current_id()) / "documents.jsonl"
    for damaged in ("[]\n", '{"path": "a.md", "title": "A", "year": "deux mille"}\n', "{", ""):
        path.write_text(damaged, encoding="utf-8")
        _titles.cache_clear()
        office.look()
        assert office.state.titles == (), damaged
        said = html.unescape(view.masthead(office.state))
        assert office.state.sources and all(name in said for name in office.state.sources)
