"""An autoregressive model: p(x) as a product over pixels, by gated masked convolutions.

Source: van den Oord et al., "Conditional Image Generation with PixelCNN Decoders" (2016). Each
pixel's distribution depends on the rows above it and on the pixels left of it in its own row,
and on nothing else. Two stacks of convolutions give this without a blind spot: the vertical
stack reads the rows above, the horizontal stack the pixels to the left.
"""

from __future__ import annotations

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
    seeded,
)


@dataclass(frozen=True, slots=True)
class AutoregressiveConfig:
    """`layers` gated layers of `channels` features; `kernel` (odd) is the width of each."""

    image_size: int = 28
    channels: int = 32
    layers: int = 7
    kernel: int = 3
    first_kernel: int = 7


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
        """Sample binary images pixel by pixel: height times width passes through the network."""
        blank = torch.zeros(count, *self.image_shape, device=self.device)
        return self.complete(blank, known_rows=0, seed=seed)

    @torch.no_grad()
    def complete(self, images: Tensor, known_rows: int, *, seed: int | None = None) -> Tensor:
        """Keep the first `known_rows` rows of binary images and sample the others in raster order."""
        result = images.clone()
        result[:, :, known_rows:] = 0
        size = self.config.image_size
        with seeded(seed):
            for row in range(known_rows, size):
                for column in range(size):
                    # Rows below have no influence, so they are not computed.
                    logits = self._row_logits(result, row)[:, :, column]
                    result[:, :, row, column] = torch.bernoulli(logits.sigmoid())
        return result

    def _row_logits(self, binary: Tensor, row: int) -> Tensor:
        """Log-odds of one row, (batch, 1, width)."""
        above = left = torch.cat([2 * binary - 1, torch.ones_like(binary)], dim=1)[:, :, : row + 1]
        for layer in self.stack:
            above, left = layer(above, left)
        return self.head(left[:, :, row:] + self.place[:, :, row : row + 1])[:, :, 0]


def _gate(features: Tensor) -> Tensor:
    """tanh of one half of the channels times the sigmoid of the other (equation 2)."""
    value, gate = features.chunk(2, dim=1)
    return value.tanh() * gate.sigmoid()
