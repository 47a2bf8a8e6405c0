"""Reads the map of a site: the addresses of its pages, or of other maps (sitemaps.org)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

MAX_ENTRIES = 5000


@dataclass(frozen=True, slots=True)
class SiteMap:
    """What one map says."""

    pages: tuple[str, ...]
    maps: tuple[str, ...]


def read_map(data: bytes) -> SiteMap:
    """Return the addresses that a map names, in its order; nothing for what is no map.

    A map is XML, or a text with an address a line. Entities are not expanded, nothing else is loaded.
    """
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = data.decode("utf-8", errors="replace").split()[:MAX_ENTRIES]
        return SiteMap(tuple(line for line in lines if line.startswith(("http://", "https://"))), ())
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return SiteMap((), ())
    if root is None:
        return SiteMap((), ())
    found = [
        (element.text or "").strip()
        for element in root.iter("{*}loc")
        if etree.QName(element.getparent()).localname in {"url", "sitemap"}
    ][:MAX_ENTRIES]
    is_index = etree.QName(root).localname == "sitemapindex"
    return SiteMap((), tuple(found)) if is_index else SiteMap(tuple(found), ())
