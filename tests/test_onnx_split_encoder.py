"""rag.onnx_split_encoder: its probabilities are those of the split cross-encoder in PyTorch."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tiny_models import make_bert, make_split_cross_encoder

from ingest import weights
from rag import onnx_split_encoder
from rag.models import Models
from rag.onnx_split_encoder import OnnxSplitEncoder
from rag.settings import ModelSettings
from rag.split_cross_encoder import WEIGHTS, SplitCrossEncoder

PAIRS = [
    ("light vacuum", "light travels at night"),
    ("light vacuum", "gravity pulls"),
    ("gravity", "a cat sleeps sixteen hours a day"),
    ("sixteen", ""),
    ("light vacuum", "light travels at night"),
]


@pytest.fixture
def both(tmp_path) -> tuple[SplitCrossEncoder, OnnxSplitEncoder]:
    """A tiny model in PyTorch, and the same read from its files."""
    reader = make_split_cross_encoder(joint_layers=1, layers=2)
    torch.manual_seed(1)
    for value in reader.head.parameters():
        value.data += 0.3 * torch.randn(value.shape)  # all parts of the score count
    reader.head.scale_to(2.0, 1.0, -2.0)
    reader.load_state_dict(
        {name: value.half().float() for name, value in reader.state_dict().items()}
    )
    bert, tokenizer = make_bert()
    base = tmp_path / "base"
    base.mkdir()
    half = {name: value.half().float() for name, value in bert.state_dict().items()}
    save_file(half, base / "model.safetensors")
    bert.config.save_pretrained(base)
    tokenizer.save(str(base / "tokenizer.json"))
    reader.save(tmp_path / "reader")
    config = {"joint_layers": 1, "layers": 2}
    (tmp_path / "reader" / "config.json").write_text(json.dumps(config))
    assert (tmp_path / "reader" / WEIGHTS).is_file()
    located = weights.Weights("tiny", base, "folder")
    return reader, onnx_split_encoder.load(tmp_path / "reader", located)


@pytest.mark.parametrize("batch_size", [1, 16])
def test_probabilities_are_those_of_pytorch(both, batch_size):
    by_torch, by_onnx = both
    expected = by_torch.predict(PAIRS, 16)
    assert len(set(expected.round(3))) > 2
    np.testing.assert_allclose(by_onnx.predict(PAIRS, batch_size), expected, atol=1e-4)


def test_a_text_is_read_once_by_the_lower_layers(both):
    by_onnx = both[1]
    by_onnx.predict(PAIRS, 16)
    read = by_onnx.lower_states.total_size
    by_onnx.predict(PAIRS[::-1], 16)
    assert by_onnx.lower_states.total_size == read > 0
    assert not by_onnx.read_ahead(["a cat"])


def test_models_for_one_question_leave_pytorch_out_only_where_the_settings_allow():
    def runs_onnx(**settings: str) -> bool:
        models = Models(ModelSettings(**settings), for_one_question=True)
        return models.with_settings(models.settings).reads_by_onnx

    assert runs_onnx()
    assert runs_onnx(device="cpu", dtype="float32")
    assert not runs_onnx(device="cuda")
    assert not runs_onnx(dtype="bfloat16")
    assert not Models().reads_by_onnx


@pytest.mark.slow
def test_the_bundled_rerankers_give_the_same_scores_both_ways():
    settings = ModelSettings(dtype="float32")
    by_torch, by_onnx = Models(settings), Models(settings, for_one_question=True)
    assert by_torch.reranker.name == by_onnx.reranker.name
    texts = [
        "Recall: share of real images inside the region of generated ones.",
        "Die Entropie misst die mittlere Überraschung.",
        "Entropy is the mean surprise. " * 80,
        "",
    ]
    for question in ("What is recall?", "Was ist Entropie?"):
        expected = by_torch.reranker.score(question, texts)
        assert by_onnx.reranker.score(question, texts) == pytest.approx(expected, abs=1e-4)
