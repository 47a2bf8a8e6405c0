"""The benchmark's own parts: the invented book, ranks, environments that cannot be made, the report."""

import itertools
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bench.beside import __main__ as beside
from bench.beside import books, measuring, report
from bench.beside.environments import NotInstalled, environment_of
from bench.beside.measuring import answered, measure, ranks
from bench.beside.protocol import Entry, chosen

from ra_assistant.books import read_book
from ra_assistant.french.words import fold


def test_the_invented_book_is_always_the_same_and_marks_its_answers() -> None:
    book = books.invented(300)
    assert book == books.invented(300)
    texts = {text.id: text.text for text in book.texts}
    assert len(set(texts.values())) == len(texts) == 300
    for question in book.questions:
        for name in question.relevant:
            ((start, end),) = question.spans
            assert texts[name][start:end].replace("\u202f", "").isdigit()
    unanswerable = [question for question in book.questions if not question.relevant]
    assert len(unanswerable) == 60
    assert "{" not in "".join([*texts.values(), *(question.question for question in book.questions)])


def test_a_question_of_a_large_invented_book_has_one_answer() -> None:
    book = books.invented(20_000)
    assert len({question.question for question in book.questions if question.relevant}) > 19_000
    assert len(book.cut(200).questions) <= 200


def test_a_smaller_book_keeps_the_texts_of_its_questions() -> None:
    whole = books.invented(100)
    part = whole.within(sum(len(text.text) for text in whole.texts) // 4)
    names = {text.id for text in part.texts}
    assert len(names) in {20, 25}
    assert {name for question in part.questions for name in question.relevant} == names


def test_local_sets_are_read_with_the_place_of_their_answers(tmp_path: Path) -> None:
    (tmp_path / "piaf.contexts.jsonl").write_text(
        '{"context_id": "a", "title": "T", "text": "Il y a 12 arbres."}\n', encoding="utf-8"
    )
    (tmp_path / "piaf.jsonl").write_text(
        '{"id": "1", "question": "Combien ?", "context_id": "a", "answers": [{"text": "12", "start": 7}]}\n'
        '{"id": "2", "question": "Qui ?", "context_id": "a", "answers": [], "answerable": false}\n',
        encoding="utf-8",
    )
    assert books.present(tmp_path) == ["piaf"]
    first, second = books.read(tmp_path, "piaf").questions
    assert (first.relevant, first.spans) == (("a",), ((7, 9),))
    assert second.relevant == ()


QUESTIONS = [
    books.Question("1", "?", ("a",), ((5, 7),)),
    books.Question("2", "?", ("b",)),
    books.Question("3", "?", ()),
]


def test_ranks_count_answerable_questions_alone() -> None:
    assert ranks(QUESTIONS, [["a"], ["x", "b"], ["a"]]) == {"hit@1": 0.5, "hit@5": 1.0, "mrr@10": 0.75}


def test_whole_answers_are_judged_by_their_first_citation_and_their_refusals() -> None:
    answers = [
        {"refused": False, "cited": [["a", 0, 6]]},
        {"refused": True, "cited": []},
        {"refused": True, "cited": []},
    ]
    told = answered(QUESTIONS, {"answers": answers, "milliseconds": [1.0, 2.0, 3.0]})
    assert (told["cited@1"], told["sentence@1"], told["needless"], told["rightly"]) == (0.5, 0.0, 0.5, 1.0)
    assert told["ms_50"] == 2.0


def test_an_environment_that_cannot_be_made_says_why_and_is_not_taken_for_one(tmp_path: Path) -> None:
    wanted = tmp_path / "odd.txt"
    wanted.write_text("no-such-package==1\n", encoding="utf-8")

    def refusing(command):
        failed = "install" in command
        said = "WARNING: slow\nERROR: No matching distribution found for no-such-package==1\n"
        return subprocess.CompletedProcess(command, int(failed), "", said if failed else "")

    for _ in range(2):
        with pytest.raises(NotInstalled, match="No matching distribution"):
            environment_of(wanted, tmp_path / "cache", refusing)


def test_a_contestant_that_does_not_install_is_reported_and_the_others_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(requirements, cache):
        raise NotInstalled("no index")

    monkeypatch.setattr(beside, "environment_of", refuse)
    known, ready = beside.installed(chosen(["fts5", "txtai"]), tmp_path)
    assert [entry.name for entry, _ in ready] == ["fts5"]
    assert known["txtai"]["error"] == "no index"
    assert known["fts5"]["packages"] == 0


def test_a_contestant_that_fails_is_reported_and_the_others_are_measured(tmp_path: Path) -> None:
    here = SimpleNamespace(python=Path(sys.executable))
    broken = Entry("broken", "Broken", "no_such_module:Nobody", "")
    told = measure(
        books.invented(20), [(broken, here), (chosen(["fts5"])[0], here)], tmp_path, 1, lambda _: None
    )
    assert "no_such_module" in told["broken"]["error"]
    assert told["fts5"]["hit@1"] > 0.3
    assert told["fts5"]["change_is_found"]


def figures(**more: object) -> dict[str, object]:
    return {
        "hit@1": 0.5,
        "hit@5": 0.75,
        "mrr@10": 0.6,
        "build_seconds": 2.0,
        "builds": 1,
        "build_cpu_seconds": 3.0,
        "ms_cpu": 8.0,
        "change_seconds": 1.0,
        "ms_50": 10.0,
        "ms_95": 20.0,
        "ms_99": 30.0,
        "megabytes_peak": 100.0,
        "megabytes_disk": 4.0,
        **more,
    }


def results() -> dict[str, object]:
    def contestant(label, **more):
        return {
            "label": label,
            "set_up": "as said",
            "packages": 3,
            "megabytes": 12.0,
            "install_seconds": 5.0,
            **more,
        }

    def book(texts, **told):
        named = {"name": f"invented-{texts}", "is_invented": True, "texts": texts}
        return {**named, "questions": 20, "unanswerable": 4, "rounds": 3, "results": told}

    answers = {"cited@1": 0.9, "sentence@1": None, "needless": 0.1, "rightly": 0.5}
    return {
        "machine": {
            "processor": "A <fast> one",
            "cores": 2,
            "memory_gigabytes": 8.0,
            "system": "Linux",
            "python": "3.11",
            "sqlite": "3.40",
            "load": 0.1,
        },
        "version": "abc",
        "when": "2030-01-01",
        "shared": True,
        "seconds": 60.0,
        "load_end": 0.2,
        "contestants": {
            "ours": contestant("ra-assistant"),
            "slow": contestant("Slow & heavy"),
            "gone": {"label": "Gone", "set_up": "", "error": "no <index>"},
        },
        "books": [
            book(
                100,
                ours=figures(answers={**answers, "ms_50": 1.0, "ms_95": 2.0, "ms_99": 3.0}),
                slow=figures(ms_50=100.0, change_is_found=False),
            ),
            book(1000, ours=figures(ms_50=12.0), slow={"error": "search: gave up"}),
        ],
    }


def test_the_table_says_ratios_failures_and_that_the_machine_was_shared() -> None:
    table = report.markdown(results())
    assert (
        "| 2.00 (×\u00a01.0) | 3.00 (×\u00a01.0) | 1.00 (×\u00a01.0) (not found) | 100.0 (×\u00a010) |"
        in table
    )
    assert [report.times(ratio) for ratio in (0.001, 0.5, 2, 250)] == [
        "×\u00a0<\u00a00.01",
        "×\u00a00.50",
        "×\u00a02.0",
        "×\u00a0250",
    ]
    assert "failed: search: gave up" in table
    assert "not installed: no <index>" in table
    assert "others used it" in table
    assert "| invented-100 | 0.900 | — | 0.100 | 0.500 | 1 | 2 | 3 |" in table


def test_the_page_loads_nothing_escapes_what_it_shows_and_draws_each_contestant() -> None:
    page = report.html(results())
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "<index>" not in page
    assert "A &lt;fast&gt; one" in page
    assert "http" not in page
    assert "<script" not in page
    assert page.count("<polyline") == 2 * len(report.GROWING)
    assert ">Slow &amp; heavy</text>" in page


def test_names_at_the_ends_of_lines_do_not_cover_one_another() -> None:
    lines = {f"name {number}": [(100.0, 5.0), (1000.0, 5.0)] for number in range(8)}
    drawn = report.curves(lines, "title")
    heights = sorted(float(part.split('"')[0]) for part in drawn.split(' x="392.0" y="')[1:])
    assert len(heights) == 8
    assert min(after - before for before, after in itertools.pairwise(heights)) >= 12


def test_an_unknown_contestant_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="nobody"):
        chosen(["nobody"])
    assert measuring.BUILD_AGAIN_SECONDS > 0


def test_the_book_on_a_report_never_read_expects_what_stands_there() -> None:
    books_of = Path(books.__file__).parents[1] / "books"
    report = fold((books_of / "office" / "office_2024.md").read_text(encoding="utf-8"))
    cases = read_book(books_of / "office.jsonl")
    assert len(cases) == len({(case.question, case.history) for case in cases}) == 90
    assert sum(case.must_refuse for case in cases) == 26
    for case in cases:
        assert case.must_refuse is not bool(case.expected)
        for group in case.expected:
            assert any(fold(alternative) in report for alternative in group), (case.id, group)
