"""Reading a site: what is asked in which order, what is respected, where it ends."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ra_assistant.collecting import Arrival, Collection, Said
from ra_assistant.errors import PageRefused
from ra_assistant.harvest_wording import REFUSED, STOPPED
from ra_assistant.harvesting import MAX_FAILURES, MAX_QUERIES, Harvest, Harvester, Limits
from ra_assistant.reading import FileLoader
from ra_assistant.visiting import Visitor
from tests.web_site import Reply, Site, leads_to, page, served, typed

Reader = Callable[..., Harvester]


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


def words(number: int, links: str = "") -> Reply:
    text = f"L’agence a mené l’action numéro {number} avec {number + 10} partenaires."
    return page(f"Action {number}", f"<main><h1>Action {number}</h1><p>{text}</p>{links}</main>")


def link(*targets: str) -> str:
    return "".join(f'<a href="{target}">lien</a> ' for target in targets)


@pytest.fixture
def site() -> Iterator[Site]:
    with served({"/r/": words(0)}) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(site: Site, clock: Clock) -> Iterator[Reader]:
    opened: list[Harvester] = []

    def read(**limits: float) -> Harvester:
        visitor = Visitor(site.permits(), seconds=3.0)
        opened.append(Harvester(visitor, Limits(**limits), clock.sleep, clock))  # type: ignore[arg-type]
        return opened[-1]

    yield read
    for harvester in opened:
        harvester.close()


def silent(*_: object) -> None:
    pass


def harvested(site: Site, reader: Reader, **limits: float) -> Harvest:
    return reader(**limits).site(f"{site.url}/r/", silent)


def paths(site: Site, harvest: Harvest) -> list[str]:
    return [leaf.url.removeprefix(site.url) for leaf in harvest.leaves]


def reasons(harvest: Harvest) -> dict[str, str]:
    assert {error.reason for error in harvest.left} <= set(REFUSED)
    return {error.url.rpartition("/")[2]: error.reason for error in harvest.left}


def pages_of_site(site: Site) -> list[str]:
    return [path for path in site.paths() if path.startswith("/r/")]


def test_one_page_is_one_page(site: Site, reader: Reader) -> None:
    site.routes["/r/"] = words(0, link("autre", "rapport.pdf", "http://ailleurs.example/x.pdf"))
    found = reader().one(f"{site.url}/r/")
    assert paths(site, found) == ["/r/"]
    assert found.documents == (f"{site.url}/r/rapport.pdf", "http://ailleurs.example/x.pdf")
    assert site.paths() == ["/robots.txt", "/r/"]


def test_the_map_is_read_first_then_the_links_and_nothing_outside(site: Site, reader: Reader) -> None:
    index = f"<sitemapindex><sitemap><loc>{site.url}/s1.xml.gz</loc></sitemap></sitemapindex>"
    urls = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in ("/r/3", "/r/2", "/ailleurs"))
    site.routes |= {
        "/robots.txt": typed(f"Sitemap: {site.url}/plan.xml".encode(), "text/plain"),
        "/plan.xml": typed(index.encode(), "application/xml"),
        "/s1.xml.gz": typed(gzip.compress(f"<urlset>{urls}</urlset>".encode()), "application/gzip"),
        "/r/": words(0, link("1", "../ailleurs", "http://ailleurs.example/r/", "photo.jpg", "mailto:a@b.fr")),
        "/r/1": words(1, link("4", "#haut", "./")),
        "/r/2": words(2),
        "/r/3": words(3),
        "/r/4": words(4),
    }
    found = harvested(site, reader)
    assert paths(site, found) == ["/r/", "/r/3", "/r/2", "/r/1", "/r/4"]
    assert pages_of_site(site) == ["/r/", "/r/3", "/r/2", "/r/1", "/r/4"]
    assert (found.left, found.stopped, found.repeated) == ((), None, 0)


def test_what_the_site_forbids_is_not_asked_for(site: Site, reader: Reader) -> None:
    site.routes |= {
        "/robots.txt": typed(b"User-agent: *\nDisallow: /r/prive\n", "text/plain"),
        "/r/": words(0, link("prive", "prive.pdf", "detour", "1")),
        "/r/1": words(1),
        "/r/detour": leads_to("/r/prive"),
        "/r/prive": words(9),
    }
    found = reader().documents(harvested(site, reader), silent)
    assert paths(site, found) == ["/r/", "/r/1"]
    assert "/r/prive" not in site.paths()
    assert "/r/prive.pdf" not in site.paths()
    assert [error.reason for error in found.left] == ["robots"] * 3
    with pytest.raises(PageRefused, match="robots"):
        reader().one(f"{site.url}/r/prive")


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "robots_away"), (503, "robots_away"), (429, "robots_away")]
)
def test_a_site_that_cannot_say_its_rules_is_not_read(
    site: Site, reader: Reader, status: int, reason: str
) -> None:
    site.routes["/robots.txt"] = Reply(status=status)
    with pytest.raises(PageRefused) as caught:
        reader().one(f"{site.url}/r/")
    assert caught.value.reason == reason
    assert pages_of_site(site) == []


@pytest.mark.parametrize(
    "reply", [Reply(status=404), Reply(status=403), Reply(status=418), Reply(b"\0\xff" * 99)]
)
def test_a_site_without_rules_is_read(site: Site, reader: Reader, reply: Reply) -> None:
    site.routes["/robots.txt"] = reply
    assert reader().one(f"{site.url}/r/").leaves


def test_requests_are_spaced_as_the_site_asks(site: Site, reader: Reader, clock: Clock) -> None:
    site.routes |= {"/r/": words(0, link("1", "2")), "/r/1": words(1), "/r/2": words(2)}
    harvested(site, reader, delay_seconds=2.0)
    assert len(clock.slept) >= 3, "the map and two pages after the first"
    assert set(clock.slept) == {2.0}
    clock.slept.clear()
    site.routes["/robots.txt"] = typed(b"User-agent: *\nCrawl-delay: 7\n", "text/plain")
    harvested(site, reader, delay_seconds=2.0)
    assert set(clock.slept) == {7.0}


def test_a_site_that_asks_to_wait_is_asked_once_more_later(site: Site, reader: Reader, clock: Clock) -> None:
    replies = [Reply(status=429), words(1)]
    site.routes |= {
        "/r/": words(0, link("1", "2")),
        "/r/1": lambda _: replies.pop(0),
        "/r/2": Reply(status=503),
    }
    found = harvested(site, reader)
    assert paths(site, found) == ["/r/", "/r/1"]
    assert reasons(found) == {"2": "busy"}
    assert 10.0 in clock.slept


def test_broken_pages_are_left_and_the_others_read(site: Site, reader: Reader) -> None:
    targets = [
        "absente",
        "panne",
        "dedans",
        "vide",
        "image",
        "menteuse",
        "bombe",
        "latin",
        "coupe",
        "scripts",
    ]
    site.routes |= {
        "/r/": words(0, link(*targets)),
        "/r/panne": Reply(status=500),
        "/r/dedans": leads_to("http://169.254.169.254/latest/meta-data/"),
        "/r/vide": Reply(b""),
        "/r/image": typed(b"\x89PNG\r\n\x1a\n\0\0\0", "image/png"),
        "/r/menteuse": typed(b"\x89PNG\r\n\x1a\n\0\0\0", "text/html"),
        "/r/bombe": typed(gzip.compress(b" " * 20_000_000), "text/html", Content_Encoding="gzip"),
        "/r/latin": typed(
            "<p>Le budget de l’agence a été voté à l’été.</p>".encode("cp1252"), "text/html; charset=utf-8"
        ),
        "/r/coupe": Reply(b"<p>abc", cut=True),
        "/r/scripts": page("Une page", "<div id=app></div><script>charger()</script>"),
    }
    found = harvested(site, reader)
    assert paths(site, found) == ["/r/", "/r/latin"]
    assert "été voté à l’été" in found.leaves[1].data.decode()
    assert reasons(found) == {
        "absente": "missing", "panne": "status", "": "private", "vide": "empty", "image": "type",
        "menteuse": "type", "bombe": "too_large", "coupe": "broken", "scripts": "empty",
    }  # fmt: skip


def test_pages_without_end_end_at_the_limit(site: Site, reader: Reader) -> None:
    site.routes["*"] = site.routes["/r/"] = lambda path: words(len(path), link(f"{path}x"))
    site.routes["/robots.txt"] = Reply(status=404)
    found = harvested(site, reader, pages=12)
    assert (len(found.leaves), found.stopped) == (12, "pages")
    assert len(pages_of_site(site)) == 12


def test_a_calendar_and_a_path_that_eats_itself_are_left(site: Site, reader: Reader) -> None:
    def answer(path: str) -> Reply:
        if path.startswith("/r/jour"):
            number = int(path.partition("=")[2] or 0)
            return words(number, link(f"/r/jour?n={number + 1}"))
        return words(1000 + len(path), link(f"{path}/boucle"))

    site.routes |= {"/robots.txt": Reply(status=404), "/sitemap.xml": Reply(status=404), "*": answer}
    site.routes["/r/"] = words(0, link("jour?n=1", "boucle"))
    found = harvested(site, reader)
    assert found.stopped is None
    assert len([path for path in pages_of_site(site) if "jour" in path]) == MAX_QUERIES
    assert len([path for path in pages_of_site(site) if "boucle" in path]) == 2


def test_bytes_and_time_are_limited(site: Site, reader: Reader) -> None:
    site.routes["/robots.txt"] = Reply(status=404)
    comment = f"<!--{'x' * 3000}-->"
    site.routes["*"] = site.routes["/r/"] = lambda path: words(len(path), link(f"{path}x") + comment)
    assert harvested(site, reader, total_bytes=20_000).stopped == "bytes"
    found = harvested(site, reader, seconds=10.0, delay_seconds=3.0)
    assert (found.stopped, len(found.leaves) < 6) == ("seconds", True)
    assert {"bytes", "seconds", "pages", "failures"} == set(STOPPED)


def test_a_site_that_goes_away_is_left_in_peace(site: Site, reader: Reader) -> None:
    site.routes["/r/"] = words(0, link(*map(str, range(1, 60))))
    site.routes["*"] = Reply(status=500)
    site.routes["/robots.txt"] = Reply(status=404)
    found = harvested(site, reader)
    assert found.stopped == "failures"
    assert len(pages_of_site(site)) == 1 + MAX_FAILURES
    assert len(found.leaves) == 1


def test_copies_are_left_and_the_frame_is_taken_off(site: Site, reader: Reader) -> None:
    frame = "<div class=boite><p>Abonnez-vous à nos actualités du moment.</p></div>"
    for number in range(1, 5):
        body = f"<p>L’équipe numéro {number} compte des chercheurs et des ingénieurs.</p>{frame}"
        site.routes[f"/r/{number}"] = page(f"Équipe {number}", body)
    site.routes["/r/copie"] = site.routes["/r/1"]
    site.routes["/r/"] = words(0, frame + link("1", "1?utm_source=lettre", "1#bas", "copie", "2", "3", "4"))
    found = harvested(site, reader)
    assert paths(site, found) == ["/r/", "/r/1", "/r/2", "/r/3", "/r/4"]
    assert found.repeated == 1
    assert not any(b"Abonnez-vous" in leaf.data for leaf in found.leaves)


def test_a_page_that_asks_not_to_be_kept_is_not(site: Site, reader: Reader) -> None:
    noindex = '<meta name="robots" content="noindex">'
    site.routes |= {
        "/r/": words(0, link("liste")),
        "/r/liste": page("Liste", f"<p>Toutes les pages du site de l’agence</p>{link('1')}", noindex),
        "/r/1": words(1),
    }
    assert paths(site, harvested(site, reader)) == ["/r/", "/r/1"]


def test_documents_are_named_and_taken_when_asked(site: Site, reader: Reader) -> None:
    pdf = b"%PDF-1.4\n1 0 obj"
    site.routes |= {
        "/r/": words(0, link("r.pdf", "r.pdf#page=2", "telecharger", "perdu.pdf")),
        "/r/r.pdf": typed(pdf, "text/html"),
        "/r/telecharger": typed(pdf + b"2", "application/octet-stream"),
    }
    found = harvested(site, reader)
    names = (f"{site.url}/r/r.pdf", f"{site.url}/r/perdu.pdf", f"{site.url}/r/telecharger")
    assert found.documents == names
    assert "/r/r.pdf" not in site.paths()
    taken = reader().documents(found, silent)
    assert [(leaf.name, leaf.data) for leaf in taken.leaves[1:]] == [
        ("r.pdf", pdf),
        ("telecharger.pdf", pdf + b"2"),
    ]
    assert reasons(taken) == {"perdu.pdf": "missing"}


def test_an_address_of_a_document_is_a_document(site: Site, reader: Reader) -> None:
    site.routes["/r/x.pdf"] = typed(b"%PDF-1.4", "application/pdf")
    leaf = reader().site(f"{site.url}/r/x.pdf", silent).leaves[0]
    assert (leaf.name, leaf.is_page) == ("x.pdf", False)


def test_the_first_page_missed_is_a_failure(site: Site, reader: Reader) -> None:
    with pytest.raises(PageRefused, match="missing"):
        reader().site(f"{site.url}/absente", silent)


def test_a_date_of_today_that_the_server_makes_up_is_no_date(site: Site, reader: Reader) -> None:
    def dated(header: str) -> bytes:
        site.routes["/r/"] = Reply(
            words(0).body, headers={"Content-Type": "text/html", "Last-Modified": header}
        )
        return reader().one(f"{site.url}/r/").leaves[0].data

    from email.utils import formatdate

    assert b"2023-11-06" in dated("Mon, 06 Nov 2023 10:00:00 GMT")
    assert b"modified_time" not in dated(formatdate(usegmt=True))


def test_a_site_read_again_changes_only_the_pages_that_changed(
    site: Site, reader: Reader, tmp_path: Path
) -> None:
    collection = Collection(tmp_path / "corpus")

    def bring(said: Said | None = None) -> list[Arrival]:
        found = harvested(site, reader)
        return [collection.add_page(leaf.name, leaf.data, said).arrival for leaf in found.leaves]

    site.routes |= {"/r/": words(0, link("1")), "/r/1": words(1)}
    assert bring(Said(year=2023)) == [Arrival.NEW, Arrival.NEW]
    assert bring() == [Arrival.KNOWN, Arrival.KNOWN]
    assert bring(Said(year=2023)) == [Arrival.KNOWN, Arrival.KNOWN]
    site.routes["/r/1"] = page("Action 0", "<p>Le titre est celui d’une autre page, l’adresse non.</p>")
    assert bring() == [Arrival.KNOWN, Arrival.REPLACES]
    files = collection.files()
    assert len(files) == 2
    documents = [FileLoader().load(collection.root / name, collection.root).document for name in files]
    assert {document.source_url for document in documents} == {f"{site.url}/r/", f"{site.url}/r/1"}
    assert {document.year for document in documents} == {2023}, "what was said once still holds"
