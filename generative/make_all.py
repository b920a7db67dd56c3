"""Train the models of models/generative again; `make train-generative` runs it.

    python -m generative.make_all [NAME ...] [--seed N] [--output FOLDER] [--continue]

A model with a finished checkpoint in build/generative/SEED is not trained again; an interrupted
run resumes. All are stored in half precision and pinned. With another folder than
models/generative, `python -m generative.evaluate --folder FOLDER` shows how much the figures
depend on the seed. The diffusion model gets a second network, which draws without a digit
(`generative.untold`); with `--continue` that network alone is trained, for the stored first one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from generative import checkpoints, data
from generative.diffusion import Diffusion
from generative.families import FAMILIES
from generative.model import GenerativeModel
from generative.train import Epoch, Recipe, fit
from generative.untold import UntoldStage, pair, told_alone

WORK = Path("build") / "generative"
#: Shipped models that differ from their family's MNIST model: family, data set, changes, by name.
VARIANTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "denoising": ("autoencoder", "mnist", {"noise": 0.4}),
    "classifier-digits": ("classifier", "digits", {}),
}

#: Of the diffusion model's second network, by the share of labels that are hidden from it. Two parts:
#: each ends with a low rate.
SECOND_RECIPE: dict[str, Any] = {
    "epochs": 3,
    "batch": 32,
    "rate": 1e-3,
    "averaging": 0.999,
    "precision": "bfloat16",
}
LABEL_DROPOUT = (0.85, 1.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, save in half precision, pin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=checkpoints.FOLDER)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of unfinished runs")
    parser.add_argument(
        "--continue", dest="second_only", action="store_true", help="the second network alone"
    )
    options = parser.parse_args(arguments)
    all_names = [*FAMILIES, *VARIANTS]
    if unknown := [name for name in options.names if name not in all_names]:
        parser.error(f"no model is called {unknown[0]!r}; there are {', '.join(all_names)}")
    if options.second_only and options.names != ["diffusion"]:
        parser.error(f"--continue trains diffusion alone, got {' '.join(options.names) or 'all'}")
    for name in options.names or all_names:
        folder = options.work / str(options.seed) / name
        if options.second_only:
            trained = checkpoints.shipped(name, options.output)
        else:
            trained = _first_stage(name, folder, options.seed)
        if isinstance(trained, Diffusion):
            trained = _second_stage(trained, folder / "second", options.seed)
        checkpoints.save(trained, options.output / name, trained.about, half=True)
        print(checkpoints.pin(options.output), flush=True)


def _first_stage(name: str, folder: Path, seed: int) -> GenerativeModel:
    family_name, dataset, changes = VARIANTS.get(name, (name, "mnist", {}))
    family = FAMILIES[family_name]
    recipe = Recipe(**{**family.recipes[dataset], "seed": seed})
    torch.manual_seed(recipe.seed)
    return _fit(family.build(family.config_for(dataset, **changes)), dataset, recipe, folder)


def _second_stage(model: Diffusion, folder: Path, seed: int) -> GenerativeModel:
    """The model with a second network; its facts have both recipes and the seconds of all parts."""
    first, dataset = told_alone(model), checkpoints.dataset_of(model)
    recipe, untold, seconds = Recipe(**SECOND_RECIPE, seed=seed), first, 0
    for part, hidden in enumerate(LABEL_DROPOUT):
        torch.manual_seed(seed)
        stage = UntoldStage(first, hidden)
        stage.load_state_dict(untold.state_dict())
        trained = _fit(stage, dataset, recipe, folder / str(part))
        assert isinstance(trained, Diffusion)
        untold, seconds = trained, seconds + trained.about["seconds"]
    both = pair(first, untold)
    both.about = model.about | {
        "second_recipe": asdict(recipe),
        "second_label_dropout": list(LABEL_DROPOUT),
        "seconds": model.about.get("first_seconds", model.about["seconds"]) + seconds,
        "first_seconds": model.about.get("first_seconds", model.about["seconds"]),
    }
    return both


def _fit(model: GenerativeModel, dataset: str, recipe: Recipe, folder: Path) -> GenerativeModel:
    """The model trained in a folder; one that is finished there is read."""
    if not (folder / "model.safetensors").is_file() or (folder / "resume.pt").is_file():
        for event in fit(model, data.load(dataset), recipe, output=folder):
            if isinstance(event, Epoch):
                print(folder, event, flush=True)
    return checkpoints.load(folder)


if __name__ == "__main__":
    main()
