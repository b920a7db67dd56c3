"""A normalising flow: an invertible map from images to Gaussian noise, and so an exact density.

Source: Dinh, Sohl-Dickstein and Bengio, "Density estimation using Real NVP" (2017). Whole grey
levels are made continuous by uniform noise (dequantisation; Theis, van den Oord and Bethge,
2016). Where the paper takes the logit of a pixel, this takes the normal quantile of its rank
among the training pixels (Chen and Gopinath, "Gaussianization", 2000): 90 % of MNIST's pixels
are black, and affine couplings cannot change the shape of that density.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generative.model import GenerativeModel, LogLikelihood, Pixels, seeded

_RANK_EDGE = 1e-6  # ranks closer to 0 or 1 have no quantile in single precision


@dataclass(frozen=True, slots=True)
class FlowConfig:
    """`couplings` and `channels` give the number of couplings and their width at each scale.

    A scale begins by turning blocks of 2x2 pixels into channels. `levels` is the number of grey
    levels that a pixel can have.
    """

    image_size: int = 28
    levels: int = 256
    couplings: tuple[int, ...] = (8, 8)
    channels: tuple[int, ...] = (48, 80)

    def __post_init__(self) -> None:
        object.__setattr__(self, "couplings", tuple(self.couplings))
        object.__setattr__(self, "channels", tuple(self.channels))
        if len(self.couplings) != len(self.channels):
            raise ValueError(
                f"couplings {self.couplings} and channels {self.channels} must name as many scales"
            )
        if self.image_size % 2 ** len(self.couplings):
            raise ValueError(
                f"{self.image_size} pixels cannot be halved {len(self.couplings)} times; "
                "use fewer scales"
            )


class Gaussianise(nn.Module):
    """Map each pixel to the normal quantile of its rank among the training pixels.

    The distribution of pixels is a histogram, so the rank grows linearly within a grey level.
    """

    mass: Tensor  # of each grey level, (levels,), summing to 1

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.register_buffer("mass", torch.full((levels,), 1 / levels))

    @torch.no_grad()
    def fit(self, values: Tensor) -> None:
        """Count grey levels, whole numbers of any shape; every level's count begins at 1."""
        counts = torch.bincount(values.flatten().long(), minlength=len(self.mass)) + 1.0
        self.mass.copy_(counts / counts.sum())

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """From values in [0, levels) to quantiles, and ln |d quantile / d value| by pixel."""
        level = values.long().clamp(0, len(self.mass) - 1)
        # Ranks in double precision: above a half, single precision has no quantile beyond 5.
        mass = self.mass.double()
        below = mass.cumsum(0) - mass
        rank = below[level] + mass[level] * (values.double() - level)
        quantile = torch.special.ndtri(rank.clamp(_RANK_EDGE, 1 - _RANK_EDGE)).to(values.dtype)
        return quantile, self.mass[level].log() - standard_normal_log_prob(quantile)

    def inverse(self, quantile: Tensor) -> Tensor:
        """From quantiles to values in [0, levels)."""
        rank = torch.special.ndtr(quantile.double()).clamp(_RANK_EDGE, 1 - _RANK_EDGE)
        mass = self.mass.double()
        top = mass.cumsum(0)
        level = torch.searchsorted(top, rank, right=True).clamp(max=len(mass) - 1)
        values = level + (rank - (top - mass)[level]) / mass[level]
        return values.clamp(0, len(mass) - 1e-3).to(quantile.dtype)


class Coupling(nn.Module):
    """Affine coupling (equation 9): scale and shift of the others depend on the masked channels."""

    mask: Tensor  # 1 for the channels that stay as they are, (1, channels, 1, 1) or larger

    def __init__(self, mask: Tensor, size: int, channels: int) -> None:
        super().__init__()
        incoming = len(mask)
        self.register_buffer("mask", mask.reshape(1, -1, 1, 1))
        self.first = nn.Conv2d(incoming, channels, 3, padding=1)
        self.place = nn.Parameter(torch.zeros(1, channels, size, size))
        self.inner = nn.Conv2d(channels, channels, 3, padding=1)
        self.gate = nn.Conv2d(channels, 2 * channels, 1)
        self.last = nn.Conv2d(channels, 2 * incoming, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]
        self.bound = nn.Parameter(torch.ones(1, incoming, 1, 1))
        self.base_shift = nn.Parameter(torch.zeros(1, incoming, size, size))
        self.base_scale = nn.Parameter(torch.zeros(1, incoming, size, size))

    def _scale_and_shift(self, masked: Tensor) -> tuple[Tensor, Tensor]:
        """ln of the scale, bounded, and the shift; both are 0 at the masked channels."""
        features = F.silu(self.first(masked) + self.place)
        value, gate = self.gate(F.silu(self.inner(features))).chunk(2, dim=1)
        features = features + value * gate.sigmoid()
        scale, shift = self.last(F.silu(features)).float().chunk(2, dim=1)
        scale = 3 * self.bound * torch.tanh(scale / 3) + self.base_scale
        return scale * (1 - self.mask), (shift + self.base_shift) * (1 - self.mask)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """One step from image to noise, and ln |det Jacobian|, shape (batch,)."""
        scale, shift = self._scale_and_shift(x * self.mask)
        return x * scale.exp() + shift, scale.flatten(1).sum(dim=1)

    def inverse(self, y: Tensor) -> Tensor:
        """One step from noise to image."""
        scale, shift = self._scale_and_shift(y * self.mask)
        return (y - shift) * (-scale).exp()


def through(couplings: Iterable[nn.Module], x: Tensor) -> tuple[Tensor, Tensor]:
    """All couplings from image to noise, and the sum of their ln |det Jacobian|, (batch,)."""
    log_det = torch.zeros(len(x), device=x.device)
    for coupling in couplings:
        x, more = coupling(x)
        log_det = log_det + more
    return x, log_det


def back_through(couplings: Iterable[nn.Module], y: Tensor) -> Tensor:
    """The inverse of `through`, from noise to image."""
    for coupling in reversed(list(couplings)):
        assert isinstance(coupling, Coupling)
        y = coupling.inverse(y)
    return y


class Flow(GenerativeModel):
    """Couplings at several scales map an image to noise of the same number of dimensions."""

    family = "flow"
    pixels: ClassVar[Pixels] = "grey"

    def __init__(self, config: FlowConfig) -> None:
        super().__init__(config)
        self.config: FlowConfig = config
        self.gaussianise = Gaussianise(config.levels)
        self.scales = nn.ModuleList()
        channels, size = 1, config.image_size
        for number, width in zip(config.couplings, config.channels, strict=True):
            channels, size = 4 * channels, size // 2
            self.scales.append(
                nn.ModuleList(Coupling(mask, size, width) for mask in _masks(channels, number))
            )

    @torch.no_grad()
    def prepare(self, images: Tensor) -> None:
        """Count the grey levels of training images."""
        self.gaussianise.fit(self._levels(images))

    def to_noise(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """From dequantised images to noise.

        Args:
            values: (batch, 1, size, size), in [0, levels); a grey level k is any value in [k, k+1).

        Returns:
            The noise, (batch, size * size), and ln |det d noise / d values|, (batch,).
        """
        x, log_slope = self.gaussianise(values)
        log_det = log_slope.flatten(1).sum(dim=1)
        for scale in self.scales:
            x, more = through(scale.children(), F.pixel_unshuffle(x, 2))
            log_det = log_det + more
        return x.flatten(1), log_det

    def from_noise(self, noise: Tensor) -> Tensor:
        """The inverse of `to_noise`: values in [0, levels)."""
        depth, size = 2 ** len(self.scales), self.config.image_size
        x = noise.reshape(-1, depth**2, size // depth, size // depth)
        for scale in reversed(list(self.scales)):
            x = F.pixel_shuffle(back_through(scale.children(), x), 2)
        return self.gaussianise.inverse(x)

    def log_prob(self, values: Tensor) -> Tensor:
        """ln of the density of dequantised images by the change of variables, exact, (batch,)."""
        noise, log_det = self.to_noise(values)
        return standard_normal_log_prob(noise).sum(dim=1) + log_det

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Negative log-density of dequantised images, bits a dimension, mean over the batch."""
        nats = self.log_prob(self._dequantise(images)).mean()
        return {"loss": -nats / (images[0].numel() * math.log(2))}

    @torch.no_grad()
    def log_likelihood(self, images: Tensor) -> LogLikelihood:
        """A lower bound on ln P of quantised images, by one sample of the dequantisation noise.

        The density of dequantised images is exact; its mean over the noise is at most
        ln P(image) (Theis, van den Oord and Bethge, 2016, equation 4).
        """
        nats = self.log_prob(self._dequantise(images))
        return LogLikelihood(nats, images[0].numel(), "lower bound", "grey")

    @torch.no_grad()
    def encode(self, images: Tensor) -> Tensor:
        """The noise of each image, (batch, size * size), taken at the middle of its grey levels."""
        return self.to_noise(self._levels(images) + 0.5)[0]

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """The image of each noise vector."""
        return self.from_noise(codes).floor().clamp(0, self.config.levels - 1) / (
            self.config.levels - 1
        )

    def sample(
        self,
        count: int,
        *,
        seed: int | None = None,
        labels: Tensor | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        """Decode samples from N(0, temperature^2 I); 1 is the model, less is closer to its modes."""
        with seeded(seed):
            noise = torch.randn(count, self.config.image_size**2, device=self.device)
        return self.decode(temperature * noise)

    def _levels(self, images: Tensor) -> Tensor:
        return (images * (self.config.levels - 1)).round()

    def _dequantise(self, images: Tensor) -> Tensor:
        # Single precision rounds 255.99999999 to 256, which is a level too many.
        return self._levels(images) + torch.rand_like(images).clamp(max=1 - 1e-5)


def _masks(channels: int, number: int) -> list[Tensor]:
    """Masks that each keep one half of the channels; patterns alternate with their complements.

    A pattern selects bits of the channel's number; a channel is kept where they have odd parity.
    On 2x2 blocks the three patterns are columns, rows and the checkerboard.
    """
    masks = []
    for index in range(number):
        pattern = index // 2 % (channels - 1) + 1
        parity = [(channel & pattern).bit_count() % 2 for channel in range(channels)]
        masks.append((torch.tensor(parity, dtype=torch.float32) + index % 2) % 2)
    return masks


def standard_normal_log_prob(values: Tensor) -> Tensor:
    """ln N(value; 0, 1) of each value, in the shape of the values."""
    return -0.5 * (values.square() + math.log(2 * math.pi))
