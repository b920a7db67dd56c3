"""Train the models of models/generative again on MNIST; `make train-generative` runs it.

    python -m generative.make_all [NAME ...] [--seed N] [--output FOLDER]

A model with a finished checkpoint in build/generative/SEED is not trained again; an interrupted
run resumes. All are stored in half precision and pinned. With another folder than
models/generative, `python -m generative.evaluate --folder FOLDER` shows how much the figures
depend on the seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from generative import checkpoints, data
from generative.families import FAMILIES
from generative.train import Epoch, Recipe, fit

WORK = Path("build") / "generative"
#: Shipped models that differ from their family's config: the family and the changes, by name.
VARIANTS = {"denoising": ("autoencoder", {"noise": 0.4})}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, save in half precision, pin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=checkpoints.FOLDER)
    options = parser.parse_args(arguments)
    all_names = [*FAMILIES, *VARIANTS]
    if unknown := [name for name in options.names if name not in all_names]:
        parser.error(f"no model is called {unknown[0]!r}; there are {', '.join(all_names)}")
    images = data.load("mnist")
    for name in options.names or all_names:
        family_name, changes = VARIANTS.get(name, (name, {}))
        family, folder = FAMILIES[family_name], WORK / str(options.seed) / name
        recipe = Recipe(**{**family.recipes["mnist"], "seed": options.seed})
        torch.manual_seed(recipe.seed)
        model = family.build(family.config_for("mnist", **changes))
        if not (folder / "model.safetensors").is_file() or (folder / "resume.pt").is_file():
            for event in fit(model, images, recipe, output=folder):
                if isinstance(event, Epoch):
                    print(name, event, flush=True)
        trained = checkpoints.load(folder)
        checkpoints.save(trained, options.output / name, trained.about, half=True)
        print(checkpoints.pin(options.output), flush=True)


if __name__ == "__main__":
    main()
