"""The assistant as tools of the Model Context Protocol: search, read a page, ask."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from ra_assistant.errors import QuestionRefused
from ra_assistant.interfaces.attendant import Attendant, Room, told
from ra_assistant.interfaces.problems import Refused
from ra_assistant.interfaces.words import words_of
from ra_assistant.rendering import passage_json, summary_json, turns_of
from ra_assistant.types import Document, Span
from ra_assistant.wording import sentence_of

ROUTE = "/mcp"
MAX_FOUND = 20
_SAID = words_of("api")["mcp"]
_READING = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


class Said(BaseModel):
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


def mcp_server(attendant: Attendant, version: str) -> MCPServer[Any]:
    """Return the server, with its three tools."""
    server: MCPServer[Any] = MCPServer(
        "ra-assistant",
        title=_SAID["title"],
        instructions=_SAID["instructions"],
        version=version,
        log_level="ERROR",
    )

    @server.tool("chercher", description=_SAID["search"], annotations=_READING)
    async def search(
        texte: Annotated[str, Field(description=_SAID["query"], min_length=1, max_length=2000)],
        nombre: Annotated[int, Field(description=_SAID["count"], ge=1, le=MAX_FOUND)] = 5,
    ) -> dict[str, Any]:
        room = _room(attendant)
        hits = await run_in_threadpool(room.assistant.search, texte, nombre)
        rows = [passage_json(hit.passage, room.documents[hit.passage.document_id]) for hit in hits]
        return {"passages": rows}

    @server.tool("lire_page", description=_SAID["read"], annotations=_READING)
    async def read(
        document: Annotated[str, Field(description=_SAID["document"], max_length=300)] = "",
        page: Annotated[int, Field(description=_SAID["page"], ge=1)] = 1,
    ) -> dict[str, Any]:
        room = _room(attendant)
        return page_json(_document(room, document), page) if document else _listed(room)

    @server.tool("demander", description=_SAID["ask"], annotations=_READING)
    async def ask(
        question: Annotated[str, Field(description=_SAID["question"], max_length=20_000)],
        historique: Annotated[list[Said] | None, Field(description=_SAID["history"], max_length=60)] = None,
    ) -> dict[str, Any]:
        room = _room(attendant)
        history = turns_of([message.model_dump() for message in historique or ()])
        try:
            answer = await attendant.answer(room, question, history)
        except QuestionRefused as error:
            raise ToolError(sentence_of(error)) from error
        except Refused as error:
            raise ToolError(error.sentence) from error
        return await told(room, answer, question, "", 0.0)

    return server


def mcp_application(server: MCPServer[Any]) -> Starlette:
    """Return the application whose only route is `ROUTE`; without sessions, nothing is kept.

    Hosts and origins are checked by the door that stands before every interface.
    """
    return server.streamable_http_app(
        streamable_http_path=ROUTE,
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def page_json(document: Document, number: int) -> dict[str, Any]:
    """Return one page of a document, one section when it has no pages.

    Raises:
        ToolError: the document has fewer.
    """
    spans = _pages(document)
    if number > len(spans):
        raise ToolError(_SAID["no_page"].format(last=len(spans)))
    span = spans[number - 1]
    section = document.section_at(span.start)
    return {
        "document_id": document.id,
        "document_title": document.title,
        "year": document.year,
        "kind": document.kind.value,
        "unit": "page" if document.page_starts else "section",
        "number": number,
        "last": len(spans),
        "page_label": document.label_at(span.start),
        "section": list(section.path) if section else [],
        "start": span.start,
        "end": span.end,
        "text": document.text[span.start : span.end],
    }


def _pages(document: Document) -> list[Span]:
    if not document.page_starts:
        return [Span(section.start, section.end) for section in document.sections]
    ends = (*document.page_starts[1:], len(document.text))
    return [Span(start, end) for start, end in zip(document.page_starts, ends, strict=True)]


def _listed(room: Room) -> dict[str, Any]:
    counts = [sum(p.document_id == d.id for p in room.passages.values()) for d in room.newest_first()]
    rows = zip(room.newest_first(), counts, strict=True)
    return {
        "documents": [
            {**summary_json(document, passages), "last": len(_pages(document))} for document, passages in rows
        ]
    }


def _room(attendant: Attendant) -> Room:
    try:
        return attendant.room
    except Refused as error:
        raise ToolError(error.sentence) from error


def _document(room: Room, name: str) -> Document:
    for document in room.documents.values():
        if name in {document.id, document.path}:
            return document
    raise ToolError(_SAID["which_document"].format(name=name))
