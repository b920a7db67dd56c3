"""Samples for measurements: the samplers of a model, and images drawn in parts that are stored.

A sampler is a way to draw from one model: a diffusion model has several, each of the others one.
The parts are kept in the cache, so that a long measurement continues where it was interrupted.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generative.diffusion import Diffusion
from generative.errors import NotDefined
from generative.model import GenerativeModel

PART = 50  # images drawn at a time; more do not fit into a processor's cache


@dataclass(frozen=True, slots=True)
class Sampler:
    """A way to draw images.

    `name` tells it from the others of the same model, "" for the only one. `labelled` says whether
    the digit to draw is given; the digits are then uniform. `options` are arguments of the model's
    `sample`. `seeds` is the number of seeds with which it is measured.
    """

    name: str
    labelled: bool
    seeds: int = 1
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Samples:
    """Drawn images.

    `pixels` is uint8 (count, 1, size, size), 255 white; `labels` int64 (count,), the digits that
    were given, -1 where none was; `seconds` is the processor time of drawing them.
    """

    pixels: Tensor
    labels: Tensor
    seconds: float

    @property
    def floats(self) -> Tensor:
        """The images in [0, 1]."""
        return self.pixels.float() / 255


def samplers(model: GenerativeModel) -> list[Sampler]:
    """The samplers with which a model is measured, the most important first."""
    if not isinstance(model, Diffusion):
        return [Sampler("", model.conditional, seeds=2)]
    steps = min(25, len(model.schedule))
    ddim, short = f"DDIM {steps}", {"steps": steps}
    rows = [
        Sampler(ddim, True, 2, short),
        Sampler(f"{ddim}, digit not given", False, 2, short),
        Sampler(f"{ddim}, guidance 0.5", True, 1, short | {"guidance": 0.5}),
        Sampler(f"{ddim}, eta 0.5", True, 1, short | {"eta": 0.5}),
        Sampler(f"{ddim}, eta 0", True, 1, short | {"eta": 0.0}),
    ]
    return [*rows, Sampler(f"DDPM {len(model.schedule)}", True, 1, {"method": "ddpm"})]


def draw(
    model: GenerativeModel,
    sampler: Sampler,
    count: int,
    seed: int,
    folder: Path | None = None,
    report: Callable[[str], None] = lambda step: None,
) -> Samples:
    """Draw images in parts of 50, each with a seed of its own.

    Args:
        model: One whose family draws images.
        sampler: One of `samplers(model)`.
        count: How many.
        seed: From 0; a part's seed is `1000 * seed` plus its number.
        folder: Parts are stored there and read again; it belongs to these weights alone. None
            stores nothing.
        report: Told the number of images that are drawn.

    Raises:
        NotDefined: the family cannot draw images.
    """
    parts = []
    for part in _parts(model, sampler, count, seed, folder):
        parts.append(part)
        report(f"{sampler.name or 'samples'}, seed {seed}: {PART * len(parts)} of {count}")
    return Samples(
        torch.cat([part.pixels for part in parts])[:count],
        torch.cat([part.labels for part in parts])[:count],
        sum(part.seconds for part in parts),
    )


def _parts(
    model: GenerativeModel, sampler: Sampler, count: int, seed: int, folder: Path | None
) -> Iterator[Samples]:
    for start in range(0, count, PART):
        part_seed = 1000 * seed + start // PART
        name = sampler.name.replace(" ", "-").replace(",", "") or "samples"
        file = folder / f"{name}-{part_seed}.npz" if folder else None
        if file is not None and file.is_file():
            with np.load(file) as stored:
                yield Samples(
                    torch.from_numpy(stored["pixels"]),
                    torch.from_numpy(stored["labels"]),
                    float(stored["seconds"]),
                )
            continue
        part = _draw_part(model, sampler, part_seed)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".draft")
            with draft.open("wb") as opened:
                np.savez(opened, pixels=part.pixels.numpy(), labels=part.labels.numpy(),
                         seconds=part.seconds)  # fmt: skip
            os.replace(draft, file)
        yield part


def _draw_part(model: GenerativeModel, sampler: Sampler, seed: int) -> Samples:
    """50 images; one error where a family cannot draw, before anything is stored."""
    generator = torch.Generator().manual_seed(seed)
    labels: Tensor | None = None
    if sampler.labelled:
        labels = torch.randint(10, (PART,), generator=generator)
    elif isinstance(model, Diffusion):  # its last class is "any digit"
        labels = torch.full((PART,), model.config.classes)
    started = time.process_time()
    images = model.sample(PART, seed=seed, labels=labels, **sampler.options)
    seconds = time.process_time() - started
    if not torch.isfinite(images).all():
        raise NotDefined(f"The {model.family} drew pixels that are no numbers.")
    pixels = (255 * images.clamp(0, 1)).round().to(torch.uint8).cpu()
    told = labels if sampler.labelled and labels is not None else torch.full((PART,), -1)
    return Samples(pixels, told, seconds)
