"""Asks the web for one page: public addresses only, within limits of size and of time.

The address that a connection is made to is the one that was checked: the name is resolved once, every address
that it gives must be permitted, and the connection goes to one of them by number. A second resolution that
says something else (DNS rebinding) has nobody to speak to, and each redirect goes through the same door.
Proxies named by the environment are not used: behind one, the address really reached would be unknown.
"""

from __future__ import annotations

import re
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from time import monotonic
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import httpcore

from ra_assistant.errors import PageRefused

AGENT = "ra-assistant"
"""Name that a site's robots.txt may give rules to."""
MAX_REDIRECTS = 5
SECONDS = 30.0
"""For one page, from the first connection to the last byte, redirects left aside."""
MAX_URL_CHARS = 2000
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"
_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 see them (RFC 6052)."""

Address = IPv4Address | IPv6Address
Permits = Callable[[Address, int], bool]
"""From an address and a port, whether a connection may be made."""
Resolve = Callable[[str, int], Sequence[str]]
"""From a host name and a port to its addresses; raises OSError when it has none."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one address gave."""

    url: str
    """After redirects, without fragment."""
    content_type: str
    """As the server says it, in small letters, without parameters; empty when it says nothing."""
    charset: str | None
    body: bytes
    """Once uncompressed."""
    modified: str | None
    """Day of the last change that the server states, ISO 8601."""


def is_public(address: Address, port: int) -> bool:
    """Tell whether an address is that of a machine of the public Internet, whatever the port.

    Private, shared, loopback, link-local, multicast and reserved ranges are not; nor are the IPv6 forms that
    carry an IPv4 address to another place (mapped, 6to4, Teredo), whatever they carry.
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF), port)
        if address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, as the system gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def checked(url: str) -> str:
    """Return an address of the web in one spelling: host in small ASCII letters, no fragment, path quoted.

    Raises:
        PageRefused: `scheme` or `address`.
    """
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, parts.hostname or ""
        if parts.scheme not in {"http", "https"}:
            raise PageRefused(url, "scheme", scheme=parts.scheme)
        ascii_host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except ValueError as error:
        raise PageRefused(url, "address") from error
    if not ascii_host or parts.username is not None or len(url) > MAX_URL_CHARS:
        raise PageRefused(url, "address")
    place = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    if port not in {None, {"http": 80, "https": 443}[parts.scheme]}:
        place += f":{port}"
    path, query = quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=_SAFE)
    return urlunsplit((parts.scheme, place, path, query, ""))


class _Deadline:
    """When the page that is being asked for must be there."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.restart()

    def restart(self) -> None:
        self._end = monotonic() + self._seconds

    def left(self, timeout: float | None = None) -> float:
        left = self._end - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the page took too long")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection on which no read or write outlasts the deadline of the page."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout)), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Door(httpcore.NetworkBackend):
    """Connects to permitted addresses only, by number."""

    def __init__(self, permits: Permits, resolve: Resolve, deadline: _Deadline) -> None:
        self._permits = permits
        self._resolve = resolve
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._resolve(host, port)
        for address in addresses:
            if not self._permits(ip_address(address.partition("%")[0]), port):
                raise PageRefused(host, "private", f"{host}: {address} is not a public address")
        failure: httpcore.NetworkError | httpcore.TimeoutException = httpcore.ConnectError(host)
        for address in addresses:
            try:
                stream = self._backend.connect_tcp(
                    address, port, self._deadline.left(timeout), local_address, socket_options or ()
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure


class Visitor:
    """Asks for pages, one at a time; closed by `close`."""

    def __init__(
        self, permits: Permits = is_public, resolve: Resolve = resolve, seconds: float = SECONDS
    ) -> None:
        """Ask within limits.

        Args:
            permits: which addresses may be connected to.
            resolve: how a name becomes addresses.
            seconds: how long one page may take.
        """
        self._deadline = _Deadline(seconds)
        self._pool = httpcore.ConnectionPool(
            max_connections=2, keepalive_expiry=15.0, network_backend=_Door(permits, resolve, self._deadline)
        )

    def visit(self, url: str, most_bytes: int, before: Callable[[str], None] | None = None) -> Visit:
        """Return what `url` gives, redirects followed.

        Args:
            url: an address in http or https.
            most_bytes: size above which it is refused, compressed or not.
            before: hears each address before it is asked for, and may raise PageRefused.

        Raises:
            PageRefused: it cannot be had; `reason` says why.
        """
        asked = url
        for _ in range(MAX_REDIRECTS + 1):
            asked = checked(asked)
            if before is not None:
                before(asked)
            self._deadline.restart()
            with _named(asked):
                found = self._ask(asked, most_bytes)
            if isinstance(found, Visit):
                return found
            asked = urljoin(asked, found)
        raise PageRefused(url, "redirects")

    def _ask(self, url: str, most_bytes: int) -> Visit | str:
        """Return what an address gives, or where it leads."""
        headers = [
            ("User-Agent", AGENT),
            ("Accept", "text/html, application/xhtml+xml, application/pdf, */*;q=0.5"),
            ("Accept-Language", "fr, *;q=0.5"),
            ("Accept-Encoding", "gzip, deflate"),
        ]
        with self._pool.stream("GET", url, headers=headers) as response:
            said = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            if response.status in _REDIRECTS and said.get("location"):
                return said["location"]
            if response.status != 200:
                raise PageRefused(url, _refusal(response.status), status=response.status)
            if said.get("content-length", "").isdecimal() and int(said["content-length"]) > most_bytes:
                raise PageRefused(url, "too_large")
            chunks = _limited(response.iter_stream(), most_bytes, url)
            body = _unpacked(chunks, said.get("content-encoding", ""), most_bytes, url)
        kind, _, parameters = said.get("content-type", "").partition(";")
        charset = re.search(r"charset\s*=\s*[\"']?([\w-]+)", parameters, re.IGNORECASE)
        return Visit(
            url, kind.strip().lower(), charset[1] if charset else None, body, _day(said.get("last-modified"))
        )

    def close(self) -> None:
        """Close the connections that were kept."""
        self._pool.close()


def _refusal(status: int) -> str:
    known = {401: "forbidden", 403: "forbidden", 404: "missing", 410: "missing", 429: "busy", 503: "busy"}
    return known.get(status, "status")


def _limited(chunks: Iterable[bytes], most_bytes: int, url: str) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > most_bytes:
            raise PageRefused(url, "too_large")
        yield chunk


def _unpacked(chunks: Iterable[bytes], coding: str, most_bytes: int, url: str) -> bytes:
    """Join what was sent, uncompressed no further than `most_bytes`."""
    names = [name for name in re.split(r"[\s,]+", coding.lower()) if name not in {"", "identity"}]
    if not names:
        return b"".join(chunks)
    if len(names) > 1 or names[0] not in {"gzip", "x-gzip", "deflate"}:
        raise PageRefused(url, "coding")
    return inflated(b"".join(chunks), most_bytes, url)


def inflated(packed: bytes, most_bytes: int, url: str) -> bytes:
    """Return gzip or deflate data uncompressed, no further than `most_bytes`.

    Raises:
        PageRefused: `too_large`, or `coding` when it is damaged.
    """
    whole = bytearray()
    try:
        while packed:
            zlib_header = packed[0] & 0x0F == 8 and int.from_bytes(packed[:2]) % 31 == 0
            is_framed = packed.startswith(b"\x1f\x8b") or zlib_header
            machine = zlib.decompressobj(47 if is_framed else -15)
            whole += machine.decompress(packed, most_bytes + 1 - len(whole))
            if len(whole) > most_bytes:
                raise PageRefused(url, "too_large")
            if not machine.eof:
                raise PageRefused(url, "coding")
            packed = machine.unused_data if machine.unused_data.startswith(b"\x1f\x8b") else b""
    except zlib.error as error:
        raise PageRefused(url, "coding") from error
    return bytes(whole)


def _day(header: str | None) -> str | None:
    try:
        return parsedate_to_datetime(header).date().isoformat() if header else None
    except (ValueError, TypeError, OverflowError):
        return None


@contextmanager
def _named(url: str) -> Iterator[None]:
    """Give what goes wrong with a connection its name."""
    try:
        yield
    except PageRefused as error:
        raise PageRefused(url, error.reason, str(error), **_extras(error)) from error
    except httpcore.TimeoutException as error:
        raise PageRefused(url, "slow") from error
    except httpcore.ConnectError as error:
        reason = "tls" if error.args and isinstance(error.args[0], ssl.SSLError) else "unreachable"
        raise PageRefused(url, reason, f"{url}: {error}") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise PageRefused(url, "broken", f"{url}: {error}") from error
    except (OSError, UnicodeError) as error:
        raise PageRefused(url, "unknown_host", f"{url}: {error}") from error


def _extras(error: PageRefused) -> dict[str, object]:
    return {name: value for name, value in error.details.items() if name not in {"url", "reason"}}
