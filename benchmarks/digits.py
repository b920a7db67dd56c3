"""Seconds that each family of image models takes to learn the 8 x 8 digits, and its samples.

    python -m benchmarks.digits [FAMILY ...] [--output build/digits]

Each is trained by its own recipe with seed 0; the limit is 60 s. A picture of its samples, or of
reconstructions for a family that cannot sample, is written for inspection.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from generative import data
from generative.errors import NotDefined
from generative.families import FAMILIES
from generative.pictures import save_grid
from generative.train import Recipe, fit


def learn(name: str, output: Path) -> float:
    """Train a family; returns the seconds of training."""
    images, family = data.load("digits"), FAMILIES[name]
    torch.manual_seed(0)
    model = family.build(family.config_for("digits"))
    start = time.perf_counter()
    for _ in fit(model, images, Recipe(**family.recipes["digits"])):
        pass
    seconds = time.perf_counter() - start
    try:
        pictures = model.sample(64, seed=0)
    except NotDefined:
        pictures = model.decode(model.encode(images.test.first(64).floats)).detach()
    save_grid(pictures, 8, output / f"{name}.png", scale=4)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    generators = [name for name in FAMILIES if name != "classifier"]
    parser.add_argument("families", nargs="*", default=generators)
    parser.add_argument("--output", type=Path, default=Path("build/digits"))
    options = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, seed 0")
    for name in options.families:
        print(f"{name:<16} {learn(name, options.output):6.1f} s", flush=True)


if __name__ == "__main__":
    main()
