"""Rows as French spreadsheets read them, in which nothing is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = re.compile(r"[\s\u00a0\u202f]*[=+\-@\u2212\uff1d\uff0b\uff0d\uff20\t\r\n]")
"""What a spreadsheet reads as a formula, or skips to reach one."""


def as_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a file: UTF-8 with its mark, semicolons; the cells of `rows` are those of the file as they are."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return written.getvalue().encode("utf-8-sig")


def inert(text: str) -> str:
    """Return a text as a cell on one line, with an apostrophe before what would be a formula."""
    line = " ".join(text.split())
    return f"'{line}" if _FORMULA.match(line) or _FORMULA.match(text) else line
