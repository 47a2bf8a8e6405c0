"""The record of a figure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ra_assistant.types import Document


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a document; offsets count characters of its text."""

    document: Document
    start: int
    """Where the figure itself begins: sign or first digit."""
    end: int
    """Where it ends, unit included."""
    quote_start: int
    """Where the sentence, table row or key figure that it stands in begins."""
    quote_end: int
    value: Decimal
    """In `unit`, scales applied: « 2,48 M€ » has the value 2480000 and the unit `€`."""
    unit: str
    """Symbol (`€`, `%`, `m²`, `jours`…), or the noun that is counted (« entreprises »); may be empty in a table."""
    label: str
    """What is counted, in the words of the document."""
    year: int | None
    scale: int = 1
    """What the digits were multiplied by because a table's head says so: 1000 under « k€ »."""
    qualifier: str = ""
    """What makes it approximate, as written: « près de »."""
    scope: str = ""
    """What the label is to be read under: the head of a table's first column, a section's heading."""
    action: str = ""
    """What was done to what is counted, as a participle: « accueilli »."""
    is_change: bool = False
    """Whether it is a difference: « + 12 % », « une hausse de 3 M€ »."""
    is_target: bool = False
    """Whether it is a plan, a forecast or a sum over years rather than the year's own."""
    is_key: bool = False
    """Whether the page sets it large, or in a table: it names what it counts in full."""

    @property
    def id(self) -> str:
        """Name of the figure within a build."""
        return f"{self.document.id}:{self.start}"

    @property
    def quote(self) -> str:
        """The sentence, row or key figure, letter by letter."""
        return self.document.text[self.quote_start : self.quote_end]

    @property
    def written(self) -> str:
        """The figure, letter by letter."""
        return self.document.text[self.start : self.end]
