"""Measure models of images: generation, density, representation.

    python -m generative.evaluate [MODEL ...] [--images N] [--parts PART ...] [--folder F] [--output FILE]

prints a table of the models that come with the program, and of what does without a model
(`generative.baselines`), and stores it as JSON if a file is named.

Generation: the Fréchet distance of generated images from all test images, with two seeds, whether
all ten digits occur, and whether the digit that is given is drawn. Density: ln p(x), where the
family has it, with its standard error. Anomaly detection: whether images that are no usual digits
get a higher anomaly score. Representation: how well a linear model reads the digit from the code.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from generative import available, baselines, checkpoints, figures
from generative.anomalies import anomaly_scores
from generative.autoencoder import Autoencoder
from generative.autoregressive import Autoregressive
from generative.classifier import Classifier
from generative.data import Dataset, Images, cache_dir, load
from generative.diffusion import Diffusion
from generative.diffusion_bound import bits_per_dimension, bound_parts
from generative.errors import CheckpointMissing, NotDefined
from generative.figures import PARTS, Figures, Measurement, part_of
from generative.flow import Flow
from generative.latent import codes_of
from generative.metrics import (
    accuracy,
    digit_shares,
    digits_right,
    features,
    frechet_distance,
    log_likelihood,
    precision_and_recall,
)
from generative.model import GenerativeModel, binarise, seeded
from generative.pictures import data_url
from generative.sampling import PART, Samples, draw, samplers
from generative.vae import VAE

BOUND_IMAGES = 50  # test images of the diffusion model's bound, which takes every step of the chain


def measure(
    model: GenerativeModel,
    classifier: Classifier,
    dataset: Dataset,
    *,
    images: int = 2000,
    seed: int = 0,
    seeds: int = 1,
    most: int = 3,
    bound_images: int = BOUND_IMAGES,
    parts: Sequence[str] = PARTS,
    samples_folder: Path | None = None,
    report: Callable[[str], None] = lambda step: None,
) -> list[Measurement]:
    """Every figure that a model's family has.

    Args:
        model: Of any family but the classifier's.
        classifier: Its features are those in which generated images are compared.
        dataset: All its test images are used, for anomalies and codes a random part of them.
        images: How many are generated with each seed.
        seed: Of all randomness; a second one is the next number.
        seeds: The most seeds of a sampler.
        most: The most samplers of a diffusion model.
        bound_images: The most test images of its bound.
        parts: Some of `figures.PARTS`.
        samples_folder: As for `sampling.draw`.
        report: Told what is measured next.
    """
    measures: dict[str, Callable[[], list[Measurement]]] = {
        "density": lambda: _density(model, dataset, seed, bound_images),
        "generation": lambda: _generation(
            model, classifier, dataset, images, seed, seeds, most, samples_folder, report
        ),
        "anomaly detection": lambda: _anomalies(model, dataset),
        "representation": lambda: _representation(model, dataset),
    }
    rows: list[Measurement] = []
    for part in parts:
        report(part)
        with suppress(NotDefined):
            rows += measures[part]()
    return rows


def _density(
    model: GenerativeModel, dataset: Dataset, seed: int, bound_images: int
) -> list[Measurement]:
    """The mean of ln p in nats, of grey levels in bits per dimension."""
    if isinstance(model, Diffusion):
        test = baselines.random_part(dataset.test, min(bound_images, len(dataset.test)))
        return [_bound(model, test, seed, told=told) for told in (False, True)]
    likelihood = log_likelihood(model, dataset.test.floats, seed=seed)
    if isinstance(model, Flow):
        return [_mean("density", likelihood.bits_per_dimension, "bits per dimension")]
    row = _mean("density", likelihood.nats, "nats")
    return [replace(row, k=model.config.bound_samples) if isinstance(model, VAE) else row]


def _bound(model: Diffusion, test: Images, seed: int, *, told: bool) -> Measurement:
    """The mean bound of images, and its parts by step, in bits per dimension."""
    levels = ((255 * test.floats).round() / 255).split(PART)
    digits = test.labels.split(PART)
    parts = torch.cat(
        [
            bound_parts(model, images, labels if told else None, seed=1000 * seed + number)
            for number, (images, labels) in enumerate(zip(levels, digits, strict=True))
        ]
    )
    pixels = math.prod(model.image_shape)
    bits = parts.mean(dim=0) / (pixels * math.log(2))
    row = _mean(
        "density, digit given" if told else "density",
        bits_per_dimension(parts, pixels),
        "bits per dimension",
    )
    return replace(row, by_step=tuple(float(f"{part:.4g}") for part in bits))


def _mean(name: str, values: Tensor, unit: str) -> Measurement:
    error = float(values.std()) / math.sqrt(len(values))
    return Measurement(name, float(values.mean()), unit, len(values), error)


def _generation(
    model: GenerativeModel,
    classifier: Classifier,
    dataset: Dataset,
    count: int,
    seed: int,
    most_seeds: int,
    most: int,
    folder: Path | None,
    report: Callable[[str], None],
) -> list[Measurement]:
    """Fréchet distance, precision, recall, rarest digit, digits as given, speed of each sampler."""
    real = dataset.test.floats
    binary = isinstance(model, Autoregressive)  # its samples are black and white
    if binary:
        with seeded(seed):
            real = binarise(real)
    real_features = features(classifier, real)
    rows: list[Measurement] = []
    for sampler in samplers(model)[:most]:
        seeds = range(seed, seed + min(sampler.seeds, most_seeds))
        drawn = [draw(model, sampler, count, one, folder, report) for one in seeds]
        rows += sample_rows(sampler.name, drawn, classifier, real_features)
    if rows:
        rows.append(baselines.floor_row(classifier, dataset, real_features, count, binary=binary))
    return rows


def sample_rows(
    name: str, drawn: Sequence[Samples], classifier: Classifier, real_features: np.ndarray
) -> list[Measurement]:
    """The figures of a sampler, each the mean over the seeds with which it has drawn."""
    suffix, count = f" {name}" if name else "", len(drawn[0].labels)
    drawn_features = [features(classifier, one.floats) for one in drawn]
    distances = tuple(frechet_distance(one, real_features) for one in drawn_features)
    regions = [precision_and_recall(one, real_features) for one in drawn_features]
    rarest = tuple(float(digit_shares(classifier, one.floats).min()) for one in drawn)
    speed = count * len(drawn) / max(1e-9, sum(one.seconds for one in drawn))
    rows = [
        Measurement(f"Fréchet distance{suffix}", float(np.mean(distances)), "0 is equal", count,
                    by_seed=distances),
        Measurement(f"rarest digit{suffix}", float(np.mean(rarest)), "share, 0.1 is even", count,
                    by_seed=rarest),
        Measurement(f"sampling{suffix}", speed, "images a second of processor time",
                    count * len(drawn)),
        *baselines.region_rows(regions, count, suffix),
    ]  # fmt: skip
    images = torch.cat([one.floats for one in drawn])
    labels = torch.cat([one.labels for one in drawn])
    if (labels >= 0).all():
        right = digits_right(classifier, images, labels)
        rows.insert(2, _mean(f"digit drawn{suffix}", right.float(), "share"))
    return rows


def _anomalies(model: GenerativeModel, dataset: Dataset) -> list[Measurement]:
    return baselines.anomaly_rows(lambda images: anomaly_scores(model, images), dataset)


def _representation(model: GenerativeModel, dataset: Dataset) -> list[Measurement]:
    rows = []
    if isinstance(model, Autoencoder):
        test = dataset.test.floats
        errors = torch.cat([model.anomaly_score(part) for part in test.split(250)])
        rows.append(_mean("reconstruction error", errors, "mean square by pixel"))
    with suppress(NotDefined):
        rows += baselines.probe_rows(lambda images: codes_of(model, images), dataset)
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
    comparison that was interrupted continues with the next images.

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
    folder = None if again else samples_folder(digest)
    rows = measure(
        model,
        available.judge(dataset_name),
        dataset,
        images=images,
        seed=seed,
        samples_folder=folder,
        report=report,
    )
    entry = figures_of(model, digest, rows, dataset, generated=images, seeds=(seed,))
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
    return cache_dir() / "generative-measurements" / f"{digest[:32]}-{images}-{seed}.json"


def samples_folder(digest: str) -> Path:
    """The folder of the samples of a model whose file has this SHA-256."""
    return cache_dir() / "generative-samples" / digest[:32]


def figures_of(
    model: GenerativeModel,
    sha256: str,
    rows: Sequence[Measurement],
    dataset: Dataset,
    *,
    generated: int,
    seeds: Sequence[int],
) -> Figures:
    """A model's entry for the file of figures; the percentiles of anomaly scores are taken here.

    Args:
        model: The measured model.
        sha256: The hash of its file.
        rows: What `measure` gave.
        dataset: The same as for `measure`.
        generated: How many images were generated with each seed.
        seeds: Those of the samples.
    """
    kind: str = ""
    pixels: str = ""
    with suppress(NotDefined):
        likelihood = log_likelihood(model, dataset.test.first(1).floats)
        kind, pixels = likelihood.kind, likelihood.pixels
    if isinstance(model, Diffusion):
        kind, pixels = "lower bound", "grey"
    test = baselines.random_part(dataset.test, 1000).floats
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
        images=len(dataset.test),
        generated=generated,
        seeds=tuple(seeds),
        date=datetime.date.today().isoformat(),
        dataset=dataset.name,
        samples=sample_sheet(model, seeds[0]),
        told=model.conditional,
        machine=machine(),
    )


def machine() -> str:
    """The machine on which it is measured."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} of them used, torch {torch.__version__.split('+')[0]}"
    )


def sample_sheet(model: GenerativeModel, seed: int) -> str:
    """Sixteen samples as a data URL; "" where the family cannot sample."""
    with suppress(NotDefined):
        return data_url(model.sample(16, seed=seed), 4)
    return ""


def _measure_shipped(name: str, options: argparse.Namespace, dataset: Dataset) -> Figures:
    """A bundled model's or a baseline's entry; parts that are not measured are those stored."""
    classifier = available.judge("mnist")
    stored = figures.read(options.output) if options.output and options.output.is_file() else {}
    if name in baselines.NAMES:
        return baselines.figures_of_baseline(name, classifier, dataset, options.images, machine())
    model = checkpoints.shipped(name, options.folder)
    digest = checkpoints.sha256_of(options.folder / name / "model.safetensors")
    rows = measure(
        model,
        classifier,
        dataset,
        images=options.images,
        seed=options.seed,
        seeds=options.seeds,
        most=options.samplers,
        bound_images=options.bound_images,
        parts=options.parts,
        samples_folder=samples_folder(digest),
        report=lambda step: print(f"{name}: {step}", flush=True),
    )
    if name in stored and stored[name].sha256 == digest:
        rows += [row for row in stored[name].rows if part_of(row.name) not in options.parts]
    seeds = range(options.seed, options.seed + options.seeds)
    return figures_of(model, digest, rows, dataset, generated=options.images, seeds=seeds)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and store it if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", help="models and baselines; all of them by default")
    parser.add_argument("--images", type=int, default=2000, help="generated with each seed")
    parser.add_argument("--samplers", type=int, default=6, help="the most of a diffusion model")
    parser.add_argument(
        "--bound-images", type=int, default=500, help="of a diffusion model's bound"
    )
    parser.add_argument("--seeds", type=int, default=2, help="the most of a sampler")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="the others stay as stored"
    )
    parser.add_argument(
        "--folder", type=Path, default=checkpoints.FOLDER, help="where the models are"
    )
    parser.add_argument("--output", type=Path, help="such as models/generative/figures.json")
    options = parser.parse_args(arguments)
    dataset = load("mnist")
    right = accuracy(available.judge("mnist"), dataset)
    print(f"classifier: {right:.4f} of {len(dataset.test)} test images right")
    judges = available.JUDGES.values()
    names = [name for name in checkpoints.names(options.folder) if name not in judges]
    for name in options.models or [*baselines.NAMES, *names]:
        entry = _measure_shipped(name, options, dataset)
        for row in entry.rows:
            print(f"{name}: {row.name} {row.value:.4f} {row.unit}, {row.images} images", flush=True)
        if options.output:
            figures.write({name: entry}, options.output)


if __name__ == "__main__":
    main()
