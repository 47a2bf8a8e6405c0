"""The page « Tableau de bord »: who sees it, what it shows, its files, and how everything is erased."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ra_assistant import server
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Rules
from ra_assistant.journal import Entry, Journal, Opinion
from ra_assistant.recording import Recorder
from ra_assistant.settings import Settings

SECRET = "un mot de passe assez long"
BOARD = "/tableau-de-bord"
TODAY = date(2026, 3, 31)
HOSTILE = "<script>alert(1)</script> =1+1 \"'> &"


def today() -> date:
    return TODAY


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    journal = Journal(tmp_path / "journal.sqlite3", 90, today)
    recorder = Recorder(journal, lambda question: "quantity", lambda error: None)
    yield recorder
    recorder.close()


def client_of(desk: Desk, recorder: Recorder | None, tmp_path: Path) -> TestClient:
    front = server.Front(desk, "http://test", lambda sentence: None)
    office = server.office_of(Settings(admin_secret=SECRET), tmp_path, recorder)  # type: ignore[arg-type]
    app = server.application(front, Rules(), office=office, recorder=recorder)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def outside(desk: Desk, recorder: Recorder, tmp_path: Path) -> TestClient:
    return client_of(desk, recorder, tmp_path)


@pytest.fixture
def client(outside: TestClient) -> TestClient:
    assert outside.post(f"{BOARD}/entrer", data={"secret": SECRET}).headers["location"] == f"{BOARD}/"
    return outside


def text_of(html: str) -> str:
    return re.sub(
        r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ").replace("\u202f", " ")
    )


def fill(recorder: Recorder) -> None:
    recorder.journal.record(
        [
            *[Entry(TODAY, "answered", "quantity", 0.9, "b1", 120, ("rapport-2020.md",), "Combien d’aides ?")]
            * 6,
            Entry(
                TODAY - timedelta(days=3), "not_in_report", "person", 0.1, "b1", 80, (), "Qui paie le café ?"
            ),
            Entry(TODAY, "not_in_report", "person", 0.1, "b1", 80, (), "qui paie le cafe"),
            Entry(TODAY, "not_in_report", "quantity", 0.1, "b1", 80, (), HOSTILE),
            Entry(TODAY - timedelta(days=60), "small_talk", "", 0.0, "b1", 1),
        ]
    )
    recorder.journal.opine(Opinion("q1", "b1", "down", "wrong_figure", HOSTILE, "Combien ?", "Treize."))
    recorder.journal.opine(Opinion("q2", "b1", "up"))


def test_nobody_sees_it_without_the_secret(outside: TestClient, recorder: Recorder) -> None:
    fill(recorder)
    assert outside.get(BOARD).headers["location"] == "tableau-de-bord/"
    form = outside.get(f"{BOARD}/")
    assert "Mot de passe" in form.text
    assert "<h1>Tableau de bord</h1>" in form.text
    assert "café" not in form.text
    for reply in (
        outside.get(f"{BOARD}/questions.csv"),
        outside.post(f"{BOARD}/effacer", data={"confirme": "oui"}),
        outside.get(f"{BOARD}/", headers={"cookie": "ra_office=x"}),
    ):
        assert "café" not in reply.text
    assert recorder.journal.usage().outcomes.total() == 10


def test_one_session_and_one_count_of_attempts_for_both_pages(outside: TestClient) -> None:
    assert outside.post("/publier/entrer", data={"secret": SECRET}).status_code == 303
    assert "Aucune question" in outside.get(f"{BOARD}/").text
    assert outside.post(f"{BOARD}/sortir").headers["location"] == f"{BOARD}/"
    assert "Mot de passe" in outside.get("/publier/").text
    for number in range(5):
        door = BOARD if number % 2 else "/publier"
        assert outside.post(f"{door}/entrer", data={"secret": "faux"}).status_code == 401
    assert outside.post(f"{BOARD}/entrer", data={"secret": SECRET}).status_code == 429
    assert outside.post("/publier/entrer", data={"secret": SECRET}).status_code == 429


def test_before_any_question_it_says_what_will_be_there(client: TestClient) -> None:
    shown = text_of(client.get(f"{BOARD}/").text)
    assert "Aucune question pour l’instant" in shown
    assert "disparaît d’elle-même au bout de 90 jours" in shown
    assert client.get(f"{BOARD}/questions.csv").status_code == 200


def test_it_shows_shares_days_groups_words_reports_and_opinions(
    client: TestClient, recorder: Recorder
) -> None:
    fill(recorder)
    page = client.get(f"{BOARD}/")
    shown = text_of(page.text)
    for words in (
        "Questions posées 9",
        "Répondues 66,7 % 6",
        "Sans réponse 33,3 % 3",
        "Avis utiles 1 sur 2",
        "Temps de réponse 120 ms",
        "Du 2 mars 2026 au 31 mars 2026.",
        "2 × qui paie le cafe Dernière fois : 31 mars 2026 Autres manières de le demander Qui paie le café ?",
        "Une personne 2",
        "aides 6",
        "rapport-2020.md 6",
        "Pas utile Chiffre faux 31 mars 2026",
        "Question : Combien ? ",
        "31 mars 2026 6 2",
    ):
        assert words in shown, words
    assert (
        "9 questions en 30 jours. Le jour le plus chargé est le 31 mars 2026, avec 8 questions."
        in text_of(
            unescape(re.search(r'aria-label="([^"]*Diagramme[^"]*)"', page.text).group(1))  # type: ignore[union-attr]
        )
    )
    assert page.text.count("<rect") == 30 + 2 + 1, "a ground a day, and what was asked on it"
    assert "politesse" not in shown, "sixty days ago"
    assert "sans compter 1 politesse" in text_of(client.get(f"{BOARD}/?jours=90").text)
    assert "Questions posées 8" not in text_of(client.get(f"{BOARD}/?jours=7").text)


def test_what_visitors_wrote_is_text_and_nothing_runs(client: TestClient, recorder: Recorder) -> None:
    fill(recorder)
    page = client.get(f"{BOARD}/")
    assert "<script" not in page.text
    assert HOSTILE in unescape(page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "script" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_without_words_it_counts_kinds_and_says_how_to_keep_them(
    client: TestClient, recorder: Recorder
) -> None:
    recorder.journal.record([Entry(TODAY, "not_in_report", "person"), Entry(TODAY, "not_in_report", "date")])
    shown = text_of(client.get(f"{BOARD}/").text)
    assert "Une date 1" in shown
    assert "RA_KEEP_QUESTIONS=1" in shown
    assert "Mots les plus demandés" not in shown
    assert "seuls leur nombre, leur sorte et leur résultat" in shown


def test_a_period_without_a_question_and_one_that_is_not_offered(
    client: TestClient, recorder: Recorder
) -> None:
    recorder.journal.record([Entry(TODAY - timedelta(days=20), "answered")])
    shown = text_of(client.get(f"{BOARD}/?jours=7").text)
    assert "Aucune question pendant ces jours-là Choisissez une période plus longue." in shown
    for odd in ("12", "-1", "x", "٧", "99999999999999999999"):
        assert "Questions posées 1" in text_of(client.get(f"{BOARD}/", params={"jours": odd}).text)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("questions", "2026-03-31;répondue;Un nombre;0,90;b1;120;rapport-2020.md;Combien d’aides ?"),
        (
            "avis",
            '2026-03-31;Pas utile;Chiffre faux;"<script>alert(1)</script> =1+1 ""\'> &";Combien ?;Treize.;b1',
        ),
        ("jours", "2026-03-31;6;2;0"),
    ],
)
def test_files_hold_everything_that_is_kept(
    client: TestClient, recorder: Recorder, name: str, line: str
) -> None:
    fill(recorder)
    reply = client.get(f"{BOARD}/{name}.csv")
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == f'attachment; filename="{name}-2026-03-31.csv"'
    assert reply.content.startswith(b"\xef\xbb\xbf")
    assert line in reply.content.decode("utf-8-sig").split("\r\n")


def test_everything_is_erased_only_when_that_is_confirmed(client: TestClient, recorder: Recorder) -> None:
    fill(recorder)
    for form in ({}, {"confirme": "non"}, {"confirme": ["oui", "non"]}):
        refused = client.post(f"{BOARD}/effacer", data=form)
        assert refused.status_code == 422
        assert "Cochez la case" in text_of(refused.text)
    assert client.post(f"{BOARD}/effacer", content=b"x" * 5000).status_code == 413
    stranger = client.post(
        f"{BOARD}/effacer", data={"confirme": "oui"}, headers={"origin": "https://mal.example"}
    )
    assert stranger.status_code == 403
    assert "Tout est effacé" not in client.get(f"{BOARD}/?efface").text
    assert recorder.journal.usage().outcomes.total() == 10
    done = client.post(f"{BOARD}/effacer", data={"confirme": "oui"}, headers={"origin": "http://testserver"})
    assert (done.status_code, done.headers["location"]) == (303, "./?efface")
    shown = text_of(client.get(f"{BOARD}/?efface").text)
    assert "Tout est effacé." in shown
    assert "Aucune question pour l’instant" in shown
    assert recorder.journal.usage().is_empty


def test_what_goes_wrong_is_one_sentence(client: TestClient, recorder: Recorder) -> None:
    recorder.close()
    recorder.journal.path.write_bytes(b"rien de lisible " * 100)
    shown = text_of(client.get(f"{BOARD}/").text)
    assert "Les dernières questions ne sont pas dans ce tableau." in shown
    assert "est abîmé" in shown
    erased = client.post(f"{BOARD}/effacer", data={"confirme": "oui"})
    assert (erased.status_code, "est abîmé" in erased.text) == (503, True)
    assert "est abîmé" in client.get(f"{BOARD}/avis.csv").json()["detail"]
    assert client.get(f"{BOARD}/autre.csv").status_code == 404
    assert client.get(f"{BOARD}/rien").json()["detail"] == "Cette adresse n’existe pas."
    assert client.get(f"{BOARD}/effacer").status_code == 405


def test_without_a_journal_it_says_so(desk: Desk, tmp_path: Path) -> None:
    client = client_of(desk, None, tmp_path)
    client.post(f"{BOARD}/entrer", data={"secret": SECRET})
    shown = text_of(client.get(f"{BOARD}/").text)
    assert "Il n’y a pas de journal : RA_JOURNAL vaut « off »." in shown
    assert "Télécharger" not in shown
    assert client.get(f"{BOARD}/avis.csv").status_code == 404
    assert client.post(f"{BOARD}/effacer", data={"confirme": "oui"}).status_code == 200
