"""Train the models of models/generative anew on MNIST; `make train-generative` runs it.

    python -m generative.make_all [NAME ...] [--seed N] [--output FOLDER]

A model that has its checkpoint in build/generative/SEED already is not trained again; one that
was stopped goes on. All are kept in half precision and pinned. With another folder than
models/generative, `python -m generative.evaluate --folder FOLDER` tells how much of a figure is
the seed's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from generative import checkpoints, data
from generative.families import FAMILIES
from generative.train import Epoch, Recipe, fit, load, save

WORK = Path("build") / "generative"
#: What a shipped model differs in from its family's usual config, by the model's name.
VARIANTS = {"denoising": ("autoencoder", {"noise": 0.4})}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, save in half precision, pin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=checkpoints.FOLDER)
    options = parser.parse_args(arguments)
    known = [*FAMILIES, *VARIANTS]
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no model is called {unknown[0]!r}; there are {', '.join(known)}")
    images = data.load("mnist")
    for name in options.names or known:
        family, changes = VARIANTS.get(name, (name, {}))
        chosen, folder = FAMILIES[family], WORK / str(options.seed) / name
        recipe = Recipe(**{**chosen.recipes["mnist"], "seed": options.seed})
        torch.manual_seed(recipe.seed)
        model = chosen.build(chosen.config_for("mnist", **changes))
        if not (folder / "model.safetensors").is_file() or (folder / "resume.pt").is_file():
            for event in fit(model, images, recipe, output=folder):
                if isinstance(event, Epoch):
                    print(name, event, flush=True)
        trained = load(folder)
        save(trained, options.output / name, trained.about, half=True)
        print(checkpoints.pin(options.output), flush=True)


if __name__ == "__main__":
    main()
