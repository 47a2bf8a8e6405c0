"""Questions with their ranked candidates, from several corpora: what the ranker and the refusal are fitted on.

Corpora, each indexed once and kept in `training/runs/fitting`:
piaf      articles of half 0 kept for tuning, asked among all passages of half 0
reports   organisations kept for tuning, in groups as large as a small report
given     both, each question asked of its own passage alone
SLUG      a complete fictional report, two editions together
genopole  the shipped corpus with the visitors' questions of `eval/genopole_dev.jsonl`
offtopic  the shipped corpus with questions that no report answers
real      the three real reports with `eval/reports_dev.jsonl`
visitors  both of these last corpora together with the questions of `data_visitors`, each asked of its own documents
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from common import DATA, HERE, RUNS, SEED, SHARED, fold, read_lines
from swaps import Swaps

from ra_assistant import assembly, building
from ra_assistant.french.words import content_words
from ra_assistant.ranking import Candidate
from ra_assistant.reading import FileLoader
from ra_assistant.types import Query, Turn

GROUP = 24
OFFTOPIC = 70
"""Questions of general knowledge that are asked of the shipped corpus."""
PIAF_OTHERS = 250
FITTING = RUNS / "fitting"
FICTIONAL = ("autorite", "biopole", "eaux", "musee")
WRITTEN = ("port", "solidarite", "technopole")
"""Others, kept in `data_reports`."""
SWAPPED = 0.3
"""Share of the questions that are asked about something else as well, where one of their words allows it."""
TRIES = 4
"""Words tried in the place of one, until the corpus says nothing of it."""
ELSEWHERE = 0.25
"""Share of the questions that are asked of a corpus that cannot answer as well."""
ASKED = 0.45
"""Share of the questions of the invented organisations and of PIAF that are asked."""

AROUND = 200
"""Characters before and after the expected words in which the sentence that answers may stand."""
MOSTLY = 0.9

Holds = Callable[[str, str], bool]
"""Whether a sentence (document path, text) answers."""


@dataclass
class Asked:
    """One question with its candidates."""

    source: str
    group: str
    kind: str
    query: Query
    candidates: list[Candidate]
    right: list[bool]
    known: float


@dataclass(frozen=True)
class Question:
    """One question, where it is asked, and how a sentence that answers is known."""

    text: str
    history: tuple[str, ...]
    kind: str
    group: str
    within: frozenset[str] | None
    """Paths of the documents to search; None for the whole corpus."""
    holds: Holds


def never(_path: str, _text: str) -> bool:
    """Say that nothing answers."""
    return False


def plain_words(text: str) -> list[str]:
    """Return the folded words and numbers of a text."""
    return re.findall(r"[^\W_]+", fold(text))


def says(part: str, whole: str) -> bool:
    """Tell whether the words of a text hold those of another, in order and side by side."""
    a, b = plain_words(part), plain_words(whole)
    return bool(a) and any(b[i : i + len(a)] == a for i in range(len(b) - len(a) + 1))


def near(text: str, phrase: str) -> bool:
    """Tell whether two texts share at least half of the words of the shorter."""
    a, b = Counter(plain_words(text)), Counter(plain_words(phrase))
    return sum((a & b).values()) >= 0.5 * min(sum(a.values()), sum(b.values()))


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _of_answers(path: str, answers: Sequence[str]) -> Holds:
    wanted = [" ".join(answer.split()) for answer in answers]
    return lambda p, text: p == path and any(answer in " ".join(text.split()) for answer in wanted)


def piaf(corpus: Path) -> Iterator[Question]:
    """Write passages of half 0 as texts, all those kept for tuning; yield their questions."""
    rng = random.Random(SEED)
    passages = [p for p in read_lines(DATA / "passages.jsonl") if p["set"] == "piaf"]
    others = [p for p in passages if p["part"] == "train"][:PIAF_OTHERS]
    everywhere = set()
    for passage in [p for p in passages if p["part"] == "dev"] + others:
        (corpus / f"{passage['id']}.txt").write_text(passage["text"], encoding="utf-8")
        everywhere.add(f"{passage['id']}.txt")
    for q in read_lines(DATA / "questions.jsonl"):
        if q["set"] == "piaf" and q["part"] == "dev":
            path = f"{q['passage']}.txt"
            if rng.random() > ASKED:
                continue
            holds = _of_answers(path, [a["text"] for a in q["answers"]])
            article = q["passage"].split("-")[1]
            yield Question(q["question"], (), "piaf", article, None, holds)
            if rng.random() < ELSEWHERE:
                within = frozenset(path for path in everywhere if path.split("-")[1] != article)
                yield Question(q["question"], (), "elsewhere", article, within, never)


def reports(corpus: Path) -> Iterator[Question]:
    """Write the passages of the invented organisations; yield the questions kept for tuning, by group."""
    rng = random.Random(SEED)
    passages = [
        p
        for p in read_lines(DATA / "passages.jsonl")
        if p["set"] == "rapports" and p["part"] in {"train", "dev"}
    ]
    rng.shuffle(passages)
    places: dict[str, str] = {}
    members: dict[str, set[str]] = defaultdict(set)
    # The passages kept for tuning come first: their groups are made of them and of two of training for one.
    for part, size in (("dev", GROUP // 3), ("train", GROUP - GROUP // 3)):
        for number, passage in enumerate(p for p in passages if p["part"] == part):
            name = f"g{number // size:03}"
            places[passage["id"]] = name
            members[name].add(f"{passage['id']}.md")
    wanted = {places[p["id"]] for p in passages if p["part"] == "dev"}
    for passage in passages:
        if places[passage["id"]] in wanted:
            dated = f"title: Rapport\nyear: {passage['year'] or 2020}"
            head = f"---\n{dated}\npublisher: {json.dumps(passage['group'], ensure_ascii=False)}\n---\n"
            text = f"{head}## {passage['title']}\n\n{passage['text']}\n"
            (corpus / f"{passage['id']}.md").write_text(text, encoding="utf-8")
    groups = sorted(wanted)
    for q in read_lines(DATA / "questions.jsonl"):
        if q["set"] != "rapports" or q["part"] != "dev" or rng.random() > ASKED:
            continue
        group, history = places[q["passage"]], tuple(q["history"])
        holds = (
            _of_answers(f"{q['passage']}.md", [a["text"] for a in q["answers"]]) if q["answers"] else never
        )
        yield Question(q["question"], history, q["type"], group, frozenset(members[group]), holds)
        if rng.random() < ELSEWHERE:
            other = rng.choice([g for g in groups if g != group])
            yield Question(q["question"], history, "elsewhere", group, frozenset(members[other]), never)


def fictional(slug: str, folder: Path) -> Callable[[Path], Iterator[Question]]:
    """Return the source of a complete fictional report that is kept in a folder."""

    def source(corpus: Path) -> Iterator[Question]:
        for path in sorted(folder.glob(f"{slug}_*.md")):
            shutil.copy(path, corpus)
        for q in read_lines(folder / f"{slug}.questions.jsonl"):
            proofs = q["preuves"]

            def holds(path: str, text: str, proofs: list[dict[str, str]] = proofs) -> bool:
                return any(
                    path == p["document"] and says(p["reponse"], text) and near(text, p["phrase"])
                    for p in proofs
                )

            yield Question(q["question"], tuple(q.get("historique") or ()), q["type"], slug, None, holds)

    return source


def _containing(groups: Sequence[Sequence[str]], path: str | None) -> Holds:
    def has(alternative: str, text: str) -> bool:
        bare = fold(alternative).strip()
        if re.fullmatch(r"[\d .,]+", bare):
            return re.search(rf"(?<![\d.,]){re.escape(bare)}(?!\d)(?![.,]\d)", text) is not None
        return bare in text

    def holds(where: str, text: str) -> bool:
        folded = re.sub(r"\s+", " ", re.sub("[\u2019\u02bc\u2018]", "'", fold(text)))
        return (path is None or where == path) and all(any(has(a, folded) for a in group) for group in groups)

    return holds


def _visitors(name: str) -> Iterator[Question]:
    for q in read_lines(SHARED / "eval" / f"{name}.jsonl"):
        path = q.get("document")
        holds = _containing(q["answer_contains"], path) if q["answerable"] else never
        yield _visitor(q, name, holds)


def _visitor(q: dict[str, Any], group: str, holds: Holds, within: frozenset[str] | None = None) -> Question:
    history = tuple(t["content"] if isinstance(t, dict) else t for t in q["history"])
    path = q.get("document")
    kind = q["kind"] if q["answerable"] else f"refuse_{q['kind']}"
    places = frozenset([path]) if path else within
    return Question(q["question"], history, kind, group, places, holds)


def _own_visitors(name: str, corpus: Path, within: frozenset[str]) -> Iterator[Question]:
    """Yield questions of `data_visitors`: a sentence answers that says what is expected where it is expected.

    The place is a page, or a stretch of the file's text with its blanks made single spaces.
    """
    places: dict[int | None, str] = {}
    for q in read_lines(HERE / "data_visitors" / f"{name}.jsonl"):
        path = q.get("document")
        if path and not places:
            places = _pages(corpus, path)
        if not q["answerable"]:
            yield _visitor(q, name, never, within)
            continue
        says_it = _containing(q["answer_contains"], path)
        place = None
        if "at" in q:
            start, end = q["at"]
            place = plain_words(places[None][max(0, start - AROUND) : end + AROUND])
        elif path:
            place = plain_words(places.get(q["page"], ""))

        def holds(where: str, text: str, says_it: Holds = says_it, place: list[str] | None = place) -> bool:
            return says_it(where, text) and (place is None or _is_part(plain_words(text), place))

        yield _visitor(q, name, holds, within)


def _pages(corpus: Path, path: str) -> dict[int | None, str]:
    """Return the text of each page of a document, and under None that of a file of text on one line."""
    if path.endswith(".md"):
        return {None: " ".join((corpus / path).read_text(encoding="utf-8").split())}
    document = FileLoader().load(corpus / path, corpus).document
    starts = [*document.page_starts, len(document.text)]
    return {page: document.text[a:b] for page, (a, b) in enumerate(pairwise(starts), 1)}


def _is_part(words: list[str], place: list[str]) -> bool:
    """Tell whether most words of a sentence stand in a place."""
    inside = Counter(words) & Counter(place)
    return bool(words) and inside.total() >= MOSTLY * len(words)


def genopole(corpus: Path) -> Iterator[Question]:
    """Return the shipped corpus and the visitors' questions about it."""
    for path in (HERE.parent / "corpus").glob("*.md"):
        shutil.copy(path, corpus)
    yield from _visitors("genopole_dev")


def offtopic(corpus: Path) -> Iterator[Question]:
    """Return the shipped corpus and questions that no report answers: every other one, the rest is reported."""
    for path in (HERE.parent / "corpus").glob("*.md"):
        shutil.copy(path, corpus)
    for name, most in (("evalap", None), ("mintaka", OFFTOPIC)):
        for number, q in enumerate(list(read_lines(SHARED / "eval" / f"offtopic_{name}.jsonl"))[::2][:most]):
            yield Question(q["question"], (), f"elsewhere_{name}", f"offtopic{number % 2}", None, never)


def real(corpus: Path) -> Iterator[Question]:
    """Return the three real reports and the visitors' questions about each."""
    for path in (SHARED / "reports").iterdir():
        if path.name in {"bilan_2023.pdf", "bilan_2024.pdf", "agas_rapport_2021.md"}:
            shutil.copy(path, corpus)
    yield from _visitors("reports_dev")


def visitors(corpus: Path) -> Iterator[Question]:
    """Return the three real reports and the shipped corpus, and our visitors' questions about each."""
    shipped = list((HERE.parent / "corpus").glob("*.md"))
    reports = [
        SHARED / "reports" / name for name in ("bilan_2023.pdf", "bilan_2024.pdf", "agas_rapport_2021.md")
    ]
    for path in (*shipped, *reports):
        shutil.copy(path, corpus)
    for path in reports:
        yield from _own_visitors(path.stem, corpus, frozenset([path.name]))
    yield from _own_visitors("genopole", corpus, frozenset(path.name for path in shipped))


def given(corpus: Path) -> Iterator[Question]:
    """Write the passages kept for tuning as bare texts; yield questions asked of their own passage alone."""
    rng = random.Random(SEED)
    passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl") if p["part"] == "dev"}
    for passage in passages.values():
        (corpus / f"{passage['id']}.txt").write_text(passage["text"], encoding="utf-8")
    for q in read_lines(DATA / "questions.jsonl"):
        passage = passages.get(q["passage"])
        if passage is None or rng.random() > ASKED:
            continue
        path = f"{q['passage']}.txt"
        holds = _of_answers(path, [a["text"] for a in q["answers"]]) if q["answers"] else never
        group = str(passage["group"])
        yield Question(q["question"], tuple(q["history"]), q["type"], group, frozenset([path]), holds)
        others = [name for name in q["hard"] if name in passages and passages[name]["group"] != group]
        if others and q["answers"] and rng.random() < ELSEWHERE:
            other = frozenset([f"{rng.choice(others)}.txt"])
            yield Question(q["question"], tuple(q["history"]), "elsewhere", group, other, never)


SOURCES: dict[str, Callable[[Path], Iterator[Question]]] = {
    "piaf": piaf,
    "reports": reports,
    "given": given,
    **{slug: fictional(slug, SHARED / "fictional") for slug in FICTIONAL},
    **{slug: fictional(slug, HERE / "data_reports") for slug in WRITTEN},
    "genopole": genopole,
    "offtopic": offtopic,
    "real": real,
    "visitors": visitors,
}


def questions_of(source: str) -> list[Question]:
    """Return the questions of a source, its corpus written and indexed when it is not yet."""
    folder = FITTING / source
    corpus = _fresh(folder / "corpus")
    questions = list(SOURCES[source](corpus))
    building.build(corpus, folder / "index")
    return questions


def asked(source: str) -> Iterator[Asked]:
    """Yield every question of a source with its ranked candidates, some of them about something else as well."""
    questions = questions_of(source)
    assistant = assembly.open_assistant(FITTING / source / "index")
    desk = _Desk(source, assistant)
    rng, swaps = random.Random(SEED), _swaps()
    for question in questions:
        found = desk.asked(question)
        if found is None:
            continue
        yield found
        is_swapped = rng.random() < SWAPPED
        if not question.history and is_swapped and any(found.right):
            said = found.candidates[found.right.index(True)].passage.text
            within = desk.within(question)
            tried = (swaps.swapped(question.text, said, rng) for _ in range(TRIES))
            text = next((one for one in tried if one and desk.is_silent(one, question.text, within)), None)
            elsewhere = text and desk.asked(replace(question, text=text, kind="swapped", holds=never))
            if elsewhere:
                yield elsewhere
    assistant.close()


@cache
def _swaps() -> Swaps:
    return Swaps(q["question"] for q in read_lines(DATA / "questions.jsonl") if q["part"] == "train")


class _Desk:
    """Asks an assistant, and keeps what it ranked."""

    def __init__(self, source: str, assistant: assembly.Assistant) -> None:
        self._source = source
        self._answerer = assistant.answerer
        self._documents = {document.id: document for document in assistant.documents}
        self._ids = {document.path: document.id for document in assistant.documents}
        self._said = [
            (passage.document_id, frozenset(word.stem for word in content_words(passage.searchable_text)))
            for passage in assistant.passages
        ]

    def within(self, question: Question) -> frozenset[str] | None:
        """Return the ids of the documents where a question is asked; None for everywhere."""
        if question.within is None:
            return None
        return frozenset(self._ids[path] for path in question.within if path in self._ids)

    def asked(self, question: Question) -> Asked | None:
        """Return a question with its ranked candidates; None for one without a word to look for."""
        history = question.history
        turns = [Turn(history[i], "".join(history[i + 1 : i + 2])) for i in range(0, len(history), 2)]
        query = self._answerer.understood(question.text, turns)
        if not query.terms:
            return None
        hits = self._answerer._hits(query, self._answerer._sides(query), self.within(question))
        candidates = self._answerer.candidates(query, hits)
        documents = [self._documents[candidate.passage.document_id] for candidate in candidates]
        right = [
            question.holds(document.path, document.text[c.span.start : c.span.end])
            for document, c in zip(documents, candidates, strict=True)
        ]
        group, known = f"{self._source}:{question.group}", self._answerer._known_share(query)
        return Asked(self._source, group, question.kind, query, candidates, right, known)

    def is_silent(self, other: str, question: str, within: frozenset[str] | None) -> bool:
        """Tell whether no passage holds what is new in a question beside any other of its words."""
        new, kept = ({word.stem for word in content_words(text)} for text in (other, question))
        new, kept = new - kept, new & kept
        return bool(new) and not any(
            new & said and kept & said
            for document_id, said in self._said
            if within is None or document_id in within
        )


def main() -> None:
    """Index every corpus."""
    for source in SOURCES:
        print(json.dumps({source: len(questions_of(source))}), flush=True)


if __name__ == "__main__":
    main()
