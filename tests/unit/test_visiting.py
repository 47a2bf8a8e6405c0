"""Asking for one page: which addresses are refused, where redirects may lead, what sizes and times are borne."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ra_assistant.errors import PageRefused
from ra_assistant.harvest_wording import REFUSED
from ra_assistant.visiting import Visit, Visitor, checked, inflated, is_public
from ra_assistant.wording import sentence_of
from tests.web_site import Reply, Site, leads_to, page, served, typed

MOST = 100_000


@pytest.fixture
def site() -> Iterator[Site]:
    with served({"/": page("Accueil", "<p>Bonjour.</p>")}) as running:
        yield running


def visit(site: Site, path: str = "/", seconds: float = 5.0, most: int = MOST) -> Visit:
    with closing(Visitor(site.permits(), seconds=seconds)) as visitor:
        return visitor.visit(site.url + path, most)


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(PageRefused) as caught:
        ask()
    assert caught.value.reason in REFUSED
    assert sentence_of(caught.value).startswith(("«", "Le site"))
    return caught.value.reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.0.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "192.0.2.1",
        "198.18.0.1", "198.51.100.1", "203.0.113.9", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "2002:7f00:1::", "2002:0808:0808::1",
        "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1", "100::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(ip_address(address), 443)


@pytest.mark.parametrize("address", ["8.8.8.8", "192.0.66.2", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_of_the_public_internet_is_permitted(address: str) -> None:
    assert is_public(ip_address(address), 443)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
    ],
)
def test_a_machine_of_ours_is_never_asked_however_it_is_written(site: Site, host: str) -> None:
    with closing(Visitor()) as visitor:
        assert refusal(lambda: visitor.visit(f"http://{host}:{site.port}/", MOST)) in {
            "private",
            "unknown_host",
        }
    assert site.asked == []


def test_a_name_that_leads_partly_inside_is_refused_whole(site: Site) -> None:
    with closing(Visitor(site.permits(), lambda host, port: ["127.0.0.1", "10.0.0.8"])) as visitor:
        assert refusal(lambda: visitor.visit(f"http://val.example:{site.port}/", MOST)) == "private"
    assert site.asked == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(site: Site) -> None:
    """A name that says one thing when it is checked and another when it is used has nobody to speak to."""
    answers = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"]]
    resolved: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        resolved.append(host)
        return answers[len(resolved) - 1]

    with closing(Visitor(site.permits(), rebinding)) as visitor:
        assert visitor.visit(f"http://val.example:{site.port}/", MOST).body
        assert resolved == ["val.example"], "resolved once for one connection"
    with closing(Visitor(site.permits(), rebinding)) as visitor:
        assert refusal(lambda: visitor.visit(f"http://val.example:{site.port}/", MOST)) == "private"
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://127.0.0.1:1/",
        "//192.168.0.1/", "http://localhost:9/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_inside_is_refused_at_the_door(site: Site, target: str, status: int) -> None:
    site.routes["/"] = leads_to(target, status)
    assert refusal(lambda: visit(site)) == "private"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://val.example/", "gopher://127.0.0.1/", "data:,x"]
)
def test_a_redirect_to_another_scheme_is_refused(site: Site, target: str) -> None:
    site.routes["/"] = leads_to(target)
    assert refusal(lambda: visit(site)) == "scheme"


def test_redirects_are_followed_and_end(site: Site) -> None:
    site.routes |= {"/a": leads_to("b"), "/b": leads_to("/"), "/tourne": leads_to("/tourne")}
    assert visit(site, "/a").url == f"{site.url}/"
    assert refusal(lambda: visit(site, "/tourne")) == "redirects"
    assert len(site.asked) == 3 + 6


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "scheme"), ("ftp://val.example/x", "scheme"), ("javascript://x", "scheme"),
        ("http://", "address"), ("https:///x", "address"), ("http://moi:secret@val.example/", "address"),
        ("http://val.example:99999/", "address"), ("http://[::1", "address"), ("http://" + "a" * 70, "address"),
        ("http://val.example/" + "a" * 3000, "address"),
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused_before_anything_is_asked(url: str, reason: str) -> None:
    assert refusal(lambda: checked(url)) == reason


def test_addresses_have_one_spelling() -> None:
    assert checked("HTTP://Www.Exemple.FR:80/a b/é?q=à#fin") == "http://www.exemple.fr/a%20b/%C3%A9?q=%C3%A0"
    assert checked("https://générale.fr") == "https://xn--gnrale-bvab.fr/"


def test_a_page_over_the_limit_is_refused_whatever_is_said_of_its_length(site: Site) -> None:
    site.routes |= {
        "/grand": Reply(b"x" * (MOST + 1)),
        "/juste": Reply(b"x" * MOST),
        "/fin": Reply(b"x" * 5000, endless=True),
    }
    assert refusal(lambda: visit(site, "/grand")) == "too_large"
    assert refusal(lambda: visit(site, "/fin")) == "too_large"
    assert len(visit(site, "/juste").body) == MOST


def test_a_bomb_is_refused_before_it_is_unpacked(site: Site) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000, mtime=0)
    nested = gzip.compress(b"a" * 60_000, mtime=0) + gzip.compress(b"b" * 60_000, mtime=0)
    site.routes |= {
        "/bombe": typed(bomb, "text/html", Content_Encoding="gzip"),
        "/deux": typed(nested, "text/html", Content_Encoding="gzip"),
    }
    assert len(bomb) < MOST
    tracemalloc.start()
    try:
        assert refusal(lambda: inflated(bomb, MOST, "https://val.example/")) == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 10 * MOST, "no more is unpacked than may be kept"
    finally:
        tracemalloc.stop()
    assert refusal(lambda: visit(site, "/bombe")) == "too_large"
    assert refusal(lambda: visit(site, "/deux")) == "too_large"


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"<p>ok</p>", mtime=0)),
        ("gzip", gzip.compress(b"<p>o", mtime=0) + gzip.compress(b"k</p>", mtime=0)),
        ("deflate", zlib.compress(b"<p>ok</p>")),
        ("deflate", zlib.compress(b"<p>ok</p>", wbits=-15)),
        ("identity", b"<p>ok</p>"),
    ],
)
def test_what_is_compressed_is_read(site: Site, coding: str, packed: bytes) -> None:
    site.routes["/"] = typed(packed, "text/html", Content_Encoding=coding)
    assert visit(site).body == b"<p>ok</p>"


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("br", b"x"),
        ("gzip, gzip", b"x"),
        ("gzip", b"pas du gzip"),
        ("gzip", gzip.compress(b"a" * 900, mtime=0)[:-12]),
    ],
)
def test_what_is_compressed_otherwise_or_damaged_is_refused(site: Site, coding: str, packed: bytes) -> None:
    site.routes["/"] = typed(packed, "text/html", Content_Encoding=coding)
    assert refusal(lambda: visit(site)) == "coding"


def test_a_server_that_sends_a_byte_at_a_time_is_left_at_the_deadline(site: Site) -> None:
    site.routes["/lent"] = Reply(b"x" * 1000, slowly=0.05)
    assert refusal(lambda: visit(site, "/lent", seconds=0.5)) == "slow"


def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        began = time.monotonic()
        with closing(Visitor(lambda address, its_port: its_port == port, seconds=0.5)) as visitor:
            assert refusal(lambda: visitor.visit(f"http://127.0.0.1:{port}/", MOST)) == "slow"
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "missing"), (410, "missing"), (401, "forbidden"), (403, "forbidden"), (429, "busy"), (503, "busy"),
     (500, "status"), (204, "status")],
)  # fmt: skip
def test_each_refusal_of_a_site_has_its_sentence(site: Site, status: int, reason: str) -> None:
    site.routes["/"] = Reply(status=status)
    assert refusal(lambda: visit(site)) == reason


def test_a_connection_that_is_cut_or_refused_or_unknown_is_said(site: Site) -> None:
    site.routes["/coupe"] = Reply(b"abc", cut=True)
    assert refusal(lambda: visit(site, "/coupe")) == "broken"

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with closing(Visitor(site.permits(), unknown)) as visitor:
        assert refusal(lambda: visitor.visit("http://val.example/", MOST)) == "unknown_host"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with closing(Visitor(lambda *_: True)) as visitor:
            assert refusal(lambda: visitor.visit(f"http://127.0.0.1:{port}/", MOST)) == "unreachable"


def test_a_site_whose_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = tmp_path / "site.pem"
    pem.write_bytes(key.private_bytes(*plain) + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with served({"/": page("Accueil", "x")}, context) as site, closing(Visitor(site.permits())) as visitor:
        assert refusal(lambda: visitor.visit(f"https://127.0.0.1:{site.port}/", MOST)) == "tls"
        assert site.asked == []


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert visit(site).body


def test_what_the_server_says_of_a_page_is_kept(site: Site) -> None:
    site.routes["/"] = typed(
        b"x", "Text/HTML; Charset='ISO-8859-1'", Last_Modified="Tue, 05 Mar 2024 10:00:00 GMT"
    )
    found = visit(site)
    assert (found.content_type, found.charset, found.modified) == ("text/html", "ISO-8859-1", "2024-03-05")
    assert site.headers[0]["User-Agent"] == "ra-assistant"
    assert site.headers[0]["Cookie"] is None
    site.routes["/"] = typed(b"x", "", Last_Modified="hier")
    assert visit(site).modified is None


def test_each_hop_is_told_before_it_is_asked(site: Site) -> None:
    site.routes |= {"/a": leads_to("/interdit")}

    def forbid(url: str) -> None:
        if url.endswith("/interdit"):
            raise PageRefused(url, "robots")

    with closing(Visitor(site.permits())) as visitor:
        assert refusal(lambda: visitor.visit(f"{site.url}/a", MOST, forbid)) == "robots"
    assert site.paths() == ["/a"]
