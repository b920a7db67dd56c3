"""Train all models of models/generative anew on MNIST and pin them; `make train-generative` runs it.

A model that has its checkpoint in build/generative already is not trained again; one that was
stopped goes on.
"""

from __future__ import annotations

from pathlib import Path

import torch

from generative import checkpoints, data
from generative.families import FAMILIES
from generative.train import Epoch, Recipe, fit, load, save

WORK = Path("build") / "generative"
#: What a shipped model differs in from its family's usual config, by the model's name.
VARIANTS = {"denoising": ("autoencoder", {"noise": 0.4})}


def main() -> None:
    """Train, save in half precision, pin."""
    images = data.load("mnist")
    for name in [*FAMILIES, *VARIANTS]:
        family, changes = VARIANTS.get(name, (name, {}))
        chosen, folder = FAMILIES[family], WORK / name
        recipe = Recipe(**chosen.recipes["mnist"])
        torch.manual_seed(recipe.seed)
        model = chosen.build(chosen.config_for("mnist", **changes))
        if not (folder / "model.safetensors").is_file() or (folder / "resume.pt").is_file():
            for event in fit(model, images, recipe, output=folder):
                if isinstance(event, Epoch):
                    print(name, event, flush=True)
        trained = load(folder)
        save(trained, checkpoints.FOLDER / name, trained.about, half=True)
    print(checkpoints.pin())


if __name__ == "__main__":
    main()
