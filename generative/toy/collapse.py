"""Mode collapse of a GAN on eight Gaussians, provoked and cured.

Provoked: a high learning rate and no gradient penalty. Cured: the gradient penalty R1 (Mescheder,
Geiger and Nowozin, 2018), and everything else as before. `training.modes_reached` counts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from generative.toy.shapes import SHAPES, as_points
from generative.toy.training import modes_reached, planar_family, train_planar


@dataclass(frozen=True, slots=True)
class Setting:
    """The changed fields of the GAN's config that provoke the collapse or cure it."""

    name: str
    changes: dict[str, Any]


_RATE = 5e-3
SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("provoked", {"penalty": 0.0}),
        Setting("cured", {"penalty": 0.06}),
    )
}


@dataclass(frozen=True, slots=True)
class Reached:
    """After an epoch: samples (N, 2), and which Gaussians they reach, bool (8,)."""

    setting: str
    epoch: int
    samples: Tensor
    modes: Tensor


def provoke_and_cure(
    stop: threading.Event,
    *,
    seconds: float = 20.0,
    seed: int = 0,
    turn: AbstractContextManager[object] | None = None,
) -> Iterator[Reached]:
    """Train the same GAN under both settings, each for at most `seconds`."""
    shape, family = SHAPES["gaussians"], planar_family("gan")
    for setting in SETTINGS.values():
        events = train_planar(
            family,
            shape,
            stop,
            seconds=seconds,
            seed=seed,
            turn=turn,
            recipe={"rate": _RATE},
            **setting.changes,
        )
        for glimpse in events:
            if glimpse.preview is None:
                continue
            samples = as_points(glimpse.preview)
            modes = modes_reached(samples, shape)
            yield Reached(setting.name, glimpse.epoch.number, samples, modes)
