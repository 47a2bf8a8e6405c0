"""Says what a document is called: its identifier, its title, its year."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from pathlib import PurePosixPath

_YEAR = r"(?<!\d)((?:199|20\d)\d)(?!\d)"
_ANY_YEAR = re.compile(_YEAR)
_YEAR_OF_REPORT = re.compile(
    r"(?:rapports?|bilans?|comptes?[ -]rendus?|exercice|chiffres[ -]cl[ée]s|activit[ée]s?|ann[ée]e|annuel|"
    r"[ée]dition|m[ée]mento)"
    r"(?:[ \u00a0:–-]+(?:annuel|moral|financier|d['’ʼ]activit[ée]s?|d['’ʼ]exercice|(?:de )?l['’ʼ]ann[ée]e|"
    r"de|pour|en|ann[ée]e|clos|int[ée]gr[ée])){0,4}"
    rf"[\s:–-]+{_YEAR}(?![-–/]\d)",
    re.IGNORECASE,
)
_MEANINGLESS_TITLE = re.compile(
    r"microsoft\b.*|(?:powerpoint )?pr[ée]sentation(?: powerpoint)?[ \d]*|"
    r"(?:document|sans[ -]titre|untitled|diapositive|slide|titre|title|mise en page|layout)[- \d]*|"
    r".*\.(?:docx?|pptx?|xlsx?|odt|indd|pdf|ai|qxd|qxp|pub|html?|tex|rtf|md|txt)|\W*|\d*",
    re.IGNORECASE,
)
MIN_TITLE_CHARS = 3
MAX_TITLE_CHARS = 200


def slug_of(path: str) -> str:
    """Return `path` in small ASCII letters, figures and single hyphens; « document » when nothing is left."""
    plain = path.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("ß", "ss")
    ascii_letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_letters).strip("-") or "document"


def by_slug(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the paths that have the same slug, by slug."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(slug_of(path), []).append(path)
    return found


def document_id(path: str, others: Iterable[str]) -> str:
    """Return the identifier of the document at `path`, unique among `others`.

    It is the path's slug; where another path has the same, eight hexadecimal digits of its digest are
    added to both, so that the identifier does not depend on the order of the files.
    """
    slug = slug_of(path)
    if any(other != path and slug_of(other) == slug for other in others):
        return f"{slug}-{sha256(path.encode()).hexdigest()[:8]}"
    return slug


def sensible_title(title: str | None) -> str | None:
    """Return `title` on one line; None when it is empty, a file name or an office program's default."""
    words = " ".join((title or "").replace("\0", "").split())
    is_file_name = " " not in words and any(char == "_" or char.isdecimal() for char in words)
    is_wrong = (
        len(words) < MIN_TITLE_CHARS
        or is_file_name
        or len(words) > MAX_TITLE_CHARS
        or _MEANINGLESS_TITLE.fullmatch(words)
    )
    return None if is_wrong else words


def title_from_name(path: str) -> str:
    """Return a title made from the file's name."""
    stem = unicodedata.normalize("NFC", PurePosixPath(path).stem)
    words = " ".join(re.sub(r"[_\-\s]+", " ", stem).split())
    return words[:1].upper() + words[1:] or path


def guess_year(title: str, path: str, opening: str) -> int | None:
    """Return the year that the title names, else the file's name, else the first pages, else the directory.

    On the first pages only « rapport d'activité 2023 » and its like count. A title that names two
    years is only settled by the file's name: None rather than a wrong year.
    """
    name = PurePosixPath(path)
    from_title, from_name = (set(_ANY_YEAR.findall(words)) for words in (title, name.stem))
    for years in (from_title, from_name):
        if len(years) == 1:
            return int(years.pop())
    if from_title or from_name:
        return None
    for years in (set(_YEAR_OF_REPORT.findall(opening)), set(_ANY_YEAR.findall(name.parent.name))):
        if len(years) == 1:
            return int(years.pop())
    return None
