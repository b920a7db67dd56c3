"""A linear layer whose bfloat16 weights are kept in the order in which a processor multiplies them.

PyTorch otherwise brings a matrix into that order at each call, which takes a quarter of the time of
a BERT's layers. The calls are those that PyTorch's own compiler makes for a processor.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu


class Linear(nn.Linear):
    """PyTorch's, without random weights: to draw them on the meta device imports its compiler."""

    _packed: tuple[Tensor, int, Tensor] | None = None  # weight, its version, and the same packed

    def reset_parameters(self) -> None:
        """Leave the weights without values."""

    def forward(self, states: Tensor, *, with_gelu: bool = False) -> Tensor:
        """(..., inputs) to (..., outputs), with GELU of each value where it is asked for."""
        if self._can_pack(states):
            values = torch.ops.mkldnn._linear_pointwise(
                states,
                self._packed_weight(),
                self.bias,
                "gelu" if with_gelu else "none",
                [],
                "none" if with_gelu else "",
            )
            return cast(Tensor, values)
        mapped = super().forward(states)
        return gelu(mapped) if with_gelu else mapped

    def _can_pack(self, states: Tensor) -> bool:
        weight = self.weight
        return (
            weight.dtype == states.dtype == torch.bfloat16
            and weight.device.type == "cpu"
            and not torch.is_grad_enabled()
            and _multiplies_packed()
        )

    def _packed_weight(self) -> Tensor:
        """Packed when it is first needed, and again after a change of the weight."""
        weight, packed = self.weight, self._packed
        version = 0 if weight.is_inference() else weight._version  # an inference tensor has none
        if packed is None or packed[0] is not weight or packed[1] != version:
            values = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)
            self._packed = packed = (weight, version, values)
        return packed[2]

    def _apply(self, *arguments: Any, **options: Any) -> Linear:
        """As of every module, for another data type or device."""
        self._packed = None
        return cast(Linear, super()._apply(*arguments, **options))

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: all but the packed weight."""
        return {name: value for name, value in self.__dict__.items() if name != "_packed"}


@lru_cache(maxsize=1)
def _multiplies_packed() -> bool:
    """Whether PyTorch has these calls on this processor, and they give what a linear layer gives."""
    layer = nn.Linear(64, 32, dtype=torch.bfloat16)
    states = torch.linspace(-1, 1, 192, dtype=torch.bfloat16).reshape(3, 64)
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)
        mapped = torch.ops.mkldnn._linear_pointwise(
            states, packed, layer.bias.detach(), "gelu", [], "none"
        )
    except (AttributeError, RuntimeError):
        return False
    return torch.allclose(mapped.float(), gelu(layer(states)).float(), atol=0.05, rtol=0.05)
