"""Norms: they keep the size of the vectors steady from layer to layer.

Both work on each position by itself, over the last dimension.
"""

from __future__ import annotations

from torch import Tensor


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * weight + bias (Ba et al. 2016)."""
    mean = x.mean(dim=-1, keepdim=True)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)
    return (x - mean) / (variance + epsilon).sqrt() * weight + bias


def rms_norm(x: Tensor, weight: Tensor, epsilon: float = 1e-5) -> Tensor:
    """x / sqrt(mean of squares + epsilon) * weight, without mean or bias (Zhang, Sennrich 2019)."""
    return weight * (x * (x.square().mean(dim=-1, keepdim=True) + epsilon).rsqrt())
