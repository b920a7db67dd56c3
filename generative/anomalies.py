"""Images that are no digits, and how well a model's anomaly score separates them from digits."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from generative.metrics import BATCH
from generative.model import GenerativeModel, binarise, seeded

_LETTERS = "ACEFHKMNPRTUVWXY"  # those that no digit looks like


def inverted(images: Tensor) -> Tensor:
    """Black on white."""
    return 1 - images


def noisy(images: Tensor, *, seed: int = 0, deviation: float = 0.5) -> Tensor:
    """With Gaussian noise on every pixel, clipped to [0, 1]."""
    with seeded(seed):
        return (images + deviation * torch.randn_like(images)).clamp(0, 1)


def letters(count: int, size: int = 28, *, seed: int = 0) -> Tensor:
    """Printed capital letters, (count, 1, size, size) in [0, 1].

    Drawn at random positions and sizes, four times as large and then shrunk, so that their edges
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
    """The anomaly score of each image, float64, (images,), larger is less like the training images.

    For a model of binary images they are binarised first, by a fixed seed.
    """
    with seeded(0):
        inputs = binarise(images) if model.pixels == "binary" else images
        parts = [model.anomaly_score(part) for part in inputs.split(BATCH)]
    return torch.cat(parts).detach().double().cpu().numpy()


def auroc(usual: np.ndarray, unusual: np.ndarray) -> float:
    """The probability that an unusual image scores above a usual one, ties half; 1/2 is chance."""
    from sklearn.metrics import roc_auc_score

    labels = np.concatenate([np.zeros(len(usual)), np.ones(len(unusual))])
    return float(roc_auc_score(labels, np.concatenate([usual, unusual])))
