"""Measure models of images: generation, density, representation.

    python -m generative.evaluate [MODEL ...] [--images N] [--seed N] [--folder F] [--output FILE]

prints a table of the models that come with the program, measured on the test images of their
data set, and stores it as JSON if a file is named.

Generation: the Fréchet distance between generated and test images, and whether all ten digits
occur. Density: ln p(x), where the family has it, and whether images that are no digits get a
higher anomaly score. Representation: how well a linear model reads the digit from the code.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from generative import available, checkpoints, figures
from generative.anomalies import anomaly_scores, auroc, inverted, letters, noisy
from generative.autoencoder import Autoencoder
from generative.autoregressive import Autoregressive
from generative.classifier import Classifier
from generative.data import Dataset, cache_dir, load
from generative.diffusion import Diffusion
from generative.errors import CheckpointMissing, NotDefined
from generative.figures import Figures, Measurement
from generative.flow import Flow
from generative.latent import codes_of
from generative.metrics import (
    accuracy,
    digit_shares,
    features,
    frechet_distance,
    frechet_floor,
    linear_probe,
    log_likelihood,
)
from generative.model import GenerativeModel, binarise, seeded
from generative.pictures import data_url


def measure(
    model: GenerativeModel,
    classifier: Classifier,
    dataset: Dataset,
    *,
    images: int = 2000,
    seed: int = 0,
    report: Callable[[str], None] = lambda step: None,
) -> list[Measurement]:
    """Every figure that a model's family has.

    Args:
        model: Of any family but the classifier's.
        classifier: Its features are those in which generated images are compared.
        dataset: Its test images are used.
        images: How many are generated, and how many test images are used at most.
        seed: Of all randomness.
        report: Told what is measured next.
    """
    test = dataset.test.first(images)
    real, labels = test.floats, test.labels.numpy()
    half = len(real) // 2
    rows: list[Measurement] = []
    if isinstance(model, Autoencoder):
        error = float(model.anomaly_score(real).mean())
        rows.append(Measurement("reconstruction error", error, "mean square by pixel", len(real)))
    report("density")
    with suppress(NotDefined):
        rows.append(_density(model, real, seed))
    report("generation")
    rows += _generation(model, classifier, real, images, seed)
    report("anomaly detection")
    rows += _anomalies(model, real, dataset.image_size, seed)
    report("representation")
    with suppress(NotDefined):
        share = linear_probe(codes_of(model, real), labels, half)
        rows.append(Measurement("linear probe", share, "accuracy", len(real) - half))
    return rows


def _density(model: GenerativeModel, real: Tensor, seed: int) -> Measurement:
    """The mean of ln p in nats, of a flow in bits per dimension."""
    likelihood = log_likelihood(model, real, seed=seed)
    if isinstance(model, Flow):
        values, unit = likelihood.bits_per_dimension, "bits per dimension"
    else:
        values, unit = likelihood.nats, "nats"
    error = float(values.std()) / math.sqrt(len(values))
    return Measurement("density", float(values.mean()), unit, len(real), error)


def _generation(
    model: GenerativeModel, classifier: Classifier, real: Tensor, count: int, seed: int
) -> list[Measurement]:
    """Fréchet distance, rarest digit and speed of each sampler; none where it cannot sample."""
    samplers: dict[str, Callable[[], Tensor]] = {"": lambda: model.sample(count, seed=seed)}
    if isinstance(model, Diffusion):
        total = len(model.schedule)
        samplers = {
            " DDIM 25": lambda: model.sample(count, seed=seed, steps=25),
            " DDIM 25, eta 0.5": lambda: model.sample(count, seed=seed, steps=25, eta=0.5),
            " DDIM 25, eta 0": lambda: model.sample(count, seed=seed, steps=25, eta=0.0),
            f" DDPM {total}": lambda: model.sample(count, seed=seed, method="ddpm"),
        }
    if isinstance(model, Autoregressive):  # its samples are black and white
        with seeded(seed):
            real = binarise(real)
    real_features = features(classifier, real)
    rows = []
    for name, sampler in samplers.items():
        started = time.perf_counter()
        try:
            samples = sampler()
        except NotDefined:
            return []
        seconds = time.perf_counter() - started
        distance = frechet_distance(features(classifier, samples), real_features)
        rarest = float(digit_shares(classifier, samples).min())
        rows += [
            Measurement(f"Fréchet distance{name}", distance, "0 is equal", count),
            Measurement(f"rarest digit{name}", rarest, "share, 0.1 is even", count),
            Measurement(f"sampling{name}", count / seconds, "images a second", count),
        ]
    return rows


def _anomalies(model: GenerativeModel, real: Tensor, size: int, seed: int) -> list[Measurement]:
    """AUROC of at most 500 digits against as many images of each unusual kind."""
    count = min(500, len(real) // 2)
    usual, others = anomaly_scores(model, real[:count]), real[count : 2 * count]
    rows = []
    for name, unusual in (
        ("letters", letters(count, size, seed=seed)),
        ("inverted", inverted(others)),
        ("noisy", noisy(others, seed=seed)),
    ):
        value = auroc(usual, anomaly_scores(model, unusual))
        rows.append(Measurement(f"AUROC {name}", value, "0.5 to 1", len(usual) + len(unusual)))
    return rows


def measured(
    name: str,
    *,
    images: int,
    seed: int,
    again: bool = False,
    report: Callable[[str], None] = lambda step: None,
) -> Figures:
    """The figures of a model by its name or folder, measured on its own data set.

    They are kept in the cache: the same weights, images and seed are measured once, so that a
    comparison that was interrupted continues with the next model.

    Args:
        name: As for `available.open_model`.
        images: As for `measure`.
        seed: As for `measure`.
        again: Measure even where the cache has the figures.
        report: As for `measure`.
    """
    if not again and (entry := stored_figures(name, images=images, seed=seed)) is not None:
        return entry
    model, digest = available.open_model(name), checkpoints.sha256_of(available.file_of(name))
    file = _figures_file(digest, images, seed)
    dataset_name = checkpoints.dataset_of(model)
    dataset = load(dataset_name)
    judge = available.judge(dataset_name)
    rows = measure(model, judge, dataset, images=images, seed=seed, report=report)
    entry = figures_of(model, digest, rows, dataset, images=images, seed=seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    figures.write({"model": entry}, file)
    return entry


def stored_figures(name: str, *, images: int, seed: int) -> Figures | None:
    """What `measured` has stored of a model with these arguments; None where it has nothing."""
    file = _figures_file(checkpoints.sha256_of(available.file_of(name)), images, seed)
    if file.is_file():
        with suppress(CheckpointMissing):
            return figures.read(file)["model"]
    return None


def _figures_file(digest: str, images: int, seed: int) -> Path:
    return cache_dir() / "generative-figures" / f"{digest[:32]}-{images}-{seed}.json"


def figures_of(
    model: GenerativeModel,
    sha256: str,
    rows: Sequence[Measurement],
    dataset: Dataset,
    *,
    images: int,
    seed: int,
) -> Figures:
    """A model's entry for the file of figures; the percentiles of anomaly scores are taken here.

    Args:
        model: The measured model.
        sha256: The hash of its file.
        rows: What `measure` gave.
        dataset: The same as for `measure`.
        images: How many test images are used at most.
        seed: The same as for `measure`.
    """
    test = dataset.test.first(images).floats
    kind: str = ""
    pixels: str = ""
    with suppress(NotDefined):
        likelihood = log_likelihood(model, test[:1], seed=seed)
        kind, pixels = likelihood.kind, likelihood.pixels
    scores = np.percentile(anomaly_scores(model, test), np.arange(101))
    return Figures(
        family=model.family,
        sha256=sha256,
        parameters=sum(value.numel() for value in model.parameters()),
        minutes=round(model.about.get("seconds", 0) / 60, 1),
        rows=tuple(rows),
        kind=kind,
        pixels=pixels,
        strangeness=tuple(float(f"{score:.6g}") for score in scores),
        images=len(test),
        seed=seed,
        date=datetime.date.today().isoformat(),
        dataset=dataset.name,
        samples=sample_sheet(model, seed),
        told=model.conditional,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} of them used, torch {torch.__version__.split('+')[0]}",
    )


def sample_sheet(model: GenerativeModel, seed: int) -> str:
    """Sixteen samples as a data URL; "" where the family cannot sample."""
    with suppress(NotDefined):
        return data_url(model.sample(16, seed=seed), 4)
    return ""


def draw_samples(models: Sequence[str], folder: Path, output: Path, seed: int) -> None:
    """Draw sixteen samples of models whose figures are stored, and store them beside these."""
    stored = figures.read(output)
    for name in models or stored:
        model = checkpoints.shipped(name, folder)
        entry = replace(stored[name], samples=sample_sheet(model, seed), told=model.conditional)
        figures.write({name: entry}, output)
        print(f"{name}: {len(entry.samples)} characters", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and store it if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "models", nargs="*", help="names; all that come with the program by default"
    )
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--folder", type=Path, default=checkpoints.FOLDER, help="where the models are"
    )
    parser.add_argument("--output", type=Path, help="such as models/generative/figures.json")
    parser.add_argument(
        "--samples-only", action="store_true", help="draw the samples of stored figures again"
    )
    options = parser.parse_args(arguments)
    if options.samples_only:
        draw_samples(options.models, options.folder, options.output, options.seed)
        return
    dataset = load("mnist")
    classifier = available.judge("mnist")
    print(
        f"classifier: {accuracy(classifier, dataset):.4f} of {len(dataset.test)} test images right"
    )
    count = min(options.images, len(dataset.test) // 2)
    floor, spread = frechet_floor(features(classifier, dataset.test.floats), count)
    print(
        f"Fréchet distance of {count} test images from as many others, 20 random draws: "
        f"{floor:.1f} (standard deviation {spread:.1f})"
    )
    print("| model | figure | value | unit | images |\n|---|---|---|---|---|")
    judges = available.JUDGES.values()
    names = [name for name in checkpoints.names(options.folder) if name not in judges]
    for name in options.models or names:
        model = checkpoints.shipped(name, options.folder)
        rows = measure(model, classifier, dataset, images=options.images, seed=options.seed)
        for row in rows:
            digits = 4 if math.fabs(row.value) < 1 else 2
            print(
                f"| {name} | {row.name} | {row.value:.{digits}f} | {row.unit} | {row.images} |",
                flush=True,
            )
        if options.output:
            entry = figures_of(
                model,
                checkpoints.sha256_of(options.folder / name / "model.safetensors"),
                rows,
                dataset,
                images=options.images,
                seed=options.seed,
            )
            figures.write({name: entry}, options.output)


if __name__ == "__main__":
    main()
