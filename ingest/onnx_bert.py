"""BERT's encoder by ONNX Runtime, for a process that answers one question: PyTorch takes longer to import than this to answer.

The same layers as in `ingest.bert`, in float32. One graph runs every layer, whose weights are inputs, so
that nothing is built or copied for a layer. A process that goes on uses `ingest.bert`, which is faster in bfloat16.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ingest.onnx_graph import Node, graph_bytes

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_MICROSOFT = "com.microsoft"
_PROJECTIONS = ("query", "key", "value")


def is_onnx_installed() -> bool:
    """Whether ONNX Runtime is there; it is not imported."""
    return importlib.util.find_spec("onnxruntime") is not None


class OnnxBert:
    """Embeddings in, states out; texts are one sequence, in which each attends to itself alone."""

    def __init__(self, values: Mapping[str, np.ndarray], heads: int, epsilon: float) -> None:
        """Use the weights of a BERT.

        Args:
            values: By the names of `ingest.bert`, float32.
            heads: Of attention.
            epsilon: Of the normalisation.
        """
        self._positions = values["embeddings.position_embeddings.weight"]
        self._type = values["embeddings.token_type_embeddings.weight"][0]
        self._scale = values["embeddings.LayerNorm.weight"]
        self._shift = values["embeddings.LayerNorm.bias"]
        self._heads, self._epsilon = heads, epsilon
        names = {name.split(".")[2] for name in values if name.startswith("encoder.layer.")}
        self.layers = [
            self.layer(values, f"encoder.layer.{number}.") for number in range(len(names))
        ]

    def layer(self, values: Mapping[str, np.ndarray], prefix: str) -> OnnxLayer:
        """A layer of the same heads, of the weights whose names begin with `prefix`."""
        return OnnxLayer(values, prefix, self._heads, self._epsilon)

    def embed(self, words: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
        """The first layer's input, (tokens, width), for the word embeddings of texts of these lengths."""
        positions = np.concatenate([np.arange(length) for length in lengths])
        states = words + self._type + self._positions[positions]
        states -= states.mean(axis=1, keepdims=True)
        states /= np.sqrt((states * states).mean(axis=1, keepdims=True) + self._epsilon)
        return np.asarray(states * self._scale + self._shift, dtype=np.float32)


class OnnxLayer:
    """One layer; see `ingest.bert.Layer`."""

    def __init__(
        self, values: Mapping[str, np.ndarray], prefix: str, heads: int, epsilon: float
    ) -> None:
        """Use the weights whose names begin with `prefix`."""
        self._heads, self._epsilon = heads, epsilon
        attention, joined = f"{prefix}attention.self.", {}
        for end in ("weight", "bias"):
            parts = [values[f"{attention}{part}.{end}"] for part in _PROJECTIONS]
            joined[end] = np.concatenate(parts)
        self._projections = joined
        self._rest = {
            f"{short}.{end}": values[f"{prefix}{name}.{end}"]
            for short, name in _REST.items()
            for end in ("weight", "bias")
        }

    def __call__(self, states: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
        """New states, (tokens, width), float32, of texts of these lengths, one after the other."""
        projected = _projection().run(None, {"states": states, **self._projections})
        attend = _attention(self._heads)
        ends = np.cumsum(lengths).tolist()
        attended = [
            attend.run(
                None,
                {
                    name: part[None, end - length : end]
                    for name, part in zip(_PROJECTIONS, projected, strict=True)
                },
            )[0][0]
            for end, length in zip(ends, lengths, strict=True)
        ]
        inputs = {"states": states, "attended": np.concatenate(attended), **self._rest}
        (result,) = _network(self._epsilon).run(None, inputs)
        return np.asarray(result)


_REST = {  # short names of the weights behind attention, and those of BERT
    "attention": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "norm": "output.LayerNorm",
}


@lru_cache(maxsize=1)
def _projection() -> InferenceSession:
    """States to queries, keys and values, (tokens, width) each."""
    nodes = [
        Node("Gemm", ["states", "weight", "bias"], ["all"], {"transB": 1}),
        Node("Split", ["all"], _PROJECTIONS, {"axis": 1}),
    ]
    inputs = [("states", 2), ("weight", 2), ("bias", 1)]
    return _session(graph_bytes(nodes, inputs, [(name, 2) for name in _PROJECTIONS]))


@lru_cache(maxsize=4)
def _attention(heads: int) -> InferenceSession:
    """Queries, keys and values of one text, (1, tokens, width) each, to what is attended to, likewise."""
    node = Node(
        "MultiHeadAttention", _PROJECTIONS, ["attended"], {"num_heads": heads}, domain=_MICROSOFT
    )
    return _session(graph_bytes([node], [(name, 3) for name in _PROJECTIONS], [("attended", 3)]))


@lru_cache(maxsize=4)
def _network(epsilon: float) -> InferenceSession:
    """What follows attention in a layer: (tokens, width) to the same."""

    def linear(name: str, states: str) -> Node:
        inputs = [states, f"{name}.weight", f"{name}.bias"]
        return Node("Gemm", inputs, [name], {"transB": 1})

    def normalised(name: str, states: str, before: str) -> Node:
        inputs = [states, before, f"{name}.weight", f"{name}.bias"]
        return Node("SkipLayerNormalization", inputs, [name], {"epsilon": epsilon}, _MICROSOFT)

    nodes = [
        linear("attention", "attended"),
        normalised("attention_norm", "attention", "states"),
        linear("inner", "attention_norm"),
        Node("Gelu", ["inner"], ["activated"], domain=_MICROSOFT),
        linear("outer", "activated"),
        normalised("norm", "outer", "attention_norm"),
    ]
    inputs = [("states", 2), ("attended", 2)]
    for name in _REST:
        inputs += [(f"{name}.weight", 1 if "norm" in name else 2), (f"{name}.bias", 1)]
    return _session(graph_bytes(nodes, inputs, [("norm", 2)]))


def _session(graph: bytes) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
