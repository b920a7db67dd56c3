"""The next word: the probability of a text as a product of conditional probabilities.

A language model gives p(x_t | x_1 ... x_{t-1}). The chain rule makes the probability of a whole
text of it: p(x) = p(x_1) p(x_2 | x_1) p(x_3 | x_1, x_2) ... The condition of the first token is
the token that begins a document, see `causal.start_token`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from language.causal import Reader, check_length, context_length, encode, start_token, token_text
from language.warpers import entropy, softmax

WINDOW = 1024  # tokens that are read at once; a longer text is read in windows that overlap
OVERLAP = 512  # tokens that each token of a later window has before it, at least


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token that may come next."""

    rank: int  # from 1, the likeliest
    id: int
    text: str
    logit: float
    probability: float


@dataclass(frozen=True, slots=True)
class SoftmaxRow:
    """One token's way from its logit z to its probability, at a temperature T."""

    id: int
    logit: float
    scaled: float  # z / T
    exponential: float  # e^(z/T - m), where m is the largest z/T
    probability: float  # its share of the sum of all exponentials


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """A token of a text, and how the model expected it."""

    id: int
    text: str
    surprise: float  # bits: -log2 of its probability, given all tokens before it in its window
    rank: int  # 1 for the likeliest token
    entropy: float  # bits: the surprise that the model expected here

    @property
    def probability(self) -> float:
        """Given the tokens before it."""
        return float(2**-self.surprise)


@dataclass(frozen=True, slots=True)
class Score:
    """A text's tokens with their probabilities."""

    tokens: tuple[ScoredToken, ...]

    @property
    def bits(self) -> float:
        """-log2 p(x), the sum of all surprises."""
        return sum(token.surprise for token in self.tokens)

    @property
    def log_probability(self) -> float:
        """ln p(x) in nats."""
        return -self.bits * math.log(2)

    @property
    def perplexity(self) -> float:
        """p(x) ** (-1 / n): among how many equally likely tokens the model chooses on average."""
        return 2 ** (self.bits / len(self.tokens))


def next_logits(model: Any, ids: Sequence[int]) -> Tensor:
    """The logits of the token after a prompt, float32, shape (vocabulary,).

    Raises:
        LanguageError: the prompt is empty or longer than the context.
    """
    return Reader(model, ids).logits[0]


def candidates(logits: Tensor, tokenizer: Any, count: int = 10) -> list[Candidate]:
    """The likeliest next tokens, best first; logits of shape (vocabulary,)."""
    probabilities = softmax(logits)
    best = probabilities.topk(min(count, len(logits))).indices.tolist()
    return [
        Candidate(
            rank,
            token,
            token_text(tokenizer, token),
            float(logits[token]),
            float(probabilities[token]),
        )
        for rank, token in enumerate(best, start=1)
    ]


def softmax_rows(logits: Tensor, temperature: float, count: int) -> tuple[list[SoftmaxRow], float]:
    """The arithmetic of the softmax for the likeliest tokens, and the sum over the whole vocabulary.

    Args:
        logits: Of shape (vocabulary,).
        temperature: Above 0.
        count: Of tokens, best first.
    """
    scaled = logits.double() / temperature
    exponentials = (scaled - scaled.max()).exp()
    total = float(exponentials.sum())
    best = logits.topk(min(count, len(logits))).indices.tolist()
    rows = [
        SoftmaxRow(
            token,
            float(logits[token]),
            float(scaled[token]),
            float(exponentials[token]),
            float(exponentials[token]) / total,
        )
        for token in best
    ]
    return rows, total


def windows(length: int, window: int, overlap: int) -> Iterator[tuple[int, int, int]]:
    """How a long text is read in pieces: begin, end, and the first token that counts.

    Every token counts once, and each but those of the first window has at least `overlap` tokens
    before it.
    """
    begin, first = 0, 0
    while True:
        end = min(begin + window, length)
        yield begin, end, first
        if end == length:
            return
        begin, first = end - overlap, end


def score(
    model: Any,
    tokenizer: Any,
    text: str,
    *,
    window: int = WINDOW,
    overlap: int = OVERLAP,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Score:
    """The probability, rank and surprise of each token of a text.

    Args:
        model: A causal language model in float32.
        tokenizer: Its tokenizer.
        text: At least one character. Up to `window` - 1 tokens are conditioned on all before them.
        window: Tokens read at once, at most the model's context.
        overlap: Tokens before the first that counts in each later window, below `window`.
        watch: Called with the number of tokens done and their total.

    Raises:
        LanguageError: the text is empty or holds half of a surrogate pair.
    """
    ids = [start_token(tokenizer), *encode(tokenizer, text)]
    window = min(window, context_length(model))
    tokens: list[ScoredToken] = []
    for begin, end, first in windows(len(ids), window, min(overlap, window // 2)):
        first = max(first, 1)  # the start token is a condition alone
        tokens += _score_window(model, tokenizer, ids[begin:end], first - begin)
        watch(end - 1, len(ids) - 1)
    return Score(tuple(tokens))


@torch.inference_mode()
def _score_window(model: Any, tokenizer: Any, ids: list[int], first: int) -> list[ScoredToken]:
    check_length(model, ids)
    logits = model(torch.tensor([ids])).logits[0, first - 1 : -1].float()  # (tokens, vocabulary)
    targets = torch.tensor(ids[first:])
    surprises = -logits.log_softmax(dim=-1).gather(1, targets[:, None])[:, 0] / math.log(2)
    ranks = 1 + (logits > logits.gather(1, targets[:, None])).sum(dim=1)
    columns = (surprises.tolist(), ranks.tolist(), entropy(softmax(logits)).tolist())
    return [
        ScoredToken(token, token_text(tokenizer, token), surprise, rank, expected)
        for token, surprise, rank, expected in zip(ids[first:], *columns, strict=True)
    ]
