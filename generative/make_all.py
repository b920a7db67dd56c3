"""Train the models of models/generative again; `make train-generative` runs it.

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
from typing import Any

import torch

from generative import checkpoints, data
from generative.families import FAMILIES
from generative.train import Epoch, Recipe, fit

WORK = Path("build") / "generative"
#: Shipped models that differ from their family's MNIST model: family, data set, changes, by name.
VARIANTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "denoising": ("autoencoder", "mnist", {"noise": 0.4}),
    "classifier-digits": ("classifier", "digits", {}),
}


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
    for name in options.names or all_names:
        family_name, dataset, changes = VARIANTS.get(name, (name, "mnist", {}))
        images = data.load(dataset)
        family, folder = FAMILIES[family_name], WORK / str(options.seed) / name
        recipe = Recipe(**{**family.recipes[dataset], "seed": options.seed})
        torch.manual_seed(recipe.seed)
        model = family.build(family.config_for(dataset, **changes))
        if not (folder / "model.safetensors").is_file() or (folder / "resume.pt").is_file():
            for event in fit(model, images, recipe, output=folder):
                if isinstance(event, Epoch):
                    print(name, event, flush=True)
        trained = checkpoints.load(folder)
        checkpoints.save(trained, options.output / name, trained.about, half=True)
        print(checkpoints.pin(options.output), flush=True)


if __name__ == "__main__":
    main()
