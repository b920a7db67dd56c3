"""Pictures of cars seen from the side, drawn with their uses and colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from generative.cars.joint import COLOURS, COUNTS, Joint, joint_from_counts

SIZE = 16  # height of a picture; its width is 3 / 2 of that
_PAINT = {
    "white": (235, 236, 232),
    "beige": (214, 186, 128),
    "red": (186, 34, 30),
    "black": (32, 32, 36),
    "green": (30, 150, 62),  # which no car of the table has
}


@dataclass(frozen=True, slots=True)
class Cars:
    """Pictures (N, 3, height, width) in [0, 1] and, as int64 (N,), rows of COLOURS and USES."""

    pictures: Tensor
    colours: Tensor
    uses: Tensor

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        _, channels, height, width = self.pictures.shape
        return channels, height, width

    def counts(self) -> np.ndarray:
        """How many there are of each use and colour, (uses, colours)."""
        cells = self.uses * len(COLOURS) + self.colours
        return np.bincount(cells.numpy(), minlength=COUNTS.size).reshape(COUNTS.shape)


def draw_car(
    colour: str | None, *, seed: int | np.random.Generator = 0, size: int = SIZE
) -> Tensor:
    """A picture of a car seen from the side, (3, size, 3 size / 2) in [0, 1].

    The use is not visible. The seed determines the position of the car, within half a pixel at
    SIZE; the shade of its paint; the light on the whole scene; and the noise of the camera.

    Args:
        colour: One of COLOURS, or green, which none of the counted cars has; None leaves the
            road empty.
        seed: The same seed gives the same picture; a generator continues from its state.
        size: The height in pixels, even.
    """
    if colour is not None and colour not in _PAINT:
        raise ValueError(f"no paint {colour!r}; there are {', '.join(_PAINT)}, or None for no car")
    if size < 8 or size % 2:
        raise ValueError(f"size must be an even number of at least 8, got {size}")
    generator = np.random.default_rng(seed)
    left, top = generator.uniform(-0.03, 0.03, 2)  # of the picture's height
    shade, light = generator.normal(0, 0.03), generator.normal(1, 0.03)
    scale = 4  # drawn larger and then shrunk, so that edges are soft
    image = Image.new("RGB", (scale * size * 3 // 2, scale * size), (150, 176, 204))
    pencil = ImageDraw.Draw(image)
    high = scale * size
    pencil.rectangle((0, 0.68 * high, 1.5 * high, high), fill=(104, 102, 100))

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [((x + left) * high, (y + top) * high) for x, y in points]

    if colour is not None:
        red, green, blue = (round(min(255, max(0, part + 255 * shade))) for part in _PAINT[colour])
        body = (red, green, blue)
        pencil.polygon(at((0.42, 0.45), (0.56, 0.2), (0.98, 0.2), (1.12, 0.45)), fill=body)
        pencil.rounded_rectangle(at((0.18, 0.42), (1.32, 0.74)), radius=0.09 * high, fill=body)
        for window in (
            at((0.52, 0.43), (0.61, 0.26), (0.74, 0.26), (0.74, 0.43)),
            at((0.80, 0.43), (0.80, 0.26), (0.93, 0.26), (1.02, 0.43)),
        ):
            pencil.polygon(window, fill=(70, 88, 104))
        for middle in (0.44, 1.06):
            wheel = at((middle - 0.11, 0.63), (middle + 0.11, 0.85))
            pencil.ellipse(wheel, fill=(22, 22, 22))  # type: ignore[arg-type]  # two corners
    pixels = np.asarray(image.resize((size * 3 // 2, size), Image.Resampling.BOX)) / 255
    pixels = pixels * light + generator.normal(0, 0.02, pixels.shape)
    return torch.from_numpy(pixels.clip(0, 1)).float().permute(2, 0, 1)


def sample_cars(count: int, *, seed: int = 0, joint: Joint | None = None, size: int = SIZE) -> Cars:
    """Cars with uses and colours sampled from a joint distribution, the lecture's by default."""
    if count < 1:
        raise ValueError(f"count must be at least 1 car, got {count}")
    generator = np.random.default_rng(seed)
    cells = generator.choice(COUNTS.size, count, p=(joint or joint_from_counts()).joint.ravel())
    uses, colours = np.divmod(cells, len(COLOURS))
    images = [draw_car(COLOURS[colour], seed=generator, size=size) for colour in colours]
    return Cars(torch.stack(images), torch.from_numpy(colours), torch.from_numpy(uses))


def board_mask(size: int = SIZE) -> Tensor:
    """The pixels behind a board in front of the car: bool, (size, 3 size / 2), True is hidden."""
    hidden = torch.zeros(size, size * 3 // 2, dtype=torch.bool)
    hidden[round(0.1 * size) : round(0.95 * size), round(0.1 * size) : round(1.4 * size)] = True
    return hidden


def check_shape(pictures: Tensor, shape: tuple[int, int, int]) -> None:
    """Raise ValueError unless pictures have a model's shape, (channels, height, width)."""
    if pictures.shape[1:] != shape:
        raise ValueError(
            f"pictures must have the shape of the training pictures, "
            f"(N, {', '.join(map(str, shape))}), got {tuple(pictures.shape)}"
        )
