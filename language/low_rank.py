"""Low-rank updates of an encoder's linear layers: W + B A, with few numbers to learn and to ship.

W (out, in) stays; A (rank, in) starts at random and B (out, rank) at zero, so that training begins
with the encoder as it is. Once trained, B A is added to W, which costs nothing when the encoder reads.
Source: Hu and others, LoRA (2021), section 4.1.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from language.errors import LanguageError

#: The name of a linear layer to its A (rank, in) and B (out, rank).
Updates = Mapping[str, tuple[Tensor, Tensor]]


class LowRankLinear(nn.Module):
    """A frozen linear layer and its update."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        """The update is zero at first.

        Raises:
            LanguageError: the rank is not between 1 and the smaller side of the layer.
        """
        super().__init__()
        most = min(linear.in_features, linear.out_features)
        if not 1 <= rank <= most:
            raise LanguageError(f"Rank {rank}, expected 1 to {most}")
        self.linear = linear.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, linear.in_features) * linear.in_features**-0.5)
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, states: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        functional = nn.functional
        update = functional.linear(functional.linear(states, self.down), self.up)
        result: Tensor = self.linear(states) + update
        return result


def trainable_copy(encoder: Any, rank: int) -> Any:
    """A copy of a BertModel with an update at each linear layer; nothing else of it learns."""
    encoder = _copied(encoder).requires_grad_(False)
    for name in _linear_layers(encoder):
        parent, _, last = name.rpartition(".")
        setattr(
            encoder.get_submodule(parent), last, LowRankLinear(encoder.get_submodule(name), rank)
        )
    return encoder


def updates_of(encoder: Any) -> dict[str, tuple[Tensor, Tensor]]:
    """The updates of a trainable copy, by the names that its layers had before."""
    return {
        name: (layer.down.detach(), layer.up.detach())
        for name, layer in encoder.named_modules()
        if isinstance(layer, LowRankLinear)
    }


@torch.no_grad()
def updated(encoder: Any, updates: Updates) -> Any:
    """A copy of a BertModel with the updates added to its weights; the tokens' table is shared.

    Raises:
        LanguageError: the encoder has no layer of an update's name and shape.
    """
    encoder = _copied(encoder)
    layers = dict(encoder.named_modules())
    for name, (down, up) in updates.items():
        layer = layers.get(name)
        shape = (up.shape[0], down.shape[1])
        if not isinstance(layer, nn.Linear) or tuple(layer.weight.shape) != shape:
            raise LanguageError(
                f"The encoder has no linear layer {name!r} of shape {shape}; use the encoder that "
                "the update was trained on"
            )
        layer.weight += up @ down
    return encoder


def _copied(encoder: Any) -> Any:
    return copy.deepcopy(encoder, {id(encoder.embeddings): encoder.embeddings})


def _linear_layers(encoder: Any) -> list[str]:
    return [
        f"encoder.{name}"
        for name, layer in encoder.encoder.named_modules()
        if isinstance(layer, nn.Linear)
    ]
