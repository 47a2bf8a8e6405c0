"""Says what addresses of the web stand for: a part of a site, a page or a document, and where to keep it."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from ra_assistant.reading.identity import slug_of

DOCUMENTS = frozenset({".pdf", ".docx", ".odt"})
MAX_SAME_SEGMENTS = 2
"""How often a word may stand in a path: more is a link that leads to itself, ever longer."""
MAX_NAME_CHARS = 80

_OTHER_FILES = (
    ".jpg .jpeg .png .gif .webp .svg .ico .css .js .json .xml .rss .zip .gz .mp3 .mp4 .webm .avi .mov .ics "
    ".xls .xlsx .ods .csv .ppt .pptx .doc .exe .dmg .apk .woff .woff2 .ttf .eot"
)
_NOT_PAGES = frozenset(_OTHER_FILES.split())
_TRACKING = re.compile(r"(?:utm_\w+|gclid|fbclid|mc_[ce]id|phpsessid|jsessionid|sid|xtor)", re.IGNORECASE)


class Scope:
    """The part of a site below its first page."""

    def __init__(self, first: str) -> None:
        parts = urlsplit(first)
        self._host = _bare_host(first)
        path = parts.path or "/"
        directory, _, last = path.rpartition("/")
        # `/rapport` and `/rapport/` name a part of the site, `/rapport/index.html` a page in it.
        self._prefix = f"{directory}/" if "." in last or not last else f"{path}/"
        self._first = path

    def holds(self, url: str) -> bool:
        """Tell whether an address may be that of one of its pages."""
        path = urlsplit(url).path
        suffix = PurePosixPath(path).suffix.lower()
        segments = Counter(segment for segment in path.split("/") if segment)
        return (
            _bare_host(url) == self._host
            and (path.startswith(self._prefix) or path == self._first)
            and suffix not in _NOT_PAGES | DOCUMENTS
            and max(segments.values(), default=0) <= MAX_SAME_SEGMENTS
        )


def tidy(url: str) -> str:
    """Return an address without what only follows its reader: campaign and session parameters."""
    parts = urlsplit(url)
    query = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])
    ]
    kept = (
        parts.query if len(query) == len(parse_qsl(parts.query, keep_blank_values=True)) else urlencode(query)
    )
    return urlunsplit((parts.scheme, parts.netloc, parts.path, kept, ""))


def name_of(url: str, suffix: str) -> str:
    """Return the path, below a corpus directory, at which what was read from `url` is kept.

    One address has one name, whatever it says that day; two addresses have two.
    """
    parts = urlsplit(url)
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    if segments and PurePosixPath(segments[-1]).suffix.lower() in {suffix, ".htm", ".php", ".aspx", ".html"}:
        segments[-1] = PurePosixPath(segments[-1]).stem
    slugs = [slug_of(segment) for segment in segments] or ["accueil"]
    name = "_".join(slugs)[:MAX_NAME_CHARS].strip("-_")
    address = f"{parts.netloc}{parts.path}?{parts.query}"
    plain = "/".join(slugs) if segments else ""
    if parts.query or plain != parts.path.strip("/").removesuffix(suffix) or len(name) < len("_".join(slugs)):
        name = f"{name}-{_letters_of(address)}"
    return f"{slug_of(parts.netloc)}/{name}{suffix}"


def document_name(url: str, suffix: str) -> str:
    """Return the name of the file in which a document of the web is kept."""
    stem = PurePosixPath(unquote(urlsplit(url).path)).stem or "document"
    return f"{slug_of(stem)[:MAX_NAME_CHARS]}{suffix}"


def _letters_of(address: str) -> str:
    """Return eight letters that tell an address from others; letters alone, for figures may be read as a year."""
    return "".join(chr(ord("a") + byte % 26) for byte in sha256(address.encode()).digest()[:8])


def _bare_host(url: str) -> str:
    return urlsplit(url).netloc.removeprefix("www.")
