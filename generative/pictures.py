"""Show generated images: grids and film strips as one picture."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor


def grid(images: Tensor, columns: int, *, scale: int = 2, gap: int = 2) -> Image.Image:
    """Arrange images in rows, with a grey line of `gap` pixels between them.

    Args:
        images: (count, 1, height, width) in [0, 1], 0 black and 1 white, or (count, 3, height,
            width) in red, green and blue.
        columns: Images in a row; the last row may be shorter.
        scale: Width in pixels at which a pixel is shown.
        gap: Width of the line between images, in pixels of the picture.
    """
    if not len(images) or columns < 1:
        raise ValueError(
            f"a grid needs at least one image and one column, got {len(images)} and {columns}"
        )
    pixels = (images.detach().cpu().clamp(0, 1) * 255).round().to(dtype=images.dtype)
    tiles = np.repeat(np.repeat(pixels.numpy().astype(np.uint8), scale, 2), scale, 3)
    channels, height, width = tiles.shape[1:]
    rows = -(-len(tiles) // columns)
    columns = min(columns, len(tiles))
    size = rows * (height + gap) - gap, columns * (width + gap) - gap
    sheet = np.full((*size, channels), 96, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = (number // columns) * (height + gap), (number % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = tile.transpose(1, 2, 0)
    return Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet)


def strip(images: Tensor, frames: int, *, scale: int = 2) -> Image.Image:
    """A film strip: `frames` evenly spaced images, the first and the last included."""
    selected_images = images[evenly(len(images), frames)]
    return grid(selected_images, len(selected_images), scale=scale)


def evenly(total: int, count: int) -> list[int]:
    """`count` numbers from 0 to total - 1, evenly spaced, both ends included; all where there are fewer."""
    if count >= total:
        return list(range(total))
    return [round(number * (total - 1) / max(1, count - 1)) for number in range(count)]


def data_url(images: Tensor, columns: int) -> str:
    """A grid of images as the data URL of a PNG, for tables and pages."""
    buffer = io.BytesIO()
    grid(images, columns, scale=1, gap=1).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def save_grid(images: Tensor, columns: int, file: Path, *, scale: int = 2) -> Path:
    """Write a grid as a picture file; missing folders are created."""
    file.parent.mkdir(parents=True, exist_ok=True)
    grid(images, columns, scale=scale).save(file)
    return file
