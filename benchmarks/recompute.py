"""Compute figures of models/generative/figures.json again, without the package's code.

    python -m benchmarks.recompute [MODEL ...] --mnist FOLDER [--images 2000] [--bound-images 100]

Reads the weights and MNIST's IDX files and computes with `benchmarks.written_out`, which has the
forward passes; nothing of `generative` is imported. Samples, binarised pixels and noise are draws of
its own, so that a figure agrees within its standard error.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.written_out import (
    MODELS,
    auroc,
    batches,
    diffusion_bits,
    features,
    flow_bits,
    frechet,
    pixelcnn_nats,
    read_images,
    reconstruction_errors,
    turned,
    vae_bound,
    vae_samples,
    weights_of,
)


def mean_and_error(values: Tensor | np.ndarray) -> tuple[float, float]:
    numbers = np.asarray(values, dtype=float)
    return float(numbers.mean()), float(numbers.std(ddof=1) / math.sqrt(len(numbers)))


Row = tuple[str, str, float, float]  # figure, unit, value, standard error (0: not known)


@dataclass(frozen=True, slots=True)
class Material:
    """The images and draws that the figures of a model are computed from.

    `levels` and `test` are all test images, grey levels and values in [0, 1]; `train` are grey levels
    of the training images; `sample` are the rows of the test images of densities and anomaly scores,
    `few` those of the diffusion model's bound; `samples` is the number of images of a Fréchet
    distance, which depends on it. `random` and `generator` are used up by the draws of one model.
    """

    levels: Tensor
    test: Tensor
    train: Tensor
    sample: Tensor
    few: Tensor
    samples: int
    random: np.random.Generator
    generator: torch.Generator

    @property
    def binary(self) -> Tensor:
        """The sampled test images, binarised at random."""
        return torch.bernoulli(self.test[self.sample], generator=self.generator)

    def frechet_of(self, *drawn: Tensor) -> list[float]:
        """The distance of each set of images from all test images."""
        judge = weights_of("classifier")
        real = features(judge, self.test)
        return [frechet(features(judge, images), real) for images in drawn]

    def usual_and_turned(self) -> tuple[Tensor, Tensor]:
        """One half of the sampled test images as they are, the other half turned."""
        one, other = self.test[self.sample].chunk(2)
        return one, turned(other, self.random)


def real_images(of: Material) -> Iterator[Row]:
    """The mean distance of ten disjoint parts of the training images, and the deviation of one."""
    parts = torch.from_numpy(of.random.permutation(len(of.train))).split(of.samples)[:10]
    distances = of.frechet_of(*(of.train[rows] / 255 for rows in parts))
    yield "Fréchet distance", "", float(np.mean(distances)), float(np.std(distances, ddof=1))


def vae(of: Material) -> Iterator[Row]:
    w = weights_of("vae")
    (distance,) = of.frechet_of(vae_samples(w, of.samples, of.generator))
    yield "Fréchet distance", "", distance, 0.0
    bounds = [vae_bound(w, x, 500, of.generator) for (x,) in batches(of.binary)]
    yield "density", "nats", *mean_and_error(torch.cat(bounds))


def autoregressive(of: Material) -> Iterator[Row]:
    w = weights_of("autoregressive")
    nats = [pixelcnn_nats(w, x) for (x,) in batches(of.binary)]
    yield "density", "nats", *mean_and_error(torch.cat(nats))


def flow(of: Material) -> Iterator[Row]:
    w = weights_of("flow")
    grey = of.levels[of.sample]
    values = grey + torch.rand(grey.shape, generator=of.generator).clamp(max=0.9999)
    bits = [flow_bits(w, x) for (x,) in batches(values)]
    yield "density", "bits", *mean_and_error(np.concatenate(bits))


def diffusion(of: Material) -> Iterator[Row]:
    w = weights_of("diffusion")
    bits = [diffusion_bits(w, x, of.generator) for (x,) in batches(of.levels[of.few], size=50)]
    yield "density", "bits", *mean_and_error(np.concatenate(bits))


def denoising(of: Material) -> Iterator[Row]:
    w = weights_of("denoising")
    usual, unusual = of.usual_and_turned()
    scores = reconstruction_errors(w, usual), reconstruction_errors(w, unusual)
    yield "AUROC rotated", "", auroc(*scores), 0.0


def nearest_image(of: Material) -> Iterator[Row]:
    """The distance to the nearest of 10,000 training images."""
    rows = torch.from_numpy(of.random.permutation(len(of.train) - 5000)[:10_000])
    near = of.train[rows].flatten(1) / 255
    usual, unusual = (
        torch.cdist(x.flatten(1), near).amin(1).numpy() for x in of.usual_and_turned()
    )
    yield "AUROC rotated", "", auroc(usual, unusual), 0.0


MODELS_RECOMPUTED: dict[str, Callable[[Material], Iterator[Row]]] = {
    "real images": real_images,
    "vae": vae,
    "autoregressive": autoregressive,
    "flow": flow,
    "diffusion": diffusion,
    "denoising": denoising,
    "nearest image": nearest_image,
}


@torch.no_grad()
def recompute(
    mnist: Path,
    names: Sequence[str] = tuple(MODELS_RECOMPUTED),
    images: int = 2000,
    bound_images: int = 100,
    samples: int = 2000,
    seed: int = 0,
) -> Iterator[tuple[str, Row]]:
    """The figures of some models, one after the other; a model's do not depend on the others.

    Args:
        mnist: The folder of the IDX files.
        names: Of MODELS_RECOMPUTED.
        images: Test images of the densities and anomaly scores, at random.
        bound_images: Test images of the diffusion model's bound.
        samples: Images of each Fréchet distance.
        seed: Of all draws.
    """
    levels, train = read_images(mnist, "t10k"), read_images(mnist, "train")
    for name in names:
        random = np.random.default_rng(seed)
        sample = torch.from_numpy(random.permutation(len(levels)))[:images]
        generator = torch.Generator().manual_seed(seed)
        material = Material(levels, levels / 255, train, sample, sample[:bound_images], samples,
                            random, generator)  # fmt: skip
        for row in MODELS_RECOMPUTED[name](material):
            yield name, row


def main() -> None:
    """Print both values of each figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "names", nargs="*", help=f"some of {', '.join(MODELS_RECOMPUTED)}; all by default"
    )
    parser.add_argument("--mnist", type=Path, required=True, help="the folder of the IDX files")
    parser.add_argument("--images", type=int, default=2000, help="test images")
    parser.add_argument("--bound-images", type=int, default=100)
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(MODELS_RECOMPUTED)):
        parser.error(
            f"nothing is recomputed of {unknown[0]!r}, only of {', '.join(MODELS_RECOMPUTED)}"
        )
    stored = json.loads((MODELS / "figures.json").read_text("utf-8"))
    print("| model | figure | stored | recomputed |\n|---|---|---|---|")
    for model, (figure, unit, value, error) in recompute(
        options.mnist,
        options.names or tuple(MODELS_RECOMPUTED),
        options.images,
        options.bound_images,
    ):
        row = next((one for one in stored[model]["rows"] if one["name"] == figure), None)
        pairs = [(row["value"], row["error"]) if row else None, (value, error)]
        cells = [
            "–"
            if pair is None
            else f"{pair[0]:.4g}" + (f" ± {pair[1]:.2g}" if pair[1] else "") + f" {unit}".rstrip()
            for pair in pairs
        ]
        print(f"| {model} | {figure} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main()
