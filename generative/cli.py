"""The commands of `katheder generative`: train, sample, evaluate, interpolate, anomaly, compare, cars, toy, collapse.

A model is given as in `generative.available`. Results go to standard output, progress to standard
error.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from generative.cars_command import cars
from generative.options import SeedOption, report_errors
from generative.toy_command import collapse, toy

if TYPE_CHECKING:
    from generative.data import Dataset
    from generative.model import GenerativeModel

app = typer.Typer(help="Generative models of images: a laboratory.", no_args_is_help=True)

ModelArgument = Annotated[
    str,
    typer.Argument(help="The name of a bundled model or of your own, or a checkpoint's folder."),
]
DatasetOption = Annotated[
    str | None,
    typer.Option("--dataset", help="mnist or digits (default: what the model has learned)."),
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Measure again even if the same was measured before.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
@report_errors
def train(
    family: Annotated[str, typer.Argument(help="Such as vae, gan, diffusion, flow, autoencoder.")],
    dataset: Annotated[str, typer.Option("--dataset", help="mnist or digits.")] = "digits",
    output: Annotated[
        Path | None,
        typer.Option(help="Folder of the checkpoint (default: FAMILY-DATASET among your models)."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a finished model in that folder.")
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Instead of the recipe's number.")
    ] = None,
    seed: SeedOption = 0,
    config: Annotated[
        list[str] | None,
        typer.Option("--set", help="A field of the model's config, as in latent=16; repeatable."),
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder of MNIST's IDX files.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    board: Annotated[Path | None, typer.Option(help="Folder for TensorBoard.")] = None,
) -> None:
    """Train a model, or resume an interrupted run; writes a preview picture after each epoch."""
    import torch
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from generative import available, checks, data
    from generative import train as training
    from generative.errors import NotDefined
    from generative.families import family as find_family
    from generative.pictures import save_grid

    model_family = find_family(family)
    recipe = dict(model_family.recipes.get(dataset, {}))
    recipe |= {"seed": seed} | ({"epochs": epochs} if epochs else {})
    settings = model_family.config_for(dataset, **_fields(config or []))
    target = output or available.own_folder() / f"{family}-{dataset}"
    checks.check_target(target, replace=replace)
    checks.check_device(device)
    images = data.load(dataset, folder)
    torch.manual_seed(seed)
    model = model_family.build(settings).to(device)
    print(f"seed {seed}, {sum(p.numel() for p in model.parameters())} parameters, {model.config}")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("starting")
        events = training.fit(model, images, training.Recipe(**recipe), output=target, board=board)
        for event in events:
            if isinstance(event, training.Progress):
                parts = ", ".join(f"{name} {value:.4g}" for name, value in event.parts.items())
                bar.update(task, description=f"epoch {event.epoch}: {parts}",
                           completed=event.step, total=event.steps)  # fmt: skip
                continue
            valid = "" if event.valid is None else f", validation {event.valid:.4g}"
            print(f"epoch {event.number} of {event.epochs}: loss {event.train['loss']:.4g}{valid}, "
                  f"{event.seconds:.0f} s")  # fmt: skip
            try:
                save_grid(event.model.eval().sample(64, seed=seed), 8, target / "preview.png")
            except NotDefined:
                continue
    name = target.name if output is None else target
    print(f"saved in {target}; katheder generative evaluate {name} measures it")
    if model_family.notebook:
        print(f"notebooks/{model_family.notebook} has such a training written out: make notebooks")


@app.command()
@report_errors
def sample(
    model: ModelArgument,
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("samples.png"),
    count: Annotated[int, typer.Option(min=1, max=1000)] = 64,
    seed: SeedOption = 0,
    label: Annotated[
        int | None, typer.Option(min=0, max=9, help="The digit to sample (diffusion, GAN).")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of DDIM (diffusion).")] = None,
    guidance: Annotated[
        float | None, typer.Option(min=0, help="Weight of the label (diffusion); 0.5 by default.")
    ] = None,
    eta: Annotated[
        float,
        typer.Option(min=0, max=1, help="Noise added by DDIM's steps, 0 for none (diffusion)."),
    ] = 1.0,
    method: Annotated[
        str, typer.Option(help="ddim, or ddpm for every step of the chain (diffusion).")
    ] = "ddim",
) -> None:
    """Sample images and write them as one picture."""
    import torch

    from generative.available import open_model
    from generative.diffusion import GUIDANCE, Diffusion
    from generative.pictures import save_grid

    sampler = open_model(model)
    started = time.perf_counter()
    labels = None if label is None else torch.full((count,), label)
    if labels is not None and not sampler.conditional:
        raise ValueError(
            f"--label is for models that are conditioned on a digit; {model}, of the family "
            f"{sampler.family}, is not. Leave it out, or sample from diffusion."
        )
    if isinstance(sampler, Diffusion):
        images = sampler.sample(
            count,
            seed=seed,
            labels=labels,
            method=cast(Any, method),
            steps=steps,
            guidance=GUIDANCE if guidance is None else guidance,
            eta=eta,
        )
    elif steps is not None or guidance is not None or eta != 1.0 or method != "ddim":
        raise ValueError(
            f"--steps, --guidance, --eta and --method are for diffusion models; {model} is of the "
            f"family {sampler.family}. Leave them out, or sample from diffusion."
        )
    else:
        images = sampler.sample(count, seed=seed, labels=labels)
    seconds = time.perf_counter() - started
    columns = max(1, round(count**0.5))
    print(f"{count} images in {seconds:.2f} s, seed {seed}: {save_grid(images, columns, output)}")


@app.command()
@report_errors
def evaluate(
    model: ModelArgument,
    images: Annotated[int, typer.Option(min=100, help="Number of generated images.")] = 2000,
    seed: SeedOption = 0,
    again: AgainOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a model: density, generation, anomaly detection, representation."""
    from dataclasses import asdict

    from generative.evaluate import measured

    rows = measured(model, images=images, seed=seed, again=again, report=_tell(model)).rows
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    for row in rows:
        error = f" ± {row.error:.2g}" if row.error else ""
        samples = f", k = {row.k}" if row.k else ""
        print(
            f"{row.name:<46} {row.value:>10.4f}{error}  {row.unit} ({row.images} images{samples})"
        )


@app.command()
@report_errors
def interpolate(
    model: ModelArgument,
    start: Annotated[int, typer.Option("--from", min=0, help="Number of a test image.")] = 0,
    end: Annotated[int, typer.Option("--to", min=0, help="Number of another.")] = 1,
    steps: Annotated[int, typer.Option(min=2, max=50)] = 12,
    dataset: DatasetOption = None,
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("way.png"),
) -> None:
    """Decode the line between the codes of two test images."""
    from generative import latent
    from generative.pictures import save_grid

    encoder, images = _model_and_images(model, dataset)
    test = images.test.floats
    for number in (start, end):
        if number >= len(test):
            raise ValueError(
                f"there is no test image {number}; {images.name} has 0 to {len(test) - 1}"
            )
    line = latent.interpolate(encoder, test[start], test[end], steps)
    print(save_grid(line, steps, output))


@app.command()
@report_errors
def anomaly(
    model: ModelArgument,
    dataset: DatasetOption = None,
    images: Annotated[
        int, typer.Option(min=10, help="Number of digits, and of other images of each kind.")
    ] = 500,
    seed: SeedOption = 0,
) -> None:
    """How well a model's anomaly score separates other images from digits: AUROC, 0.5 is chance."""
    from generative.anomalies import KINDS, anomaly_scores, auroc
    from generative.baselines import random_part

    detector, parts = _model_and_images(model, dataset)
    images = min(images, len(parts.test) // 2)
    digits, others = random_part(parts.test, 2 * images).floats.split(images)
    usual_scores = anomaly_scores(detector, digits)
    for name, kind in KINDS.items():
        value = auroc(usual_scores, anomaly_scores(detector, kind(others, seed)))
        print(f"{name:<16} AUROC {value:.3f} ({images} digits, {images} others)")


@app.command()
@report_errors
def compare(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Names or folders (default: the bundled models and your own)."),
    ] = None,
    images: Annotated[int, typer.Option(min=100, help="Number of generated images.")] = 1000,
    seed: SeedOption = 0,
    again: AgainOption = False,
) -> None:
    """Measure models in one table; after an interruption it continues with the next model."""
    from generative import available
    from generative.evaluate import measured

    columns = ("density", "Fréchet distance", "precision", "recall", "digit drawn", "rarest digit", "sampling",
              "AUROC letters", "AUROC erased", "linear probe")  # fmt: skip
    names = models or [*available.bundled(), *available.own()]
    for name in names:
        available.file_of(name)  # a wrong name is reported before anything is measured
    facts = ("model", "images", "parameters", "minutes of training", "digit given")
    print("| " + " | ".join((*facts, *columns)) + " |")
    print("|---" * len((*facts, *columns)) + "|")
    for number, name in enumerate(names, start=1):
        label = f"{number} of {len(names)}, {name}"
        entry = measured(name, images=images, seed=seed, again=again, report=_tell(label))
        for told in entry.tellings:
            rows = {key: entry.value(key, told=told) for key in columns}
            cells = [
                "–"
                if row is None
                else f"{row.value:.3g}" + (f" {row.unit}" if key == "density" else "")
                for key, row in rows.items()
            ]
            given = "–" if not entry.samples else "yes" if told else "no"
            facts = (name, entry.dataset, f"{entry.parameters:,}", f"{entry.minutes:.0f}", given)
            print("| " + " | ".join((*facts, *cells)) + " |", flush=True)


app.command()(report_errors(cars))
app.command()(report_errors(toy))
app.command()(report_errors(collapse))


def _model_and_images(name: str, dataset: str | None) -> tuple[GenerativeModel, Dataset]:
    """A model, and the images that it has learned or those that are named."""
    from generative import checkpoints, data
    from generative.available import open_model

    model = open_model(name)
    images = data.load(dataset or checkpoints.dataset_of(model))
    size = model.image_shape[-1]
    if images.image_size != size:
        raise ValueError(
            f"{name} is made for {size} x {size} pixels, and --dataset {images.name} has "
            f"{images.image_size} x {images.image_size}. Leave --dataset out: the model has "
            f"learned {checkpoints.dataset_of(model)}."
        )
    return model, images


def _tell(label: str) -> Callable[[str], None]:
    """Say on standard error what is measured next."""
    return lambda step: print(f"{label}: {step} …", file=sys.stderr, flush=True)


def _fields(pairs: list[str]) -> dict[str, Any]:
    """Config fields from texts such as latent=16; a value that is not JSON is a string."""
    fields = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"--set {pair}: expected NAME=VALUE, as in latent=16")
        try:
            fields[name] = json.loads(value)
        except json.JSONDecodeError:
            fields[name] = value
    return fields
