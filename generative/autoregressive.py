"""An autoregressive model: p(x) as a product over pixels, by gated masked convolutions.

Source: van den Oord et al., "Conditional Image Generation with PixelCNN Decoders" (2016). Each
pixel's distribution depends on the rows above it and on the pixels left of it in its own row,
and on nothing else. Two stacks of convolutions give this without a blind spot: the vertical
stack reads the rows above, the horizontal stack the pixels to the left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generative.model import (
    GenerativeModel,
    LogLikelihood,
    Pixels,
    bernoulli_log_prob,
    binarise,
)


@dataclass(frozen=True, slots=True)
class AutoregressiveConfig:
    """`layers` gated layers of `channels` features; `kernel` (odd) is the width of each."""

    BOUNDS: ClassVar = {"kernel": (3, None), "first_kernel": (3, None)}

    image_size: int = 28
    channels: int = 32
    layers: int = 7
    kernel: int = 3
    first_kernel: int = 7

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0 or self.first_kernel % 2 == 0:
            raise ValueError(
                f"kernels must be odd, got kernel {self.kernel}, first_kernel {self.first_kernel}"
            )


class GatedLayer(nn.Module):
    """One layer of both stacks (figure 2 of the paper); with `first` it masks the pixel itself."""

    def __init__(self, incoming: int, channels: int, kernel: int, *, first: bool = False) -> None:
        super().__init__()
        self.reach = kernel // 2
        self.first = first
        # The vertical stack reads the rows above the pixel and, after the first layer, features of
        # the pixel's own row, which depend on the rows above alone.
        self.vertical = nn.Conv2d(incoming, 2 * channels, (self.reach + (not first), kernel))
        self.horizontal = nn.Conv2d(incoming, 2 * channels, (1, self.reach + (not first)))
        self.across = nn.Conv2d(2 * channels, 2 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, above: Tensor, left: Tensor) -> tuple[Tensor, Tensor]:
        """The next features of both stacks; all are (batch, channels, height, width)."""
        height, width = above.shape[2:]
        padded = F.pad(above, (self.reach, self.reach, self.reach, 0))
        vertical = self.vertical(padded)[
            :, :, :height
        ]  # row i depends on rows before i (or up to i)
        padded = F.pad(left, (self.reach, 0, 0, 0))
        horizontal = self.horizontal(padded)[..., :width] + self.across(vertical)
        right = self.out(_gate(horizontal))
        return _gate(vertical), right if self.first else left + right


class Autoregressive(GenerativeModel):
    """Gated PixelCNN over binary pixels in raster order: left to right, top to bottom."""

    family = "autoregressive"
    pixels: ClassVar[Pixels] = "binary"
    lacks: ClassVar[dict[str, str]] = {
        "encode": "it has no latent variable; each pixel depends on the pixels before it."
    }

    def __init__(self, config: AutoregressiveConfig) -> None:
        super().__init__(config)
        self.config: AutoregressiveConfig = config
        channels = config.channels
        # One channel of the image and one of ones, from which a layer can recognise the border.
        self.stack = nn.ModuleList(
            [GatedLayer(2, channels, config.first_kernel, first=True)]
            + [GatedLayer(channels, channels, config.kernel) for _ in range(config.layers - 1)]
        )
        self.place = nn.Parameter(torch.zeros(1, channels, config.image_size, config.image_size))
        self.head = nn.Sequential(
            nn.ReLU(), nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, 1, 1)
        )

    def logits(self, binary: Tensor) -> Tensor:
        """Log-odds that a pixel is 1 given those before it; both (batch, 1, height, width)."""
        above = left = torch.cat([2 * binary - 1, torch.ones_like(binary)], dim=1)
        for layer in self.stack:
            above, left = layer(above, left)
        return self.head(left + self.place)

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Negative log-likelihood of binarised images in nats an image, mean over the batch."""
        binary = binarise(images)
        return {"loss": -bernoulli_log_prob(self.logits(binary).float(), binary).mean()}

    @torch.no_grad()
    def log_likelihood(self, images: Tensor) -> LogLikelihood:
        """Exact ln p of binary images by the chain rule, in one pass."""
        nats = bernoulli_log_prob(self.logits(images), images)
        return LogLikelihood(nats, images[0].numel(), "exact", "binary")

    def sample(
        self, count: int, *, seed: int | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Sample binary images pixel by pixel, each from its distribution given those before it."""
        blank = torch.zeros(count, *self.image_shape, device=self.device)
        return self.complete(blank, known_rows=0, seed=seed)

    def complete(self, images: Tensor, known_rows: int, *, seed: int | None = None) -> Tensor:
        """Keep the first `known_rows` rows of binary images and sample the others in raster order."""
        result = images.clone()
        for sampled in self.rows(images, known_rows, seed=seed):
            result = sampled
        return result

    @torch.no_grad()
    def rows(self, images: Tensor, known_rows: int, *, seed: int | None = None) -> Iterator[Tensor]:
        """As `complete`; yields the images after each sampled row, the rows below it black.

        The global generator is left alone where a seed is given.
        """
        generator = None if seed is None else torch.Generator(self.device).manual_seed(seed)
        result = images.clone()
        result[:, :, known_rows:] = 0
        features = CachedFeatures(self, len(images))
        for row in range(self.config.image_size):
            features.begin(row)
            for column in range(self.config.image_size):
                if row >= known_rows:
                    chance = features.logits(column).sigmoid()
                    result[:, :, row, column] = torch.bernoulli(chance, generator=generator)
                features.set(column, result[:, :, row, column])
            if row >= known_rows:
                yield result.clone()


class CachedFeatures:
    """The features of the pixels drawn so far, each computed once.

    A pixel's log-odds need one row of the vertical stack, which is computed when the row begins,
    and one column of the horizontal stack. `above[n]` and `left[n]` are the inputs of layer n,
    (batch, channels, rows, width) and (batch, channels, columns of this row), behind as many zeros
    as the layer reaches back.
    """

    def __init__(self, model: Autoregressive, count: int) -> None:
        self.model, self.row = model, 0
        self.layers = [layer for layer in model.stack if isinstance(layer, GatedLayer)]
        size = model.config.image_size
        widths = [layer.vertical.in_channels for layer in self.layers]
        reaches = [layer.reach for layer in self.layers]

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(count, *shape, device=model.device)

        self.above = [
            zeros(width, size + reach, size) for width, reach in zip(widths, reaches, strict=True)
        ]
        self.left = [zeros(w, size + reach) for w, reach in zip(widths, reaches, strict=True)]
        self.across: list[Tensor] = []  # of each layer in this row, (batch, 2 channels, width)

    def begin(self, row: int) -> None:
        """Compute the vertical stack of a row; the rows above it are complete."""
        self.row, self.across = row, []
        for number, layer in enumerate(self.layers):
            self.left[number].zero_()
            height = layer.vertical.kernel_size[0]
            rows = self.above[number][:, :, row : row + height]
            vertical = layer.vertical(F.pad(rows, (layer.reach, layer.reach, 0, 0)))
            self.across.append(layer.across(vertical)[:, :, 0])
            if number + 1 < len(self.layers):
                below = self.layers[number + 1].reach + row
                self.above[number + 1][:, :, below] = _gate(vertical)[:, :, 0]

    def logits(self, column: int) -> Tensor:
        """The log-odds of a pixel of this row, (batch, 1); the columns before it are set."""
        features = self.left[0]
        for number, layer in enumerate(self.layers):
            left = self.left[number]
            width = layer.horizontal.kernel_size[1]
            horizontal = _at_pixel(layer.horizontal, left[:, :, column : column + width])
            right = _at_pixel(layer.out, _gate(horizontal + self.across[number][:, :, column]))
            features = right if layer.first else left[:, :, layer.reach + column] + right
            if number + 1 < len(self.layers):
                self.left[number + 1][:, :, self.layers[number + 1].reach + column] = features
        features = features + self.model.place[:, :, self.row, column]
        return self.model.head(features[:, :, None, None])[:, :, 0, 0]

    def set(self, column: int, values: Tensor) -> None:
        """Enter the pixels (batch, 1) of a column of this row."""
        pixels = torch.cat([2 * values - 1, torch.ones_like(values)], dim=1)
        reach = self.layers[0].reach
        self.left[0][:, :, reach + column] = pixels
        self.above[0][:, :, reach + self.row, column] = pixels


def _at_pixel(convolution: nn.Conv2d, patch: Tensor) -> Tensor:
    """A convolution at one pixel: (batch, channels, kernel) or (batch, channels) to (batch, out)."""
    return F.linear(patch.flatten(1), convolution.weight.flatten(1), convolution.bias)


def _gate(features: Tensor) -> Tensor:
    """tanh of one half of the channels times the sigmoid of the other (equation 2)."""
    value, gate = features.chunk(2, dim=1)
    return value.tanh() * gate.sigmoid()
