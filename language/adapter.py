"""An adapter: what a training added to the layers of an encoder, as products of narrow matrices.

The weight W (out, in) of a linear layer becomes W + B A, with A (rank, in) and B (out, rank). The
file of an adapter is small, and the encoder itself stays as it is.
Source: Hu and others, LoRA: Low-Rank Adaptation of Large Language Models (2022), section 4.1.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ingest import resources
from language.classify import TextEncoder
from language.errors import LanguageError
from language.weights_file import read_weights, write_weights

OPINIONS = resources.package_file("models", "language", "opinions")
_WEIGHTS, _CARD = "model.safetensors", "card.json"


@dataclass(frozen=True)
class Adapter:
    """The factors A and B of each changed linear layer, by its name: "6.output.dense" is in layer 6."""

    factors: Mapping[str, tuple[Tensor, Tensor]]
    about: Mapping[str, Any]  # encoder, training and figures

    @property
    def first(self) -> int:
        """The lowest layer that it changes."""
        return min(int(name.partition(".")[0]) for name in self.factors)


def adapted(encoder: TextEncoder, adapter: Adapter, name: str) -> TextEncoder:
    """An encoder with an adapter added to copies of its upper layers; the lower ones are shared.

    Raises:
        LanguageError: the encoder has no such layers.
    """
    shared = list(encoder.bert.encoder.layer[: adapter.first])
    bert = copy.deepcopy(encoder.bert, {id(layer): layer for layer in shared})
    with torch.no_grad():
        for layer, (down, up) in adapter.factors.items():
            try:
                weight = bert.encoder.layer.get_submodule(layer).weight
                weight += up @ down
            except (AttributeError, RuntimeError) as error:
                raise LanguageError(
                    f"The adapter changes layer {layer} by {tuple(up.shape)} x {tuple(down.shape)}, "
                    f"which does not fit {encoder.name}; it is for {adapter.about['encoder']}"
                ) from error
    return replace(encoder, name=name, bert=bert)


# ---- training ----


class LowRankLinear(nn.Module):
    """A linear layer that stays, and the product of two narrow matrices that learns."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        """B starts at 0, so that nothing changes before the first step."""
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, linear.in_features) / linear.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, states: Tensor, *, with_gelu: bool = False) -> Tensor:
        """States (..., in) to (..., out), with GELU of each value where it is asked for."""
        values = self.linear(states) + states @ self.down.T @ self.up.T
        return nn.functional.gelu(values) if with_gelu else values


def make_low_rank(layers: nn.ModuleList, rank: int) -> None:
    """Replace each linear layer by a LowRankLinear; nothing else of the layers learns."""
    layers.requires_grad_(False)
    linear = [(name, one) for name, one in layers.named_modules() if isinstance(one, nn.Linear)]
    for name, module in linear:
        parent, _, own = name.rpartition(".")
        setattr(layers.get_submodule(parent), own, LowRankLinear(module, rank))


def factors_of(layers: nn.ModuleList, first: int) -> dict[str, tuple[Tensor, Tensor]]:
    """The factors of the LowRankLinear in some layers, of which the lowest has the number `first`."""
    factors = {}
    for name, module in layers.named_modules():
        if isinstance(module, LowRankLinear):
            number, _, own = name.partition(".")
            factors[f"{int(number) + first}.{own}"] = (module.down.detach(), module.up.detach())
    return factors


# ---- the file ----


def write_adapter(adapter: Adapter, folder: Path) -> None:
    """Write the factors in half precision, and beside them a card with facts and hash."""
    weights = {}
    for name, (down, up) in adapter.factors.items():
        weights[f"{name}.down"], weights[f"{name}.up"] = down, up
    write_weights(folder / _WEIGHTS, folder / _CARD, weights, {"about": dict(adapter.about)})


def read_adapter(folder: Path = OPINIONS) -> Adapter:
    """An adapter from its folder, in single precision.

    Raises:
        LanguageError: a file is missing, or the weights are not those whose hash the card names.
    """
    weights, card = read_weights(folder / _WEIGHTS, folder / _CARD)
    names = sorted({name.rpartition(".")[0] for name in weights})
    factors = {name: (weights[f"{name}.down"], weights[f"{name}.up"]) for name in names}
    return Adapter(factors, card["about"])
