"""The results as tables: in Markdown, and in one web page with plots."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ra_assistant.plots import bars, page

Numbers = Mapping[str, Any]
OURS = "ours"
TITLE = "ra-assistant beside other ways to search"


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of the table of a book."""

    key: str
    title: str
    form: str
    is_compared: bool = False
    """Whether to give it, too, as so many times ours."""


COLUMNS = (
    Column("hit@1", "hit@1", "{:.3f}"),
    Column("hit@5", "hit@5", "{:.3f}"),
    Column("mrr@10", "MRR@10", "{:.3f}"),
    Column("build_seconds", "build, s", "{:.2f}", is_compared=True),
    Column("build_cpu_seconds", "build, CPU s", "{:.2f}", is_compared=True),
    Column("change_seconds", "one text changed, s", "{:.2f}", is_compared=True),
    Column("ms_50", "search median, ms", "{:.1f}", is_compared=True),
    Column("ms_95", "95th, ms", "{:.1f}"),
    Column("ms_99", "99th, ms", "{:.1f}", is_compared=True),
    Column("ms_cpu", "search, CPU ms", "{:.1f}", is_compared=True),
    Column("megabytes_peak", "peak memory, MB", "{:.0f}", is_compared=True),
    Column("megabytes_disk", "disk, MB", "{:.1f}", is_compared=True),
)
_CHANGED = 1 + [column.key for column in COLUMNS].index("change_seconds")
GROWING = (
    ("ms_50", "Search, median milliseconds"),
    ("build_seconds", "Build, seconds"),
    ("change_seconds", "One text changed, seconds"),
    ("megabytes_peak", "Peak memory, MB"),
)
ANSWERS = (
    ("cited@1", "first citation is of the right text", "{:.3f}"),
    ("sentence@1", "first citation covers the marked answer", "{:.3f}"),
    ("needless", "needlessly refused", "{:.3f}"),
    ("rightly", "rightly refused", "{:.3f}"),
    ("ms_50", "median, ms", "{:.0f}"),
    ("ms_95", "95th, ms", "{:.0f}"),
    ("ms_99", "99th, ms", "{:.0f}"),
)
SERVED = (
    ("clients", "clients", "{:.0f}"),
    ("per_second", "answers a second", "{:.1f}"),
    ("ms_50", "median, ms", "{:.0f}"),
    ("ms_95", "95th, ms", "{:.0f}"),
    ("ms_99", "99th, ms", "{:.0f}"),
    ("failed", "failed", "{:.0f}"),
)
STARTS = (
    ("import_chromadb", "bare import of chromadb, s"),
    ("cold_ask", "`ra-assistant ask`, cold, s"),
    ("healthz", "server: first `/healthz`, s after its start"),
    ("first_answer", "server: first answer, s after its start"),
    ("megabytes_before", "server: memory before the questions, MB"),
    ("megabytes_after", "server: memory after them, MB"),
    ("answered", "questions answered meanwhile"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A title, what to know, and rows of cells; the first cell of a row names it."""

    title: str
    notes: Sequence[str]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(results: Numbers) -> Iterator[Table]:
    """Yield every table of the report, in order."""
    yield _contestants(results)
    for book in results["books"]:
        yield _book(book, results["contestants"])
    answers = [(book["name"], book["results"].get(OURS, {}).get("answers")) for book in results["books"]]
    if any(told for _, told in answers):
        rows = [[name, *_cells(told, ANSWERS)] for name, told in answers if told]
        note = "ra-assistant alone: the others find passages and answer nothing."
        yield Table("Whole answers", [note], ["texts", *(title for _, title, _ in ANSWERS)], rows)
    yield from _served(results.get("serving"))
    yield from _widgets(results.get("widget"))


def _cells(told: Numbers, columns: Sequence[tuple[str, str, str]]) -> list[str]:
    return ["—" if told.get(key) is None else form.format(told[key]) for key, _, form in columns]


def _contestants(results: Numbers) -> Table:
    rows = []
    for one in results["contestants"].values():
        if one.get("error"):
            rows.append([one["label"], one["set_up"], "—", "—", f"not installed: {one['error']}"])
            continue
        spent = one["install_seconds"]
        took = "this Python" if spent is None else f"{spent:.0f} s"
        size = f"{one['megabytes']:,.0f} MB" if one["packages"] else "—"
        rows.append([one["label"], one["set_up"], str(one["packages"]), size, took])
    notes = ["Packages: those that are installed for it, pip left out; the time includes what pip downloads."]
    return Table("Who", notes, ["", "set up", "packages", "size", "installed in"], rows)


def _book(book: Numbers, contestants: Numbers) -> Table:
    ours = book["results"].get(OURS, {})
    rows = []
    for name, told in book["results"].items():
        label = contestants[name]["label"]
        if "error" in told:
            rows.append([label, f"failed: {told['error']}", *[""] * (len(COLUMNS) - 1)])
            continue
        rows.append([label, *(_cell(column, told, ours, is_ours=name == OURS) for column in COLUMNS)])
        if told.get("change_is_found") is False:
            rows[-1][_CHANGED] += " (not found)"
    notes = [
        f"{book['texts']:,} texts, {book['questions']:,} questions with an answer, asked {book['rounds']} "
        f"{'times' if book['rounds'] > 1 else 'time'} in turns. In brackets: so many times ours."
    ]
    return Table(book["name"], notes, ["", *(column.title for column in COLUMNS)], rows)


def _cell(column: Column, told: Numbers, ours: Numbers, *, is_ours: bool) -> str:
    value = told.get(column.key)
    if value is None:
        return "—"
    cell = column.form.format(value)
    if column.is_compared and not is_ours and ours.get(column.key):
        cell += f" ({times(value / ours[column.key])})"
    return cell


def times(ratio: float) -> str:
    """Return a ratio as it is read, two figures that count."""
    if ratio < 0.01:
        return "×\u00a0<\u00a00.01"
    return f"×\u00a0{ratio:.{0 if ratio >= 10 else 1 if ratio >= 1 else 2}f}"


def _served(serving: Numbers | None) -> Iterator[Table]:
    if not serving:
        return
    notes = [f"{serving['texts']:,} texts, whole extractive answers over HTTP, one process."]
    if "error" in serving:
        yield Table("ra-assistant as a server", [*notes, f"failed: {serving['error']}"], [], [])
        return
    rows = [_cells(row, SERVED) for row in serving["loads"]]
    for cells, row in zip(rows, serving["loads"], strict=True):
        if "while" in row:
            cells[0] += f", while {row['while']} ({row['published']} times)"
    yield Table("ra-assistant as a server", notes, [title for _, title, _ in SERVED], rows)
    starts = [[title, f"{serving[key]:,.2f}".removesuffix(".00")] for key, title in STARTS if key in serving]
    yield Table("Starting", ["Medians of interleaved runs, files warm."], ["", ""], starts)


def _widgets(widget: Numbers | None) -> Iterator[Table]:
    if not widget:
        return
    title = "What a widget adds to a page"
    if "error" in widget:
        yield Table(title, [f"failed: {widget['error']}"], [], [])
        return
    rows = [[row["name"], f"{row['bytes']:,}", f"{row['gzip']:,}"] for row in widget["rows"]]
    yield Table(title, ["The script that its own instructions load."], ["", "bytes", "gzip -9, bytes"], rows)


def described(results: Numbers) -> list[str]:
    """Return what to know before the figures: the machine, how busy it was, how long it took."""
    machine = results["machine"]
    busy = max(machine["load"], results["load_end"])
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gigabytes']} GB, {machine['system']}, "
        f"Python {machine['python']}, SQLite {machine['sqlite']}.",
        f"Version {results['version']}, {results['when']}; {results['seconds'] / 60:.1f} minutes.",
        f"Load of the machine before and after: {machine['load']}, {results['load_end']}"
        + (" — others used it, too: times are too long, ratios less so." if results.get("shared") else "."),
    ]
    if busy > machine["cores"] and not results.get("shared"):
        lines.append("The load exceeds the cores: times may be too long.")
    return lines


def markdown(results: Numbers) -> str:
    """Return the report in Markdown."""
    lines = [f"# {TITLE}", "", *(f"- {line}" for line in described(results)), ""]
    for table in tables(results):
        lines += [f"## {table.title}", "", *table.notes, ""]
        if table.head:
            lines += [_row(table.head), _row(["---"] * len(table.head)), *map(_row, table.rows), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def html(results: Numbers) -> str:
    """Return the report as one page that loads nothing."""
    body = [f"<h1>{escape(TITLE)}</h1>", *(f"<p>{escape(line)}</p>" for line in described(results))]
    body += ["<h2>Right at the first place</h2>", *_quality(results)]
    body += ["<h2>As the texts grow</h2>", *_growth(results)]
    for table in tables(results):
        body.append(f"<h2>{escape(table.title)}</h2>")
        body += [f"<p>{escape(note)}</p>" for note in table.notes]
        body.append(_html_table(table))
    return page(TITLE, "\n".join(body), "en")


def _html_table(table: Table) -> str:
    if not table.head:
        return ""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        for row in table.rows
    )
    return f'<div style="overflow-x:auto"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _quality(results: Numbers) -> Iterator[str]:
    for book in results["books"]:
        yield f"<h3>{escape(book['name'])}</h3>"
        yield bars(
            (results["contestants"][name]["label"], told["hit@1"], f"{told['hit@1']:.3f}")
            for name, told in book["results"].items()
            if "error" not in told
        )


def _growth(results: Numbers) -> Iterator[str]:
    books = sorted((book for book in results["books"] if book["is_invented"]), key=lambda book: book["texts"])
    for key, title in GROWING:
        lines = {
            one["label"]: [
                (book["texts"], book["results"][name][key])
                for book in books
                if book["results"].get(name, {}).get(key)
            ]
            for name, one in results["contestants"].items()
        }
        lines = {label: points for label, points in lines.items() if points}
        if lines:
            yield f"<h3>{escape(title)}</h3>" + curves(lines, title)


def curves(lines: Mapping[str, Sequence[tuple[float, float]]], title: str) -> str:
    """Draw a line a name, both axes by powers of ten; names stand at the ends of their lines.

    Args:
        lines: points by name, all positive, at least one.
        title: what a reader who cannot see it is told.
    """
    across, up = (
        _scale([x for points in lines.values() for x, _ in points]),
        _scale([y for points in lines.values() for _, y in points]),
    )
    width, height, left, top = 330.0, 230.0, 50.0, 10.0

    def place(x: float, y: float) -> tuple[float, float]:
        return left + width * across(x), top + height * (1 - up(y))

    parts = [f'<path d="M{left} {top} V{top + height} H{left + width}" class="axis"/>']
    for power in _powers([x for points in lines.values() for x, _ in points]):
        at = place(power, 1)[0]
        parts.append(f'<text x="{at:.1f}" y="{top + height + 16}" text-anchor="middle">{power:,.0f}</text>')
    for power in _powers([y for points in lines.values() for _, y in points]):
        at = place(1, power)[1]
        parts.append(f'<path d="M{left} {at:.1f} H{left + width}" class="rule"/>')
        parts.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{power:g}</text>')
    ends = _apart([(label, place(*points[-1])[1]) for label, points in lines.items()], top + height)
    for rank, (label, points) in enumerate(lines.items()):
        colour = f"hsl({rank * 360 / len(lines):.0f} 60% 45%)"
        at = [place(*point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        thick = 3.5 if rank == 0 else 1.8
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{thick}"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" style="fill:{colour}"><title>{escape(label)}: {said:,.4g}'
            f"</title></circle>"
            for (x, y), (_, said) in zip(at, points, strict=True)
        ]
        parts.append(
            f'<text x="{left + width + 12}" y="{ends[label] + 4:.1f}" fill="{colour}">{escape(label)}</text>'
        )
    frame = f'viewBox="0 0 600 270" class="wide" role="img" aria-label="{escape(title)}"'
    return f'<svg {frame} font-size="11" fill="currentColor">{"".join(parts)}</svg>'


def _scale(values: Sequence[float]) -> Callable[[float], float]:
    powers = _powers(values)
    low, high = math.log10(powers[0]), math.log10(powers[-1])
    return lambda value: (math.log10(value) - low) / (high - low)


def _powers(values: Sequence[float]) -> list[float]:
    """Return the powers of ten around the values, at least two."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def _apart(ends: Sequence[tuple[str, float]], lowest: float, step: float = 13.0) -> dict[str, float]:
    """Return where each name is written, from top to bottom, none over another."""
    placed: dict[str, float] = {}
    bottom = lowest
    for label, at in sorted(ends, key=lambda end: -end[1]):
        placed[label] = min(at, bottom)
        bottom = placed[label] - step
    return placed
