"""Convert a drawing of any size to an image in MNIST's format.

Source: LeCun, Cortes and Burges, the MNIST database's own description: digits were scaled to fit
a box of 20 x 20 pixels, keeping their proportions, and placed in 28 x 28 so that the centre of
their mass is in the middle.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from generative.errors import NothingDrawn

_INK = 0.1  # pixels below this are background
_MIDDLE = 14.5  # the centre of mass of MNIST's own images, in pixels from the outer edge


def as_mnist(ink: np.ndarray) -> Tensor:
    """A drawing as an image of 28 x 28 pixels, (1, 1, 28, 28) in [0, 1].

    Args:
        ink: (height, width) in [0, 1], 1 is ink.

    Raises:
        NothingDrawn: no pixel holds ink.
    """
    rows, columns = np.nonzero(ink > _INK)
    if not len(rows):
        raise NothingDrawn("Nothing is drawn yet. Draw a digit, or take a test image.")
    cut = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    height, width = (max(1, round(20 * side / max(cut.shape))) for side in cut.shape)
    small = np.asarray(Image.fromarray(cut).resize((width, height), Image.Resampling.BOX))
    top, left = (
        _start(small.sum(axis=1 - axis), size) for axis, size in enumerate((height, width))
    )
    image = np.zeros((28, 28), np.float32)
    image[top : top + height, left : left + width] = small
    return torch.from_numpy(image)[None, None].clamp(0, 1)


def as_digits(picture: Tensor) -> Tensor:
    """An image in MNIST's format as one of the 8 x 8 digits, which fill their frame, (1, 1, 8, 8).

    Source: Alpaydin and Kaynak (1998): normalised bitmaps of 32 x 32, summed in blocks of 4 x 4.

    Args:
        picture: (1, 1, 28, 28) in [0, 1], with some ink.
    """
    rows, columns = (picture[0, 0] > _INK).nonzero(as_tuple=True)
    top, bottom = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    side = max(bottom - top, right - left)
    square = torch.zeros(1, 1, side, side)
    down, across = (side - bottom + top) // 2, (side - right + left) // 2
    cut = picture[:, :, top:bottom, left:right]
    square[:, :, down : down + bottom - top, across : across + right - left] = cut
    return torch.nn.functional.adaptive_avg_pool2d(square, 8)


def _start(mass: np.ndarray, size: int) -> int:
    """The start of the box along an axis that puts its centre of mass in the middle."""
    centre = float((mass * (np.arange(size) + 0.5)).sum() / mass.sum())
    return min(max(round(_MIDDLE - centre), 0), 28 - size)
