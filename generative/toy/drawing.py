"""Pictures of the plane as tensors (3, side, side) in [0, 1], for `generative.pictures.grid`.

x1 goes to the right and x2 upwards, from -reach to reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from generative.toy.models import grid_points

SIDE = 200  # pixels
_GROUND = (16, 22, 34)
_SCALE = np.array([_GROUND, (24, 70, 110), (24, 140, 150), (120, 200, 120), (250, 225, 90)])
_DOT = (235, 240, 250)
COLOURS = ((255, 160, 60), (120, 200, 255), (240, 120, 190), (150, 230, 130))  # of chains


def draw_points(
    points: Tensor, *, reach: float = 1.0, side: int = SIDE, colours: Sequence[int] | None = None
) -> Tensor:
    """Points (N, 2) as dots; those outside are left out. `colours` are rows of COLOURS by point."""
    picture = Image.new("RGB", (side, side), _GROUND)
    pencil = ImageDraw.Draw(picture)
    for number, (x, y) in enumerate(_pixels(points, reach, side)):
        colour = _DOT if colours is None else COLOURS[colours[number] % len(COLOURS)]
        pencil.rectangle((x - 0.6, y - 0.6, x + 0.6, y + 0.6), fill=colour)
    return _as_tensor(picture)


def draw_density(
    log_density: Callable[[Tensor], Tensor],
    *,
    reach: float = 1.0,
    side: int = SIDE,
    cells: int = 50,
) -> Tensor:
    """A density by colour, from dark to light with the root of p, relative to its highest value."""
    values = log_density(grid_points(cells, reach)).double()
    height = (values - values.max()).div(2).exp().reshape(cells, cells).cpu().numpy()
    picture = Image.fromarray((height.T[::-1] * 255).astype(np.uint8))  # x2 upwards
    level = np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR)) / 255
    place = level * (len(_SCALE) - 1)
    low = place.astype(int).clip(0, len(_SCALE) - 2)
    share = (place - low)[..., None]
    colours = _SCALE[low] * (1 - share) + _SCALE[low + 1] * share
    return torch.from_numpy(colours / 255).float().permute(2, 0, 1)


def draw_paths(
    paths: Tensor, *, ground: Tensor | None = None, reach: float = 1.0, side: int = SIDE
) -> Tensor:
    """Paths (paths, points, 2) as lines, each with a dot at its end, on a picture or a dark ground."""
    if ground is None:
        picture = Image.new("RGB", (side, side), _GROUND)
    else:
        picture = Image.fromarray((ground.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
        side = picture.width
    pencil = ImageDraw.Draw(picture)
    for number, path in enumerate(paths):
        colour = COLOURS[number % len(COLOURS)]
        line = _pixels(path, reach, side)
        pencil.line(line, fill=colour, width=1)
        x, y = line[-1]
        pencil.ellipse((x - 2.5, y - 2.5, x + 2.5, y + 2.5), fill=colour)
    return _as_tensor(picture)


def lattice(lines: int = 17, *, reach: float = 2.0, points: int = 81) -> Tensor:
    """The lines of a square lattice over [-reach, reach]^2, (2 lines, points, 2)."""
    along, across = torch.linspace(-reach, reach, points), torch.linspace(-reach, reach, lines)
    upright = torch.stack([across[:, None].expand(-1, points), along.expand(lines, -1)], dim=2)
    return torch.cat([upright, upright.flip(2)])


def _pixels(points: Tensor, reach: float, side: int) -> list[tuple[float, float]]:
    inside = points.detach().clamp(-9 * reach, 9 * reach)
    x = (inside[:, 0] / reach + 1) / 2 * side
    y = (1 - inside[:, 1] / reach) / 2 * side
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _as_tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(picture).copy()).float().permute(2, 0, 1) / 255
