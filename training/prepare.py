"""Make the training and evaluation files of `training/data` from the reference texts.

usage: prepare.py

parallel.jsonl   English and French sentences: {"en", "fr", "src"}
headed.jsonl     headings and the text under them: {"title", "body", "src"}
passages.jsonl   every passage that questions are asked on: {"id", "set", "part", "group", "title", "text"}
questions.jsonl  {"id", "set", "part", "type", "history", "question", "passage", "answers", "hard", "near"}

« hard » are passages that BM25 ranks high for a question and that do not hold its answer, « near » those that the
embedding model in the box does.
"""

from __future__ import annotations

import gzip
import random
import re
from typing import Any

import numpy as np
from common import (
    DATA,
    EXTRA,
    MODELS,
    SEED,
    SHARED,
    Lexical,
    fold,
    joined,
    organisation_parts,
    piaf_halves,
    read_lines,
    write_lines,
)

from ra_assistant.embedding import OnnxEmbedder

CODES_SAMPLE = 24_000
HARD_PER_QUESTION = 6
LOOKED_AT = 40


def parallel() -> list[dict[str, Any]]:
    """Return English and French sentences, each pair once, markup of the Python documentation taken off."""
    rows, seen = [], set()
    with gzip.open(SHARED / "train" / "tatoeba_fra_eng.tsv.gz", "rt", encoding="utf-8") as lines:
        pairs = [(*line.rstrip("\n").split("\t")[:2], "tatoeba") for line in lines]
    pairs += [
        (row["en"], row["fr"], "pydocs") for row in read_lines(SHARED / "train" / "pydocs_en_fr.jsonl.gz")
    ]
    for english, french, source in pairs:
        english, french = (plain(text) for text in (english, french))
        key = fold(english), fold(french)
        if key not in seen and 1 < len(english) < 600 and 1 < len(french) < 600:
            seen.add(key)
            rows.append({"en": english, "fr": french, "src": source})
    return rows


def plain(text: str) -> str:
    """Return the text without reStructuredText roles and marks, blanks made single."""
    text = re.sub(r":[\w:+-]+:`([^`<]*)(?:<[^>]*>)?`", r"\1", text)
    text = re.sub(r"`+_{0,2}|\*\*|\|", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def headed() -> list[dict[str, Any]]:
    """Return headings with their text: all guides and manuals, a sample of the legal codes."""
    rng = random.Random(SEED)
    rows = list(read_lines(SHARED / "train" / "title_body.jsonl.gz"))
    codes = list(read_lines(SHARED / "train" / "title_body_codes.jsonl.gz"))
    rows += rng.sample(codes, CODES_SAMPLE)
    kept = []
    for row in rows:
        title = " ".join(part.strip() for part in row["title"].split(">")[-3:])
        body = plain(row["body"])[:1200]
        if len(title) > 8 and len(body) > 80:
            kept.append({"title": title, "body": body, "src": row["src"]})
    return kept


def piaf() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return PIAF's passages and questions; half 1 is `report`, a tenth of half 0's articles `dev`."""
    contexts = list(read_lines(SHARED / "eval" / "piaf.contexts.jsonl.gz"))
    halves = piaf_halves(c["context_id"] for c in contexts)
    articles = sorted({c["context_id"].split("-")[1] for c in contexts if halves[c["context_id"]] == 0})
    dev = set(random.Random(SEED).sample(articles, len(articles) // 10))
    part = {i: "report" if h else "dev" if i.split("-")[1] in dev else "train" for i, h in halves.items()}
    passages = [
        {
            "id": c["context_id"],
            "set": "piaf",
            "part": part[c["context_id"]],
            "group": c["context_id"].split("-")[1],
            "title": c["title"],
            "text": c["text"],
        }
        for c in contexts
    ]
    questions = [
        {
            "id": q["id"],
            "set": "piaf",
            "part": part[q["context_id"]],
            "type": "piaf",
            "history": [],
            "question": q["question"],
            "passage": q["context_id"],
            "answers": q["answers"],
        }
        for q in read_lines(SHARED / "eval" / "piaf.jsonl.gz")
    ]
    return passages, questions


MORE = "autrement.jsonl"
"""Questions in other words than the texts', on those that are trained on."""
KEPT_AFTER = {
    "extra-agences": 80,
    "extra-economie": 80,
    "extra-portee": 115,
    "extra-visiteurs": 100,
    "extra-savoirs": 105,
}
"""Files of `training/data_extra` whose records after this number are kept for tuning."""


def is_kept(record_id: str) -> bool:
    """Tell whether a record of `training/data_extra` is kept for tuning."""
    family, _, number = record_id.rpartition("-")
    return int(number) > KEPT_AFTER.get(family, 10**6)


def reports() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the passages and questions of the fictional reports, split by organisation.

    Records of `training/data_extra` are added; an organisation of theirs not yet known is trained on, save a few.
    `MORE` holds more questions on the same texts, by their id; theirs begins with « autrement ».
    """
    records = list(read_lines(SHARED / "train" / "rapports_fr.jsonl.gz"))
    parts = organisation_parts(r["organisation"] for r in records)
    if EXTRA.is_dir():
        for path in sorted(EXTRA.glob("*.jsonl*")):
            records += [
                r for r in read_lines(path) if {"id", "organisation", "texte", "questions"} <= r.keys()
            ]
    passages, questions, seen = [], [], set()
    more = {r["id"]: r["questions"] for r in read_lines(EXTRA / MORE)} if (EXTRA / MORE).is_file() else {}
    for record in records:
        if record["id"] in seen:
            continue
        seen.add(record["id"])
        part = parts.get(record["organisation"], "dev" if is_kept(record["id"]) else "train")
        text = record["texte"]
        year = str(record.get("annee") or "")
        passages.append(
            {
                "id": record["id"],
                "set": "rapports",
                "part": part,
                "group": record["organisation"],
                "year": year,
                "form": record.get("forme", ""),
                "title": record.get("section") or "",
                "text": text,
            }
        )
        own = [(f"{record['id']}-{number}", q) for number, q in enumerate(record["questions"])]
        other = enumerate(more.get(record["id"], []))
        for name, q in own + [(f"autrement-{record['id']}-{number}", q) for number, q in other]:
            answer = q.get("reponse")
            if answer and answer not in text:
                continue
            starts = [m.start() for m in re.finditer(re.escape(answer), text)] if answer else []
            questions.append(
                {
                    "id": name,
                    "set": "rapports",
                    "part": part,
                    "type": q["type"],
                    "history": q.get("historique") or [],
                    "question": q["question"],
                    "passage": record["id"],
                    "answers": [{"text": answer, "start": s} for s in starts],
                }
            )
    return passages, questions


def add_negatives(passages: list[dict[str, Any]], questions: list[dict[str, Any]]) -> None:
    """Give each question the passages ranked high though they do not hold its answer, best first."""
    model = OnnxEmbedder(MODELS / "embedding")
    for name in sorted({passage["set"] for passage in passages}):
        group = [passage for passage in passages if passage["set"] == name]
        texts = [f"{p['title']}\n{p['text']}" for p in group]
        index = Lexical(texts)
        vectors = model.vectors(texts)
        asked = [question for question in questions if question["set"] == name]
        whole = [joined(question["history"], question["question"]) for question in asked]
        meant = model.vectors(whole)
        for question, text, vector in zip(asked, whole, meant, strict=True):
            question["hard"] = wrong(question, group, index.scores(text))
            question["near"] = wrong(question, group, vectors @ vector)


def wrong(question: dict[str, Any], group: list[dict[str, Any]], scores: np.ndarray) -> list[str]:
    """Return the ids of the passages of the question's part that score best and do not hold its answer."""
    answers = [fold(a["text"]) for a in question["answers"]]
    found = []
    for i in np.argsort(-scores)[:LOOKED_AT]:
        other = group[int(i)]
        if other["id"] == question["passage"] or other["part"] != question["part"]:
            continue
        if any(answer in fold(other["text"]) for answer in answers):
            continue
        found.append(other["id"])
        if len(found) == HARD_PER_QUESTION:
            break
    return found


def main() -> None:
    """Write every file and print how many records each has."""
    print("parallel", write_lines(DATA / "parallel.jsonl", parallel()))
    print("headed", write_lines(DATA / "headed.jsonl", headed()))
    passages, questions = (a + b for a, b in zip(piaf(), reports(), strict=True))
    add_negatives(passages, questions)
    print("passages", write_lines(DATA / "passages.jsonl", passages))
    print("questions", write_lines(DATA / "questions.jsonl", questions))


if __name__ == "__main__":
    main()
