"""A training of seconds in the plane, and how close its samples and its density come to the data's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch

from generative.errors import GenerativeError
from generative.live import Glimpse, watch_model
from generative.toy.models import FAMILIES, Planar, PlanarFamily, grid_points
from generative.toy.shapes import NOISE, Shape, as_points
from generative.train import Recipe

SECONDS = 20.0  # the longest training of a family, in processor time of one core
PREVIEW_POINTS = 1000
_REACH = 1.5  # of the square over which a density is integrated


@dataclass(frozen=True, slots=True)
class Score:
    """How close a model comes to a distribution.

    `strays` is the share of samples more than three standard deviations of the noise from the
    curve; of the data themselves 0.003 to 0.011. `modes` is the number of Gaussians that samples
    reach. `kl` is KL(data || model) in nats, at least 0 up to the noise of the test points, and
    `integral` that of the density; both are None where the family has no density.
    """

    strays: float
    modes: int | None
    kl: float | None
    integral: float | None


def planar_family(name: str) -> PlanarFamily:
    """A family by its name.

    Raises:
        GenerativeError: there is none in the plane.
    """
    if name not in FAMILIES:
        raise GenerativeError(
            f"There is no family {name!r} in two dimensions; expected {', '.join(FAMILIES)}."
        )
    return FAMILIES[name]


def train_planar(
    family: PlanarFamily,
    shape: Shape,
    stop: threading.Event,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    turn: AbstractContextManager[object] | None = None,
    recipe: dict[str, Any] | None = None,
    **changes: Any,
) -> Iterator[Glimpse]:
    """Train a family on points of a shape; see `generative.live.watch_model`.

    Args:
        family: Its recipe ends the training before the time does.
        shape: The distribution.
        stop: As for `watch_model`.
        seconds: The longest time, of the processor's work: on a busy machine it takes longer, and
            the result is the same.
        seed: Of weights, points and order.
        turn: As for `watch_model`.
        recipe: Changed fields of the recipe.
        changes: Changed fields of the family's config.
    """
    settings = {"batch": 256, "averaging": 0.99, "warm_up": 20} | family.recipe | (recipe or {})
    yield from watch_model(
        lambda: family.build(**changes),
        shape.dataset(seed=seed),
        Recipe(**settings, seed=seed, minutes=seconds / 60),
        stop,
        turn=turn,
        preview=lambda model: model.sample(PREVIEW_POINTS, seed=seed),
        clock=time.thread_time,
    )


@torch.no_grad()
def score(model: Planar, shape: Shape, *, has_density: bool, seed: int = 0) -> Score:
    """Measure a model with 2,000 samples and 2,000 points of the shape that it has not seen."""
    samples = as_points(model.sample(2000, seed=seed))
    strays = float((shape.distance(samples) > 3 * NOISE).float().mean())
    modes = None if shape.modes is None else int(modes_reached(samples, shape).sum())
    if not has_density:
        return Score(strays, modes, None, None)
    test = shape.sample(2000, seed=seed + 1_000_003)
    kl = float((shape.log_density(test) - model.log_density(test)).mean())
    return Score(strays, modes, kl, integral(model))


def modes_reached(samples: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Whether each Gaussian has at least a quarter of its share of samples, bool (modes,).

    A sample belongs to the nearest one if it is within three standard deviations of its centre.
    """
    assert shape.modes is not None
    distances = torch.cdist(samples, shape.modes)
    near = distances.min(dim=1).values < 3 * NOISE
    counts = distances.argmin(dim=1)[near].bincount(minlength=len(shape.modes))
    return counts >= len(samples) / len(shape.modes) / 4


def integral(model: Planar, side: int = 96) -> float:
    """The integral of a density over [-1.5, 1.5]^2 by the midpoint rule; 1 if nothing is outside."""
    values = model.log_density(grid_points(side, _REACH)).double()
    return float(values.exp().sum()) * (2 * _REACH / side) ** 2
