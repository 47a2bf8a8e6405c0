"""Reading a page of the web, or the pages below it, into files that a corpus keeps.

What a site asks is respected: its robots.txt, its pause between two pages, its word not to keep a page. What it
sends is hostile: sizes, times, numbers of pages and of look-alike addresses have limits.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ra_assistant import robots, sitemaps
from ra_assistant.errors import PageRefused, UnreadableDocument
from ra_assistant.reading.addresses import DOCUMENTS, Scope, document_name, name_of, tidy
from ra_assistant.reading.kinds import kind_of
from ra_assistant.reading.web_page import WebPage, as_file, frame_of, read_page, without
from ra_assistant.visiting import AGENT, Visit, Visitor, checked, inflated

MAX_PAGE_BYTES = 10 * 1024 * 1024
MAX_DOCUMENT_BYTES = 200 * 1024 * 1024
MAX_DOCUMENTS = 100
"""Documents that are named, of those that pages lead to."""
MAX_MAPS = 50
MAX_QUERIES = 20
"""Addresses that differ by their query alone: beyond, they are a calendar or a search, not pages."""
MAX_FAILURES = 8
"""Failures in a row after which the site is held to be away."""
MAX_WAIT_SECONDS = 30.0
MIN_LETTERS = 20
"""Letters below which a page says nothing."""

_GONE = frozenset({"unreachable", "slow", "broken", "unknown_host", "status", "busy"})
"""Reasons for which the next page of a site is likely to be missed as well."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a site is read."""

    pages: int = 200
    total_bytes: int = 500 * 1024 * 1024
    seconds: float = 3600.0
    delay_seconds: float = 1.0
    """Pause between two requests to one host; a longer one that the site asks for is kept."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One file that was read from the web."""

    url: str
    name: str
    """Path to keep it at, below a corpus directory: letters, figures, hyphens."""
    data: bytes
    is_page: bool
    """False for a document, kept as it was sent."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What was read of a site."""

    leaves: tuple[Leaf, ...]
    documents: tuple[str, ...] = ()
    """Documents that the pages lead to and that were not taken."""
    left: tuple[PageRefused, ...] = ()
    """Addresses that could not be read."""
    repeated: int = 0
    """Pages that say what another one says."""
    stopped: str | None = None
    """Key of `harvest_wording.STOPPED`; None when the site was read to its end."""


Report = Callable[[int, int, str], None]
"""Hears the number of the page being read, how many more are known, and its address."""


class Harvester:
    """Reads from the web, politely and within limits."""

    def __init__(
        self,
        visitor: Visitor,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self._visitor = visitor
        self._sleep = sleep
        self._clock = clock
        self._end = clock() + self.limits.seconds
        self._bytes_left = self.limits.total_bytes
        self._rules: dict[str, robots.Rules] = {}
        self._asked_at: dict[str, float] = {}

    def one(self, url: str) -> Harvest:
        """Read one address, a page or a document.

        Raises:
            PageRefused: it cannot be read, or may not be.
            UnreadableDocument: it is a page that cannot be parsed.
        """
        visit, suffix = self.visit(url, MAX_DOCUMENT_BYTES)
        if suffix != ".html":
            return Harvest((_document(visit, suffix),))
        page = self.page(visit)
        found = _Documents()
        found.note(page.links)
        return Harvest((_leaf(page),), tuple(found.urls))

    def site(self, url: str, report: Report) -> Harvest:
        """Read the pages below an address, which comes first; then those of the site's map, then of its links.

        Raises:
            PageRefused: the first page cannot be read, or may not be.
            UnreadableDocument: it cannot be parsed.
        """
        visit, suffix = self.visit(url, MAX_DOCUMENT_BYTES)
        if suffix != ".html":
            return Harvest((_document(visit, suffix),))
        return _Round(self, self.page(visit), report).run()

    def documents(self, harvest: Harvest, report: Report) -> Harvest:
        """Read the documents that a harvest only named.

        One that cannot be read is left, with its reason.
        """
        leaves, left = list(harvest.leaves), list(harvest.left)
        for number, url in enumerate(harvest.documents, 1):
            report(number, len(harvest.documents) - number, url)
            try:
                visit, suffix = self.visit(url, MAX_DOCUMENT_BYTES)
                if suffix == ".html":
                    raise PageRefused(url, "type")  # noqa: TRY301 - told with the others
            except PageRefused as error:
                left.append(error)
            else:
                leaves.append(_document(visit, suffix))
        return replace(harvest, leaves=tuple(leaves), documents=(), left=tuple(left))

    def close(self) -> None:
        """Close the connections."""
        self._visitor.close()

    def exhausted(self) -> str | None:
        """Return which limit of bytes or of time is reached; None for neither."""
        if self._clock() > self._end:
            return "seconds"
        return "bytes" if self._bytes_left <= 0 else None

    def maps(self, url: str) -> Iterable[str]:
        """Yield the addresses that the maps of a site name; a map that cannot be read is passed over."""
        root = _root(url)
        waiting = deque([*self._rules_of(url).sitemaps, f"{root}/sitemap.xml"])
        seen: set[str] = set()
        while waiting and len(seen) < MAX_MAPS and self.exhausted() is None:
            address = waiting.popleft()
            if address in seen or urlsplit(address).hostname != urlsplit(url).hostname:
                continue
            seen.add(address)
            try:
                visit = self._fetch(address, MAX_PAGE_BYTES)
                packed = visit.body.startswith(b"\x1f\x8b")
                body = inflated(visit.body, MAX_PAGE_BYTES, address) if packed else visit.body
            except PageRefused:
                continue
            found = sitemaps.read_map(body)
            waiting.extend(found.maps)
            yield from found.pages

    def visit(self, url: str, most_bytes: int) -> tuple[Visit, str]:
        """Return what an address gives and the suffix of its kind.

        Raises:
            PageRefused: it cannot be had, or is neither a page nor a document.
        """
        visit = self._fetch(url, most_bytes)
        suffix = kind_of(visit.body, visit.content_type, PurePosixPath(urlsplit(visit.url).path).suffix)
        if suffix is None:
            raise PageRefused(visit.url, "type")
        if suffix == ".html" and len(visit.body) > MAX_PAGE_BYTES:
            raise PageRefused(visit.url, "too_large")
        return visit, suffix

    def _fetch(self, url: str, most_bytes: int) -> Visit:
        """Ask for an address, after its turn and within the harvest's own limits; once more when told to wait."""

        def allowed(address: str) -> None:
            if not self._rules_of(address).allow(address):
                raise PageRefused(address, "robots")
            self._wait_turn(address)

        most = min(most_bytes, max(1, self._bytes_left))
        try:
            visit = self._visitor.visit(url, most, allowed)
        except PageRefused as error:
            if error.reason == "too_large":
                self._bytes_left -= most
            if error.reason != "busy":
                raise
            self._sleep(min(MAX_WAIT_SECONDS, 10 * self.limits.delay_seconds))
            visit = self._visitor.visit(url, most, allowed)
        self._bytes_left -= len(visit.body)
        return visit

    def page(self, visit: Visit) -> WebPage:
        """Read a page that was sent.

        Raises:
            PageRefused: `empty`.
            UnreadableDocument: it cannot be parsed.
        """
        today = datetime.now(UTC).date().isoformat()
        # A page made at each request says that it was changed at each request: that is no date.
        modified = None if visit.modified is None or visit.modified >= today else visit.modified
        page = read_page(visit.body, visit.url, visit.charset, modified)
        if len(page.letters) < MIN_LETTERS:
            raise PageRefused(visit.url, "empty")
        return page

    def _rules_of(self, url: str) -> robots.Rules:
        """Return the rules of the host of `url`, asked for once.

        Raises:
            PageRefused: the host is refused, or is not able to say its rules (RFC 9309, section 2.3.1.4).
        """
        root = _root(url)
        if root not in self._rules:
            try:
                visit = self._visitor.visit(f"{root}/robots.txt", robots.MAX_BYTES)
                text = visit.body.decode("utf-8", errors="replace")
            except PageRefused as error:
                if error.reason in {"status", "busy", "slow", "broken"} and not _is_client_error(error):
                    raise PageRefused(url, "robots_away") from error
                if error.reason not in {"missing", "forbidden", "status", "too_large", "redirects", "coding"}:
                    raise PageRefused(url, error.reason, str(error), **_plain(error)) from error
                text = ""
            self._rules[root] = robots.Rules(text, AGENT)
        return self._rules[root]

    def _wait_turn(self, url: str) -> None:
        root = _root(url)
        pause = max(self.limits.delay_seconds, self._rules[root].delay_seconds)
        wait = self._asked_at.get(root, float("-inf")) + pause - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._asked_at[root] = self._clock()


class _Round:
    """One reading of a site."""

    def __init__(self, harvester: Harvester, first: WebPage, report: Report) -> None:
        self._harvester = harvester
        self._report = report
        self._scope = Scope(first.url)
        self._waiting: deque[str] = deque()
        self._known = {tidy(first.url)}
        self._likes: Counter[str] = Counter()
        self._pages: list[WebPage] = []
        self._texts: set[str] = set()
        self._left: list[PageRefused] = []
        self._repeated = 0
        self._documents = _Documents()
        self._take(first)

    def run(self) -> Harvest:
        first = self._pages[0]
        self._expect(self._harvester.maps(first.url))
        self._expect(first.links)
        stopped = self._follow()
        without(self._pages, frame_of(self._pages))
        leaves = []
        texts: set[str] = set()
        for page in self._pages:
            letters = page.letters
            if len(letters) < MIN_LETTERS:
                self._left.append(PageRefused(page.url, "empty"))
            elif letters in texts:
                self._repeated += 1
            else:
                texts.add(letters)
                leaves.append(_leaf(page))
        documents = tuple(self._documents.urls)
        return Harvest(tuple(leaves), documents, tuple(self._left), self._repeated, stopped)

    def _follow(self) -> str | None:
        """Read the pages that wait, and those that they lead to; return why it ended early, if it did."""
        failures = 0
        while self._waiting:
            stopped = self._harvester.exhausted()
            if stopped is None and len(self._pages) >= self._harvester.limits.pages:
                stopped = "pages"
            if stopped is None and failures >= MAX_FAILURES:
                stopped = "failures"
            if stopped is not None:
                return stopped
            url = self._waiting.popleft()
            self._report(len(self._pages) + 1, len(self._waiting), url)
            try:
                self._read(url)
                failures = 0
            except PageRefused as error:
                failures = failures + 1 if error.reason in _GONE else 0
                self._left.append(error)
            except UnreadableDocument as error:
                self._left.append(PageRefused(url, "empty", str(error)))
        return "bytes" if self._harvester.exhausted() == "bytes" else None

    def _read(self, url: str) -> None:
        visit, suffix = self._harvester.visit(url, MAX_PAGE_BYTES)
        if suffix != ".html":
            self._documents.note([f"{visit.url}"], sure=True)
            return
        arrived = tidy(visit.url)
        if not self._scope.holds(arrived) or (arrived != url and arrived in self._known):
            return
        self._known.add(arrived)
        page = self._harvester.page(visit)
        self._expect(page.links)
        if page.is_indexable:
            self._take(page)

    def _take(self, page: WebPage) -> None:
        self._documents.note(page.links)
        letters = page.letters
        if letters in self._texts:
            self._repeated += 1
            return
        self._texts.add(letters)
        self._pages.append(page)

    def _expect(self, urls: Iterable[str]) -> None:
        """Let the pages of the site among `urls` wait for their turn."""
        for raw in urls:
            try:
                url = tidy(checked(raw))
            except PageRefused:
                continue
            if url in self._known or not self._scope.holds(url):
                continue
            bare = url.partition("?")[0]
            self._likes[bare] += 1
            if self._likes[bare] <= MAX_QUERIES and len(self._known) < 20 * self._harvester.limits.pages:
                self._known.add(url)
                self._waiting.append(url)


class _Documents:
    """The documents that pages lead to, each once."""

    def __init__(self) -> None:
        self.urls: dict[str, None] = {}

    def note(self, links: Iterable[str], *, sure: bool = False) -> None:
        for link in links:
            if len(self.urls) >= MAX_DOCUMENTS:
                return
            if sure or PurePosixPath(urlsplit(link).path).suffix.lower() in DOCUMENTS:
                try:
                    self.urls.setdefault(checked(link))
                except PageRefused:
                    continue


def _leaf(page: WebPage) -> Leaf:
    return Leaf(page.url, name_of(page.url, ".html"), as_file(page), is_page=True)


def _document(visit: Visit, suffix: str) -> Leaf:
    return Leaf(visit.url, document_name(visit.url, suffix), visit.body, is_page=False)


def _root(url: str) -> str:
    parts = urlsplit(checked(url))
    return f"{parts.scheme}://{parts.netloc}"


def _is_client_error(error: PageRefused) -> bool:
    status = error.details.get("status")
    return isinstance(status, int) and 400 <= status < 500 and status != 429


def _plain(error: PageRefused) -> dict[str, object]:
    return {name: value for name, value in error.details.items() if name not in {"url", "reason"}}
