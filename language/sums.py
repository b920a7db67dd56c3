"""A task that needs steps: adding two numbers of two digits, token by token.

"47+85=" is followed by "231": the sum 132 from its last digit on, so that each digit is known
before its carry is needed. Whether a sum is right is told by all three digits (exact match), or by
each of them (loss per token): what looks like a jump in the first can be a steady fall in the second.
Source: Schaeffer, Miranda and Koyejo (2023), "Are emergent abilities of large language models a
mirage?"
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from language.transformer import Decoder

TOKENS = "0123456789+="
QUESTION, ANSWER = 6, 3  # tokens
CONTEXT = QUESTION + ANSWER - 1  # the last token is predicted, not read


def encode(first: int, second: int) -> list[int]:
    """The tokens of a sum of two numbers from 0 to 99, with its answer."""
    text = f"{first:02d}+{second:02d}={f'{first + second:03d}'[::-1]}"
    return [TOKENS.index(one) for one in text]


def split(seed: int = 0, held_out: int = 1000) -> tuple[Tensor, Tensor]:
    """All 10,000 sums as int64 (sums, 9): those to learn from, and those held out at random."""
    order = torch.randperm(10_000, generator=torch.Generator().manual_seed(seed)).tolist()
    rows = torch.tensor([encode(*divmod(number, 100)) for number in order])
    return rows[held_out:], rows[:held_out]


@dataclass(frozen=True, slots=True)
class Marks:
    """How well a model adds."""

    exact: float  # share of sums of which all three digits are right, written one by one
    digits: float  # share of digits that are right, given the right ones before
    bits: float  # loss per digit of the answer


@torch.inference_mode()
def mark(model: Decoder, rows: Tensor) -> Marks:
    """Mark a model on sums, int64 (sums, 9); it writes the likeliest digit each time."""
    logits = model.logits(model(rows[:, :-1]))[:, QUESTION - 1 :]
    answers = rows[:, QUESTION:]
    right = logits.argmax(dim=-1) == answers
    # Up to the first wrong digit the model reads what it wrote itself: right throughout is exact.
    nats = functional.cross_entropy(logits.flatten(0, 1), answers.flatten()).item()
    return Marks(
        right.all(dim=1).float().mean().item(),
        right.float().mean().item(),
        nats / math.log(2),
    )
