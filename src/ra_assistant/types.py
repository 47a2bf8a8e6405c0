"""The vocabulary: immutable records that every other module speaks in.

Offsets are half-open and count characters of `Document.text`. Pages are 1-based.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple


class Span(NamedTuple):
    """A half-open range of characters of one document's text."""

    start: int
    end: int


class DocumentKind(StrEnum):
    """Whose words a document holds."""

    ORIGINAL = "original"
    """The publisher's own words, as published."""
    RESTATED = "restated"
    """Somebody's summary of a publication: a citation of it must say so."""


class BlockKind(StrEnum):
    """What a stretch of text is on the page."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    KEY_FIGURE = "key_figure"
    """A figure set large together with the label beside, above or below it."""
    CAPTION = "caption"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, table row, key figure, caption or heading."""

    kind: BlockKind
    start: int
    end: int
    context: str = ""
    """Words that are searched with the block though they do not stand in it (a table's header row)."""


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, heading included, down to the next heading of any level."""

    path: tuple[str, ...]
    """Headings from the outermost to this one; empty for text before the first heading."""
    start: int
    end: int
    source_url: str | None = None
    """Address of the page this section rests on, when it names one of its own."""
    source_label: str | None = None
    """How the section names that page, in the words of the document."""


@dataclass(frozen=True, slots=True)
class Run:
    """Where a stretch of text stands on a page image, so that it can be outlined."""

    start: int
    end: int
    page: int
    box: tuple[float, float, float, float]
    """Left, bottom, right, top, in PDF points from the page's lower left corner."""


@dataclass(frozen=True, slots=True)
class Document:
    """A report as it was read: its cleaned text and where everything stands in it."""

    id: str
    """Slug of the path below the corpus directory; unique in a corpus."""
    path: str
    """Path below the corpus directory, with forward slashes."""
    title: str
    year: int | None
    kind: DocumentKind
    source_url: str | None
    text: str
    """Cleaned text in Unicode normal form C; never edited after reading."""
    publisher: str | None = None
    page_starts: tuple[int, ...] = ()
    """Offset at which each page begins, increasing; empty for documents without pages."""
    page_labels: tuple[str, ...] = ()
    """Printed label of each page (« iv », « 12 »), as many as `page_starts`."""
    sections: tuple[Section, ...] = ()
    """A partition of the text in order; empty for an empty text."""
    blocks: tuple[Block, ...] = ()
    """Blocks in order; between two blocks there are only blanks."""

    def __post_init__(self) -> None:
        if len(self.page_labels) != len(self.page_starts):
            raise ValueError(
                f"{len(self.page_labels)} page labels for {len(self.page_starts)} pages; expected as many"
            )

    def page_at(self, offset: int) -> int | None:
        """Return the physical page that holds the character at `offset`; None for unpaged documents."""
        if not self.page_starts:
            return None
        return max(1, bisect_right(self.page_starts, offset))

    def label_at(self, offset: int) -> str | None:
        """Return the printed label of the page that holds `offset`; None for unpaged documents."""
        page = self.page_at(offset)
        return None if page is None else self.page_labels[page - 1]

    def section_at(self, offset: int) -> Section | None:
        """Return the section that holds `offset`; None when the text is empty."""
        index = bisect_right(self.sections, offset, key=lambda section: section.start)
        return self.sections[index - 1] if index else None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader of a file saw that its publisher should know."""

    code: str
    """Key of the French sentence in `wording.NOTICES`."""
    page: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What reading one file gave."""

    document: Document
    notices: tuple[Notice, ...] = ()
    runs: tuple[Run, ...] = ()
    """Position of each stretch of text on its page, in order; empty for unpaged formats."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document that is indexed and retrieved as one."""

    id: str
    """Depends on the document, the headings and the text, not on the place in the document."""
    document_id: str
    start: int
    end: int
    text: str
    section_path: tuple[str, ...] = ()
    page: int | None = None
    page_end: int | None = None
    context: str = ""
    """Table header words searched with the passage."""
    sentences: tuple[Span, ...] = ()
    """Sentences (or rows, or key figures) of the passage, in order, as offsets in the document."""

    def __post_init__(self) -> None:
        if len(self.text) != self.end - self.start:
            raise ValueError(
                f"passage text has {len(self.text)} characters, its range {self.end - self.start}"
            )

    @property
    def heading(self) -> str:
        """Headings that do not stand in the text, and the table header: what places the passage."""
        path = self.section_path
        if path and self.text.startswith(path[-1]):
            path = path[:-1]
        return "\n".join(part for part in (*path, self.context) if part)

    @property
    def searchable_text(self) -> str:
        """Headings and table header, then the text: what is embedded and indexed."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage; higher scores are better and comparable only within one list."""

    passage: Passage
    score: float


class AnswerKind(StrEnum):
    """What a question asks for."""

    QUANTITY = "quantity"
    DATE = "date"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    MANNER = "manner"
    LIST = "list"
    DEFINITION = "definition"
    YES_NO = "yes_no"
    COMPARISON = "comparison"
    CONTACT = "contact"
    """An address to write to, a telephone number, a site."""
    THING = "thing"


class SmallTalk(StrEnum):
    """A message that asks nothing of the report."""

    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    ABILITIES = "abilities"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was understood."""

    text: str
    """The question on its own, follow-up resolved."""
    terms: dict[str, float]
    """Stems to search, with their weight: 1 for a word of the question, less for one of a former turn."""
    kind: AnswerKind = AnswerKind.THING
    years: tuple[int, ...] = ()
    """Years that the question names, in order."""
    names: frozenset[str] = frozenset()
    """Stems of the proper names and acronyms that the question writes with a capital."""
    unit: str = ""
    """Unit of the quantity asked for (`eur`, `percent`…), when the question says it."""
    spelled_out: tuple[str, ...] = ()
    """What the acronyms of the question stand for in the report, and the acronyms of its long names, folded."""
    said: frozenset[str] = frozenset()
    """Stems of what the former answer said, for a follow-up: it asks for something else."""
    small_talk: SmallTalk | None = None
    is_follow_up: bool = False
    spans_years: bool = False
    """Whether two years are compared, named or not: « comment a évolué… »."""


class Outcome(StrEnum):
    """How a question was settled."""

    ANSWERED = "answered"
    NOT_IN_REPORT = "not_in_report"
    SMALL_TALK = "small_talk"


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim slice of a document that an answer rests on."""

    marker: int
    """The number shown as `[n]` in the answer's text."""
    document: Document
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The cited words, letter by letter as the document has them."""
        return self.document.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the visitor."""

    text: str
    """Plain text with `[n]` markers."""
    outcome: Outcome
    citations: tuple[Citation, ...] = ()
    highlights: tuple[Span, ...] = ()
    """Offsets in `text` of the words that answer."""
    span: tuple[str, int, int] | None = None
    """Document id, start and end of the exact words that answer."""
    suggestions: tuple[Citation, ...] = ()
    """Nearest passages, offered when the report does not answer."""
    standalone_question: str = ""
    """The question as it was understood, follow-up resolved."""
    probability: float = 0.0
    """Calibrated probability that the citations answer the question."""
    build_id: str = ""
    is_final: bool = True
    model: str = ""
    """Language model that phrased it, `provider:name`; empty when the words are the report's own."""
    prompt: str = ""
    """Hash of the prompt that the model was given."""
    shortened: bool = False
    """Whether something that the model said was left out and not made good, or it stopped before its end."""
    tokens_in: int = field(default=0, compare=False)
    tokens_out: int = field(default=0, compare=False)
    """What a language model was asked and answered for it, in tokens; 0 when none was asked."""


Length = Literal["short", "usual", "long"]
Style = Literal["usual", "plain"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a language model should phrase an answer; without one, the report's words are what they are."""

    length: Length = "usual"
    style: Style = "usual"
    """`plain`: words and sentences that are easy to read."""


USUAL = Manner()


class Message(NamedTuple):
    """One message to a chat model."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str


class Piece(NamedTuple):
    """What a chat model says at once; the counts come with the last piece, when it tells them."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation, as the client tells it: never trusted."""

    question: str
    answer: str = ""
