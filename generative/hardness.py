"""Why generating images is hard: random images, and distances in many dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from generative.classifier import Classifier
from generative.model import seeded

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Draws:
    """How far a search among random images has come.

    `tried` images were drawn; `first` is the number of the first that the classifier takes for a
    digit with at least the required probability, 0 where there is none yet; `accepted` are all such
    images, `near` those that lie as near to a training image as real digits do.
    """

    tried: int
    first: int
    accepted: int
    near: int
    example: Tensor | None


def random_pixels(mean_image: Tensor | None, size: int) -> Callable[[int], Tensor]:
    """Draws images (count, 1, size, size) of independent black and white pixels.

    Each pixel is white with the probability that `mean_image`, (1, size, size), has there; None
    means with probability 1/2.
    """
    chance = torch.full((1, size, size), 0.5) if mean_image is None else mean_image
    return lambda count: torch.bernoulli(chance.expand(count, -1, -1, -1))


@torch.no_grad()
def search_digits(
    draw: Callable[[int], Tensor],
    classifier: Classifier,
    references: Tensor,
    *,
    least: float,
    near: float,
    limit: int,
    seed: int = 0,
) -> Iterator[Draws]:
    """Draw images and count those that look like digits; yields after each batch.

    Args:
        draw: Gives a number of images.
        classifier: Its largest probability is compared with `least`. It must name some digit, even
            for noise.
        references: Training images, (count, 1, size, size).
        least: The required probability.
        near: Root of the summed squared difference of the pixels to the nearest reference, at most.
        limit: How many are drawn.
        seed: Of the images.
    """
    known, state = references.flatten(1), Draws(0, 0, 0, 0, None)
    with seeded(seed):
        random = torch.get_rng_state()
    while state.tried < limit:
        with torch.random.fork_rng():
            torch.set_rng_state(random)
            images = draw(min(_BATCH, limit - state.tried))
            random = torch.get_rng_state()
        taken = classifier.probabilities(images).max(dim=1).values >= least
        distances = torch.cdist(images.flatten(1), known).min(dim=1).values
        rows = taken.nonzero()[:, 0]
        first, example = state.first, state.example
        if len(rows) and not first:
            first, example = state.tried + int(rows[0]) + 1, images[rows[0]]
        state = Draws(
            state.tried + len(images),
            first,
            state.accepted + len(rows),
            state.near + int((distances <= near).sum()),
            example,
        )
        yield state


def usual_distance(images: Tensor, references: Tensor, share: float = 0.99) -> float:
    """The distance to the nearest reference that a share of real images does not exceed."""
    distances = torch.cdist(images.flatten(1), references.flatten(1)).min(dim=1).values
    return float(distances.quantile(share))


def distance_contrast(points: np.ndarray) -> float:
    """The mean ratio of the nearest to the farthest other point, in [0, 1].

    It approaches 1 for independent coordinates as the dimension grows (Beyer et al., "When Is
    'Nearest Neighbor' Meaningful?", 1999).

    Args:
        points: (count, dimension).
    """
    distances = torch.cdist(torch.from_numpy(points), torch.from_numpy(points)).numpy()
    farthest = distances.max(axis=1)
    np.fill_diagonal(distances, np.inf)
    return float((distances.min(axis=1) / farthest).mean())


def contrast_by_dimension(
    images: Tensor, dimensions: list[int], count: int = 500, seed: int = 0
) -> list[tuple[int, float, float]]:
    """For each dimension the contrast of uniform noise and of images.

    Args:
        images: (at least count, 1, size, size); their first principal components are taken.
        dimensions: At most the number of pixels.
        count: Points of each kind.
        seed: Of the noise.
    """
    pixels = images[:count].flatten(1).double().numpy()
    centred = pixels - pixels.mean(axis=0)
    components = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
    noise = np.random.default_rng(seed).uniform(size=(count, max(dimensions)))
    return [
        (one, distance_contrast(noise[:, :one]), distance_contrast(components[:, :one]))
        for one in dimensions
    ]
