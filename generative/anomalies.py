"""Images that are no digits, and how well a model's anomaly score separates them from digits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from generative.fonts import printed_digits
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


def rotated(images: Tensor, *, seed: int = 0) -> Tensor:
    """Turned to the left or to the right by a random angle of 60 to 120 degrees."""
    with seeded(seed):
        angle = (60 + 60 * torch.rand(len(images))).deg2rad()
        angle *= torch.randint(0, 2, (len(images),)) * 2 - 1
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros(len(images))
    turn = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).reshape(-1, 2, 3)
    places = torch.nn.functional.affine_grid(turn, list(images.shape), align_corners=False)
    return torch.nn.functional.grid_sample(images, places, align_corners=False).clamp(0, 1)


def erased(images: Tensor, *, seed: int = 0, share: float = 0.4) -> Tensor:
    """Without the square around a random pixel of the stroke; `share` is its side by the image's."""
    size = images.shape[-1]
    side = round(share * size)
    with seeded(seed):
        centres = images.flatten(1).clamp(min=1e-6).multinomial(1)[:, 0]
    axis = torch.arange(size)
    rows, columns = (centres // size)[:, None], (centres % size)[:, None]
    down = (axis - rows + side // 2 >= 0) & (axis - rows + side // 2 < side)  # (batch, size)
    across = (axis - columns + side // 2 >= 0) & (axis - columns + side // 2 < side)
    return images * ~(down[:, None, :, None] & across[:, None, None, :])


#: Images that are no usual digits, by name: as many as digits (N, 1, size, size), by a seed.
KINDS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "letters": lambda images, seed: letters(len(images), images.shape[-1], seed=seed),
    "fonts": lambda images, seed: printed_digits(len(images), images.shape[-1], seed=seed)[0],
    "rotated": lambda images, seed: rotated(images, seed=seed),
    "erased": lambda images, seed: erased(images, seed=seed),
    "inverted": lambda images, seed: inverted(images),
    "noisy": lambda images, seed: noisy(images, seed=seed),
}


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
