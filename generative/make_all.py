"""Train the models of models/generative again; `make train-generative` runs it.

    python -m generative.make_all [NAME ...] [--seed N] [--output FOLDER] [--continue]

A model with a finished checkpoint in build/generative/SEED is not trained again; an interrupted
run resumes. All are stored in half precision and pinned. With another folder than
models/generative, `python -m generative.evaluate --folder FOLDER` shows how much the figures
depend on the seed. A model of SECOND_STAGES is trained on with another config and recipe; with
`--continue` that stage alone is trained, from the stored weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from generative import checkpoints, data
from generative.families import FAMILIES
from generative.model import GenerativeModel
from generative.train import Epoch, Recipe, fit

WORK = Path("build") / "generative"
#: Shipped models that differ from their family's MNIST model: family, data set, changes, by name.
VARIANTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "denoising": ("autoencoder", "mnist", {"noise": 0.4}),
    "classifier-digits": ("classifier", "digits", {}),
}


#: What is trained on after the first recipe, on the same images: changes of the config, recipe.
#: In the first stage a tenth of the labels is hidden, too few to learn to draw without a digit.
SECOND_STAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "diffusion": (
        {"label_dropout": 0.7},
        {
            "epochs": 2,
            "batch": 64,
            "rate": 1e-3,
            "averaging": 0.999,
            "precision": "bfloat16",
        },
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, save in half precision, pin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=checkpoints.FOLDER)
    parser.add_argument("--work", type=Path, default=WORK, help="of unfinished runs")
    parser.add_argument(
        "--continue", dest="second_only", action="store_true", help="the second stage alone"
    )
    options = parser.parse_args(arguments)
    all_names = [*FAMILIES, *VARIANTS]
    if unknown := [name for name in options.names if name not in all_names]:
        parser.error(f"no model is called {unknown[0]!r}; there are {', '.join(all_names)}")
    if options.second_only and (single := set(options.names or all_names) - set(SECOND_STAGES)):
        parser.error(f"{min(single)} has no second stage; name some of {', '.join(SECOND_STAGES)}")
    for name in options.names or all_names:
        folder = options.work / str(options.seed) / name
        if options.second_only:
            trained = checkpoints.shipped(name, options.output)
        else:
            trained = _first_stage(name, folder, options.seed)
        if name in SECOND_STAGES:
            trained = _second_stage(name, trained, folder / "second", options.seed)
        checkpoints.save(trained, options.output / name, trained.about, half=True)
        print(checkpoints.pin(options.output), flush=True)


def _first_stage(name: str, folder: Path, seed: int) -> GenerativeModel:
    family_name, dataset, changes = VARIANTS.get(name, (name, "mnist", {}))
    family = FAMILIES[family_name]
    recipe = Recipe(**{**family.recipes[dataset], "seed": seed})
    torch.manual_seed(recipe.seed)
    model = family.build(family.config_for(dataset, **changes))
    return _fit(name, model, dataset, recipe, folder)


def _second_stage(name: str, first: GenerativeModel, folder: Path, seed: int) -> GenerativeModel:
    """The model trained on; its facts have the first stage's recipe and the seconds of both."""
    changes, values = SECOND_STAGES[name]
    model = FAMILIES[first.family].build(replace(first.config, **changes))
    model.load_state_dict(first.state_dict())
    dataset, recipe = checkpoints.dataset_of(first), Recipe(**{**values, "seed": seed})
    trained = _fit(name, model, dataset, recipe, folder)
    trained.about |= {
        "first_recipe": first.about.get("first_recipe", first.about["recipe"]),
        "seconds": first.about["seconds"] + trained.about["seconds"],
    }
    return trained


def _fit(
    name: str, model: GenerativeModel, dataset: str, recipe: Recipe, folder: Path
) -> GenerativeModel:
    """The model trained in a folder; one that is finished there is read."""
    if not (folder / "model.safetensors").is_file() or (folder / "resume.pt").is_file():
        for event in fit(model, data.load(dataset), recipe, output=folder):
            if isinstance(event, Epoch):
                print(name, event, flush=True)
    return checkpoints.load(folder)


if __name__ == "__main__":
    main()
