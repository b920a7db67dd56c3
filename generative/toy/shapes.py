"""Distributions in the plane that are known exactly: a point on a curve plus Gaussian noise.

A point is c(t) + noise, with t uniform in [0, 1) and c a curve or a set of centres; the density is
the mean of Gaussians along the curve. All points lie in [-1, 1] x [-1, 1], nearly without exception.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from generative.data import Dataset, Images
from generative.errors import GenerativeError

NOISE = 0.06  # standard deviation around the curve
_ALONG = 800  # points of the curve in the density; a multiple of the number of Gaussians


@dataclass(frozen=True, slots=True)
class Shape:
    """A distribution: `curve` maps t in [0, 1), shape (N,), to points (N, 2).

    `modes` are the centres, (modes, 2), where the distribution consists of separate Gaussians.
    """

    name: str
    title: str
    curve: Callable[[Tensor], Tensor]
    modes: Tensor | None = None

    def sample(self, count: int, *, seed: int = 0) -> Tensor:
        """Points of the distribution, float32 (count, 2)."""
        generator = torch.Generator().manual_seed(seed)
        points = self.curve(torch.rand(count, generator=generator))
        return points + NOISE * torch.randn(count, 2, generator=generator)

    def log_density(self, points: Tensor) -> Tensor:
        """ln p of points (N, 2), exact up to the sum along the curve, float64 (N,), in nats."""
        centres = self.curve((torch.arange(_ALONG) + 0.5) / _ALONG).double()
        parts = [
            (-torch.cdist(part, centres).square() / (2 * NOISE**2)).logsumexp(dim=1)
            for part in points.double().split(2000)
        ]
        return torch.cat(parts) - math.log(_ALONG * 2 * math.pi * NOISE**2)

    def distance(self, points: Tensor) -> Tensor:
        """The distance of points (N, 2) from the curve or the nearest centre, (N,)."""
        centres = self.curve((torch.arange(_ALONG) + 0.5) / _ALONG)
        return torch.cat(
            [torch.cdist(part, centres).min(dim=1).values for part in points.split(2000)]
        )

    def dataset(self, *, seed: int = 0, train: int = 4000) -> Dataset:
        """Points as a data set for `generative.train`: images (N, 1, 1, 2), the label always 0."""
        train_points, valid, test = self.sample(train + 2000, seed=seed).split([train, 1000, 1000])
        parts = (_as_part(part) for part in (train_points, valid, test))
        return Dataset(self.name, *parts)


def as_images(points: Tensor) -> Tensor:
    """Points (N, 2) in [-1, 1] as images (N, 1, 1, 2) in [0, 1], the form of all families."""
    return ((points + 1) / 2).reshape(-1, 1, 1, 2)


def as_points(images: Tensor) -> Tensor:
    """The inverse of `as_images`."""
    return 2 * images.reshape(-1, 2) - 1


def _as_part(points: Tensor) -> Images:
    return Images(as_images(points), torch.zeros(len(points), dtype=torch.int64), top=1)


def _circle(angle: Tensor, radius: Tensor | float) -> Tensor:
    return torch.stack([angle.cos(), angle.sin()], dim=1) * torch.as_tensor(radius).reshape(-1, 1)


def _moons(t: Tensor) -> Tensor:
    half = 2 * t % 1
    upper = _circle(math.pi * half, 0.5) + torch.tensor([-0.25, -0.12])
    lower = _circle(math.pi * (half + 1), 0.5) + torch.tensor([0.25, 0.12])
    return torch.where((t < 0.5)[:, None], upper, lower)


def _spirals(t: Tensor) -> Tensor:
    along = (2 * t % 1).sqrt()  # the root makes the density even along the curve
    angle = 2 * math.pi * along + math.pi * (t < 0.5)
    return _circle(angle, 0.1 + 0.7 * along)


def _rings(t: Tensor) -> Tensor:
    inner = t < 1 / 3  # its circumference is half of the outer one's
    angle = 2 * math.pi * torch.where(inner, 3 * t, (t - 1 / 3) * 3 / 2)
    return _circle(angle, torch.where(inner, 0.35, 0.7))


_CENTRES = _circle(torch.arange(8) * math.pi / 4, 0.7)


def _gaussians(t: Tensor) -> Tensor:
    return _CENTRES[(8 * t).long().clamp(max=7)]


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("moons", "Two moons", _moons),
        Shape("spirals", "Two spirals", _spirals),
        Shape("rings", "Two rings", _rings),
        Shape("gaussians", "Eight Gaussians", _gaussians, modes=_CENTRES),
    )
}


def shape_named(name: str) -> Shape:
    """A shape by its name.

    Raises:
        GenerativeError: there is none.
    """
    if name not in SHAPES:
        raise GenerativeError(f"There is no shape {name!r}; expected {', '.join(SHAPES)}.")
    return SHAPES[name]
