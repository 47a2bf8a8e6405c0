"""Any sentence-transformers model that is on the machine, tried with a tiny one made here."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from ra_assistant.transformer_embedding import Prefixes, SentenceTransformerEmbedder, known_prefixes


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return the directory of a tiny random model, named as a model that wants prefixes."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    vocab = {
        w: i for i, w in enumerate(["[PAD]", "[UNK]", "query", "passage", ":", "le", "reseau", "agents"])
    }
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    body = tmp_path / "body"
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(
        body
    )
    config = BertConfig(
        vocab_size=len(vocab),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertModel(config).save_pretrained(body)
    model = SentenceTransformer(modules=[Transformer(str(body)), Pooling(16)], device="cpu")
    target = tmp_path / "multilingual-e5-tiny"
    model.save(str(target))
    return target


def test_vectors_have_length_one_and_prefixes_tell_questions_from_passages(tiny: Path) -> None:
    model = SentenceTransformerEmbedder(str(tiny), device="cpu")
    assert model.profile.dimension == 16
    assert model.profile.query_prefix == "query: "
    question, passage = (
        np.array(model.embed_query("le reseau")),
        np.array(model.embed_documents(["le reseau"])[0]),
    )
    assert np.linalg.norm(question) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(question - passage).max() > 1e-3


def test_a_model_that_states_its_prompts_keeps_them(tiny: Path) -> None:
    path = tiny / "config_sentence_transformers.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["prompts"] = {"query": "agents ", "document": ""}
    path.write_text(json.dumps(config), encoding="utf-8")
    model = SentenceTransformerEmbedder(str(tiny), device="cpu")
    assert model.profile.query_prefix == "agents "
    bare = model._model.encode(["agents le reseau"], normalize_embeddings=True)[0]
    assert np.allclose(model.embed_query("le reseau"), bare, atol=1e-5)


def test_no_text_gives_no_vector(tiny: Path) -> None:
    assert SentenceTransformerEmbedder(str(tiny), device="cpu").embed_documents([]) == []


def test_a_model_that_is_not_on_the_machine_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises((OSError, ValueError)):
        SentenceTransformerEmbedder("nobody/no-such-model", device="cpu")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intfloat/multilingual-e5-small", Prefixes("query: ", "passage: ")),
        ("/models/Solon-embeddings-base-0.1", Prefixes("query : ", "")),
        ("BAAI/bge-m3", Prefixes()),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", Prefixes("query: ", "")),
        ("somebody/unknown", Prefixes()),
    ],
)
def test_prefixes_go_by_the_name(name: str, expected: Prefixes) -> None:
    assert known_prefixes(name) == expected


def test_every_entry_of_the_prefix_file_names_its_source_and_matches_it() -> None:
    text = resources.files("ra_assistant.models").joinpath("prefixes.json").read_text(encoding="utf-8")
    for model in json.loads(text)["models"]:
        name = model["source"].removeprefix("https://huggingface.co/")
        assert re.search(model["pattern"], name, re.IGNORECASE)
        assert known_prefixes(name) == Prefixes(model["query"], model["document"])
