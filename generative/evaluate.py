"""What a model of images is good for, as functions: generation, density, representation.

    python -m generative.evaluate [MODEL ...] [--images N] [--seed N] [--folder F] [--output FILE]

prints a table of the models that come with the program, measured on MNIST's test images, and
keeps it as JSON where a file is named.

Generation is judged in the features of our own digit classifier, never in Inception's, which
have not seen digits: the Fréchet distance between generated and test images, and whether all ten
digits come. Density is judged by ln p(x), where the family has it, and by whether strange
pictures score as strange. Representation is judged by what a linear model reads off the codes.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from generative import checkpoints
from generative.autoencoder import Autoencoder
from generative.classifier import Classifier
from generative.data import Dataset, load
from generative.diffusion import Diffusion
from generative.errors import NotDefined
from generative.flow import Flow
from generative.model import GenerativeModel, LogLikelihood, binarise, seeded

_BATCH = 250
_LETTERS = "ACEFHKMNPRTUVWXY"  # those that no digit looks like


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a model: its name, its value, its unit or scale, and on how many images."""

    name: str
    value: float
    unit: str
    images: int


# ---- generation ----


@torch.no_grad()
def features(classifier: Classifier, images: Tensor) -> np.ndarray:
    """The classifier's features of images, float64, (images, features)."""
    parts = [classifier.features(part) for part in images.split(_BATCH)]
    return torch.cat(parts).double().cpu().numpy()


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """The Fréchet distance between two sets of features, each taken for a Gaussian; 0 is equal.

    |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)). The trace of the root is the sum of the roots
    of the eigenvalues of S1^(1/2) S2 S1^(1/2), which is symmetric.
    Source: Dowson and Landau (1982); of generated images: Heusel et al. (2017).

    Args:
        one: (samples, features), at least two samples.
        other: (samples, features).
    """
    means = one.mean(axis=0) - other.mean(axis=0)
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    values, vectors = np.linalg.eigh(np.atleast_2d(first))
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ np.atleast_2d(second) @ root).clip(0)
    traces = np.trace(np.atleast_2d(first)) + np.trace(np.atleast_2d(second))
    return float(means @ means + traces - 2 * np.sqrt(inner).sum())


@torch.no_grad()
def digit_shares(classifier: Classifier, images: Tensor) -> np.ndarray:
    """Which share of images the classifier takes for each digit, (10,), summing to 1."""
    digits = torch.cat([classifier.probabilities(part) for part in images.split(_BATCH)]).argmax(1)
    return np.bincount(digits.cpu().numpy(), minlength=10) / len(images)


# ---- density ----


def inverted(images: Tensor) -> Tensor:
    """Black on white."""
    return 1 - images


def noisy(images: Tensor, *, seed: int = 0, deviation: float = 0.5) -> Tensor:
    """With Gaussian noise on every pixel, cut to [0, 1]."""
    with seeded(seed):
        return (images + deviation * torch.randn_like(images)).clamp(0, 1)


def letters(count: int, size: int = 28, *, seed: int = 0) -> Tensor:
    """Printed capital letters where digits are expected, (count, 1, size, size) in [0, 1].

    Drawn at random places and sizes, four times as large and then shrunk, so that their edges
    are as soft as those of scanned digits.
    """
    generator = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        scale = 4
        image = Image.new("L", (scale * size, scale * size))
        font = ImageFont.load_default(scale * size * generator.uniform(0.65, 0.85))
        middle = scale * (size / 2 + generator.uniform(-0.07, 0.07, 2) * size)
        letter = generator.choice(list(_LETTERS))
        ImageDraw.Draw(image).text(tuple(middle), letter, fill=255, font=font, anchor="mm",
                                   stroke_width=scale * size // 40)  # fmt: skip
        pictures.append(np.asarray(image.resize((size, size), Image.Resampling.BOX)))
    return torch.from_numpy(np.stack(pictures)).float()[:, None] / 255


def anomaly_scores(model: GenerativeModel, images: Tensor) -> np.ndarray:
    """How strange each image is to the model, (images,); a model of binary images sees them drawn."""
    with seeded(0):
        seen = binarise(images) if model.pixels == "binary" else images
        parts = [model.anomaly_score(part) for part in seen.split(_BATCH)]
    return torch.cat(parts).detach().double().cpu().numpy()


def auroc(usual: np.ndarray, strange: np.ndarray) -> float:
    """The probability that a strange picture scores above a usual one, ties half; 1/2 is chance."""
    from sklearn.metrics import roc_auc_score

    right = np.concatenate([np.zeros(len(usual)), np.ones(len(strange))])
    return float(roc_auc_score(right, np.concatenate([usual, strange])))


def log_likelihood(model: GenerativeModel, images: Tensor, *, seed: int = 0) -> LogLikelihood:
    """ln p of many images in batches; a model of binary images sees them drawn by the seed.

    Raises:
        NotDefined: the family has no likelihood.
    """
    with seeded(seed):
        seen = binarise(images) if model.pixels == "binary" else images
        parts = [model.log_likelihood(part) for part in seen.split(_BATCH)]
    return LogLikelihood(
        torch.cat([part.nats for part in parts]).detach(),
        parts[0].dimensions,
        parts[0].kind,
        parts[0].pixels,
    )


# ---- representation ----


@torch.no_grad()
def codes_of(model: GenerativeModel, images: Tensor) -> np.ndarray:
    """The codes of images, (images, latent); raises NotDefined where the family has none."""
    return torch.cat([model.encode(part) for part in images.split(_BATCH)]).cpu().numpy()


def linear_probe(codes: np.ndarray, labels: np.ndarray, seen: int) -> float:
    """The accuracy, in [0, 1], of a logistic regression that learns from the first `seen` codes."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(codes[:seen])
    probe = LogisticRegression(max_iter=300).fit(scaler.transform(codes[:seen]), labels[:seen])
    return float(probe.score(scaler.transform(codes[seen:]), labels[seen:]))


def neighbours(codes: np.ndarray, query: np.ndarray, count: int) -> np.ndarray:
    """The rows of the codes closest to a query's, (count,), the closest first."""
    return np.argsort(np.linalg.norm(codes - query, axis=1), kind="stable")[:count]


@torch.no_grad()
def interpolate(model: GenerativeModel, one: Tensor, other: Tensor, steps: int) -> Tensor:
    """Images on the straight way between the codes of two, (steps, 1, size, size), ends included.

    Args:
        model: With an encoder and a decoder; NotDefined otherwise.
        one: (1, size, size), the way's beginning.
        other: (1, size, size), its end.
        steps: At least 2.
    """
    if steps < 2:
        raise ValueError(f"a way has at least 2 images, got {steps}")
    start, end = model.encode(torch.stack([one, other]))
    shares = torch.linspace(0, 1, steps, device=start.device).reshape(-1, *[1] * start.dim())
    return model.decode(torch.lerp(start, end, shares))


@torch.no_grad()
def latent_arithmetic(model: GenerativeModel, plus: Tensor, minus: Tensor, start: Tensor) -> Tensor:
    """What `start` becomes when the mean code of `plus` is added and that of `minus` taken away.

    Each is (images, 1, size, size); the result is like `start`.
    """
    direction = model.encode(plus).mean(dim=0) - model.encode(minus).mean(dim=0)
    return model.decode(model.encode(start) + direction)


# ---- all of it ----


def measure(
    model: GenerativeModel,
    classifier: Classifier,
    dataset: Dataset,
    *,
    images: int = 2000,
    seed: int = 0,
) -> list[Measured]:
    """Every figure that a model's family has.

    Args:
        model: Any family's but a classifier's own.
        classifier: Whose features judge generated images.
        dataset: Its test images are measured.
        images: How many are generated, and how many of the test images are used at most.
        seed: Of all randomness.
    """
    test = dataset.test.first(images)
    real, labels = test.floats, test.labels.numpy()
    found: list[Measured] = []

    def note(name: str, unit: str, of: Callable[[], float], count: int) -> None:
        try:
            found.append(Measured(name, of(), unit, count))
        except NotDefined:
            return

    if isinstance(model, Autoencoder):
        error = float(model.anomaly_score(real).mean())
        found.append(Measured("reconstruction error", error, "mean square by pixel", len(real)))
    unit = "bits per dimension" if isinstance(model, Flow) else "nats"

    def density() -> float:
        found = log_likelihood(model, real, seed=seed)
        return float((found.bits_per_dimension if isinstance(model, Flow) else found.nats).mean())

    note("density", unit, density, len(real))
    found += _generation(model, classifier, real, images, seed)
    half = min(500, len(real) // 2)
    usual, others = anomaly_scores(model, real[:half]), real[half : 2 * half]
    for name, strange in (
        ("letters", letters(half, dataset.image_size, seed=seed)),
        ("inverted", inverted(others)),
        ("noisy", noisy(others, seed=seed)),
    ):
        value = auroc(usual, anomaly_scores(model, strange))
        found.append(Measured(f"AUROC {name}", value, "0.5 to 1", len(usual) + len(strange)))
    note("linear probe", "accuracy",
         lambda: linear_probe(codes_of(model, real), labels, len(real) // 2),
         len(real) - len(real) // 2)  # fmt: skip
    return found


def _generation(
    model: GenerativeModel, classifier: Classifier, real: Tensor, count: int, seed: int
) -> list[Measured]:
    ways: dict[str, Callable[[], Tensor]] = {"": lambda: model.sample(count, seed=seed)}
    if isinstance(model, Diffusion):
        full = len(model.schedule)
        ways = {
            " DDIM 25": lambda: model.sample(count, seed=seed, steps=25),
            " DDIM 25, eta 0.5": lambda: model.sample(count, seed=seed, steps=25, eta=0.5),
            " DDIM 25, eta 0": lambda: model.sample(count, seed=seed, steps=25, eta=0.0),
            f" DDPM {full}": lambda: model.sample(count, seed=seed, method="ddpm"),
        }
    known = features(classifier, real)
    found = []
    for name, draw in ways.items():
        started = time.perf_counter()
        try:
            drawn = draw()
        except NotDefined:
            return []
        seconds = time.perf_counter() - started
        distance = frechet_distance(features(classifier, drawn), known)
        rarest = float(digit_shares(classifier, drawn).min())
        found += [
            Measured(f"Fréchet distance{name}", distance, "0 is equal", count),
            Measured(f"rarest digit{name}", rarest, "share, 0.1 is even", count),
            Measured(f"sampling{name}", count / seconds, "images a second", count),
        ]
    return found


@torch.no_grad()
def accuracy(classifier: Classifier, dataset: Dataset) -> float:
    """The share of test images that the classifier names rightly, in [0, 1]."""
    answers = torch.cat(
        [classifier.probabilities(part).argmax(1) for part in dataset.test.floats.split(_BATCH)]
    )
    return float((answers == dataset.test.labels).float().mean())


def frechet_floor(classifier: Classifier, dataset: Dataset, images: int) -> float:
    """The Fréchet distance between as many real digits: what a perfect model would show."""
    real, other = dataset.train.first(images).floats, dataset.test.first(images).floats
    return frechet_distance(features(classifier, real), features(classifier, other))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and keep it where a file is named."""
    from generative import figures

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
    options = parser.parse_args(arguments)
    dataset = load("mnist")
    classifier = checkpoints.shipped("classifier")
    assert isinstance(classifier, Classifier)
    print(
        f"classifier: {accuracy(classifier, dataset):.4f} of {len(dataset.test)} test images right"
    )
    print(
        f"Fréchet distance of {options.images} training images from as many test images: "
        f"{frechet_floor(classifier, dataset, options.images):.1f}"
    )
    print("| model | figure | value | unit | images |\n|---|---|---|---|---|")
    names = [name for name in checkpoints.names(options.folder) if name != "classifier"]
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
            found = figures.entry(
                model,
                checkpoints.sha256_of(options.folder / name / "model.safetensors"),
                rows,
                dataset,
                images=options.images,
                seed=options.seed,
            )
            figures.write({name: found}, options.output)


if __name__ == "__main__":
    main()
