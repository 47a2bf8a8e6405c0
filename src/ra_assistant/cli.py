"""The command `ra-assistant`, in French."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ra_assistant import commands, corpus_commands, journal_commands, wording
from ra_assistant.errors import CorpusError, QuestionRefused, RaError
from ra_assistant.figure_commands import add_figure_commands
from ra_assistant.model_commands import add_model_commands
from ra_assistant.model_wording import OPTIONS
from ra_assistant.publishing_wording import system_reason
from ra_assistant.rendering import answer_json, document_json, hit_json, passage_finder, turns_of
from ra_assistant.settings import load_settings
from ra_assistant.site_commands import add_site_commands
from ra_assistant.terminal import FrenchCommand, FrenchGroup, UsageError, usage_sentence
from ra_assistant.types import Answer, Outcome
from ra_assistant.web_commands import add_web_commands
from ra_assistant.wording import CLI

if TYPE_CHECKING:
    from ra_assistant.assembly import Assistant


class SearchMode(StrEnum):
    """Which search answers."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    DENSE = "dense"


app = typer.Typer(
    help=CLI["app"],
    cls=FrenchGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

CorpusOption = Annotated[Path | None, typer.Option("--corpus", help=CLI["corpus_option"])]
IndexOption = Annotated[Path | None, typer.Option("--index", help=CLI["index_option"])]
JsonOption = Annotated[bool, typer.Option("--json", help=CLI["json_option"])]
BatchOption = Annotated[Path | None, typer.Option("--batch", help=CLI["batch_option"])]


@app.command(help=CLI["index"], cls=FrenchCommand)
def index(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    *,
    if_needed: Annotated[bool, typer.Option("--if-needed", help=CLI["if_needed_option"])] = False,
) -> None:
    """Build the index and put it in service."""
    publisher = commands.publisher_of(corpus, index, None)
    if commands.mend(publisher) or (commands.is_up_to_date(publisher) and if_needed):
        _say(CLI["up_to_date"])
        return
    built = commands.published(publisher)
    _say(
        CLI["built"].format(
            documents=wording.count(built.documents, "document", "documents"),
            passages=wording.count(built.passages, "passage", "passages"),
            embedded=wording.count(built.embedded, "nouveau calcul", "nouveaux calculs"),
        )
    )
    if built.unreadable:
        raise typer.Exit(1)


commands.register(app)
corpus_commands.register(app)
journal_commands.register(app)


@app.command(help=CLI["ask"], cls=FrenchCommand)
def ask(
    question: Annotated[str | None, typer.Argument(help=CLI["question_argument"])] = None,
    index: IndexOption = None,
    batch: BatchOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Answer one question, or each line of a file."""
    if question is None and batch is None:
        _fail(CLI["no_question"])
    rows = list(_rows(batch)) if batch is not None else [{"id": None, "question": question}]
    # One question is answered before Chroma is loaded: our own copy of the vectors gives the same passages.
    with _assistant(index, exact=batch is None, spoken=True) as assistant:
        ids = {document.path: document.id for document in assistant.documents}
        passage_of = passage_finder(assistant.passages)
        for row in rows:
            asked = str(row.get("question", ""))
            started = perf_counter()
            answer = _answered(assistant, row, ids)
            spent = (perf_counter() - started) * 1000
            if as_json:
                from ra_assistant.figure_rendering import series_json

                series = assistant.evolution(answer)
                shown = series_json(series) if series else None
                _print_json(answer_json(answer, asked, row.get("id"), spent, passage_of, shown))
            else:
                _print_answer(answer)


def _answered(assistant: Assistant, row: dict[str, Any], ids: dict[str, str]) -> Answer:
    within = row.get("within")
    chosen = frozenset(ids[path] for path in within if path in ids) if isinstance(within, list) else None
    try:
        return assistant.ask(str(row.get("question", "")), turns_of(row.get("history")), chosen)
    except QuestionRefused as error:
        return Answer(wording.sentence_of(error), Outcome.NOT_IN_REPORT, build_id=assistant.build_id)


def _print_answer(answer: Answer) -> None:
    _say(answer.text)
    for title, citations in (
        (CLI["answer_sources"], answer.citations),
        (CLI["answer_nearest"], answer.suggestions),
    ):
        if citations:
            _say(f"\n{title}\u00a0:")
        for citation in citations:
            row = answer_source(citation)
            _say(row)


def answer_source(citation: Any) -> str:
    """Return a citation as it is printed: marker, source, address, quote."""
    from ra_assistant.rendering import citation_json

    row = citation_json(citation)
    address = f"\n    {row['source_url']}" if row["source_url"] else ""
    return f"[{citation.marker}] {row['source']}{address}\n    «\u00a0{citation.quote}\u00a0»"


@app.command(help=CLI["search"], cls=FrenchCommand)
def search(
    batch: Annotated[Path, typer.Option("--batch", help=CLI["batch_option"])],
    index: IndexOption = None,
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help=CLI["k_option"])] = 10,
    mode: Annotated[SearchMode, typer.Option("--mode", help=CLI["mode_option"])] = SearchMode.HYBRID,
    *,
    as_json: JsonOption = False,
) -> None:
    """Search passages for each line of a file."""
    from ra_assistant.retrieval import Mode

    rows = list(_rows(batch))
    with _assistant(index) as assistant:
        documents = {document.id: document for document in assistant.documents}
        for row in rows:
            found = assistant.search(str(row.get("question", "")), k, Mode(mode.value))
            hits = [hit_json(hit, documents) for hit in found]
            if as_json:
                _print_json({"id": row.get("id"), "hits": hits})
            else:
                for rank, hit in enumerate(hits, 1):
                    _say(f"{rank}. {hit['path']} [{hit['start']}:{hit['end']}] {hit['text'][:160]!r}")


@app.command(help=CLI["evaluate"], cls=FrenchCommand)
def evaluate(
    book: Annotated[Path, typer.Argument(help=CLI["book_argument"])],
    index: IndexOption = None,
    html: Annotated[Path | None, typer.Option("--html", help=CLI["html_option"])] = None,
    price_in: Annotated[float, typer.Option("--price-in", min=0, help=OPTIONS["price_in"])] = 0.0,
    price_out: Annotated[float, typer.Option("--price-out", min=0, help=OPTIONS["price_out"])] = 0.0,
    *,
    llm: Annotated[bool, typer.Option("--llm", help=OPTIONS["llm"])] = False,
    as_json: JsonOption = False,
) -> None:
    """Run a question book and print the measures; with `--llm`, a language model's beside them."""
    from ra_assistant.books import read_book
    from ra_assistant.evaluating import by_kind, summarise, summary_json
    from ra_assistant.evaluating import evaluate as run_book
    from ra_assistant.measures import measure
    from ra_assistant.reporting import as_html, as_text, comparison_text

    if llm and not load_settings().llm:
        _fail(OPTIONS["no_llm"])
    cases = read_book(book)
    with _assistant(index, spoken=llm) as assistant:
        verdicts = run_book(cases, assistant.answerer.ask, assistant.search_after, measure)
        title = f"{book.name} · {assistant.build_id}"
        compared = None
        if llm and assistant.speaker is not None:
            from ra_assistant.comparing import compare

            compared = compare(verdicts, cases, assistant.speaker, assistant.passages)
    if html is not None:
        _write(html, as_html(verdicts, title, compared))
    if as_json:
        kinds = {kind: summary_json(group) for kind, group in by_kind(verdicts).items()}
        beside = {"comparison": compared.as_json()} if compared else {}
        _print_json({"all": summary_json(summarise(verdicts)), "kinds": kinds, **beside})
    else:
        _say(as_text(verdicts))
        if compared:
            prices = (price_in, price_out) if price_in or price_out else None
            _say("\n" + comparison_text(compared, prices))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        _fail(CLI["no_write"].format(path=path, reason=system_reason(error)))


@app.command(help=CLI["export"], cls=FrenchCommand)
def export(index: IndexOption = None, *, as_json: JsonOption = False) -> None:
    """Write each document's text and the ranges of its passages."""
    with _assistant(index) as assistant:
        for document in assistant.documents:
            if as_json:
                _print_json(document_json(document, assistant.passages))
            else:
                _say(f"{document.title}\n\n{document.text}\n")


@app.command(help=CLI["check"], cls=FrenchCommand)
def check(corpus: CorpusOption = None, index: IndexOption = None) -> None:
    """Say what is wrong with settings, corpus and index."""
    from ra_assistant import assembly, building

    settings = load_settings()
    corpus_dir, index_dir = corpus or settings.corpus_dir, index or settings.index_dir
    problems = 0
    if not corpus_dir.is_dir():
        _complain(CLI["no_corpus"].format(path=corpus_dir))
        problems += 1
    else:
        problems += _check_corpus(corpus_dir)
        if not problems and not building.is_up_to_date(corpus_dir, index_dir, settings):
            _complain(CLI["check_stale"])
            problems += 1
    try:
        assistant = assembly.open_assistant(index_dir, settings)
    except RaError as error:
        _complain(wording.sentence_of(error))
        raise typer.Exit(1) from error
    _say(
        CLI["check_ok" if not problems else "check_index_ok"].format(
            documents=wording.count(len(assistant.documents), "document", "documents"),
            passages=wording.count(len(assistant.passages), "passage", "passages"),
            build=assistant.build_id,
        )
    )
    assistant.close()
    if problems:
        raise typer.Exit(1)


def _check_corpus(corpus_dir: Path) -> int:
    from ra_assistant.reading import FileLoader, read_corpus_paths

    loader, problems = FileLoader(), 0
    for path in read_corpus_paths(corpus_dir):
        try:
            loader.load(path, corpus_dir)
        except CorpusError as error:
            _complain(wording.sentence_of(error))
            problems += 1
    return problems


@app.command(help=CLI["serve"], cls=FrenchCommand)
def serve(
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option("--host", help=CLI["host_option"])] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help=CLI["port_option"])] = None,
) -> None:
    """Run the web chat until interrupted."""
    from ra_assistant.opening import serve as run_server

    settings = load_settings()
    run_server(index or settings.index_dir, host or settings.host, port or settings.port, _say)


class _assistant:  # noqa: N801 - used as a function, in a `with`
    """Opens the assistant, with its language model where it is to speak, and closes it at the end of the block."""

    def __init__(self, index_dir: Path | None, *, exact: bool = False, spoken: bool = False) -> None:
        self._index_dir = index_dir
        self._exact = exact
        self._spoken = spoken

    def __enter__(self) -> Assistant:
        from ra_assistant.assembly import open_assistant

        self._opened = open_assistant(self._index_dir, exact=self._exact, spoken=self._spoken)
        return self._opened

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        _fail(CLI["no_file"].format(path=path))
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            _fail(CLI["bad_line"].format(number=number, path=path, reason=error))
        if not isinstance(row, dict):
            _fail(CLI["bad_line"].format(number=number, path=path, reason=type(row).__name__))
        yield row


def _say(text: str) -> None:
    typer.echo(text)


def _complain(text: str) -> None:
    typer.echo(text, err=True)


def _fail(text: str) -> Any:
    _complain(text)
    raise typer.Exit(1)


def _print_json(row: dict[str, Any]) -> None:
    typer.echo(json.dumps(row, ensure_ascii=False))


add_model_commands(app)
add_web_commands(app)
add_site_commands(app)
add_figure_commands(app)


def main() -> None:
    """Run the command; every failure is one French sentence and an exit status."""
    try:
        status = app(standalone_mode=False, prog_name="ra-assistant")
    except UsageError as error:
        _complain(usage_sentence(error))
        status = 2
    except RaError as error:
        _complain(wording.sentence_of(error))
        status = 1
    except (KeyboardInterrupt, typer.Abort):
        _complain(CLI["interrupted"])
        status = 130
    sys.exit(status if isinstance(status, int) else 0)
