"""The report of an evaluation, as text for the terminal and as one self-contained web page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from html import escape

from ra_assistant.comparing import Comparison, Score, Use, cost
from ra_assistant.evaluating import Summary, Verdict, by_kind, calibration, summarise
from ra_assistant.model_wording import COMPARISON, FAILURES, FAULTS
from ra_assistant.plots import bars, page
from ra_assistant.wording import EVALUATION, percent

_COLUMNS = ("questions", "right", "rightly_refused", "page_right", "hit@1", "hit@5", "words_median")


def cells(summary: Summary) -> dict[str, str]:
    """Return the figures of a group as they are read, by column; an empty string where nothing counts."""
    shares = {
        "right": summary.answered_right,
        "needlessly_refused": summary.needlessly_refused,
        "rightly_refused": summary.rightly_refused,
        "page_right": summary.page_right,
        "quotes_verbatim": summary.quotes_verbatim,
        "figures_supported": summary.figures_supported,
        **summary.measures,
    }
    found = {name: percent(share) for name, share in shares.items()}
    found["questions"] = str(summary.questions)
    found["words_median"] = f"{summary.words_median:.0f}"
    found["milliseconds_median"] = f"{summary.milliseconds_median:.0f}"
    found["milliseconds_95"] = f"{summary.milliseconds_95:.0f}"
    return found


def as_text(verdicts: Sequence[Verdict]) -> str:
    """Return the figures by kind and overall, then each failure with what was answered."""
    rows = [(kind or EVALUATION["other"], cells(group)) for kind, group in by_kind(verdicts).items()]
    rows.append((EVALUATION["all"], cells(summarise(verdicts))))
    width = max(len(name) for name, _ in rows)
    titles = [EVALUATION[column] for column in _COLUMNS]
    lines = ["  ".join([" " * width, *titles])]
    for name, row in rows:
        values = (
            row.get(column, "").rjust(len(title)) for column, title in zip(_COLUMNS, titles, strict=True)
        )
        lines.append("  ".join([name.ljust(width), *values]))
    overall = rows[-1][1]
    lines += ["", *(f"{EVALUATION[name]}\u00a0: {overall[name] or '—'}" for name in _DETAILS)]
    failures = [verdict for verdict in verdicts if not verdict.is_right]
    if failures:
        lines += ["", EVALUATION["failures"]]
        lines += [f"- [{v.case.id}] {v.case.question} → {v.answer.text}" for v in failures]
    return "\n".join(lines)


_DETAILS = (
    "needlessly_refused",
    "quotes_verbatim",
    "figures_supported",
    "mrr@10",
    "milliseconds_median",
    "milliseconds_95",
)


def comparison_text(comparison: Comparison, prices: tuple[float, float] | None = None) -> str:
    """Return the report's answers and a language model's side by side, then what the model did.

    Args:
        comparison: what `comparing.compare` returns.
        prices: of a million tokens asked and answered, in euros.
    """
    own, model = _score_cells(comparison.extractive), _score_cells(comparison.model)
    width = max(len(COMPARISON[name]) for name in own)
    heads = (COMPARISON["extractive"], COMPARISON["model"])
    lines = [COMPARISON["title"].format(model=comparison.name), "", "  ".join([" " * width, *heads])]
    lines += [
        "  ".join(
            [COMPARISON[name].ljust(width), own[name].rjust(len(heads[0])), model[name].rjust(len(heads[1]))]
        )
        for name in own
    ]
    return "\n".join([*lines, "", *_use_lines(comparison.use, prices), "", COMPARISON["notice"]])


def _score_cells(score: Score) -> dict[str, str]:
    values = asdict(score)
    shares = ("right", "rightly_refused", "needlessly_refused", "recall", "precision", "french")
    return {
        name: (percent(value) if name in shares else "" if value is None else f"{value:.0f}") or "—"
        for name, value in values.items()
    }


def _use_lines(use: Use, prices: tuple[float, float] | None) -> Iterator[str]:
    yield COMPARISON["phrased"].format(phrased=use.phrased, asked=use.asked, shortened=use.shortened)
    faults = _counted(use.withheld, FAULTS)
    yield COMPARISON["withheld"].format(
        withheld=sum(use.withheld.values()), said=use.said, faults=f" ({faults})" if faults else ""
    )
    if use.failures:
        yield COMPARISON["failures"].format(failures=_counted(use.failures, FAILURES))
    spent = COMPARISON["cost"].format(cost=f"{cost(use, *prices):.4f}".replace(".", ",")) if prices else ""
    yield COMPARISON["tokens"].format(tokens_in=use.tokens_in, tokens_out=use.tokens_out, cost=spent)
    if use.first_milliseconds is not None:
        yield COMPARISON["first"].format(milliseconds=f"{use.first_milliseconds:.0f}")


def _counted(counts: Mapping[str, int], names: Mapping[str, str]) -> str:
    return ", ".join(f"{names.get(name, name)}\u00a0: {number}" for name, number in counts.items())


def as_html(verdicts: Sequence[Verdict], title: str, comparison: Comparison | None = None) -> str:
    """Return the whole report as one page that loads nothing, a language model's answers beside the report's."""
    overall = summarise(verdicts)
    body = [
        f"<h1>{escape(EVALUATION['title'])}</h1><p>{escape(title)}</p>",
        _tiles(cells(overall)),
        *([_comparison_html(comparison)] if comparison else []),
        f"<h2>{escape(EVALUATION['by_kind'])}</h2>",
        bars(
            (kind or EVALUATION["other"], group.right, percent(group.right))
            for kind, group in by_kind(verdicts).items()
        ),
        f"<h2>{escape(EVALUATION['calibration'])}</h2><p>{escape(EVALUATION['calibration_help'])}</p>",
        _curve(list(calibration(verdicts))),
        f"<h2>{escape(EVALUATION['times'])}</h2>",
        _histogram([verdict.milliseconds for verdict in verdicts]),
        f"<h2>{escape(EVALUATION['failures'])}</h2>",
        _table(verdict for verdict in verdicts if not verdict.is_right),
    ]
    return page(EVALUATION["title"], "\n".join(body))


def _tiles(row: Mapping[str, str]) -> str:
    names = ("questions", "right", "rightly_refused", "page_right", "quotes_verbatim", "milliseconds_median")
    tiles = "".join(
        f"<div><dt>{escape(EVALUATION[name])}</dt><dd>{escape(row[name] or '—')}</dd></div>" for name in names
    )
    return f"<dl>{tiles}</dl>"


def _comparison_html(comparison: Comparison) -> str:
    own, model = _score_cells(comparison.extractive), _score_cells(comparison.model)
    heads = "".join(f'<th scope="col">{escape(COMPARISON[name])}</th>' for name in ("extractive", "model"))
    rows = "".join(
        f'<tr><th scope="row">{escape(COMPARISON[name])}</th><td>{own[name]}</td><td>{model[name]}</td></tr>'
        for name in own
    )
    said = "".join(
        f"<p>{escape(line)}</p>" for line in [*_use_lines(comparison.use, None), COMPARISON["notice"]]
    )
    title = escape(COMPARISON["title"].format(model=comparison.name))
    return (
        f"<h2>{title}</h2><table><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>{said}"
    )


def _curve(points: Sequence[tuple[float, float, int]]) -> str:
    """Draw the share of right answers against the probability said; the diagonal is perfection."""
    dots = "".join(
        f'<circle cx="{10 + 180 * said:.1f}" cy="{190 - 180 * right:.1f}" r="{2 + min(8, count**0.5):.1f}">'
        f"<title>{count}</title></circle>"
        for said, right, count in points
    )
    label = escape(EVALUATION["calibration"])
    return (
        f'<svg viewBox="0 0 200 200" class="square" role="img" aria-label="{label}">'
        f'<path d="M10 190 L190 10" class="rule"/><path d="M10 10 V190 H190" class="axis"/>{dots}</svg>'
    )


def _histogram(times: Sequence[float], bins: int = 24) -> str:
    top = sorted(times)[round(0.98 * (len(times) - 1))] or 1.0
    counts = [0] * bins
    for time in times:
        counts[min(bins - 1, int(time / top * bins))] += 1
    most = max(counts)
    bars = "".join(
        f'<rect x="{8 * place}" y="{60 - height:.1f}" width="7" height="{height:.1f}" class="fill"/>'
        for place, height in enumerate(56 * count / most for count in counts)
    )
    label = f"0 – {top:.0f} ms"
    return (
        f'<svg viewBox="0 0 192 60" class="wide" role="img" aria-label="{label}">{bars}</svg><p>{label}</p>'
    )


def _table(failures: Iterable[Verdict]) -> str:
    rows = "".join(
        f"<tr><td>{escape(v.case.id)}</td><td>{escape(v.case.question)}</td>"
        f"<td>{escape(_wanted(v))}</td><td>{escape(v.answer.text)}</td></tr>"
        for v in failures
    )
    names = ("id", "question", "expected", "answer")
    heads = "".join(f'<th scope="col">{escape(EVALUATION[name])}</th>' for name in names)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else "<p>—</p>"


def _wanted(verdict: Verdict) -> str:
    if verdict.case.must_refuse:
        return EVALUATION["must_refuse"]
    return " + ".join(" / ".join(group) for group in verdict.case.expected)
