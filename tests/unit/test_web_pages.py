"""What is kept of a page of the web: its content, what it says of itself; kinds, maps, names."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from ra_assistant import robots
from ra_assistant.reading import FileLoader
from ra_assistant.reading.addresses import Scope, document_name, name_of, tidy
from ra_assistant.reading.kinds import kind_of
from ra_assistant.reading.web_page import as_file, frame_of, read_page, without
from ra_assistant.sitemaps import read_map

URL = "https://val.example/rapport/2023/"
PAGE = """<!doctype html><html lang="fr"><head><title>Chiffres | Val</title>
<meta property="og:title" content="Chiffres clés &amp; repères"><meta property="og:site_name" content="Agence du Val">
<meta property="article:published_time" content="2024-03-05T10:00:00+01:00"><base href="/rapport/2023/">
<script>alert(1)</script></head>
<body><nav><a href="../2022/">2022</a> Menu du site</nav>
<main class="page"><h1 onclick="x()">Chiffres clés</h1>
<div class="chiffres"><div><b>13</b> entreprises</div><div><b>41,7 M€</b> levés</div></div>
<p>Voir <a href="equipe.html#haut">l’équipe</a>, <a href="rapport.pdf">le rapport</a>,
<a rel="nofollow" href="prive.html">ceci</a>, <a href="mailto:a@b.fr">écrire</a>.</p>
<table><tr><th colspan="2">Ventes</th></tr><tr><td>2022</td><td>19</td></tr></table>
<img src="https://pisteur.example/x.gif" alt="La pyramide des emplois par métier en 2023"></main>
<footer>Mentions légales</footer></body></html>"""


def test_a_page_is_kept_with_its_figures_its_tables_and_its_identity(tmp_path: Path) -> None:
    page = read_page(PAGE.encode(), URL)
    assert (page.title, page.publisher) == ("Chiffres clés & repères", "Agence du Val")
    assert (page.language, page.published) == ("fr", "2024-03-05")
    assert page.links == (
        "https://val.example/rapport/2022/",
        "https://val.example/rapport/2023/equipe.html#haut",
        "https://val.example/rapport/2023/rapport.pdf",
    )


def test_a_kept_page_is_read_again_as_it_was_and_asks_nothing_of_anybody(tmp_path: Path) -> None:

    root = tmp_path
    kept = as_file(read_page(PAGE.encode(), URL))
    for trace in (b"pisteur", b"script", b"onclick", b"Menu du site", b"Mentions", b'href="equipe'):
        assert trace not in kept
    (root / "p.html").write_bytes(kept)
    document = FileLoader().load(root / "p.html", root).document
    assert (document.title, document.publisher, document.source_url) == (
        "Chiffres clés & repères",
        "Agence du Val",
        URL,
    )
    for words in ("13 entreprises", "41,7 M€ levés", "pyramide des emplois"):
        assert words in document.text
    assert b'content="2024-03-05"' in kept


def test_what_a_page_says_of_itself_cannot_break_out_of_its_place(tmp_path: Path) -> None:
    hostile = '"><script>alert(1)</script>'
    source = f"""<html lang='fr"><script>'><head><title>{hostile}</title>
    <meta property="og:site_name" content='{hostile}'></head><body><p>Le texte de cette page.</p></body></html>"""
    kept = as_file(read_page(source.encode(), 'https://val.example/?q="><script>'))
    assert b"<script" not in kept


@pytest.mark.parametrize(
    ("data", "stated"),
    [
        (PAGE.encode(), None),
        (PAGE.encode(), "iso-8859-1"),
        (PAGE.encode("cp1252"), "iso-8859-1"),
        (PAGE.encode("cp1252"), "utf-8"),
        (PAGE.encode("cp1252"), None),
        (b"\xef\xbb\xbf" + PAGE.encode(), "windows-1252"),
        (PAGE.encode("utf-16"), "utf-8"),
    ],
)
def test_accents_survive_a_server_that_states_the_wrong_encoding(data: bytes, stated: str | None) -> None:
    assert "clesetreperes" not in read_page(data, URL, stated).letters
    assert "41,7 M€ levés" in " ".join(
        as_file(read_page(data, URL, stated)).decode().replace("</b>", "").split()
    )


def test_the_frame_of_a_site_is_what_most_of_its_pages_show() -> None:
    sources = [
        f"<html><body><p>Suivez-nous partout !</p><p>Depuis 1998, l’agence agit.</p><p>Propos n° {n} sur la vie.</p>"
        f"<table><tr><td>Total</td><td>{n}</td></tr></table></body></html>"
        for n in range(4)
    ]
    pages = [read_page(source.encode(), f"{URL}{n}") for n, source in enumerate(sources)]
    without(pages, frame_of(pages))
    texts = [as_file(page).decode() for page in pages]
    assert not any("Suivez-nous" in text for text in texts)
    assert ["1998" in text for text in texts] == [True, False, False, False], "a figure is kept once"
    assert all(f"Propos n° {n}" in text and "Total" in text for n, text in enumerate(texts))


def test_two_pages_make_no_frame() -> None:
    pages = [read_page(b"<html><body><p>Le texte commun aux deux pages.</p></body></html>", URL)] * 2
    assert frame_of(pages) == frozenset()


def archive(*names: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "content_type", "suffix", "kind"),
    [
        (b"%PDF-1.7 ...", "text/html", ".html", ".pdf"),
        (b"<!DOCTYPE html><p>Introuvable</p>", "application/pdf", ".pdf", ".html"),
        (b"<p>Un fragment</p>", "text/html", "", ".html"),
        (b"<p>Un fragment</p>", "image/png", "", None),
        (b"\x89PNG\r\n\x1a\n\0\0", "text/html", ".html", None),
        (b"Bonjour", "text/plain", ".txt", ".txt"),
        (b"# Bonjour", "text/plain", ".md", ".md"),
        (b"# Bonjour", "text/markdown", "", ".md"),
        (b"{}", "application/json", "", None),
        (archive("word/document.xml"), "application/octet-stream", "", ".docx"),
        (archive("mimetype", "content.xml"), "application/zip", ".zip", ".odt"),
        (archive("photo.jpg"), "text/html", ".docx", None),
        (b"PK\x03\x04 abime", "application/zip", ".docx", None),
        (b"", "", "", None),
    ],
)
def test_a_kind_is_told_by_the_bytes(data: bytes, content_type: str, suffix: str, kind: str | None) -> None:
    assert kind_of(data, content_type, suffix) == kind


def test_maps_are_read_whatever_their_form() -> None:
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:i="http://www.google.com/schemas"'
    image = "<i:image><i:loc>x</i:loc></i:image>"
    pages = f"<?xml version='1.0'?><urlset {space}><url><loc> https://a.fr/1 </loc>{image}</url></urlset>"
    index = f"<sitemapindex {space}><sitemap><loc>https://a.fr/s.xml</loc></sitemap></sitemapindex>"
    assert read_map(pages.encode()).pages == ("https://a.fr/1",)
    assert read_map(b"\xef\xbb\xbf" + index.encode()).maps == ("https://a.fr/s.xml",)
    assert read_map(b"https://a.fr/1\nhttps://a.fr/2\nnon\n").pages == ("https://a.fr/1", "https://a.fr/2")
    for nonsense in (b"", b"<", b"<html><body>404</body></html>", b"\0\1\2"):
        assert (read_map(nonsense).pages, read_map(nonsense).maps) == ((), ())


def test_a_map_reads_no_file_and_expands_no_entity() -> None:
    hostile = b"""<!DOCTYPE u [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY b "aaaaaaaa">]>
    <urlset><url><loc>https://a.fr/&f;</loc></url><url><loc>https://a.fr/&b;</loc></url></urlset>"""
    assert read_map(hostile).pages == ("https://a.fr/", "https://a.fr/")


def test_rules_for_us_come_before_rules_for_all() -> None:
    rules = robots.Rules(
        "User-agent: *\nDisallow: /\n\nUser-agent: ra-assistant\nDisallow: /prive\nAllow: /prive/ouvert\n"
        "Disallow: /*.pdf$\nCrawl-delay: 400\n\nSitemap: https://a.fr/s.xml\n",
        "ra-assistant",
    )
    assert rules.allow("https://a.fr/")
    assert not rules.allow("https://a.fr/prive/x")
    assert rules.allow("https://a.fr/prive/ouvert/x")
    assert not rules.allow("https://a.fr/r.pdf")
    assert (rules.delay_seconds, rules.sitemaps) == (30.0, ("https://a.fr/s.xml",))
    assert robots.Rules("\0\xff nonsense : :", "ra-assistant").allow("https://a.fr/")


@pytest.mark.parametrize(
    ("first", "inside", "outside"),
    [
        (
            "https://a.fr/r/",
            ["https://a.fr/r/x", "http://www.a.fr/r/y/z"],
            ["https://a.fr/", "https://b.fr/r/x"],
        ),
        ("https://a.fr/r", ["https://a.fr/r", "https://a.fr/r/x"], ["https://a.fr/rien", "https://a.fr/x"]),
        ("https://a.fr/r/index.html", ["https://a.fr/r/x.html"], ["https://a.fr/x.html"]),
        (
            "https://a.fr/",
            ["https://a.fr/x"],
            ["https://a.fr/x.jpg", "https://a.fr/x.pdf", "https://a.fr/b/b/b/b"],
        ),
    ],
)
def test_a_site_is_what_lies_below_its_first_page(first: str, inside: list[str], outside: list[str]) -> None:
    scope = Scope(first)
    assert all(map(scope.holds, inside))
    assert not any(map(scope.holds, outside))


def test_one_address_has_one_name_and_two_have_two() -> None:
    assert name_of("https://www.a.fr/", ".html") == "www-a-fr/accueil.html"
    assert name_of("https://a.fr/rapport-2023/equipe.html", ".html") == "a-fr/rapport-2023_equipe.html"
    names = {
        name_of(f"https://a.fr{path}", ".html")
        for path in (
            "/a/b",
            "/a-b",
            "/a_b",
            "/A/b",
            "/a/b?x=1",
            "/a/b?x=2",
            "/é",
            "/e",
            "/../../etc/passwd",
            "/a" * 90,
        )
    }
    assert len(names) == 10
    assert all(name.startswith("a-fr/") and name.count("/") == 1 and ".." not in name for name in names)
    assert not any(char.isdigit() for char in name_of("https://a.fr/é", ".html"))
    assert document_name("https://a.fr/d/Rapport%20annuel.PDF?x", ".pdf") == "rapport-annuel.pdf"
    assert document_name("https://a.fr/..%2f..%2fetc", ".pdf").count("/") == 0


def test_what_only_follows_the_reader_is_taken_off_an_address() -> None:
    assert tidy("https://a.fr/x?utm_source=b&id=3&PHPSESSID=z") == "https://a.fr/x?id=3"
    assert tidy("https://a.fr/x?a=%20b") == "https://a.fr/x?a=%20b"
