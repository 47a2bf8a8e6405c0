"""Tiny models with random weights, and their tokenizers, made on the spot."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def tiny_sentence_transformer(folder: Path, name: str = "multilingual-e5-tiny") -> Path:
    """Return the directory of a model of 16 dimensions over a few French words, the same each time."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "query", "passage", ":", "le", "reseau", "agents", "entreprises", "13"]
    vocabulary = {word: rank for rank, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    body = folder / "body"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
    ).save_pretrained(body)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    torch.manual_seed(7)
    BertModel(config).save_pretrained(body)
    target = folder / name
    SentenceTransformer(modules=[Transformer(str(body)), Pooling(16)], device="cpu").save(str(target))
    return target


def tiny_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """Return the directory of a cross-encoder with random weights, the same each time.

    Args:
        folder: where it is made.
        labels: scores that it gives a pair.
    """
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "agents"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    target = folder / f"cross-{labels}"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(target)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=64,
        num_labels=labels,
    )
    torch.manual_seed(7)
    BertForSequenceClassification(config).save_pretrained(target)
    return target


def tiny_tokenizer(target: Path, words: Iterable[str]) -> int:
    """Write a WordPiece tokenizer of letters, digits, signs and some words; return how many pieces it has."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*marks, *letters, *".,%?':+", *(f"##{char}" for char in letters), *words]
    tokenizer = Tokenizer(
        models.WordPiece({piece: rank for rank, piece in enumerate(pieces)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(marks)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(mark, pieces.index(mark)) for mark in ("[CLS]", "[SEP]")],
    )
    tokenizer.save(str(target))
    return len(pieces)
