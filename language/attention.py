"""Attention: each position reads from the positions that it may see, weighted by similarity.

A query is compared with every key; the softmax of the scores says how much of each value is read.
Source: Vaswani et al. (2017), "Attention is all you need", section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from language.errors import LanguageError
from language.positions import rotate


class Attention(NamedTuple):
    """The result of attention and what led to it; the leading dimensions are those of the query."""

    output: Tensor  # (..., queries, value width)
    weights: Tensor  # (..., queries, keys), in [0, 1], each row sums to 1
    scores: Tensor  # (..., queries, keys), before the softmax; -inf where the mask forbids


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    scale: float | None = None,
) -> Attention:
    """Scaled dot-product attention, softmax(Q K^T * scale) V.

    Args:
        query: (..., queries, width).
        key: (..., keys, width).
        value: (..., keys, value width).
        mask: Boolean, broadcast to (..., queries, keys); True: this query may look at this key.
        scale: Factor of the scores; None is 1 / sqrt(width), which keeps their variance near 1.

    Returns:
        A query that may look at no key has weights and an output of zeros.

    Raises:
        LanguageError: the widths of query and key, or the numbers of keys and values, differ.
    """
    if query.shape[-1] != key.shape[-1]:
        raise LanguageError(
            f"Queries have {query.shape[-1]} numbers and keys {key.shape[-1]}; "
            "a dot product needs equally many"
        )
    if key.shape[-2] != value.shape[-2]:
        raise LanguageError(
            f"There are {key.shape[-2]} keys and {value.shape[-2]} values; each key needs one value"
        )
    if scale is None:
        scale = query.shape[-1] ** -0.5
    scores = query @ key.transpose(-2, -1) * scale
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = torch.softmax(scores, dim=-1)
    if mask is not None:  # the softmax of a row of -inf is not a number
        weights = weights.masked_fill(~mask, 0.0)
    return Attention(weights @ value, weights, scores)


def causal_mask(length: int) -> Tensor:
    """(length, length): position i may look at the positions up to i."""
    return torch.ones(length, length, dtype=torch.bool).tril()


def padding_mask(lengths: Sequence[int] | Tensor, width: int) -> Tensor:
    """(batch, 1, 1, width): nobody may look behind the end of a text that was filled up to width."""
    ends = torch.as_tensor(lengths)
    return (torch.arange(width) < ends[:, None])[:, None, None, :]


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(..., length, width) to (..., heads, length, width / heads).

    Raises:
        LanguageError: the heads do not divide the width.
    """
    if heads < 1 or x.shape[-1] % heads:
        raise LanguageError(
            f"{heads} heads cannot share {x.shape[-1]} numbers equally; choose a divisor of the width"
        )
    return x.unflatten(-1, (heads, -1)).transpose(-3, -2)


def join_heads(x: Tensor) -> Tensor:
    """(..., heads, length, head width) to (..., length, heads * head width)."""
    return x.transpose(-3, -2).flatten(-2)


class MultiHeadAttention(nn.Module):
    """Several attentions beside each other, each in its own part of the width.

    Args:
        width: Numbers per position, in and out.
        heads: Attentions beside each other.
        groups: Heads of keys and values; fewer than `heads` let several queries share one
            (Ainslie et al. 2023, "GQA"). None: as many as `heads`.
        bias: Whether the four linear maps add a bias.
    """

    def __init__(
        self, width: int, heads: int, *, groups: int | None = None, bias: bool = True
    ) -> None:
        super().__init__()
        self.heads, self.groups = heads, groups or heads
        if width % heads or heads % self.groups:
            raise LanguageError(
                f"{heads} heads in {self.groups} groups do not fit a width of {width}; "
                "the heads must divide the width and the groups the heads"
            )
        narrow = width // heads * self.groups
        self.query = nn.Linear(width, width, bias=bias)
        self.key = nn.Linear(width, narrow, bias=bias)
        self.value = nn.Linear(width, narrow, bias=bias)
        self.output = nn.Linear(width, width, bias=bias)

    def forward(
        self,
        x: Tensor,
        source: Tensor | None = None,
        mask: Tensor | None = None,
        rotation: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Attend from x, (batch, length, width), to the source, which is x itself if None.

        Args:
            x: Where the queries come from.
            source: Where keys and values come from: another text for cross-attention.
            mask: As in `attention`, broadcast to (batch, heads, queries, keys).
            rotation: Cosines and sines that turn queries and keys by their positions.

        Returns:
            The output, as x, and the weights, (batch, heads, queries, keys).
        """
        source = x if source is None else source
        query = split_heads(self.query(x), self.heads)
        key = split_heads(self.key(source), self.groups)
        value = split_heads(self.value(source), self.groups)
        if rotation is not None:
            query, key = rotate(query, *rotation), rotate(key, *rotation)
        shared = self.heads // self.groups  # queries that share one key
        key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
        result = attention(query, key, value, mask)
        return self.output(join_heads(result.output)), result.weights
