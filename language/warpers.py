"""From logits to the distribution from which the next token is drawn.

A warper takes the logits of the next token, (..., vocabulary), and returns new ones; a token that
is cut gets -inf. Each equals transformers' own processor: `TemperatureLogitsWarper`,
`TopKLogitsWarper`, `TopPLogitsWarper`, `MinPLogitsWarper`, `RepetitionPenaltyLogitsProcessor`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from language.errors import LanguageError


def softmax(logits: Tensor) -> Tensor:
    """Probabilities of the same shape, each row sums to 1: exp(l_i) / sum_j exp(l_j)."""
    exponentials = (logits - logits.max(dim=-1, keepdim=True).values).exp()  # no overflow
    return exponentials / exponentials.sum(dim=-1, keepdim=True)


def entropy(probabilities: Tensor) -> Tensor:
    """Uncertainty about the next token in bits, shape (...): -sum_i p_i log2 p_i, with 0 log 0 = 0."""
    return -torch.special.xlogy(probabilities, probabilities).sum(dim=-1) / math.log(2)


def scale_by_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Divide by the temperature: below 1 sharpens the distribution, above 1 flattens it."""
    return logits / temperature


def cut_to_top_k(logits: Tensor, k: int) -> Tensor:
    """Cut all tokens but the k likeliest; those equal to the k-th stay as well."""
    k_th = logits.topk(min(k, logits.shape[-1])).values[..., -1, None]
    return logits.masked_fill(logits < k_th, -torch.inf)


def cut_to_top_p(logits: Tensor, p: float) -> Tensor:
    """Cut the tail of the least likely tokens that together have at most 1 - p; one token stays.

    What stays is the smallest set of likeliest tokens with probability of at least p, the nucleus.
    Source: Holtzman et al. (2020), The Curious Case of Neural Text Degeneration.
    """
    ascending, order = logits.sort(dim=-1)
    in_tail = softmax(ascending).cumsum(dim=-1) <= 1 - p
    in_tail[..., -1] = False
    return logits.masked_fill(in_tail.scatter(-1, order, in_tail), -torch.inf)


def cut_to_min_p(logits: Tensor, min_p: float) -> Tensor:
    """Cut all tokens that are less than min_p times as likely as the likeliest.

    Source: Nguyen et al. (2024), Turning Up the Heat: Min-p Sampling.
    """
    probabilities = softmax(logits)
    return logits.masked_fill(probabilities < min_p * probabilities.amax(-1, True), -torch.inf)


def penalise_repetition(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Divide positive logits of the tokens in `ids` by the penalty, multiply negative ones by it.

    Args:
        logits: Shape (rows, vocabulary).
        ids: The tokens so far, shape (rows, length).
        penalty: At least 1 makes them less likely.

    Source: Keskar et al. (2019), CTRL.
    """
    before = logits.gather(-1, ids)
    after = torch.where(before < 0, before * penalty, before / penalty)
    return logits.scatter(-1, ids, after)


@dataclass(frozen=True, slots=True)
class Warping:
    """All sliders in one value; None and 1 switch a warper off.

    Raises:
        LanguageError: a value is out of range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            hint = "; for temperature 0 choose greedy decoding" if self.temperature == 0 else ""
            raise LanguageError(
                f"temperature is {self.temperature:g}, expected a number above 0{hint}"
            )
        if self.top_k is not None and self.top_k < 1:
            raise LanguageError(f"top_k is {self.top_k}, expected at least 1")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise LanguageError(f"top_p is {self.top_p:g}, expected above 0 and at most 1")
        if self.min_p is not None and not 0 <= self.min_p <= 1:
            raise LanguageError(f"min_p is {self.min_p:g}, expected 0 to 1")
        if not 0 < self.repetition_penalty < math.inf:
            raise LanguageError(
                f"repetition_penalty is {self.repetition_penalty:g}, expected a number above 0"
            )

    def check(self, vocabulary: int) -> None:
        """Raise LanguageError if top_k is larger than the vocabulary."""
        if self.top_k is not None and self.top_k > vocabulary:
            raise LanguageError(
                f"top_k is {self.top_k}, expected at most {vocabulary}, the size of the vocabulary"
            )

    def warpers(self, ids: Tensor) -> Iterator[tuple[str, Callable[[Tensor], Tensor]]]:
        """The active warpers with their names, in the order of transformers.

        Args:
            ids: The tokens so far, shape (rows, length).
        """
        if self.repetition_penalty != 1:
            yield (
                "repetition penalty",
                lambda logits: penalise_repetition(logits, ids, self.repetition_penalty),
            )
        if self.temperature != 1:
            yield "temperature", lambda logits: scale_by_temperature(logits, self.temperature)
        if self.top_k is not None:
            yield "top-k", lambda logits: cut_to_top_k(logits, self.top_k or 1)
        if self.top_p is not None and self.top_p < 1:
            yield "top-p", lambda logits: cut_to_top_p(logits, self.top_p or 1)
        if self.min_p is not None:
            yield "min-p", lambda logits: cut_to_min_p(logits, self.min_p or 0)


def warp(logits: Tensor, warping: Warping, ids: Tensor) -> Tensor:
    """All active warpers one after the other; logits (rows, vocabulary), ids (rows, length)."""
    warping.check(logits.shape[-1])
    for _, warper in warping.warpers(ids):
        logits = warper(logits)
    return logits


@dataclass(frozen=True, slots=True)
class Stage:
    """The distribution after one warper.

    `tokens` have a probability above 0. `mass` is the probability of the tokens that the warper
    cut; it is given back to the others, each of which becomes `growth` times as likely.
    """

    name: str
    tokens: int
    mass: float
    growth: float
    entropy: float  # bits
    probabilities: Tensor  # (vocabulary,)


def stages(logits: Tensor, warping: Warping, ids: Sequence[int]) -> list[Stage]:
    """The distribution of the next token before and after each active warper.

    Args:
        logits: Shape (vocabulary,).
        warping: The sliders.
        ids: The tokens so far.

    Raises:
        LanguageError: top_k is larger than the vocabulary.
    """
    warping.check(logits.shape[-1])
    probabilities = softmax(logits)
    results = [_stage("softmax", logits, probabilities)]
    rows = logits[None]
    for name, warper in warping.warpers(torch.tensor([list(ids)])):
        rows = warper(rows)
        results.append(_stage(name, rows[0], results[-1].probabilities))
    return results


def _stage(name: str, logits: Tensor, before: Tensor) -> Stage:
    probabilities = softmax(logits)
    mass = float(before[logits == -torch.inf].sum())
    growth = 1 / (1 - mass) if mass else 1.0
    tokens = int((logits > -torch.inf).sum())
    return Stage(name, tokens, mass, growth, float(entropy(probabilities)), probabilities)
