"""Read a prompt with a causal language model, token by token, with a cache of keys and values.

All strategies of decoding stand on `Reader`: what was read once is not computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from language.errors import LanguageError
from language.text import utf8

DOCUMENT_START = "<|endoftext|>"  # stands between the training texts of GPT-2 and of SmolLM2
_PIECE = 512  # tokens read at once: attention over a piece needs memory for piece x length


def encode(tokenizer: Any, text: str) -> list[int]:
    """The token ids of a text, at least one; special tokens are not added.

    Raises:
        LanguageError: the text is empty or holds half of a surrogate pair, which is no character.
    """
    if not text:
        raise LanguageError("The text is empty; give at least one character")
    utf8(text)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def token_text(tokenizer: Any, token: int) -> str:
    """One token as text; a token that is a part of a letter shows as U+FFFD."""
    return str(tokenizer.decode([token]))


def start_token(tokenizer: Any) -> int:
    """The token behind which a document begins: the condition of a text's first token.

    Raises:
        LanguageError: the tokenizer has no such token.
    """
    if DOCUMENT_START in tokenizer.get_vocab():
        return int(tokenizer.convert_tokens_to_ids(DOCUMENT_START))
    for token in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    raise LanguageError(
        f"{tokenizer.name_or_path} has no token for the start of a text; "
        "choose a model whose tokenizer has a bos or an eos token"
    )


def end_tokens(model: Any) -> frozenset[int]:
    """The tokens that end a text, as the model's generation settings name them; maybe none."""
    token = model.generation_config.eos_token_id
    if token is None:
        return frozenset()
    return frozenset(token if isinstance(token, list) else [token])


def context_length(model: Any) -> int:
    """How many tokens the model can read: the prompt and what it writes."""
    config = model.config
    return int(getattr(config, "max_position_embeddings", None) or config.n_positions)


def check_length(model: Any, ids: Sequence[int], new_tokens: int = 0) -> None:
    """Make sure that a prompt and the tokens to be written fit into the context.

    Raises:
        LanguageError: they do not, or the prompt is empty.
    """
    context = context_length(model)
    if not ids:
        raise LanguageError("The prompt has no token; give at least one character")
    if len(ids) + new_tokens > context:
        room = f" and {new_tokens} new ones" if new_tokens else ""
        raise LanguageError(
            f"The prompt has {len(ids):,} tokens{room}, but the model's context holds {context:,}; "
            f"shorten the prompt to {max(context - new_tokens, 0):,} tokens"
        )


class Reader:
    """A model that reads; `logits` are those of the next token in each row, (rows, vocabulary)."""

    def __init__(self, model: Any, ids: Sequence[int]) -> None:
        """Read a prompt, in one row.

        Args:
            model: A causal language model of transformers, in float32.
            ids: The prompt's tokens, at least one.

        Raises:
            LanguageError: the prompt does not fit into the context.
        """
        check_length(model, ids)
        self._model = model
        self._cache: Any = None
        self.logits: Tensor
        for begin in range(0, len(ids), _PIECE):
            self._read(torch.tensor([list(ids[begin : begin + _PIECE])]))

    def repeat(self, rows: int) -> None:
        """Continue with as many copies of the one row."""
        self._cache.batch_repeat_interleave(rows)
        self.logits = self.logits.repeat_interleave(rows, dim=0)

    def append(self, tokens: Sequence[int], rows: Sequence[int] | None = None) -> Tensor:
        """Read one more token in each row, and return the next logits, (rows, vocabulary).

        Args:
            tokens: The new token of each new row.
            rows: The old row that each new row continues; None: each its own.
        """
        if rows is not None:
            self._cache.reorder_cache(torch.tensor(list(rows)))
        self._read(torch.tensor(list(tokens))[:, None])
        return self.logits

    @torch.inference_mode()
    def _read(self, ids: Tensor) -> None:
        output = self._model(
            ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1, return_dict=True
        )
        self._cache = output.past_key_values
        self.logits = output.logits[:, -1].float()
