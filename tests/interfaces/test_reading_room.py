"""The reading room: the text of the reports, what is cited or found in it, the pages of a PDF, hostile requests."""

from __future__ import annotations

import asyncio
import html
import os
import re
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from ra_assistant import dispatching, server
from ra_assistant.dispatching import Bounds, ProcessBroken, in_a_process
from ra_assistant.interfaces import pictures as drawing
from ra_assistant.interfaces.caching import Kept
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import READING_SHARE, Rules
from ra_assistant.interfaces.originals import Originals
from ra_assistant.interfaces.pictures import Pictures
from ra_assistant.interfaces.problems import Refused
from ra_assistant.types import Document
from tests.conftest import REPORTS, build_served
from tests.interfaces.conftest import Connect, _opened
from tests.reading_fixtures import annual_report

PDF = "/rapport/val-pdf"
PAGES = "/api/v1/documents/val-pdf/pages"
HOSTILE = "<script>window.pwned=1</script><img src=x onerror=pwn()> {{x}} </p></main>"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("reading")
    (root / "corpus").mkdir()
    (root / "corpus" / "val.pdf").write_bytes(annual_report())
    long = "\n\n".join(
        f"## Partie {n}\n\nLa partie {n} dit son fait. " + "Un mot de plus. " * 160 for n in range(24)
    )
    texts = {
        **REPORTS,
        "avis.md": f"# Avis\n\nLe mot de passe est {HOSTILE} selon le règlement.\n\n- un\n- deux\n",
        "long.md": f"# Long rapport\n\n{long}\n",
    }
    build_served(root, texts)
    return root


@pytest.fixture(scope="module")
def library(home: Path) -> Iterator[Desk]:
    desk = Desk(lambda: _opened(home / "index"))
    assert desk.open(), desk.trouble
    yield desk
    desk.close()


@pytest.fixture
def reader(connect: Connect, library: Desk, home: Path) -> TestClient:
    front = server.Front(library, "http://test", lambda sentence: None)
    rules = Rules(address_per_minute=100_000, address_per_day=1_000_000)
    originals = Originals(home / "corpus", home / "index")
    return connect(app=server.application(front, rules, originals=originals))


@pytest.fixture
def val(library: Desk) -> Document:
    return next(document for document in library.service.assistant.documents if document.id == "val-pdf")


def spoken(made: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", made)).replace("\u202f", "\u00a0")


def offsets(document: Document, words: str) -> str:
    start = document.text.index(words)
    return f"debut={start}&fin={start + len(words)}"


# ── The list, the text ───────────────────────────────────────────────────────────────────────
def test_the_reports_are_listed_latest_first_and_each_is_read_whole(
    reader: TestClient, library: Desk
) -> None:
    listed = reader.get("/rapport")
    assert listed.status_code == 200
    links = re.findall(r'href="(rapport/[^"]+)"', listed.text)
    assert links[:2] == ["rapport/rapport-2021-md", "rapport/rapport-2020-md"]
    assert len(links) == len(library.service.assistant.documents)
    for link in links:
        assert reader.get(f"/{link}").status_code == 200
    assert reader.get("/rapport/").url.path == "/rapport"


def test_no_page_holds_a_script_of_its_own_and_its_policy_allows_none(reader: TestClient) -> None:
    for path in ("/rapport", "/rapport/avis-md", "/rapport/avis-md?q=passe", f"{PDF}/page/1"):
        answer = reader.get(path)
        assert "'unsafe" not in answer.headers["content-security-policy"]
        assert re.findall(r"<script[^>]*>(.*?)</script>", answer.text) == [""], (
            "one file of ours, nothing inside"
        )
        assert " style=" not in answer.text
        assert 'lang="fr"' in answer.text


def test_a_hostile_report_and_a_hostile_search_are_text(reader: TestClient) -> None:
    for path in ("/rapport/avis-md", "/rapport/avis-md?q=%3Cscript%3Epasse%3C/script%3E%22%3E"):
        made = reader.get(path).text
        assert "<script>window" not in made
        assert "<img" not in made
        assert "window.pwned=1" in spoken(made)
    searched = reader.get("/rapport/avis-md", params={"q": HOSTILE})
    assert "<img" not in searched.text


def test_the_quote_is_marked_by_the_server_with_its_reference(reader: TestClient, val: Document) -> None:
    words = "Elle accueille trente-deux ateliers."
    made = reader.get(f"{PDF}?{offsets(val, words)}").text
    assert re.findall(r'<mark class="quote" id="extrait"[^>]*>(.*?)</mark>', made)
    assert spoken("".join(re.findall(r"<mark[^>]*>(.*?)</mark>", made))) == words
    assert "Rapport du Val, p.\u00a01" in spoken(made)
    assert "page 1 du document (p.\u00a03 du PDF)" in spoken(made)


def test_a_passage_leads_to_its_place(reader: TestClient, library: Desk) -> None:
    passage = next(p for p in library.service.assistant.passages if p.document_id == "val-pdf")
    moved = reader.get(f"{PDF}?passage={passage.id}", follow_redirects=False)
    assert moved.headers["location"] == f"val-pdf?debut={passage.start}&fin={passage.end}#extrait"
    assert reader.get(f"/rapport/rapport-2020-md?passage={passage.id}").status_code == 404
    assert reader.get(f"{PDF}?passage=nope").status_code == 404
    told = reader.get(f"/api/v1/passages/{passage.id}").json()
    assert reader.get(told["report_url"]).status_code == 200
    assert reader.get(told["page_image"]).headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "wrong",
    [
        "debut=0&fin=99999999",
        "debut=-1&fin=4",
        "debut=9&fin=3",
        "debut=5",
        "debut=a&fin=b",
        "debut=1&fin=²",
        f"debut=1&fin={'9' * 5000}",
    ],
)
def test_a_passage_that_is_not_there_is_said_and_the_report_is_shown(reader: TestClient, wrong: str) -> None:
    answer = reader.get(f"{PDF}?{wrong}")
    assert answer.status_code == 404
    assert "Ce passage n’est plus dans ce rapport" in spoken(answer.text)
    assert "<mark" not in answer.text
    assert "inventeurs" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/rapport/absent",
        "/rapport/%2e%2e",
        "/rapport/..%2f..%2fetc%2fpasswd",
        "/rapport/val.pdf",
        "/rapport/%2e%2e/original",
        "/rapport/absent/original",
        f"{PDF}/page/0",
        f"{PDF}/page/6",
        f"{PDF}/page/-1",
        f"{PDF}/page/1e3",
        f"{PDF}/page/{'9' * 4400}",
        "/rapport/rapport-2020-md/page/1",
    ],
)
def test_what_is_not_there_is_refused_on_a_french_page(reader: TestClient, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code in {404, 503}, "503: not an address of the room, the chat is not open here"
    assert re.search(r"n’est pas parmi|n’a pas de page|Seules les pages|s’ouvre", spoken(answer.text))


def test_a_report_is_read_not_written(reader: TestClient) -> None:
    assert reader.post(PDF).status_code == 405


def test_a_long_report_comes_in_parts_that_lose_nothing(reader: TestClient, library: Desk) -> None:
    document = next(d for d in library.service.assistant.documents if d.id == "long-md")
    first = reader.get("/rapport/long-md").text
    total = int(re.search(r"Partie 1 sur (\d+)", first).group(1))  # type: ignore[union-attr]
    assert total > 1
    pages = [reader.get(f"/rapport/long-md?partie={part}").text for part in range(1, total + 1)]
    read = [re.search(r'<div class="text".*?</div>', page, re.S).group() for page in pages]  # type: ignore[union-attr]
    wanted = document.text.removeprefix("Long rapport")
    assert "".join(spoken("".join(read)).split()) == "".join(wanted.split())
    assert max(len(page) for page in pages) < 120_000
    last = document.text.index("La partie 23 dit")
    assert "La partie 23 dit" in reader.get(f"/rapport/long-md?debut={last}&fin={last + 16}").text
    searched = reader.get("/rapport/long-md?q=fait&partie=2").text
    assert "<mark" in searched, "hits are marked in every part"
    linked = re.search(r'href="(\?partie=\d+#s-\d+)"', first).group(1)  # type: ignore[union-attr]
    part, anchor = linked.split("#")
    assert f'id="{anchor}"' in reader.get(f"/rapport/long-md{part}").text


def test_addresses_hold_the_path_that_a_proxy_puts_before_ours(library: Desk, home: Path) -> None:
    front = server.Front(library, "http://test", lambda sentence: None)
    app = server.application(front, Rules(), originals=Originals(home / "corpus", home / "index"))
    behind = TestClient(app, "http://assistant.example", root_path="/assistant")
    passage = next(p for p in library.service.assistant.passages if p.document_id == "val-pdf")
    told = behind.get(f"/assistant/api/v1/passages/{passage.id}").json()
    assert told["report_url"].startswith("/assistant/rapport/val-pdf?")
    assert behind.get(told["report_url"]).status_code == 200
    assert behind.get(told["page_image"]).headers["content-type"] == "image/png"
    assert "Passage 1 sur 2" in spoken(behind.get("/assistant/rapport/rapport-2020-md?q=entreprise").text)
    assert behind.get("/assistant/simple").status_code == 200
    assert behind.get(f"/assistant{PDF}?passage={passage.id}").url.path == f"/assistant{PDF}"


# ── Search ───────────────────────────────────────────────────────────────────────────────────
def test_hits_are_counted_marked_and_gone_through(reader: TestClient) -> None:
    first = reader.get(f"{PDF}?q=ATELIER").text
    assert re.search(r"2\s+passages trouvés", spoken(first))
    found = reader.get("/rapport/long-md?q=fait").text
    assert re.search(r"24\s+passages trouvés", spoken(found))
    assert "Passage 1 sur 24" in spoken(found)
    assert 'data-step="prev"' not in found
    onward = html.unescape(re.search(r'href="([^"]+)" data-step="next"', found).group(1))  # type: ignore[union-attr]
    second = reader.get(f"/rapport/long-md{onward.split('#')[0]}").text
    assert "Passage 2 sur 24" in spoken(second)
    assert second.count('id="trouve"') == 1
    final = reader.get("/rapport/long-md?q=fait&n=24").text
    assert "Passage 24 sur 24" in spoken(final)
    assert 'data-step="next"' not in final
    assert reader.get("/rapport/long-md?q=fait&n=999").text.count("Passage 24 sur 24")


def test_one_hit_is_singular_and_none_is_said(reader: TestClient) -> None:
    assert re.search(r"1\s+passage trouvé\b(?!s)", spoken(reader.get(f"{PDF}?q=quatorze").text))
    none = spoken(reader.get(f"{PDF}?q=zèbre").text)
    assert "Aucun passage de ce document ne contient «\u00a0zèbre\u00a0»" in none
    near = spoken(reader.get(f"{PDF}?q=quatorze+zèbre").text)
    assert "Aucun passage ne contient tous ces mots" in near


# ── Pages ────────────────────────────────────────────────────────────────────────────────────
def test_the_page_is_drawn_at_a_bounded_width_with_a_tag(reader: TestClient) -> None:
    answer = reader.get(f"{PAGES}/3.png?width=300")
    image = Image.open(BytesIO(answer.content))
    assert image.format == "PNG"
    assert image.width == 320
    assert image.height == pytest.approx(320 * 1.414, abs=2)
    assert answer.headers["cache-control"] == "no-cache"
    again = reader.get(f"{PAGES}/3.png?width=300", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    known = re.search(r"pages/3\.png\?[^\"]*v=(\w+)", html.unescape(reader.get(f"{PDF}/page/3").text)).group(
        1
    )  # type: ignore[union-attr]
    assert "immutable" in reader.get(f"{PAGES}/3.png?width=300&v={known}").headers["cache-control"]
    assert "immutable" not in reader.get(f"{PAGES}/3.png?width=300&v=old").headers["cache-control"]
    for wrong in ("0", "-5", "100000", "abc", "1.5"):
        refused = reader.get(f"{PAGES}/3.png?width={wrong}")
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/6.png", 404, "page_not_found"),
        ("/0.png", 422, "invalid_request"),
        ("/x.png", 422, "invalid_request"),
        (f"/{'9' * 4400}.png", 422, "invalid_request"),
        ("/3.png?debut=0&fin=99999999", 404, "offsets_outside"),
        ("/3.png?debut=4", 404, "offsets_outside"),
        ("/3?debut=9&fin=3", 404, "offsets_outside"),
        ("/3?debut=-1&fin=3", 422, "invalid_request"),
    ],
)
def test_hostile_numbers_get_a_french_problem(reader: TestClient, path: str, status: int, code: str) -> None:
    answer = reader.get(PAGES + path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_passage_is_outlined_where_it_stands(reader: TestClient, val: Document) -> None:
    text = val.text
    twice = [match.start() for match in re.finditer("Elle accueille", text)]
    assert len(twice) == 2
    tops = []
    for start in twice:
        found = reader.get(
            f"{PAGES}/3?debut={start}&fin={start + len('Elle accueille trente-deux ateliers.')}"
        ).json()
        assert found["page_label"] == "1"
        assert text[found["start"] : found["end"]] == found["text"]
        tops.append(found["outline"][0][1])
    assert 0 < tops[0] < tops[1] < 0.5, "the second one stands lower on the page"
    right = reader.get(f"{PAGES}/4?{offsets(val, 'la direction parle du second semestre')}").json()["outline"]
    assert all(0.5 < box[0] < box[2] <= 1 for box in right), "only the right column"
    plain = reader.get(f"{PAGES}/4.png?width=640").content
    marked = reader.get(f"{PAGES}/4.png?width=640&{offsets(val, 'loyers progressifs')}").content
    assert plain != marked
    elsewhere = reader.get(f"{PAGES}/5?{offsets(val, 'loyers progressifs')}").json()
    assert elsewhere["outline"] == []


def test_the_page_view_shows_image_outline_text_and_neighbours(reader: TestClient, val: Document) -> None:
    made = reader.get(f"{PDF}/page/4?{offsets(val, 'loyers progressifs')}").text
    made = html.unescape(made)
    assert re.search(r'<img src="\.\./\.\./\.\./api/v1/documents/val-pdf/pages/4\.png[^"]*"', made)
    assert made.count("<rect ") >= 1
    assert "encadré sur l’image" in spoken(made)
    assert "Page 2 du document (p.\u00a04 du PDF)" in spoken(made)
    assert 'href="../../../rapport/val-pdf/original#page=4"' in made
    assert "Ouvrir le PDF à la page 4" in spoken(made)
    assert re.findall(r'data-turn="(\w+)"', made) == ["prev", "next"]
    assert re.findall(r'data-turn="(\w+)"', reader.get(f"{PDF}/page/5").text) == ["prev"]
    assert "Aucun texte n’a été lu" in spoken(reader.get(f"{PDF}/page/2").text)


def test_the_original_is_given_safely(reader: TestClient, home: Path) -> None:
    pdf = reader.get(f"{PDF}/original")
    assert pdf.content == (home / "corpus" / "val.pdf").read_bytes()
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"].startswith("inline")
    assert pdf.headers["x-content-type-options"] == "nosniff"
    piece = reader.get(f"{PDF}/original", headers={"range": "bytes=0-7", "accept-encoding": "gzip"})
    assert (piece.status_code, piece.content) == (206, pdf.content[:8]), "as viewers of PDF files ask for it"
    text = reader.get("/rapport/avis-md/original")
    assert text.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in text.headers["content-security-policy"]
    assert text.headers["content-type"] == "application/octet-stream"


def test_a_file_that_changed_or_went_is_not_shown(reader: TestClient, home: Path, tmp_path: Path) -> None:
    path = home / "corpus" / "val.pdf"
    kept = path.read_bytes()
    try:
        path.write_bytes(kept + b"\n% changed")
        for address in (f"{PAGES}/1.png", f"{PAGES}/1", f"{PDF}/original"):
            answer = reader.get(address)
            assert answer.status_code == 404
            assert "a changé" in spoken(answer.text)
        shown = reader.get(f"{PDF}/page/3")
        assert shown.status_code == 200
        assert "a changé" in spoken(shown.text)
        assert "inventeurs" in shown.text, "the text that was read is still there"
        path.unlink()
        assert "n’est plus dans le dossier" in reader.get(f"{PAGES}/1.png").json()["detail"]
        elsewhere = tmp_path / "elsewhere.pdf"
        elsewhere.write_bytes(kept)
        path.symlink_to(elsewhere)
        assert reader.get(f"{PAGES}/1.png").status_code == 404, "a link that leads out of the corpus"
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(kept)
    assert reader.get(f"{PAGES}/1.png").status_code == 200


def test_without_the_files_the_text_is_read_and_images_are_refused(client: TestClient) -> None:
    assert client.get("/rapport/rapport-2020-md").status_code == 200
    assert client.get("/rapport/rapport-2020-md/original").status_code == 404
    assert client.get("/api/v1/documents/rapport-2020-md/pages/1.png").json()["code"] == "file_gone"


# ── Drawing: once, within limits ─────────────────────────────────────────────────────────────
def test_visitors_who_want_one_page_have_it_drawn_once(
    library: Desk, val: Document, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[Any] = []
    true = drawing.in_a_process
    lock = threading.Lock()

    def counted(order: Any, *rest: Any) -> Any:
        with lock:
            orders.append(order)
        return true(order, *rest)

    monkeypatch.setattr(drawing, "in_a_process", counted)
    shown = Pictures(Originals(home / "corpus", home / "index"))

    async def all_at_once() -> set[bytes]:
        original = await shown.drawable(library.service.assistant.build_id, val, 3)
        images = await asyncio.gather(*(shown.image(original, 3, width) for width in (310, 320, 300, 161)))
        return set(images)

    assert len(asyncio.run(all_at_once())) == 1
    assert len(orders) == 1


def test_what_is_kept_is_bounded_and_what_failed_is_not_kept() -> None:
    kept: Kept[bytes] = Kept(10, len)
    made: list[str] = []

    def maker(key: str, size: int) -> Any:
        async def make() -> bytes:
            made.append(key)
            if size < 0:
                raise Refused(404, "page_damaged")
            return b"x" * size

        return make

    async def ask() -> None:
        for key, size in (("a", 4), ("b", 4), ("a", 4), ("c", 4), ("b", 4), ("huge", 50), ("huge", 50)):
            await kept.get(key, maker(key, size))
            assert kept.size <= 10
        for _ in range(2):
            with pytest.raises(Refused):
                await kept.get("bad", maker("bad", -1))
        leaving = asyncio.create_task(kept.get("d", maker("d", 1)))
        staying = asyncio.create_task(kept.get("d", maker("d", 1)))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await staying == b"x"

    asyncio.run(ask())
    assert made == ["a", "b", "c", "b", "huge", "huge", "bad", "bad", "d"]


def test_a_process_that_takes_too_long_or_too_much_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "val.pdf"
    os.mkfifo(path)  # whoever reads it waits for ever

    def heard(_: object) -> None:
        """Hear nothing."""

    order = {"act": "bring", "corpus": str(tmp_path), "file": str(path), "said": {}}
    with pytest.raises((ProcessBroken, dispatching.RaError)):
        in_a_process(order, heard, None, Bounds(seconds=1, bytes=2**31))
    real = tmp_path / "real.pdf"
    real.write_bytes(annual_report())
    image = {"act": "image", "file": str(real), "digest": "", "page": 1, "width": 1600}
    with pytest.raises(ProcessBroken):
        in_a_process(image, heard, None, Bounds(seconds=20, bytes=40 * 1024 * 1024))


def test_a_damaged_page_is_a_french_problem(reader: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Any:
        raise ProcessBroken("status -9")

    monkeypatch.setattr(drawing, "in_a_process", broken)
    answer = reader.get(f"{PAGES}/1.png?width=1600")
    assert (answer.status_code, answer.json()["code"]) == (404, "page_damaged")
    shown = reader.get(f"{PDF}/page/1")
    assert "n’a pas pu être dessinée" in spoken(shown.text)


def test_turning_pages_has_limits_of_its_own_and_no_page_is_refused_in_json(
    connect: Connect, library: Desk
) -> None:
    client = connect(Rules(address_per_minute=2), desk=library)
    answers = [client.get("/rapport") for _ in range(2 * READING_SHARE + 1)]
    assert [answer.status_code for answer in answers] == [200] * (2 * READING_SHARE) + [429]
    assert "réessayez dans" in spoken(answers[-1].text)
    assert answers[-1].headers["content-type"].startswith("text/html")
    assert "retry-after" in answers[-1].headers
    assert client.get("/api/v1/starters").status_code == 200, "questions are counted apart"


def test_while_no_index_is_open_the_room_waits(connect: Connect) -> None:
    def none() -> Any:
        from ra_assistant.errors import IndexMissing

        raise IndexMissing("none")

    client = connect(desk=Desk(none))
    answer = client.get("/rapport/x")
    assert (answer.status_code, 'http-equiv="refresh"' in answer.text) == (503, True)
