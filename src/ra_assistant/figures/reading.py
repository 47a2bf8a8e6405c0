"""Reads the figures of a document, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ra_assistant.figures.amounts import WORDS, Amount, amounts, flat
from ra_assistant.figures.figure import Figure
from ra_assistant.figures.labels import (
    Label,
    count_label,
    noun_before,
    parallel_label,
    partial_label,
    rate_of,
    right_label,
    subject_label,
    with_action,
)
from ra_assistant.figures.noun_groups import pattern
from ra_assistant.figures.tables import row_figures
from ra_assistant.figures.years import covers_years, years_of
from ra_assistant.french.lexicon import table
from ra_assistant.french.sentences import sentence_spans
from ra_assistant.types import BlockKind, Document, Span

MAX_LABEL_CHARS = 100
_CLAUSE = re.compile(r"[;:—]|\s[–-]\s|\. ")
_BETWEEN_TWO = re.compile(r"\s*(?:à|/|puis à)\s*")
_PART = re.compile(r"\bdont\b|^ [^,;]{1,40} et $")
_DE = re.compile(r"(?<!\w)(?:de|d['’])\s*$")


def figures_of(document: Document) -> list[Figure]:
    """Return the figures of a document in order of place; those whose object is not clear are left out."""
    found: list[Figure] = []
    for block in document.blocks:
        span = Span(block.start, block.end)
        if block.kind is BlockKind.TABLE_ROW:
            found.extend(row_figures(document, block, _in_cell))
        elif block.kind is BlockKind.KEY_FIGURE:
            found.extend(_key_figures(document, span))
        elif block.kind is not BlockKind.HEADING:
            for sentence in sentence_spans(document.text[span.start : span.end], span.start):
                found.extend(_in_sentence(document, sentence, opens=sentence.start == span.start))
    return found


def _in_cell(document: Document, span: Span, year: int | None) -> Iterator[Figure]:
    """Yield the figures of a cell that holds words, about the year that its column says."""
    yield from _in_sentence(document, span, opens=True, default=year)


def _in_sentence(
    document: Document, span: Span, *, opens: bool, default: int | None = None
) -> Iterator[Figure]:
    text = _read(document, span)
    found = amounts(text, opens_block=opens)
    if not found:
        return
    years = years_of(text, found, default if default is not None else document.year)
    plain = flat(text)
    labels = _labels(text, found)
    sums = covers_years(text)
    for place, (amount, label) in enumerate(zip(found, labels, strict=True)):
        if label is None or len(label.text) > MAX_LABEL_CHARS:
            continue
        year = None if _is_origin(text, found, place) else years[place]
        yield Figure(
            document=document,
            start=span.start + amount.start,
            end=span.start + amount.end,
            quote_start=span.start,
            quote_end=span.end,
            value=amount.value,
            unit=amount.unit or label.head,
            label=with_action(label),
            year=year,
            qualifier=amount.qualifier,
            action=label.action,
            is_change=amount.signed or _is_change(plain, amount),
            is_target=sums or _is_target(plain, amount),
        )


def _read(document: Document, span: Span) -> str:
    """Return the text of a range, its modifier-letter apostrophes as the usual ones, position for position."""
    return document.text[span.start : span.end].replace("\u02bc", "\u2019")


def _labels(text: str, found: list[Amount]) -> list[Label | None]:
    labels: list[Label | None] = []
    for place, amount in enumerate(found):
        start = _clause_start(text, amount.start, found[place - 1].end if place else 0)
        limit = found[place + 1].start if place + 1 < len(found) else len(text)
        former = _Former(found[place - 1], labels[-1]) if place else None
        labels.append(_label(text, amount, start, limit, former))
    for place in range(len(found) - 2, -1, -1):
        if _is_origin(text, found, place):
            following = labels[place + 1]
            if labels[place] is None or (
                following is not None and following.head and not following.is_subject
            ):
                labels[place] = following
            labels[place + 1] = labels[place + 1] or labels[place]
    return labels


class _Former(NamedTuple):
    """The figure before, in the same sentence."""

    amount: Amount
    label: Label | None


def _label(text: str, amount: Amount, start: int, limit: int, former: _Former | None) -> Label | None:
    between = flat(text[former.amount.end : amount.start]) if former else ""
    own = (
        count_label(text, amount, limit)
        if amount.unit == ""
        else _after(text, amount, start, limit, former, between)
    )
    if own is not None:
        return own
    if former is not None and former.label is not None:
        same = _same(text, amount, limit, former.amount, former.label, between)
        if same is not None:
            return same
    if amount.unit == "":
        subject = subject_label(text, amount, start)
        return subject._replace(head=subject.text.split()[0].lower()) if subject else None
    return _measured(text, amount, start, limit, former, between)


def _after(
    text: str, amount: Amount, start: int, limit: int, former: _Former | None, between: str
) -> Label | None:
    """Return what stands right after an amount with a unit; a share also says whose it is."""
    right = right_label(text, amount, limit)
    if right is None or amount.unit != "%":
        return right
    return _share(text, amount, start, right, former.label if former else None, between)


def _same(
    text: str, amount: Amount, limit: int, former_amount: Amount, former: Label, between: str
) -> Label | None:
    """Return the label of the figure before when this one counts the same, or a part of it."""
    if former.is_subject and pattern("shifted").fullmatch(between.rstrip()):
        return former
    if amount.unit == former_amount.unit and not _words_follow(text, amount, limit):
        link = _stripped(between, amount).removeprefix(flat(former.text)).strip(" ,(")
        if _inherits(link):
            return _with_rate(former, text, amount, limit)
    if amount.unit == "" and former.head and _PART.search(between):
        part = partial_label(text, amount, limit, former.head)
        return Label(part.text, former.head) if part else None
    return None


def _measured(
    text: str, amount: Amount, start: int, limit: int, former: _Former | None, between: str
) -> Label | None:
    """Return the subject of the verb that measures, or the noun that an amount is the size of."""
    labelled = subject_label(text, amount, start) or noun_before(text, amount, start)
    if labelled is None and former is not None and former.label is not None:
        labelled = _parallel(text, amount, former, between)
    return _with_rate(labelled, text, amount, limit) if labelled else None


def _parallel(text: str, amount: Amount, former: _Former, between: str) -> Label | None:
    segment = max(text.rfind(",", 0, amount.start), text.rfind(";", 0, amount.start)) + 1
    if former.label is None or not former.label.is_subject:
        return None
    if segment <= former.amount.end and "et" not in between.split():
        return None
    return parallel_label(text, amount, max(segment, former.amount.end))


def _with_rate(label: Label, text: str, amount: Amount, limit: int) -> Label:
    rate = rate_of(text, amount, limit)
    return label._replace(text=f"{label.text} {rate}") if rate and rate not in label.text else label


def _share(text: str, amount: Amount, start: int, right: Label, former: Label | None, between: str) -> Label:
    """Return a share with whose it is: « Les femmes représentent 58 % de l'effectif »."""
    follows = re.search(r"\bet\s*$", between) is not None
    part_of = (
        former.head if former and re.search(r"\bdont\s*(?:pres de |plus de |environ )?$", between) else ""
    )
    if former is not None and (part_of or (follows and former.head and former.whole)):
        head = part_of or former.head
        return right._replace(text=f"{right.text} (% des {head})", head=head, whole=f"des {head}")
    subject = subject_label(text, amount, start)
    whose = subject.text if subject else ""
    if not whose and former is not None and former.base and follows:
        whose = former.base
    return right._replace(text=f"{whose} (% {right.whole})", base=whose) if whose else right


def _stripped(between: str, amount: Amount) -> str:
    text = between.strip(" ,(")
    qualifier = flat(amount.qualifier)
    return text.removesuffix(qualifier).strip(" ,(") if qualifier else text


def _inherits(link: str) -> bool:
    """Tell whether a figure that follows the words of `link` counts the same as the one before it."""
    patterns = table("figures")["patterns"]
    if re.search(r"\d{5}|[;:]|\bdont\b|\bqui\b", link):
        return False
    if re.fullmatch(rf".{{0,60}}?(?<!\w)(?:{'|'.join(patterns['comparing'])})", link):
        return True
    when = r"(?:(?:en|fin|pour|au 31 decembre) \d{4}|\(?\d{4}\)?|l'an dernier|en moyenne)?"
    return re.fullmatch(rf"{when}[\s,)(]*(?:{'|'.join(patterns['inheriting'])})", link) is not None


def _words_follow(text: str, amount: Amount, limit: int) -> bool:
    """Tell whether a word other than a year, « en », « l'an dernier » follows at once."""
    following = flat(text[amount.end : limit]).lstrip()
    return bool(following) and pattern("elliptical").match(following) is None


def _is_origin(text: str, found: list[Amount], place: int) -> bool:
    """Tell whether a figure is the first of « de 13 à 19 »."""
    if place + 1 >= len(found) or not _DE.search(text[: found[place].start]):
        return False
    between = text[found[place].end : found[place + 1].start]
    return _BETWEEN_TWO.fullmatch(between) is not None


def _clause_start(text: str, position: int, former_end: int) -> int:
    starts = [
        match.end()
        for match in _CLAUSE.finditer(text, 0, position)
        if text[match.start()] != ":"
        or (match.end() + 2 < position and text[match.end() : position].strip() != "")
    ]
    start = max([0, *starts])
    return max(start, 0) if former_end <= start else start


def _is_change(plain: str, amount: Amount) -> bool:
    before = plain[max(0, amount.start - 45) : amount.start]
    near = re.findall(r"[^\W\d_]+", before)[-4:]
    return (
        bool(near)
        and re.search(r"(?:de|d'|plus|moins)\s*$", before) is not None
        and bool(WORDS["changes"] & set(near[-3:]))
    )


def _is_target(plain: str, amount: Amount) -> bool:
    start = max(_clause_start(plain, amount.start, 0), plain.rfind(", ", 0, amount.start))
    around = (
        plain[start : amount.start]
        + " "
        + " ".join(plain[amount.end : amount.end + 50].split(",")[0].split()[:4])
    )
    return (
        bool(WORDS["targets"] & set(re.findall(r"[^\W\d_]+", around)))
        or "d'ici" in plain[start:]
        or (re.search(table("figures")["patterns"]["future"], plain[start : amount.start]) is not None)
    )


def _key_figures(document: Document, span: Span) -> Iterator[Figure]:
    """Yield the figure set large with its label, then the ones that its label holds."""
    text = _read(document, span)
    found = amounts(text.replace("\n", " "))
    if not found:
        return
    own = _own(text, found)
    if own is None:
        return
    amount, label = own
    years = years_of(text.replace("\n", " "), found, document.year)
    rate = label.text
    yield Figure(
        document=document,
        start=span.start + amount.start,
        end=span.start + amount.end,
        quote_start=span.start,
        quote_end=span.end,
        value=amount.value,
        unit=amount.unit or label.head,
        label=rate,
        year=years[found.index(amount)],
        qualifier=amount.qualifier,
        is_change=amount.signed,
        is_target=covers_years(text),
        is_key=True,
    )


_LABEL_END = re.compile(
    r"[,;(]|\.(?: |$)|\s[–—]\s|\bdont\b|\ben (?:19|20)\d{2}\b|\bau 31\b|\ben 20|\ben (?:janvier|decembre)"
)


def _own(text: str, found: list[Amount]) -> tuple[Amount, Label] | None:
    """Return the figure that stands alone on its line, and the label under or above it."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]
    for amount in found:
        line = next(((s, e) for s, e in lines if s <= amount.start < e), None)
        if line is None:
            continue
        rest = text[line[0] : amount.start] + text[amount.end : line[1]]
        if len(re.findall(r"[^\W\d_]{2,}", rest.replace(amount.qualifier, ""))) > 4 and len(lines) > 1:
            continue
        after, before = text[amount.end :], text[: line[0]]
        words = after if re.search(r"[^\W\d_]{3}", after) else before
        if not re.search(r"[^\W\d_]{3}", words):
            return None
        words = re.sub(r"\s+", " ", words).strip(" *:•-")
        end = _LABEL_END.search(flat(words))
        cut = words[: end.start()].strip() if end and end.start() > 2 else words
        cut = re.sub(r"^(?:de la |de l['’]|de |d['’]|des |du )", "", cut)[:MAX_LABEL_CHARS].strip()
        if not cut:
            return None
        first = next(
            (word for word in re.findall(r"[^\W\d_][\w-]*", cut) if flat(word) not in WORDS["prenominal"]), ""
        )
        return amount, Label(cut, first if first.isupper() else first.lower())
    return None
