"""The space of a model's codes: neighbours, interpolation, arithmetic, and a plane to move on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from generative.metrics import BATCH
from generative.model import GenerativeModel

Measure = Literal["euclidean", "cosine", "dot"]


@torch.no_grad()
def codes_of(model: GenerativeModel, images: Tensor) -> np.ndarray:
    """The codes of images, (images, latent); raises NotDefined where the family has no encoder."""
    return torch.cat([model.encode(part) for part in images.split(BATCH)]).cpu().numpy()


def neighbours(
    codes: np.ndarray, query: np.ndarray, count: int, measure: Measure = "euclidean"
) -> np.ndarray:
    """The rows of the codes most similar to a query's, (count,), the most similar first.

    Args:
        codes: (rows, latent).
        query: (latent,).
        count: How many.
        measure: The Euclidean distance, the cosine of the angle, or the scalar product, which is
            larger for longer codes.
    """
    if measure == "euclidean":
        distances = np.linalg.norm(codes - query, axis=1)
    elif measure == "cosine":
        lengths = np.linalg.norm(codes, axis=1) * np.linalg.norm(query)
        distances = -(codes @ query) / np.maximum(lengths, 1e-12)
    else:
        distances = -(codes @ query)
    return np.argsort(distances, kind="stable")[:count]


@torch.no_grad()
def interpolate(model: GenerativeModel, one: Tensor, other: Tensor, steps: int) -> Tensor:
    """Images on the straight line between the codes of two, (steps, 1, size, size), ends included.

    Args:
        model: With an encoder and a decoder; another raises NotDefined.
        one: (1, size, size), where the line starts.
        other: (1, size, size), where it ends.
        steps: At least 2.
    """
    if steps < 2:
        raise ValueError(f"an interpolation has at least 2 images, got {steps}")
    start, end = model.encode(torch.stack([one, other]))
    shares = torch.linspace(0, 1, steps, device=start.device).reshape(-1, *[1] * start.dim())
    return model.decode(torch.lerp(start, end, shares))


@torch.no_grad()
def latent_arithmetic(model: GenerativeModel, plus: Tensor, minus: Tensor, start: Tensor) -> Tensor:
    """Decode the codes of `start` plus the mean code of `plus` minus that of `minus`.

    Each is (images, 1, size, size); the result has the shape of `start`.
    """
    direction = model.encode(plus).mean(dim=0) - model.encode(minus).mean(dim=0)
    return model.decode(model.encode(start) + direction)


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane through `mean`, (latent,), along two orthonormal `axes`, (2, latent)."""

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, pictures: np.ndarray | None = None) -> Plane:
        """The plane in which codes vary most: their first two principal components.

        Args:
            codes: (count, latent), at least two.
            pictures: (count, pixels), the decoded codes. With them the axes are those along which
                codes and pixels vary most together (the singular vectors of their covariance):
                sampled noise varies equally along all of its own axes.
        """
        mean = codes.mean(axis=0)
        centred = codes - mean
        if pictures is not None:
            centred = (pictures - pictures.mean(axis=0)).T @ centred
        axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
        # A singular vector's sign is arbitrary: the largest entry is made positive.
        largest = np.abs(axes).argmax(axis=1)
        return cls(mean, axes * np.sign(axes[[0, 1], largest])[:, None])

    def coordinates(self, codes: np.ndarray) -> np.ndarray:
        """The coordinates of codes on the plane, (count, 2)."""
        return (codes - self.mean) @ self.axes.T

    def code(self, point: np.ndarray, base: np.ndarray | None = None) -> np.ndarray:
        """The code at a point (2,) of the plane, (latent,).

        With `base`, a code (latent,), its part perpendicular to the plane is kept.
        """
        code = self.mean + point @ self.axes
        if base is None:
            return code
        return code + (base - self.mean - self.coordinates(base[None])[0] @ self.axes)
