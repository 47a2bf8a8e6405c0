"""What a site lets programs read: its robots.txt, through Protego (RFC 9309)."""

from __future__ import annotations

from protego import Protego

MAX_BYTES = 500 * 1024
"""What a crawler has to read of a robots.txt (RFC 9309, section 2.5)."""
MAX_DELAY_SECONDS = 30.0


class Rules:
    """The rules of one host for one agent."""

    def __init__(self, text: str, agent: str) -> None:
        self._rules = Protego.parse(text)
        self._agent = agent

    def allow(self, url: str) -> bool:
        """Tell whether the agent may ask for `url`."""
        return bool(self._rules.can_fetch(url, self._agent))

    @property
    def delay_seconds(self) -> float:
        """Return the pause that the site asks for between two pages, at most half a minute."""
        return min(MAX_DELAY_SECONDS, float(self._rules.crawl_delay(self._agent) or 0.0))

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Return the addresses of the site's maps."""
        return tuple(self._rules.sitemaps)
