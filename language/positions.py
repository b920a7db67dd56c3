"""Positions: attention alone sees a bag of words, so each position must be marked.

Sinusoids are added to the vectors (Vaswani et al. 2017, section 3.5); rotary positions turn queries
and keys, so that a score depends on the distance alone (Su et al. 2021, "RoFormer").
"""

from __future__ import annotations

import torch
from torch import Tensor

from language.errors import LanguageError


def sinusoids(length: int, width: int) -> Tensor:
    """(length, width): sin(position / 10000^(2i/width)) in even columns 2i, cos in the next.

    Raises:
        LanguageError: the width is odd.
    """
    angles = _angles(length, width, 10_000.0)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def rotations(length: int, width: int, base: float = 10_000.0) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each (length, width), for `rotate`; the second half repeats the first.

    Raises:
        LanguageError: the width is odd.
    """
    angles = _angles(length, width, base)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn each pair (column i, column i + width / 2) of x, (..., length, width), by its angle."""
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat([-second, first], dim=-1) * sines


def _angles(length: int, width: int, base: float) -> Tensor:
    """(length, width / 2): position times the frequency base^(-2i/width)."""
    if width % 2:
        raise LanguageError(f"The width is {width}; positions need an even one")
    frequencies = 1.0 / base ** (torch.arange(0, width, 2).float() / width)
    return torch.arange(length).float()[:, None] * frequencies
