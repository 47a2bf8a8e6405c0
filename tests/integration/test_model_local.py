"""A real, tiny transformers model, made here: what it says makes no sense, and the visitor gets the report's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ra_assistant.types import Message, Outcome
from tests.conftest import build_served
from tests.model_corpus import OLDER, REPORT, opened

pytest.importorskip("langchain_huggingface", reason="the extra « huggingface » is not installed")

HOW_MANY = "Combien d’entreprises l’agence a-t-elle accueillies en 2022 ?"


@pytest.fixture(scope="module")
def name(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of a model of one layer that says the same syllable for ever."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    root = tmp_path_factory.mktemp("model")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, special_tokens=["<end>"])
    tokenizer.train_from_iterator(["blabla blabla"], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    fast.chat_template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
    fast.save_pretrained(root)
    sizes = {"n_positions": 16384, "n_embd": 16, "n_layer": 1, "n_head": 2}
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(fast), eos_token_id=0, bos_token_id=0, **sizes))
    word = fast.convert_tokens_to_ids("b")
    model.transformer.ln_f.weight.data.zero_()
    model.transformer.ln_f.bias.data.fill_(1.0)
    model.transformer.wte.weight.data[word].fill_(1.0)
    model.save_pretrained(root)
    return f"huggingface:{root}"


def test_a_local_model_speaks(name: str) -> None:
    from ra_assistant.chat_model import LangChainModel

    model = LangChainModel(name, "", "", 20, 12)
    said = "".join(piece.text for piece in model.stream([Message("user", "Bonjour")]))
    assert set(said.strip()) == {"b"}


def test_what_it_says_is_not_shown(name: str, tmp_path: Path) -> None:
    index = build_served(tmp_path, {"rapport-2022.md": REPORT, "rapport-2021.md": OLDER})
    local = {
        "llm": name,
        "llm_base_url": "",
        "llm_seconds": 60,
        "llm_first_seconds": 60,
        "llm_max_tokens": 50,
    }
    with opened(index, "-", **local) as assistant:
        heard = list(assistant.stream(HOW_MANY))
    assert heard[-1].outcome is Outcome.ANSWERED
    assert heard[-1].model == ""
    assert "12 entreprises" in heard[-1].text
    assert not any("bbb" in answer.text for answer in heard)
