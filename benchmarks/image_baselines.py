"""What the figures of the image models are to be read against, on MNIST.

    python -m benchmarks.image_baselines [MODEL ...] [--images 2000] [--seeds 0 1]

Fréchet distances from all 10,000 test images: of random training images, which is what a perfect
model would have, and of models that sample. Anomaly detection and a linear probe by the pixels
themselves: mean pixel, nearest training image, principal components.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from generative import data, metrics
from generative.anomalies import auroc, inverted, letters, noisy
from generative.available import judge, open_model
from generative.latent import codes_of

TRAINING_IMAGES = 10_000  # random ones: among them the nearest is searched
COMPONENTS = 32


def scores(train: Tensor) -> dict[str, Callable[[Tensor], np.ndarray]]:
    """Anomaly scores without a model, by name; train is (images, pixels)."""
    mean = train.mean(dim=0)
    axes = torch.pca_lowrank(train - mean, q=COMPONENTS, center=False, niter=4)[2]

    def residual(images: Tensor) -> np.ndarray:
        centred = images.flatten(1) - mean
        return (centred - centred @ axes @ axes.T).square().mean(dim=1).numpy()

    return {
        "mean pixel": lambda images: images.flatten(1).mean(dim=1).numpy(),
        "nearest training image": lambda images: (
            torch.cdist(images.flatten(1), train).amin(dim=1).numpy()
        ),
        f"{COMPONENTS} principal components": residual,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="*", default=["gan", "vae"])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options = parser.parse_args()
    mnist, classifier = data.load("mnist"), judge("mnist")
    generator = np.random.default_rng(0)
    rows = torch.from_numpy(generator.permutation(len(mnist.train))[:TRAINING_IMAGES])
    train = mnist.train.pixels[rows].float() / mnist.train.top
    real, learned = (metrics.features(classifier, x) for x in (mnist.test.floats, train))
    draws = [
        metrics.frechet_distance(generator.permutation(learned)[: options.images], real)
        for _ in range(10)
    ]
    print(f"Fréchet distance of {options.images} from {len(real)} test images")
    print(
        f"random training images: {np.mean(draws):.1f} (sd of 10 draws {np.std(draws, ddof=1):.1f})"
    )
    for name in options.models:
        model = open_model(name)
        for seed in options.seeds:
            samples = metrics.features(classifier, model.sample(options.images, seed=seed))
            print(f"{name}, seed {seed}: {metrics.frechet_distance(samples, real):.1f}", flush=True)
    order = torch.from_numpy(generator.permutation(len(mnist.test)))
    test, labels = mnist.test.floats[order], mnist.test.labels[order].numpy()
    unusual = {
        "letters": letters(500),
        "inverted": inverted(test[500:1000]),
        "noisy": noisy(test[500:1000]),
    }
    print("AUROC of 500 random digits against 500 others")
    for name, score in scores(train.flatten(1)).items():
        usual = score(test[:500])
        cells = [f"{kind} {auroc(usual, score(x)):.3f}" for kind, x in unusual.items()]
        print(f"{name}: " + ", ".join(cells), flush=True)
    pixels = test[:2000].flatten(1).numpy()
    inputs = {"raw pixels": pixels}
    for name in ("autoencoder", "vae"):
        inputs[f"codes of the {name}"] = codes_of(open_model(name), test[:2000])
    for name, values in inputs.items():
        share = metrics.linear_probe(values, labels[:2000], 1000)
        print(f"linear probe of {name}: {share:.3f}", flush=True)


if __name__ == "__main__":
    main()
