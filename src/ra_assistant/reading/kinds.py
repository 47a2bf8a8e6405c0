"""Says what kind of document bytes are, whatever their server calls them."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

from ra_assistant.reading.archives import BAD_ARCHIVE

_MARKS = (b"<!doctype html", b"<html", b"<head", b"<body")
_TEXTS = {"text/plain": ".txt", "text/markdown": ".md", "text/x-markdown": ".md"}
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_SEARCHED = 2048


def kind_of(data: bytes, content_type: str, suffix: str) -> str | None:
    """Return the suffix under which a document is kept; None for what is no document.

    The first bytes decide; what the server says, and the suffix of the address, only tell texts apart.
    """
    opening = data[:_SEARCHED].lower()
    if b"%pdf-" in opening[:1024]:
        return ".pdf"
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    if b"\0" in data[:_SEARCHED] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    if any(mark in opening for mark in _MARKS) or content_type in _PAGES:
        return ".html"
    if content_type in _TEXTS:
        return suffix.lower() if suffix.lower() in _TEXTS.values() else _TEXTS[content_type]
    return None


def _office(data: bytes) -> str | None:
    """Return the suffix of an office document, by the names in its archive; none of them is unpacked."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
    except BAD_ARCHIVE:
        return None
    if "word/document.xml" in names:
        return ".docx"
    return ".odt" if {"content.xml", "mimetype"} <= names else None
