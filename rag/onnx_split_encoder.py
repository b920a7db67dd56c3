"""The bundled split cross-encoders by ONNX Runtime, for a process that answers one question.

Layers and score are those of `rag.split_cross_encoder`, in float32; see `ingest.onnx_bert` for why
there are two.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ingest import weights
from ingest.abandonment import check_abandoned
from ingest.lru import LruCache
from ingest.onnx_bert import OnnxBert, OnnxLayer
from ingest.onnx_models import WordEmbeddings, onnx_bert
from rag.split_tokens import SplitTokens, Tokens, split_tokens

_CACHED_TOKENS = 20_000  # of texts read by the lower layers: 30 MB


class OnnxSplitEncoder:
    """Pairs of texts in, probabilities out; see `SplitCrossEncoder`."""

    def __init__(
        self,
        bert: OnnxBert,
        words: WordEmbeddings,
        tokens: SplitTokens,
        lower: int,
        joint: Sequence[OnnxLayer],
        head: Mapping[str, np.ndarray],
    ) -> None:
        """Join the layers.

        Args:
            bert: Of the bi-encoder.
            words: Its word embeddings.
            tokens: How it reads questions and texts.
            lower: How many of its layers read each text alone.
            joint: The layers above them, which read a question and a text as one.
            head: The weights of a `ScoringHead`, float32.
        """
        self._bert, self._words, self._tokens = bert, words, tokens
        self._lower, self._joint, self._head = lower, joint, head
        self.lower_states: LruCache[Tokens, np.ndarray] = LruCache(
            _CACHED_TOKENS, size=lambda ids, _: len(ids)
        )

    def predict(self, pairs: Sequence[tuple[str, str]], batch_size: int) -> np.ndarray:
        """The probability that the second text of each pair answers the first, float32, (pairs,)."""
        questions, texts = (list(dict.fromkeys(side)) for side in zip(*pairs, strict=True))
        tokens = self._tokens(questions, questions=True) + self._tokens(texts, questions=False)
        states = self.lower_states.get_or_compute(tokens, self._encode_lower)
        asked = dict(zip(questions, states[: len(questions)], strict=True))
        given = dict(zip(texts, states[len(questions) :], strict=True))
        logits: list[float] = []
        for start in range(0, len(pairs), batch_size):
            check_abandoned()
            batch = [(asked[one], given[other]) for one, other in pairs[start : start + batch_size]]
            logits += self._logits(batch)
        return np.asarray(1 / (1 + np.exp(-np.array(logits))), dtype=np.float32)

    def read_ahead(self, texts: Sequence[str]) -> bool:
        """False: the process ends with the question."""
        return False

    def _encode_lower(self, texts: Sequence[Tokens]) -> list[np.ndarray]:
        """The lower layers' states of each text, (tokens, width)."""
        lengths = [len(ids) for ids in texts]
        words = self._words(np.array([token for ids in texts for token in ids]))
        states = self._bert.embed(words, lengths)
        for layer in self._bert.layers[: self._lower]:
            states = layer(states, lengths)
        return np.split(states, np.cumsum(lengths)[:-1])

    def _logits(self, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[float]:
        """Of pairs of lower states."""
        lengths = [len(question) + len(text) for question, text in pairs]
        states = np.concatenate([part for pair in pairs for part in pair])
        for layer in self._joint:
            states = layer(states, lengths)
        parts = np.split(states, np.cumsum([len(part) for pair in pairs for part in pair])[:-1])
        return [
            score(self._head, question, text)
            for question, text in zip(parts[::2], parts[1::2], strict=True)
        ]


def score(head: Mapping[str, np.ndarray], question: np.ndarray, text: np.ndarray) -> float:
    """The logit of `ScoringHead` for the last states of two texts, (tokens, width) each."""
    closest = (_normalised(question) @ _normalised(text).T).max(axis=1)
    importance = (question @ head["importance.weight"].T + head["importance.bias"])[:, 0]
    if len(question) > 2:  # without [CLS] and [SEP]
        closest, importance = closest[1:-1], importance[1:-1]
    shares = np.exp(importance - importance.max())
    late = float(shares @ closest / shares.sum())
    left, right = question.mean(axis=0), text.mean(axis=0)
    pair = np.concatenate([left, right, left * right, np.abs(left - right)])
    hidden = head["network.0.weight"] @ pair + head["network.0.bias"]
    activated = np.array([value * (1 + math.erf(value / math.sqrt(2))) / 2 for value in hidden])
    return (
        float(head["late_scale"]) * late
        + float(head["pooled_scale"]) * float(_normalised(left) @ _normalised(right))
        + float((head["network.2.weight"] @ activated)[0])
        + float(head["bias"])
    )


def load(folder: Path, base: weights.Weights) -> OnnxSplitEncoder:
    """The trained model from its folder and its located bi-encoder."""
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text("utf-8"))
    saved = load_file(folder / "model.safetensors")
    values = {name: value.astype(np.float32) for name, value in saved.items()}
    bert, words = onnx_bert(base)
    lower = config.get("layers", len(bert.layers)) - config["joint_layers"]
    joint = [bert.layer(values, f"layers.{number}.") for number in range(config["joint_layers"])]
    head = {
        name.removeprefix("head."): value
        for name, value in values.items()
        if name.startswith("head.")
    }
    return OnnxSplitEncoder(bert, words, split_tokens(base), lower, joint, head)


def _normalised(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))
