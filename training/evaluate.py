"""Measure the models on what they were not trained on, and write the figures to `training/results`.

usage: evaluate.py embedding [--model FOLDER | --float NAME | --transformer FOLDER | --static NAME] [--label TEXT]
                             [--sets A,B]
       evaluate.py sentences [--model FOLDER | --float NAME] [--label TEXT]
       evaluate.py cost      [--model FOLDER | --float NAME | --transformer FOLDER | --static NAME] [--label TEXT]
       evaluate.py reader    [--model FOLDER | --float NAME] [--label TEXT]

Retrieval: hit@1, @5, @10 and MRR@10 of BM25, of the vectors, and of both, fused as (1 - w) b + w v, where b
is the BM25 score over its best and v the cosine brought to 0..1 over the passages. w is chosen on the
tuning parts (mean MRR@10). Long texts are cut at sentences into windows of at most 650 characters; a text's
cosine is that of its best window.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from common import DATA, MODELS, RESULTS, RUNS, SHARED, Lexical, joined, read_lines, words

Encode = Callable[[list[str]], np.ndarray]
WINDOW = 650
WEIGHTS = [round(0.05 * i, 2) for i in range(21)]
FICTIONAL = ("autorite", "biopole", "eaux", "musee")


@dataclass(frozen=True, slots=True)
class Task:
    """Texts, questions, and for each question the numbers of the texts that answer it."""

    name: str
    titles: list[str]
    texts: list[str]
    questions: list[str]
    relevant: list[frozenset[int]]
    tuning: list[bool]
    """Which questions the fusion weight may be chosen on."""
    reported: list[bool]
    kinds: list[str] = field(default_factory=list)


def windows(text: str) -> list[str]:
    """Cut a text at the ends of sentences and lines into windows of at most `WINDOW` characters."""
    made, current = [], ""
    for piece in re.split(r"(?<=[.!?;])\s+|\n+", text):
        if current and len(current) + len(piece) > WINDOW:
            made.append(current)
            current = ""
        current = f"{current} {piece}".strip()
    return [*made, current] if current else made or [text]


def trained_sets() -> Iterator[Task]:
    """Yield PIAF (half 1) and the reports of held-out organisations, all passages of the set indexed."""
    passages = list(read_lines(DATA / "passages.jsonl"))
    questions = [q for q in read_lines(DATA / "questions.jsonl") if q["answers"] and q["part"] != "train"]
    originals = {
        p["id"]
        for p in read_lines(SHARED / "eval" / "rapports_fr.contexts.jsonl.gz")
        for p in [{"id": p["context_id"]}]
    }
    for name in ("piaf", "rapports"):
        group = [p for p in passages if p["set"] == name and (name == "piaf" or p["id"] in originals)]
        place = {p["id"]: i for i, p in enumerate(group)}
        asked = [q for q in questions if q["set"] == name and q["passage"] in place]
        yield Task(
            name,
            [p["title"] for p in group],
            [p["text"] for p in group],
            [joined(q["history"], q["question"]) for q in asked],
            [frozenset({place[q["passage"]]}) for q in asked],
            [q["part"] == "dev" for q in asked],
            [q["part"] == "report" for q in asked],
            [q["type"] for q in asked],
        )


def page_sets() -> Iterator[Task]:
    """Yield the administrative pages, found by their title from their text; every other one is tuned on."""
    for name in ("cnil_faq", "spf_qr"):
        pages = list(read_lines(SHARED / "eval" / f"{name}.contexts.jsonl.gz"))
        place = {p["context_id"]: i for i, p in enumerate(pages)}
        asked = list(read_lines(SHARED / "eval" / f"{name}.jsonl.gz"))
        yield Task(
            name,
            [""] * len(pages),
            [p["text"] for p in pages],
            [q["question"] for q in asked],
            [frozenset(place[r] for r in q["relevant"]) for q in asked],
            [i % 2 == 0 for i in range(len(asked))],
            [i % 2 == 1 for i in range(len(asked))],
        )


def markdown_passages(text: str) -> list[tuple[str, str]]:
    """Return (title, text) pieces of a Markdown report, cut at paragraphs, at most about 650 characters."""
    report = text.splitlines()[0].lstrip("# ")
    pieces: list[tuple[str, str]] = []
    path: list[str] = []
    current = ""
    for block in re.split(r"\n\s*\n", text):
        heading = re.fullmatch(r"(#+) (.*)", block.strip())
        if heading or len(current) + len(block) > WINDOW:
            if current:
                pieces.append((" ".join([report, *path[-1:]]), current))
            current = ""
        if heading:
            path = [*path[: max(0, len(heading[1]) - 2)], heading[2]]
        else:
            current = f"{current}\n\n{block}".strip()
    return [*pieces, (" ".join([report, *path[-1:]]), current)] if current else pieces


def fictional() -> Iterator[Task]:
    """Yield the four fictional reports, two editions each: right where a piece of evidence stands."""
    titles, texts, asked, relevant, kinds = [], [], [], [], []
    tasks: list[Task] = []
    for slug in FICTIONAL:
        titles, texts, names = [], [], []
        for path in sorted((SHARED / "fictional").glob(f"{slug}_*.md")):
            for title, text in markdown_passages(path.read_text(encoding="utf-8")):
                titles.append(title)
                texts.append(text)
                names.append(path.name)
        flat = [" ".join(words(t)) for t in texts]
        asked, relevant, kinds = [], [], []
        for q in read_lines(SHARED / "fictional" / f"{slug}.questions.jsonl"):
            found = frozenset(
                i
                for e in q["preuves"]
                for i, t in enumerate(flat)
                if names[i] == e["document"] and " ".join(words(e["phrase"])) in t
            )
            if found:
                asked.append(joined(q.get("historique") or [], q["question"]))
                relevant.append(found)
                kinds.append(q["type"])
        n = len(asked)
        tasks.append(
            Task(f"fictional:{slug}", titles, texts, asked, relevant, [False] * n, [True] * n, kinds)
        )
    yield from tasks


def real_reports() -> Iterator[Task]:
    """Yield the questions on three real reports, each indexed alone."""
    import pypdfium2

    questions = list(read_lines(SHARED / "eval" / "reports_dev.jsonl"))
    for name in sorted({q["document"] for q in questions}):
        texts, pages = [], []
        path = SHARED / "reports" / name
        if path.suffix == ".pdf":
            for number, page in enumerate(pypdfium2.PdfDocument(path), 1):
                for text in windows(page.get_textpage().get_text_range()):
                    texts.append(text)
                    pages.append(number)
        else:
            for title, text in markdown_passages(path.read_text(encoding="utf-8")):
                texts.append(f"{title}\n{text}")
                pages.append(0)
        flat = [" ".join(words(t)) for t in texts]
        asked, relevant = [], []
        for q in questions:
            if q["document"] != name or not q["answerable"]:
                continue
            quote = set(words(q.get("quote") or ""))
            found = frozenset(
                i
                for i, t in enumerate(flat)
                if (not pages[i] or pages[i] == q.get("page"))
                and all(any(" ".join(words(a)) in t for a in group) for group in q["answer_contains"])
                and (not quote or len(quote & set(t.split())) >= 0.6 * len(quote))
            )
            if found:
                history = [t if isinstance(t, str) else t["content"] for t in q.get("history") or []]
                asked.append(joined(history, q["question"]))
                relevant.append(found)
        n = len(asked)
        yield Task(f"reports_dev:{name}", [""] * len(texts), texts, asked, relevant, [False] * n, [True] * n)


def cosines(task: Task, documents: Encode, queries: Encode) -> np.ndarray:
    """Return the cosine of each question (row) with each text (column), that of the text's best window."""
    pieces, owner = [], []
    for i, (title, text) in enumerate(zip(task.titles, task.texts, strict=True)):
        for window in windows(text):
            pieces.append(f"{title}\n{window}" if title else window)
            owner.append(i)
    scores = queries(task.questions) @ documents(pieces).T
    starts = np.flatnonzero(np.r_[True, np.diff(owner) != 0])
    return np.maximum.reduceat(scores, starts, axis=1)


def fused(lexical: np.ndarray, semantic: np.ndarray, weight: float) -> np.ndarray:
    """Return the fused scores of the questions (rows)."""
    best = np.maximum(lexical.max(1, keepdims=True), 1e-9)
    low, high = semantic.min(1, keepdims=True), semantic.max(1, keepdims=True)
    return (1 - weight) * lexical / best + weight * (semantic - low) / np.maximum(high - low, 1e-9)


def ranks(scores: np.ndarray, relevant: list[frozenset[int]]) -> np.ndarray:
    """Return the rank, from 1, of the best text that answers each question."""
    found = []
    for row, right in zip(scores, relevant, strict=True):
        best = max(row[i] for i in right)
        found.append(1 + int((row > best).sum()) if best > 0 else len(row) + 1)
    return np.array(found)


def measures(rank: np.ndarray) -> dict[str, float]:
    """Return hit@1, @5, @10 and MRR@10."""
    made = {f"hit@{k}": float((rank <= k).mean()) for k in (1, 5, 10)}
    return {
        k: round(v, 4)
        for k, v in (made | {"mrr@10": float(np.where(rank <= 10, 1 / rank, 0).mean())}).items()
    }


def encoders(options: argparse.Namespace) -> tuple[Encode, Encode]:
    """Return the encoders of passages and of questions of the model asked for."""
    if options.transformer:
        from sentence_transformers import SentenceTransformer

        other = SentenceTransformer(str(options.transformer), device="cpu", local_files_only=True)

        def encoded(texts: list[str]) -> np.ndarray:
            vectors: np.ndarray = other.encode(texts, normalize_embeddings=True, show_progress_bar=False)
            return vectors

        return encoded, encoded
    if options.static:
        return static(RUNS / options.static)
    if options.float:
        import encoder

        body, tokenizer = encoder.load(RUNS / options.float, dropout=0.0)

        def encode(texts: list[str]) -> np.ndarray:
            return encoder.encode(body, tokenizer, texts, 288)

        return encode, encode
    sys.path.insert(0, str(MODELS.parent.parent))
    from ra_assistant.embedding import OnnxEmbedder

    model = OnnxEmbedder(options.model or MODELS / "embedding")
    return (
        lambda texts: np.array(model.embed_documents(texts), dtype=np.float32),
        lambda texts: np.array([model.embed_query(t) for t in texts], dtype=np.float32),
    )


Scored = tuple[Task, np.ndarray, np.ndarray]


def static(folder: Path) -> tuple[Encode, Encode]:
    """Return encoders without a transformer: the mean of the rows of a text's pieces, rare pieces first.

    A piece counts a / (a + its share of the training texts), a = 1e-3 (Arora et al. 2017, A Simple but
    Tough-to-Beat Baseline for Sentence Embeddings, without the removal of a common direction).
    """
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    (rows,) = [
        value
        for name, value in load_file(folder / "model.safetensors").items()
        if name.endswith("word_embeddings.weight")
    ]
    counts = np.zeros(len(rows))
    for passage in read_lines(DATA / "passages.jsonl"):
        np.add.at(counts, tokenizer.encode(passage["text"], add_special_tokens=False).ids, 1)
    weights = 1e-3 / (1e-3 + counts / counts.sum())

    def encode(texts: list[str]) -> np.ndarray:
        made = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
        for place, text in enumerate(texts):
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            made[place] = (weights[ids, None] * rows[ids]).sum(0) if ids else 0
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)

    return encode, encode


def scored(options: argparse.Namespace) -> list[Scored]:
    """Return the tasks asked for with their BM25 scores and cosines."""
    documents, queries = encoders(options)
    wanted = tuple(options.sets.split(",")) if options.sets else ("",)
    done = []
    for source in (trained_sets, page_sets, fictional, real_reports):
        for task in source():
            if task.name.startswith(wanted):
                index = Lexical([f"{a}\n{b}" for a, b in zip(task.titles, task.texts, strict=True)])
                lexical = np.stack([index.scores(q) for q in task.questions])
                done.append((task, lexical, cosines(task, documents, queries)))
    return done


def chosen_weight(done: list[Scored]) -> float:
    """Return the weight of the best mean MRR@10 over the tuning parts; 0.5 when there are none."""
    tuned = [(task, lexical, semantic, np.flatnonzero(task.tuning)) for task, lexical, semantic in done]
    tuned = [part for part in tuned if len(part[3])]
    if not tuned:
        return 0.5

    def quality(weight: float) -> float:
        return float(
            np.mean(
                [
                    measures(ranks(fused(a[take], b[take], weight), [task.relevant[i] for i in take]))[
                        "mrr@10"
                    ]
                    for task, a, b, take in tuned
                ]
            )
        )

    curve = [quality(weight) for weight in WEIGHTS]
    print("tuning MRR@10 by weight", dict(zip(WEIGHTS, np.round(curve, 3).tolist(), strict=True)))
    return WEIGHTS[int(np.argmax(curve))]


def reported_ranks(done: list[Scored], weight: float) -> dict[str, list[np.ndarray]]:
    """Return the ranks of the reported questions by set and by kind, shape (systems, questions)."""
    groups: dict[str, list[np.ndarray]] = {}
    for task, lexical, semantic in done:
        take = np.flatnonzero(task.reported)
        right = [task.relevant[i] for i in take]
        systems = (lexical[take], semantic[take], fused(lexical[take], semantic[take], weight))
        found = np.stack([ranks(scores, right) for scores in systems])
        name = task.name.split(":")[0]
        groups.setdefault(name, []).append(found)
        kinds = np.array([task.kinds[i] for i in take]) if task.kinds and name != "piaf" else np.array([])
        for kind in sorted(set(kinds.tolist())):
            groups.setdefault(f"{name}/{kind}", []).append(found[:, kinds == kind])
    return groups


def interval(left: np.ndarray, right: np.ndarray, draws: int = 1000) -> list[float]:
    """Return the 95 % interval of the gain in MRR@10 from `left` to `right`, by paired bootstrap."""
    gain = np.where(right <= 10, 1 / right, 0) - np.where(left <= 10, 1 / left, 0)
    rng = np.random.default_rng(0)
    means = gain[rng.integers(0, len(gain), (draws, len(gain)))].mean(1)
    return [round(float(np.quantile(means, q)), 4) for q in (0.025, 0.975)]


def embedding(options: argparse.Namespace) -> None:
    """Print and keep the retrieval figures."""
    done = scored(options)
    weight = chosen_weight(done) if options.weight is None else options.weight
    for name, parts in reported_ranks(done, weight).items():
        ranked = np.concatenate(parts, axis=1)
        for system, rank in zip(("bm25", "vectors", "fused"), ranked, strict=True):
            row: dict[str, Any] = {"set": name, "system": system, "n": len(rank), **measures(rank)}
            if system == "fused":
                row |= {"weight": weight, "gain": interval(ranked[0], rank)}
            keep("embedding", options, row)


def cost(options: argparse.Namespace) -> None:
    """Print and keep what an embedding model costs: disk, opening, a question, passages, memory of the process.

    Passages are 300 of `rapports_fr`, questions the first hundred; one process, threads as the library takes them.
    """
    passages = [p["text"] for p in read_lines(DATA / "passages.jsonl") if p["set"] == "rapports"][:300]
    asked = [q["question"] for q in read_lines(DATA / "questions.jsonl")][:100]
    began = time.perf_counter()
    documents, queries = encoders(options)
    queries(["Combien ?"])
    opened = time.perf_counter()
    each = []
    for question in asked:
        start = time.perf_counter()
        queries([question])
        each.append(time.perf_counter() - start)
    start = time.perf_counter()
    documents(passages)
    spent = time.perf_counter() - start
    row = {
        "opening_s": round(opened - began, 2),
        "question_ms": round(1000 * float(np.median(each)), 1),
        "passages_a_second": round(len(passages) / spent, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    keep("embedding", options, {"set": "cost", "n": len(passages), **row})


def keep(kind: str, options: argparse.Namespace, row: dict[str, Any]) -> None:
    """Print a row and add it to the results."""
    print(json.dumps(row), flush=True)
    label = options.label or options.float or str(options.model or "shipped")
    stamp = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M"),
        "model": label,
        "command": " ".join(sys.argv[1:]),
    }
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{kind}.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(stamp | row) + "\n")


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["embedding", "cost", "sentences", "reader"])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--float")
    parser.add_argument("--transformer", type=Path, help="any model of sentence-transformers")
    parser.add_argument("--static", help="run whose rows alone are used")
    parser.add_argument("--label")
    parser.add_argument("--sets")
    parser.add_argument("--weight", type=float, help="fusion weight; chosen on the tuning parts by default")
    options = parser.parse_args()
    if options.what == "embedding":
        embedding(options)
    elif options.what == "cost":
        cost(options)
    elif options.what == "sentences":
        from evaluate_sentences import sentences

        sentences(options)
    else:
        from evaluate_reader import reader

        reader(options)


if __name__ == "__main__":
    main()
