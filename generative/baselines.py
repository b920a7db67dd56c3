"""What the figures of models are to be read against: the same measures without a trained model.

`real images` are random training images in the place of samples, which is what a perfect model
would draw. `independent pixels` draws each pixel by its mean, `principal components` describes an
image by 32 numbers and draws them from normal distributions, `nearest image` looks for the closest training image, and `mean pixel` and
`raw pixels` take the image as it is.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from generative.anomalies import KINDS, auroc
from generative.classifier import Classifier
from generative.data import Dataset, Images
from generative.figures import Figures, Measurement
from generative.metrics import (
    digit_shares,
    digits_right,
    features,
    frechet_distance,
    linear_probe,
    precision_and_recall,
)
from generative.model import binarise, seeded
from generative.pictures import data_url

NAMES = (
    "real images",
    "independent pixels",
    "mean pixel",
    "nearest image",
    "principal components",
    "raw pixels",
)
FAMILY = "baseline"
COMPONENTS = 32
PROBE_IMAGES = 4000  # random test images: half of them to learn from, half to be tested
_ANOMALIES = 500  # digits, and as many others of each kind
_TRAINING_IMAGES = 10_000  # random ones, among which the nearest is searched
_DRAWS = 10


def random_part(images: Images, count: int) -> Images:
    """Some images, drawn by a fixed seed; MNIST's test images are sorted by writer."""
    rows = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:count]
    return Images(images.pixels[rows], images.labels[rows], images.top)


def anomaly_rows(scores: Callable[[Tensor], np.ndarray], dataset: Dataset) -> list[Measurement]:
    """AUROC of random test digits against as many images of each kind, by an anomaly score."""
    count = min(_ANOMALIES, len(dataset.test) // 2)
    digits, others = random_part(dataset.test, 2 * count).floats.split(count)
    usual = scores(digits)
    return [
        Measurement(
            f"AUROC {name}", auroc(usual, scores(change(others, 0))), "1/2 is chance", 2 * count
        )
        for name, change in KINDS.items()
    ]


def probe_rows(codes: Callable[[Tensor], np.ndarray], dataset: Dataset) -> list[Measurement]:
    """The accuracy of a linear model that reads the digit from codes, with its standard error."""
    test = random_part(dataset.test, min(PROBE_IMAGES, len(dataset.test)))
    half = len(test) // 2
    share = linear_probe(codes(test.floats), test.labels.numpy(), half)
    tested = len(test) - half
    error = math.sqrt(share * (1 - share) / tested)
    return [Measurement("linear probe", share, "accuracy", tested, error)]


def figures_of_baseline(
    name: str, classifier: Classifier, dataset: Dataset, images: int, machine: str
) -> Figures:
    """A baseline's entry for the file of figures.

    Args:
        name: One of NAMES.
        classifier: As for `generative.evaluate.measure`.
        dataset: As there.
        images: How many stand for generated ones.
        machine: On which it is measured.
    """
    train, samples = random_part(dataset.train, _TRAINING_IMAGES).floats, ""
    if name == "real images":
        rows = _real_images(classifier, dataset, images)
        samples = data_url(train[:16], 4)
    elif name == "independent pixels":
        rows = _independent_pixels(classifier, dataset, images)
        samples = data_url(_bernoulli(dataset, 16), 4)
    elif name == "mean pixel":
        rows = anomaly_rows(lambda x: x.flatten(1).mean(dim=1).double().numpy(), dataset)
    elif name == "nearest image":
        flat = train.flatten(1)
        rows = anomaly_rows(lambda x: torch.cdist(x.flatten(1), flat).amin(1).numpy(), dataset)
    elif name == "principal components":
        axes = PrincipalComponents.of(dataset)
        rows = _principal_components(axes, classifier, dataset, images)
        samples = data_url(axes.sample(16, seed=0), 4)
    else:
        rows = probe_rows(lambda x: x.flatten(1).numpy(), dataset)
    has_density = name == "independent pixels"
    return Figures(
        family=FAMILY,
        sha256="",
        parameters=0,
        minutes=0.0,
        rows=tuple(rows),
        kind="exact" if has_density else "",
        pixels="binary" if has_density else "",
        strangeness=(),
        images=len(dataset.test),
        generated=images,
        seeds=(0, 1),
        date=datetime.date.today().isoformat(),
        dataset=dataset.name,
        samples=samples,
        machine=machine,
    )


def floor_row(
    classifier: Classifier,
    dataset: Dataset,
    real: np.ndarray,
    count: int,
    *,
    binary: bool = False,
) -> Measurement:
    """The Fréchet distance of as many training images from the test images: what is perfect.

    It is the mean of ten disjoint random parts of the training images (fewer where there are not as
    many), and its error the deviation of one of them.

    Args:
        classifier: In whose features the images are compared.
        dataset: Its training images stand for samples.
        real: The features of the test images, (images, features).
        count: The number of samples; at most half of the training images are used.
        binary: Binarise the training images, as the test images are.
    """
    count = min(count, len(dataset.train) // 2)
    parts = min(_DRAWS, len(dataset.train) // count)
    train = random_part(dataset.train, parts * count).floats
    if binary:
        with seeded(0):
            train = binarise(train)
    learned = np.split(features(classifier, train), parts)
    draws = [frechet_distance(part, real) for part in learned]
    name, error = "Fréchet distance, real images", float(np.std(draws, ddof=1))
    return Measurement(name, float(np.mean(draws)), "0 is equal", count, error)


def _real_images(classifier: Classifier, dataset: Dataset, count: int) -> list[Measurement]:
    """Random training images in the place of samples; see `floor_row`."""
    real = features(classifier, dataset.test.floats)
    floor = floor_row(classifier, dataset, real, count)
    train = random_part(dataset.train, _TRAINING_IMAGES)
    right = digits_right(classifier, train.floats, train.labels).float()
    learned = features(classifier, train.floats)
    return [
        replace(floor, name="Fréchet distance"),
        Measurement("rarest digit", float(train.labels.bincount().min()) / len(train),
                    "share, 0.1 is even", len(train)),
        _share("digit drawn", right),
        *region_rows([precision_and_recall(learned[:count], real)], count),
    ]  # fmt: skip


def _share(name: str, values: Tensor) -> Measurement:
    """The mean of zeros and ones, with its standard error."""
    share = float(values.mean())
    error = math.sqrt(share * (1 - share) / len(values))
    return Measurement(name, share, "share", len(values), error)


def region_rows(
    regions: Sequence[tuple[float, float]], count: int, suffix: str = ""
) -> list[Measurement]:
    """Precision and recall of samples, as `precision_and_recall` gives them for each seed.

    Args:
        regions: A pair for each seed.
        count: The number of samples of each seed.
        suffix: Follows the names of the measurements.
    """
    return [
        Measurement(f"{name}{suffix}", float(np.mean(values)), "share", count, by_seed=values)
        for name, values in zip(("precision", "recall"), zip(*regions, strict=True), strict=True)
    ]


def _drawn_rows(
    samples: Callable[[int], Tensor], classifier: Classifier, real: np.ndarray
) -> list[Measurement]:
    """The figures of images that are drawn with two seeds; `samples` has the seed as argument."""
    drawn = [samples(seed) for seed in (0, 1)]
    learned = [features(classifier, one) for one in drawn]
    distances = tuple(frechet_distance(one, real) for one in learned)
    rarest = tuple(float(digit_shares(classifier, one).min()) for one in drawn)
    return [
        Measurement("Fréchet distance", float(np.mean(distances)), "0 is equal", len(drawn[0]),
                    by_seed=distances),
        Measurement("rarest digit", float(np.mean(rarest)), "share, 0.1 is even", len(drawn[0]),
                    by_seed=rarest),
        *region_rows([precision_and_recall(one, real) for one in learned], len(drawn[0])),
    ]  # fmt: skip


def _bernoulli(dataset: Dataset, count: int, seed: int = 0) -> Tensor:
    """Images whose pixels are drawn independently by their means over the training images."""
    with seeded(seed):
        return binarise(dataset.train.floats.mean(dim=0, keepdim=True).repeat(count, 1, 1, 1))


def _independent_pixels(classifier: Classifier, dataset: Dataset, count: int) -> list[Measurement]:
    mean = dataset.train.floats.mean(dim=0, keepdim=True).clamp(1e-4, 1 - 1e-4)

    def log_prob(images: Tensor) -> Tensor:
        return (images * mean.log() + (1 - images) * (1 - mean).log()).flatten(1).sum(dim=1)

    with seeded(0):
        binary = binarise(dataset.test.floats)
    nats = log_prob(binary)
    real = features(classifier, binary)
    error = float(nats.std()) / math.sqrt(len(nats))
    return [
        Measurement("density", float(nats.mean()), "nats", len(nats), error),
        *_drawn_rows(lambda seed: _bernoulli(dataset, count, seed), classifier, real),
        *anomaly_rows(lambda images: -log_prob(images).double().numpy(), dataset),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrincipalComponents:
    """Images as a mean plus 32 numbers along the axes in which training images vary most.

    `mean` is (pixels,), `axes` (pixels, 32) with orthonormal columns, and `deviations` (32,) are
    those of the numbers.
    """

    mean: Tensor
    axes: Tensor
    deviations: Tensor

    @classmethod
    def of(cls, dataset: Dataset) -> PrincipalComponents:
        """The axes of random training images."""
        train = random_part(dataset.train, _TRAINING_IMAGES).floats.flatten(1)
        mean = train.mean(dim=0)
        with seeded(0):
            axes = torch.pca_lowrank(train - mean, q=COMPONENTS, center=False, niter=4)[2]
        return cls(mean, axes, ((train - mean) @ axes).std(dim=0))

    def codes(self, images: Tensor) -> Tensor:
        """The numbers of each image, (images, 32)."""
        return (images.flatten(1) - self.mean) @ self.axes

    def errors(self, images: Tensor) -> Tensor:
        """The mean squared error by pixel of the image from its numbers, (images,)."""
        rebuilt = self.mean + self.codes(images) @ self.axes.T
        return (images.flatten(1) - rebuilt).square().mean(dim=1)

    def sample(self, count: int, *, seed: int) -> Tensor:
        """Images of numbers from normal distributions, (count, 1, size, size) in [0, 1]."""
        with seeded(seed):
            codes = torch.randn(count, len(self.deviations)) * self.deviations
        size = math.isqrt(len(self.mean))
        return (self.mean + codes @ self.axes.T).clamp(0, 1).reshape(-1, 1, size, size)


def _principal_components(
    axes: PrincipalComponents, classifier: Classifier, dataset: Dataset, count: int
) -> list[Measurement]:
    values = axes.errors(dataset.test.floats)
    error = float(values.std()) / math.sqrt(len(values))
    real = features(classifier, dataset.test.floats)
    return [
        *_drawn_rows(lambda seed: axes.sample(count, seed=seed), classifier, real),
        *anomaly_rows(lambda images: axes.errors(images).double().numpy(), dataset),
        *probe_rows(lambda images: axes.codes(images).numpy(), dataset),
        Measurement("reconstruction error", float(values.mean()), "mean square by pixel",
                    len(values), error),
    ]  # fmt: skip
