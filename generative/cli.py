"""The commands of `katheder generative`.

They are train, sample, evaluate, interpolate, anomaly, compare and cars. A model is given by the
name of one that comes with the program, or by the folder of its checkpoint. Results go to
standard output, progress to standard error.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

if TYPE_CHECKING:
    from generative.classifier import Classifier
    from generative.model import GenerativeModel

app = typer.Typer(help="Generative models of images: a laboratory.", no_args_is_help=True)

ModelArgument = Annotated[
    str,
    typer.Argument(
        help="The name of a model that comes with the program, or a checkpoint's folder."
    ),
]
DatasetOption = Annotated[str, typer.Option("--dataset", help="mnist or digits.")]
SeedOption = Annotated[int, typer.Option(help="The same seed gives the same images.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


P = ParamSpec("P")


def _report_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Print the message of an error that the user can remedy, and exit with status 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from generative.errors import GenerativeError

        try:
            command(*args, **kwargs)
        except (GenerativeError, ValueError) as error:
            print(error, file=sys.stderr)
            raise typer.Exit(1) from error

    return run


@app.command()
@_report_errors
def train(
    family: Annotated[str, typer.Argument(help="Such as vae, gan, diffusion, flow, autoencoder.")],
    dataset: DatasetOption = "digits",
    output: Annotated[
        Path | None,
        typer.Option(help="Folder of the checkpoint (default: build/generative/FAMILY)."),
    ] = None,
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

    from generative import data
    from generative import train as training
    from generative.errors import NotDefined
    from generative.families import family as find_family
    from generative.pictures import save_grid

    model_family = find_family(family)
    recipe = dict(model_family.recipes.get(dataset, {}))
    recipe |= {"seed": seed} | ({"epochs": epochs} if epochs else {})
    images = data.load(dataset, folder)
    torch.manual_seed(seed)
    changes = _fields(config or [])
    model = model_family.build(model_family.config_for(dataset, **changes)).to(device)
    target = output or Path("build") / "generative" / family
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
                save_grid(model.eval().sample(64, seed=seed), 8, target / "preview.png")
            except NotDefined:
                continue
            finally:
                model.train()
    print(f"saved in {target}")


@app.command()
@_report_errors
def sample(
    model: ModelArgument,
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("samples.png"),
    count: Annotated[int, typer.Option(min=1, max=1000)] = 64,
    seed: SeedOption = 0,
    label: Annotated[
        int | None, typer.Option(min=0, max=9, help="The digit to sample (diffusion, GAN).")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of DDIM (diffusion).")] = None,
    guidance: Annotated[float, typer.Option(min=0, help="Weight of the label (diffusion).")] = 0.0,
    eta: Annotated[
        float,
        typer.Option(min=0, max=1, help="Noise added by DDIM's steps, 0 for none (diffusion)."),
    ] = 1.0,
) -> None:
    """Sample images and write them as one picture."""
    import torch

    from generative.diffusion import Diffusion
    from generative.pictures import save_grid

    sampler = _model(model)
    started = time.perf_counter()
    labels = None if label is None else torch.full((count,), label)
    if labels is not None and not sampler.conditional:
        raise ValueError(
            f"--label is for models that are conditioned on a digit; {model}, of the family "
            f"{sampler.family}, is not. Leave it out, or sample from diffusion."
        )
    if isinstance(sampler, Diffusion):
        images = sampler.sample(
            count, seed=seed, labels=labels, steps=steps, guidance=guidance, eta=eta
        )
    elif steps is not None or guidance or eta != 1.0:
        raise ValueError(
            f"--steps, --guidance and --eta are for diffusion models; {model} is of the family "
            f"{sampler.family}. Leave them out, or sample from diffusion."
        )
    else:
        images = sampler.sample(count, seed=seed, labels=labels)
    seconds = time.perf_counter() - started
    columns = max(1, round(count**0.5))
    print(f"{count} images in {seconds:.2f} s, seed {seed}: {save_grid(images, columns, output)}")


@app.command()
@_report_errors
def evaluate(
    model: ModelArgument,
    dataset: DatasetOption = "mnist",
    images: Annotated[
        int, typer.Option(min=100, help="Number of generated images and of test images.")
    ] = 2000,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Measure a model: density, generation, anomaly detection, representation."""
    from dataclasses import asdict

    from generative import data
    from generative.evaluate import measure

    rows = measure(_model(model), _classifier(), data.load(dataset), images=images, seed=seed)
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    for row in rows:
        print(f"{row.name:<26} {row.value:>10.4f}  {row.unit} ({row.images} images)")


@app.command()
@_report_errors
def interpolate(
    model: ModelArgument,
    start: Annotated[int, typer.Option("--from", min=0, help="Number of a test image.")] = 0,
    end: Annotated[int, typer.Option("--to", min=0, help="Number of another.")] = 1,
    steps: Annotated[int, typer.Option(min=2, max=50)] = 12,
    dataset: DatasetOption = "mnist",
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("way.png"),
) -> None:
    """Decode the line between the codes of two test images."""
    from generative import data, latent
    from generative.pictures import save_grid

    test = data.load(dataset).test.floats
    for number in (start, end):
        if number >= len(test):
            raise ValueError(f"there is no test image {number}; {dataset} has 0 to {len(test) - 1}")
    line = latent.interpolate(_model(model), test[start], test[end], steps)
    print(save_grid(line, steps, output))


@app.command()
@_report_errors
def anomaly(
    model: ModelArgument,
    dataset: DatasetOption = "mnist",
    images: Annotated[
        int, typer.Option(min=10, help="Number of digits, and of other images of each kind.")
    ] = 500,
    seed: SeedOption = 0,
) -> None:
    """How well a model's anomaly score separates other images from digits: AUROC, 0.5 is chance."""
    from generative import data
    from generative.anomalies import anomaly_scores, auroc, inverted, letters, noisy

    detector, test = _model(model), data.load(dataset).test.first(2 * images).floats
    usual, others = test[:images], test[images:]
    usual_scores = anomaly_scores(detector, usual)
    for name, unusual in (
        ("letters", letters(images, test.shape[-1], seed=seed)),
        ("inverted digits", inverted(others)),
        ("noisy digits", noisy(others, seed=seed)),
    ):
        value = auroc(usual_scores, anomaly_scores(detector, unusual))
        print(f"{name:<16} AUROC {value:.3f}")


@app.command()
@_report_errors
def compare(
    images: Annotated[
        int, typer.Option(min=100, help="Number of generated images and of test images.")
    ] = 1000,
    seed: SeedOption = 0,
) -> None:
    """Measure all models that come with the program, in one table."""
    from generative import checkpoints, data
    from generative.evaluate import measure

    dataset, classifier = data.load("mnist"), _classifier()
    columns = ("density", "Fréchet distance", "rarest digit", "sampling", "AUROC letters",
              "linear probe")  # fmt: skip
    print("| model | parameters | minutes of training | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 3) + "|")
    for name in checkpoints.names():
        if name == "classifier":
            continue
        model = checkpoints.shipped(name)
        measurements = measure(model, classifier, dataset, images=images, seed=seed)
        rows = {row.name: row for row in measurements}
        rows |= {key.removesuffix(" DDIM 25"): row for key, row in rows.items()}
        cells = [
            f"{rows[key].value:.3g}" + (f" {rows[key].unit}" if key == "density" else "")
            if key in rows
            else "–"
            for key in columns
        ]
        count = sum(value.numel() for value in model.parameters())
        minutes = model.about.get("seconds", 0) / 60
        print(f"| {name} | {count:,} | {minutes:.0f} | " + " | ".join(cells) + " |", flush=True)


@app.command()
@_report_errors
def cars(
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("cars.png"),
    seed: SeedOption = 0,
    count: Annotated[int, typer.Option(min=500, help="Number of training pictures.")] = 2000,
    pseudo_count: Annotated[
        float, typer.Option(min=0, help="Added to each count; above 0, red taxis are possible.")
    ] = 0.0,
) -> None:
    """Is the beige car a taxi? A discriminative and a generative model of drawn cars."""
    import torch

    from generative.cars import (
        COLOURS,
        COUNTS,
        USES,
        board_mask,
        draw_car,
        fit_generative,
        joint_from_counts,
        sample_cars,
        taxi_share,
        train_discriminative,
    )
    from generative.pictures import save_grid

    joint = joint_from_counts(pseudo_count=pseudo_count)
    training_cars = sample_cars(count, seed=seed, joint=joint)
    discriminative = train_discriminative(training_cars, seed=seed)
    generative = fit_generative(training_cars)
    print(f"{'counted':<24}" + "".join(f"{name:>9}" for name in (*COLOURS, "sum")))
    for use, counted in zip(USES, COUNTS, strict=True):
        print(f"{use:<24}" + "".join(f"{number:>9}" for number in (*counted, counted.sum())))

    def row(name: str, values: Iterable[float]) -> None:
        print(f"{name:<24}" + "".join(f"{value:>9.3f}" for value in values))

    queue = (0.8, 0.2)
    print(f"\np(taxi|colour), models trained on {count} pictures, seed {seed}")
    row("exact", joint.posterior[0])
    row("discriminative", (taxi_share(discriminative, colour) for colour in COLOURS))
    row("generative", (taxi_share(generative, colour) for colour in COLOURS))
    print(f"where p(taxi) is {queue[0]}, which only a model with a p(y) can be given")
    row("exact", joint.with_prior(queue).posterior[0])
    row("generative", (taxi_share(generative.with_prior(queue), colour) for colour in COLOURS))

    usual = generative.log_likelihood(sample_cars(200, seed=seed + 1, joint=joint).pictures)
    green, empty, beige = (draw_car(colour, seed=seed) for colour in ("green", None, "beige"))
    print(
        f"\n{'p(taxi|picture)':<24}{'discriminative':>15}{'generative':>12}{'ln p(x) in nats':>18}"
    )
    print(f"{'200 usual cars':<24}{'':>27}{f'{usual.min():.0f} to {usual.max():.0f}':>18}")
    for name, picture in (("a green car", green), ("no car", empty)):
        one, other = (float(m.posterior(picture[None])[0, 0]) for m in (discriminative, generative))
        nats = float(generative.log_likelihood(picture[None]))
        print(f"{name:<24}{one:>15.3f}{other:>12.3f}{nats:>18.0f}")
    share = float(generative.posterior(beige[None], board_mask())[0, 0])
    print(f"{'a car behind a board':<24}{'not defined':>15}{share:>12.3f}"
          f"   which is p(taxi) = {generative.joint.prior[0]:.3f}")  # fmt: skip
    cars_shown = torch.stack([draw_car(colour, seed=seed) for colour in COLOURS] + [green, empty])
    sheet = torch.cat([cars_shown, generative.sample(18, seed=seed).pictures])
    print(
        f"\n6 cars drawn by the program, then 18 sampled from the generative model: {save_grid(sheet, 6, output, scale=5)}"
    )


def _model(name: str) -> GenerativeModel:
    """A model that comes with the program, by name, or one from its folder."""
    from generative import checkpoints

    if name in checkpoints.names():
        return checkpoints.shipped(name)
    if not Path(name).is_dir():
        raise ValueError(
            f"No model {name!r}: expected one of {', '.join(checkpoints.names())}, or the folder "
            "of a checkpoint. Train one with `katheder generative train FAMILY`."
        )
    return checkpoints.load(Path(name))


def _classifier() -> Classifier:
    from generative import checkpoints
    from generative.classifier import Classifier

    classifier = checkpoints.shipped("classifier")
    assert isinstance(classifier, Classifier)
    return classifier


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
