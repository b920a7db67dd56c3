"""Greedy decoding and sampling: how a text grows token by token. Beam search has its own module.

Each strategy gives the same tokens as `generate` of transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from language.causal import Reader, check_length, end_tokens
from language.errors import LanguageError
from language.warpers import Warping, penalise_repetition, softmax, warp

MAX_DRAWS = 64  # rows of one batch
Watch = Callable[[int], None]  # is called with the number of tokens written so far


def ignore(tokens: int) -> None:
    """A watch that does nothing."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a strategy wrote behind a prompt."""

    ids: tuple[int, ...]  # with the token that ends the text, if it came
    log_probabilities: tuple[float, ...]  # nats, under the model without any warper
    complete: bool  # whether it ends with an end token

    @property
    def log_probability(self) -> float:
        """ln p(continuation | prompt) in nats."""
        return sum(self.log_probabilities)

    @property
    def mean_log_probability(self) -> float:
        """Nats per token, which compares texts of different lengths."""
        return self.log_probability / len(self.ids)


def check_count(name: str, value: int, low: int, high: int) -> None:
    """Raise LanguageError unless low <= value <= high."""
    if not low <= value <= high:
        raise LanguageError(f"{name} is {value}, expected {low} to {high}")


def greedy(
    model: Any,
    ids: Sequence[int],
    max_new_tokens: int,
    *,
    repetition_penalty: float = 1.0,
    watch: Watch = ignore,
) -> Continuation:
    """Take the likeliest token each time, until an end token or `max_new_tokens`.

    Raises:
        LanguageError: the prompt and the new tokens do not fit into the context, or a value is
            out of range.
    """
    Warping(repetition_penalty=repetition_penalty)
    _check(model, ids, max_new_tokens)
    reader = Reader(model, ids)
    new_ids: list[int] = []
    log_probabilities: list[float] = []
    ends = end_tokens(model)
    while True:
        so_far = torch.tensor([[*ids, *new_ids]])
        token = int(penalise_repetition(reader.logits, so_far, repetition_penalty).argmax())
        new_ids.append(token)
        log_probabilities.append(float(reader.logits[0].log_softmax(-1)[token]))
        watch(len(new_ids))
        if token in ends or len(new_ids) == max_new_tokens:
            return Continuation(tuple(new_ids), tuple(log_probabilities), token in ends)
        reader.append([token])


def sample(
    model: Any,
    ids: Sequence[int],
    max_new_tokens: int,
    *,
    draws: int = 1,
    warping: Warping | None = None,
    seed: int = 0,
    watch: Watch = ignore,
) -> list[Continuation]:
    """Draw each token from the distribution that the warpers give; several texts at once.

    The same seed gives the same texts, and those of `generate` after `torch.manual_seed(seed)`.

    Raises:
        LanguageError: the prompt and the new tokens do not fit into the context, or a value is
            out of range.
    """
    warping = warping or Warping()
    _check(model, ids, max_new_tokens)
    check_count("draws", draws, 1, MAX_DRAWS)
    reader = Reader(model, ids)
    reader.repeat(draws)
    ends = torch.tensor(sorted(end_tokens(model)))
    random = torch.Generator().manual_seed(seed)
    texts = torch.tensor([list(ids)]).repeat(draws, 1)  # (draws, length)
    log_probabilities: list[Tensor] = []  # each (draws,)
    lengths = torch.zeros(draws, dtype=torch.long)  # 0 while a text has no end
    for step in range(1, max_new_tokens + 1):
        probabilities = softmax(warp(reader.logits, warping, texts))
        tokens = torch.multinomial(probabilities, 1, generator=random)  # (draws, 1)
        log_probabilities.append(reader.logits.log_softmax(-1).gather(1, tokens)[:, 0])
        texts = torch.cat([texts, tokens], dim=1)
        lengths[(lengths == 0) & torch.isin(tokens[:, 0], ends)] = step
        watch(step)
        if bool(lengths.all()) or step == max_new_tokens:
            break
        reader.append(tokens[:, 0].tolist())
    return [
        _continuation(text[len(ids) :].tolist(), row.tolist(), int(length))
        for text, row, length in zip(
            texts, torch.stack(log_probabilities, dim=1), lengths, strict=True
        )
    ]


def draw(probabilities: Tensor, count: int, seed: int) -> Tensor:
    """How often each token comes in `count` draws, shape (vocabulary,)."""
    random = torch.Generator().manual_seed(seed)
    tokens = torch.multinomial(probabilities, count, replacement=True, generator=random)
    return torch.bincount(tokens, minlength=len(probabilities))


@dataclass(frozen=True, slots=True)
class GoodnessOfFit:
    """Pearson's chi-squared test of draws against a distribution."""

    statistic: float
    freedom: int  # degrees of freedom: classes - 1
    p_value: float  # how often draws from the distribution differ at least as much


def goodness_of_fit(counts: Tensor, probabilities: Tensor) -> GoodnessOfFit | None:
    """Whether draws follow a distribution; None where fewer than two classes are left to compare.

    Tokens that are expected fewer than 5 times, the usual limit of the test, are one class.

    Args:
        counts: How often each token was drawn, shape (vocabulary,).
        probabilities: Shape (vocabulary,).
    """
    from scipy.stats import chi2

    expected = probabilities.double() / probabilities.double().sum() * counts.sum()
    frequent = expected >= 5
    classes = torch.cat([expected[frequent], expected[~frequent].sum()[None]])
    observed = torch.cat([counts[frequent], counts[~frequent].sum()[None]]).double()
    if classes[-1] < 5:  # too few for a class of its own: with the last one
        if len(classes) < 3:
            return None
        classes[-2] += classes[-1]
        observed[-2] += observed[-1]
        classes, observed = classes[:-1], observed[:-1]
    if len(classes) < 2:
        return None
    statistic = float(((observed - classes).square() / classes).sum())
    freedom = len(classes) - 1
    return GoodnessOfFit(statistic, freedom, float(chi2.sf(statistic, freedom)))


def _continuation(ids: list[int], log_probabilities: list[float], length: int) -> Continuation:
    end = length or len(ids)
    return Continuation(tuple(ids[:end]), tuple(log_probabilities[:end]), length > 0)


def _check(model: Any, ids: Sequence[int], max_new_tokens: int) -> None:
    check_count("max_new_tokens", max_new_tokens, 1, 4096)
    check_length(model, ids, max_new_tokens)
