"""Reads Markdown (CommonMark with tables): markup taken out, structure kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ra_assistant.reading.assembling import Described, Draft, Piece, Source, assemble
from ra_assistant.reading.decoding import decode
from ra_assistant.reading.figures import is_key_figure
from ra_assistant.reading.frontmatter import split_front_matter
from ra_assistant.reading.grids import Cell, table_pieces
from ra_assistant.reading.html import demoted, fragment_pieces
from ra_assistant.reading.titles import is_heading
from ra_assistant.types import BlockKind

OPENING_CHARS = 3000

_URL = r"https?://[^\s<>)\]]+"
_LINK = (
    rf"(?:\[(?P<label>[^\]]*)\]\((?P<linked><?{_URL}(?:\([^\s)]*\))?[^\s)]*)\)"
    rf"|<(?P<angled>{_URL})>|(?P<bare>{_URL}))"
)
_UNNAMED_LINK = re.sub(r"\?P<\w+>", "", _LINK)
_SOURCE = re.compile(rf"Source[ \u00a0\u202f]*:\s*{_LINK}(?:\s*;\s*{_UNNAMED_LINK})*\s*\.?\s*")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read(data: bytes, path: str) -> Draft:
    """Return the draft of a Markdown file.

    Raises:
        UnreadableDocument: `front_matter`, it cannot be understood, or `mislabelled`, the file is no text.
    """
    text, notices = decode(data, path)
    said, body = split_front_matter(text, path)
    reader = _Reader(_with_whole_rows(body.replace("\0", "")))
    pieces = _with_unmarked_headings(reader.pieces, reader.strong)
    draft = assemble(pieces)
    title = next(
        (piece.text for piece in pieces if piece.kind is BlockKind.HEADING and piece.level == 1), None
    )
    return replace(
        draft, said=said, seen=Described(title=title), opening=draft.text[:OPENING_CHARS], notices=notices
    )


def _with_whole_rows(body: str) -> str:
    """Return `body` with the table rows that a stray line end cut in two made whole again."""
    lines = body.splitlines()
    whole: list[str] = []
    for line in lines:
        before = whole[-1].strip() if whole else ""
        is_cut = before.startswith("|") and not before.endswith("|") and line.strip().startswith("|")
        width = whole[-2].count("|") if len(whole) > 1 else 0
        if is_cut and width and before.count("|") + line.count("|") == width:
            whole[-1] = f"{whole[-1]} {line.strip()}"
        else:
            whole.append(line)
    return "\n".join(whole)


def _with_unmarked_headings(pieces: Sequence[Piece], strong: Mapping[int, int]) -> list[Piece]:
    """Return `pieces` with the headings that no `#` marks: bold lines, and bare ones where nothing is marked."""
    is_bare = not any(piece.kind is BlockKind.HEADING for piece in pieces)
    found = list(pieces)
    for index, piece in enumerate(pieces):
        is_line = piece.kind is BlockKind.PARAGRAPH and (is_bare or index in strong)
        if is_line and is_heading(piece.text, _said_under(pieces[index + 1 : index + 3])):
            found[index] = replace(piece, kind=BlockKind.HEADING, level=strong.get(index, 1))
    return found


def _said_under(pieces: Sequence[Piece]) -> list[str]:
    """Return the texts of the pieces before the next marked heading, rows and items as items."""
    said = list(takewhile(lambda piece: piece.kind is not BlockKind.HEADING, pieces))
    return [piece.text if piece.kind is BlockKind.PARAGRAPH else f"- {piece.text}" for piece in said]


class _Reader:
    """Goes through the tokens of one text and gathers its pieces."""

    def __init__(self, body: str) -> None:
        self._markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self._level = 0
        self._lists: list[int | None] = []
        """Number of the next item of each open list; None for bullets."""
        self._marker: str | None = None
        """What begins the list item whose first paragraph is awaited."""
        self.pieces: list[Piece] = []
        self.strong: dict[int, int] = {}
        """Rank of each paragraph that is set in bold from end to end; the level that it would have."""
        self._read(self._markdown.parse(body))

    def _read(self, tokens: Sequence[Token]) -> None:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.type == "table_open":
                end = next(i for i in range(index, len(tokens)) if tokens[i].type == "table_close")
                self.pieces += _table(tokens[index:end])
                index = end
            elif token.type == "heading_open":
                self._heading(tokens[index + 1], int(token.tag[1]))
                index += 1
            elif token.type == "inline":
                self._paragraph(token)
            else:
                self._other(token)
            index += 1

    def _other(self, token: Token) -> None:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            is_ordered = token.type == "ordered_list_open"
            self._lists.append(int(token.attrGet("start") or 1) if is_ordered else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            self._lists.pop()
        elif token.type == "list_item_open":
            self._open_item()
        elif token.type in {"fence", "code_block"}:
            self._add(BlockKind.PARAGRAPH, token.content.strip())
        elif token.type == "html_block":
            self.pieces += demoted(fragment_pieces(token.content), self._level)

    def _open_item(self) -> None:
        number = self._lists[-1]
        self._marker = "" if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _heading(self, inline: Token, level: int) -> None:
        text, captions = _rendered(inline)
        self._level = level
        self._add(BlockKind.HEADING, " ".join(text.split()), level=level)
        self._caption(captions)

    def _paragraph(self, inline: Token) -> None:
        if self._marker is None and not self._lists:
            inline = self._without_sources(inline)
        text, captions = _rendered(inline)
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if self._marker is not None:
            kind, words = BlockKind.LIST_ITEM, self._marker + _joined(inline, lines)
        elif is_key_figure(lines):
            kind, words = BlockKind.KEY_FIGURE, "\n".join(lines)
        else:
            kind, words = BlockKind.PARAGRAPH, _joined(inline, lines)
        if kind is BlockKind.PARAGRAPH and not self._lists and _is_strong(inline):
            self.strong[len(self.pieces)] = self._level + 1
        self._marker = None
        if any(map(str.isalnum, words)):
            self._add(kind, words)
        self._caption(captions)

    def _caption(self, captions: Sequence[str]) -> None:
        for caption in captions:
            self._add(BlockKind.CAPTION, caption)

    def _add(self, kind: BlockKind, text: str, level: int = 1) -> None:
        if text.strip():
            self.pieces.append(Piece(kind, text.strip(), level=level))

    def _without_sources(self, inline: Token) -> Token:
        """Take the lines that name the section's page out of a paragraph, and note the first one."""
        lines = inline.content.split("\n")
        named = [found for line in lines if (found := _SOURCE.fullmatch(line.strip()))]
        if not named or not self.pieces:
            return inline
        self._note_source(named[0])
        rest = [line for line in lines if not _SOURCE.fullmatch(line.strip())]
        return self._markdown.parseInline("\n".join(rest))[0]

    def _note_source(self, found: re.Match[str]) -> None:
        url = (found["linked"] or found["angled"] or found["bare"].rstrip(".,;")).strip("<>")
        last = max((i for i, piece in enumerate(self.pieces) if piece.kind is BlockKind.HEADING), default=0)
        if self.pieces[last].source is None:
            label = " ".join((found["label"] or "").split()) or None
            self.pieces[last] = replace(self.pieces[last], source=Source(url, label))


def _joined(inline: Token, lines: Sequence[str]) -> str:
    """Return a paragraph's lines: a line end that the author asked for stays, the others become spaces."""
    has_breaks = any(
        child.type == "hardbreak" or _BREAK.fullmatch(child.content) for child in inline.children or ()
    )
    if not has_breaks:
        return " ".join(lines)
    text, _ = _rendered(inline, soft=" ")
    return "\n".join(" ".join(line.split(" ")).strip() for line in text.split("\n") if line.strip())


def _rendered(inline: Token, soft: str = "\n") -> tuple[str, list[str]]:
    """Return the words of an inline token without markup, and the captions of its images."""
    words: list[str] = []
    captions: list[str] = []
    for child in inline.children or ():
        if child.type == "softbreak":
            words.append(soft)
        elif child.type == "hardbreak" or (child.type == "html_inline" and _BREAK.fullmatch(child.content)):
            words.append("\n")
        elif child.type == "image":
            captions += filter(None, ["".join(_rendered(child, soft=" ")[0]).strip()])
        elif child.type in {"text", "code_inline"}:
            words.append(child.content)
    return "".join(words), captions


def _is_strong(inline: Token) -> bool:
    """Return whether a paragraph is one bold stretch and nothing else."""
    children = [child for child in inline.children or () if child.type != "text" or child.content.strip()]
    inner = [child.type for child in children[1:-1]]
    return (
        len(children) > 2
        and (children[0].type, children[-1].type) == ("strong_open", "strong_close")
        and "strong_close" not in inner
    )


def _table(tokens: Sequence[Token]) -> list[Piece]:
    """Return the rows of a table; in Markdown the first one is always the header."""
    rows: list[list[Cell]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(Cell(" ".join(_rendered(token)[0].split("\n")).strip()))
    return table_pieces(rows, header_rows=1)
