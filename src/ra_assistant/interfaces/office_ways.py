"""The ways between the pages for whoever publishes, and out of them."""

from __future__ import annotations

from ra_assistant.interfaces.markup import element, escape
from ra_assistant.journal_wording import DASHBOARD


def office_ways(here: str) -> str:
    """Return the ways, as seen one level below our root; `here` is the title of the page."""
    places = (
        ("../", DASHBOARD["see_chat"]),
        ("../publier/", DASHBOARD["publish"]),
        ("../tableau-de-bord/", DASHBOARD["see_dashboard"]),
    )
    links = (
        element("a", escape(words), href=place, aria_current="page" if words == here else "")
        for place, words in places
    )
    leave = element("form", element("button", escape(DASHBOARD["leave"])), method="post", action="sortir")
    return element("nav", *links, leave, aria_label=DASHBOARD["ways"], class_="ra-ways")
