"""The reader: offsets, windows, likeness to the trained model, its files and its budget."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ra_assistant.span_reader import SPAN_TOKENS, OnnxSpanReader, best_of_each, best_spans
from tests.tiny import tiny_tokenizer

TRAINING = Path(__file__).parents[2] / "training"
SHIPPED = Path(str(resources.files("ra_assistant.models"))) / "reader"
PASSAGES = [
    ("Réseau", "Le rendement s'établit à 83,7 % en 2021. Quarante-six fuites ont été réparées."),
    ("", "18 642\ninterventions\n\n+ 6,8 %"),
    ("Équipe", "La maire, Odile Ferrand, a signé l’accord à l'été."),
]
shipped = pytest.mark.skipif(not (SHIPPED / "model.onnx").is_file(), reason="built without the reader")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a tiny random reader as training keeps it, and the same as the package ships it."""
    sys.path.insert(0, str(TRAINING))
    try:
        import export
        import read
        import torch
        from transformers import BertConfig, BertModel
    finally:
        sys.path.remove(str(TRAINING))
    source, target = tmp_path_factory.mktemp("float"), tmp_path_factory.mktemp("onnx")
    pieces = tiny_tokenizer(source / "tokenizer.json", ["le", "fuites", "maire"])
    torch.manual_seed(11)
    config = BertConfig(
        vocab_size=pieces,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=128,
        initializer_range=0.2,
    )
    model = read.Reader(BertModel(config, add_pooling_layer=False))
    with torch.no_grad():
        for part, factor in ((model.sought, 5.0), (model.held, 5.0), (model.doubt, 3.0)):
            for weights in part.parameters():
                weights *= factor
    read.save(model, source, source)
    export.export_reader(source, target, version="7")
    return source, target


def test_a_run_begun_from_the_exported_reader_exports_it_again(
    tiny: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(TRAINING))
    import export
    import read
    import restore

    monkeypatch.setattr(restore, "RUNS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["restore.py", "--out", "again", "--model", str(tiny[1])])
    restore.main()
    model, _ = read.load(tmp_path / "again")
    first, _ = read.load(tiny[0])
    apart = {
        name: (value - first.state_dict()[name]).abs().max() / first.state_dict()[name].abs().max()
        for name, value in model.state_dict().items()
        if "embeddings" not in name and value.ndim == 2
    }
    assert apart, "no matrix was compared"
    assert max(apart.values()) < 0.006, "half a step of eight bits, beside the widest weight"
    export.export_reader(tmp_path / "again", tmp_path / "shipped", version="7")
    for name in ("model.onnx", "reader.json", "tokenizer.json"):
        assert (tmp_path / "shipped" / name).read_bytes() == (tiny[1] / name).read_bytes(), name


def test_readings_are_those_of_the_trained_model(tiny: tuple[Path, Path]) -> None:
    sys.path.insert(0, str(TRAINING))
    try:
        import read
        import torch
    finally:
        sys.path.remove(str(TRAINING))
    model, tokenizer = read.load(tiny[0], dropout=0.0)
    model.eval()
    short = [("", "le maire a 42 fuites."), ("le", "fuites, 83 %")]
    encoded = read.encode(tokenizer, [("maire ?", *p) for p in short])
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        logits, judged = model(encoded.ids, encoded.mask, encoded.types)
    readings = OnnxSpanReader(tiny[1]).read("maire ?", short)
    for row, reading in enumerate(readings):
        first = next(i for i, (a, _) in enumerate(encoded.offsets[row]) if a >= 0)
        inside = [p for p in encoded.offsets[row] if p[0] >= 0]
        theirs = best_spans(logits[row].float().numpy(), inside, first, 1)[0]
        assert reading.spans[0].score == pytest.approx(theirs.score, abs=0.3)
        assert reading.answerable == pytest.approx(float(judged[row]), abs=0.15)


def test_spans_are_words_of_the_text_best_first(tiny: tuple[Path, Path]) -> None:
    readings = OnnxSpanReader(tiny[1]).read("Combien de fuites ?", PASSAGES)
    assert len(readings) == len(PASSAGES)
    for (_, text), reading in zip(PASSAGES, readings, strict=True):
        assert math.isfinite(reading.answerable)
        scores = [span.score for span in reading.spans]
        assert scores == sorted(scores, reverse=True)
        assert len({(s.start, s.end) for s in reading.spans}) == len(reading.spans)
        for span in reading.spans:
            words = text[span.start : span.end]
            assert words
            assert words == words.strip()


def test_a_passage_is_read_the_same_alone_and_among_others(tiny: tuple[Path, Path]) -> None:
    reader = OnnxSpanReader(tiny[1])
    together = reader.read("Qui a signé ?", PASSAGES)
    alone = [reader.read("Qui a signé ?", [passage])[0] for passage in PASSAGES]
    for left, right in zip(together, alone, strict=True):
        assert left.answerable == pytest.approx(right.answerable, abs=1e-3)
        assert left.spans[0][:2] == right.spans[0][:2]


def test_the_end_of_a_long_passage_is_read_too(tiny: tuple[Path, Path]) -> None:
    reader = OnnxSpanReader(tiny[1])
    text = "fuites 1. " * 120 + "maire"
    seen = reader.read("le ?", [("", text)], spans=100_000)[0].spans
    assert max(span.end for span in seen) == len(text)
    assert min(span.start for span in seen) == 0


def test_nothing_to_read_gives_no_span(tiny: tuple[Path, Path]) -> None:
    reader = OnnxSpanReader(tiny[1])
    assert reader.read("Qui ?", []) == []
    empty = reader.read("Qui ?", [("Titre", "")])[0]
    assert empty.spans == ()
    assert reader.read("", [("", "le maire")])[0].spans


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60), st.integers(0, 6), st.lists(st.integers(1, 60), max_size=6), st.integers(0, 2**32 - 1)
)
def test_the_best_span_of_each_part_stays_within_it(
    size: int, first: int, cuts: list[int], seed: int
) -> None:
    logits = np.random.default_rng(seed).normal(size=(first + size + 1, 2)).astype(np.float32)
    offsets = [(3 * i, 3 * i + 2) for i in range(size)]
    edges = [0, *sorted({3 * cut for cut in cuts if cut < size}), 3 * size]
    parts = list(itertools.pairwise(edges))
    found = best_of_each(logits, offsets, first, parts)
    assert len(found) == len(parts)
    for (start, end), span in zip(parts, found, strict=True):
        inside = range(start // 3, end // 3)
        best = max(logits[first + a, 0] + logits[first + b, 1] for a in inside for b in inside if b >= a)
        assert start <= span.start < span.end <= end
        assert span.score == pytest.approx(best, abs=1e-5)
    assert best_of_each(logits, offsets, first, [(3 * size, 3 * size + 9)]) == []


def test_a_row_that_is_not_the_likeliest_has_its_own_span(tiny: tuple[Path, Path]) -> None:
    text = "le maire\nfuites, 83 %\nle"
    parts = [(0, 8), (9, 21), (22, 24)]
    reader = OnnxSpanReader(tiny[1])
    (alone,) = reader.read("fuites ?", [("", text)], spans=1)
    (reading,) = reader.read("fuites ?", [("", text)], spans=1, parts=[parts])
    assert reading.spans[0] == alone.spans[0] and reading.answerable == alone.answerable
    assert all(any(a <= s.start and s.end <= b for s in reading.spans) for a, b in parts)
    assert [s.score for s in reading.spans] == sorted((s.score for s in reading.spans), reverse=True)
    assert len({(s.start, s.end) for s in reading.spans}) == len(reading.spans) <= 4
    (without,) = reader.read("fuites ?", [("", text)], spans=1, parts=[[]])
    assert without == alone


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(0, 6), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_the_best_spans_are_those_of_an_exhaustive_search(
    size: int, first: int, count: int, seed: int
) -> None:
    logits = np.random.default_rng(seed).normal(size=(first + size + 1, 2)).astype(np.float32)
    offsets: Sequence[tuple[int, int]] = [(3 * i, 3 * i + 2) for i in range(size)]
    found = best_spans(logits, offsets, first, count)
    every = sorted(
        (
            float(logits[first + a, 0] + logits[first + b, 1])
            for a in range(size)
            for b in range(a, min(size, a + SPAN_TOKENS))
        ),
        reverse=True,
    )
    assert [span.score for span in found] == pytest.approx(every[: len(found)], abs=1e-5)
    assert len(found) == min(count, len(every))
    assert all(span.start < span.end for span in found)


@shipped
def test_the_shipped_files_are_whole_and_within_their_budget() -> None:
    sums = json.loads((SHIPPED / "reader.json").read_text(encoding="utf-8"))["sha256"]
    assert {n: hashlib.sha256((SHIPPED / n).read_bytes()).hexdigest() for n in sums} == sums
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 25_000_000


@shipped
@pytest.mark.parametrize(
    ("question", "right", "words"),
    [
        ("Combien de fuites ont été réparées ?", 0, "Quarante-six"),
        ("nombre interventions", 1, "18 642"),
        ("ki a signé laccord ?", 2, "Odile Ferrand"),
    ],
)
def test_the_shipped_reader_marks_the_words_that_answer(question: str, right: int, words: str) -> None:
    readings = OnnxSpanReader(SHIPPED).read(question, PASSAGES)
    assert max(range(len(readings)), key=lambda i: readings[i].answerable) == right
    best = readings[right].spans[0]
    assert words in PASSAGES[right][1][best.start : best.end]
