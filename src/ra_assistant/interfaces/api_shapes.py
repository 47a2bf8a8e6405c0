"""What the HTTP API takes and gives, as OpenAPI describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from ra_assistant.types import Length, Style

MAX_MESSAGES = 60
MAX_MESSAGE_CHARS = 4000
MAX_COMMENT_CHARS = 1000
MAX_ASKED_CHARS = 20_000
"""What is read at all; a question has its own, shorter limit, which says so in a sentence."""
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Message(BaseModel):
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(max_length=MAX_MESSAGE_CHARS)]


class Ask(BaseModel):
    """A question, with the conversation that it goes on."""

    question: Annotated[str, StringConstraints(max_length=MAX_ASKED_CHARS)] = Field(
        examples=["Combien de nouvelles entreprises en 2020 ?"]
    )
    history: Annotated[list[Message], Field(max_length=MAX_MESSAGES)] = []
    """Former messages, oldest first."""
    within: Annotated[list[str], Field(max_length=100)] | None = None
    """Paths or ids of the only documents to search."""
    length: Length = "usual"
    """How long a language model's answer should be; refused where there is none."""
    style: Style = "usual"
    """`plain` for words that are easy to read; refused where there is no language model."""
    id: Identifier | None = None
    """The question's id, which comes back with the answer and resumes a stream."""


class Citation(BaseModel):
    """A slice of a document, letter by letter."""

    marker: int
    document_id: str
    path: str
    document_title: str
    kind: Literal["original", "restated"]
    year: int | None
    source_url: str | None
    source: str
    page: int | None
    page_label: str | None
    section: list[str]
    start: int
    end: int
    quote: str
    passage_id: str | None


class Span(BaseModel):
    """The exact words that answer."""

    document_id: str
    start: int
    end: int


class Point(BaseModel):
    """One year of a series, with the sentence that says it."""

    year: int
    value: float
    approximate: bool
    written: str
    citation: Citation
    address: str


class Series(BaseModel):
    """The same thing counted in several years."""

    label: str
    unit: str
    points: list[Point]


class Answer(BaseModel):
    """An answer, or a refusal with the nearest passages."""

    id: str
    question: str
    standalone_question: str
    outcome: Literal["answered", "not_in_report", "small_talk"]
    answer: str
    highlights: list[tuple[int, int]]
    span: Span | None
    probability: float
    citations: list[Citation]
    suggestions: list[Citation]
    series: Series | None
    build_id: str
    model: str | None
    """Language model that phrased the answer; null when its words are the report's own."""
    prompt: str | None
    """Hash of the prompt that the model was given."""
    shortened: bool
    """Whether sentences of the model were left out because the report does not establish them."""
    milliseconds: float


class Figure(BaseModel):
    """A figure of a report, with the sentence, table row or key figure that it stands in."""

    id: str
    value: float
    unit: str
    label: str
    year: int | None
    nature: Literal["level", "change", "target"]
    approximate: bool
    written: str
    figure_start: int
    figure_end: int
    document_id: str
    path: str
    document_title: str
    page: int | None
    page_label: str | None
    section: list[str]
    start: int
    end: int
    quote: str
    address: str


class Figures(BaseModel):
    """The figures asked for, some at a time, and the series that they are points of."""

    build_id: str
    total: int
    offset: int
    figures: list[Figure]
    series: list[Series]


class DocumentSummary(BaseModel):
    """A document in service."""

    document_id: str
    path: str
    title: str
    year: int | None
    kind: Literal["original", "restated"]
    publisher: str | None
    source_url: str | None
    pages: int | None
    characters: int
    passages: int


class Documents(BaseModel):
    """The documents in service."""

    build_id: str
    documents: list[DocumentSummary]


class DocumentText(BaseModel):
    """A document with its whole text."""

    document_id: str
    path: str
    title: str
    year: int | None
    text: str
    passages: list[tuple[int, int]]


class Neighbour(BaseModel):
    """The passage before or after another one."""

    passage_id: str
    text: str


class Passage(BaseModel):
    """A passage with its surroundings."""

    passage_id: str
    document_id: str
    path: str
    document_title: str
    kind: Literal["original", "restated"]
    year: int | None
    source_url: str | None
    page: int | None
    page_label: str | None
    section: list[str]
    start: int
    end: int
    text: str
    report_url: str
    """Where it is read in its document."""
    page_image: str | None
    """Image of its page with the passage outlined; null when the document is no PDF."""
    before: Neighbour | None
    after: Neighbour | None


class Page(BaseModel):
    """A page of a PDF: its text, and where a passage stands on its image."""

    document_id: str
    page: int
    page_label: str
    start: int
    end: int
    text: str
    height: float
    """Height of the page, its width being 1."""
    image_url: str
    outline: list[tuple[float, float, float, float]]
    """Left, top, right, bottom of each line of the passage, as shares of the page; empty when it is not found."""


class Starters(BaseModel):
    """Questions to begin with."""

    build_id: str
    publisher: str | None
    starters: list[str]
    kept_days: int
    """Days that the words of questions are kept; 0 when they are not."""


class Feedback(BaseModel):
    """What a visitor says of an answer."""

    id: Identifier
    """The question's id; an opinion about the same question takes the place of the former one."""
    build_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    verdict: Literal["up", "down"]
    reason: Literal["wrong_figure", "missing_sources", "too_long", "off_topic", "report_error"] | None = None
    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT_CHARS)] | None = None
    question: Annotated[str, StringConstraints(max_length=MAX_ASKED_CHARS)] | None = None
    """Kept only where the operator keeps questions."""
    answer: Annotated[str, StringConstraints(max_length=MAX_ASKED_CHARS)] | None = None
    """Kept only where the operator keeps questions."""


class FeedbackKept(BaseModel):
    """What was kept of an opinion."""

    id: str
    verdict: Literal["up", "down"]
    reason: str | None


class Problem(BaseModel):
    """A refusal (RFC 9457); `detail` is a French sentence."""

    type: str
    title: str
    status: int
    code: str
    detail: str


def responses(ok: type[BaseModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses of a route for OpenAPI: `ok`, and problems."""
    refusal = {
        "model": Problem,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    refused: dict[int | str, dict[str, Any]] = {
        status: {**refusal, "description": "Problem"} for status in (*statuses, 403, 429, 503)
    }
    return {200: {"model": ok}, **refused}
