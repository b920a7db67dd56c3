"""The six families in the plane: their own losses and samplers with small networks.

A point (x1, x2) in [-1, 1] is an image of 1 x 2 pixels in [0, 1] (`shapes.as_images`), so that
`generative.train` trains these models as it does those of digits. `image_size` of their configs
has no effect. Densities are per unit of area of the plane.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from generative.diffusion import Diffusion, DiffusionConfig, step_encoding
from generative.energy import Energy, EnergyConfig
from generative.flow import Coupling, back_through, standard_normal_log_prob, through
from generative.gan import GAN, GANConfig
from generative.model import GenerativeModel, LogLikelihood, Pixels, seeded
from generative.toy.shapes import as_images, as_points
from generative.vae import VAE, VAEConfig, fully_connected

REACH = 1.0  # data lie within it of the origin, in each coordinate


class Planar(GenerativeModel):
    """What the families share in the plane."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Those of a point as an image."""
        return (1, 1, 2)

    def log_density(self, points: Tensor) -> Tensor:
        """ln p of points (N, 2) per unit of area, (N,), in nats; NotDefined where there is none."""
        return self.log_likelihood(as_images(points)).nats


class PointNetwork(nn.Module):
    """A network on points (batch, ...) of two coordinates, whose sines and cosines it sees too.

    With waves of 1 to 4 periods in [-1, 1] it learns fine detail in few steps (Tancik et al.,
    "Fourier Features Let Networks Learn High Frequency Functions", 2020). `others` is the number
    of further inputs.
    """

    def __init__(self, hidden: int, layers: int, outgoing: int, others: int = 0) -> None:
        super().__init__()
        self.layers = fully_connected(14 + others, hidden, layers, outgoing)

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        """From (batch, ...) points and other inputs (batch, n) to (batch, outgoing)."""
        x = x.flatten(1)
        waves = torch.cat([x, 2 * x, 4 * x], dim=1) * math.pi
        return self.layers(torch.cat([x, waves.sin(), waves.cos(), *others], dim=1))


class PlanarVAE(Planar, VAE):
    """z in two dimensions; P(x|z) is a Gaussian around the decoder's point, of learned width."""

    pixels: ClassVar[Pixels] = "grey"

    def __init__(self, config: VAEConfig) -> None:
        super().__init__(config)
        self.log_width = nn.Parameter(torch.tensor(math.log(0.3)))

    @property
    def width(self) -> Tensor:
        """The standard deviation of P(x|z), at least 0.02."""
        return self.log_width.exp().clamp(min=0.02)

    def observe(self, images: Tensor) -> Tensor:
        """The points as they are."""
        return images

    def log_prob_given(self, codes: Tensor, values: Tensor) -> Tensor:
        """ln P(x|z) of points, (batch,), in nats per unit of area."""
        distances = (as_points(values) - self.decoder(codes)) / self.width
        return standard_normal_log_prob(distances).sum(dim=1) - 2 * self.width.log()

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """The mean of P(x|z)."""
        return as_images(self.decoder(codes))

    def sample(
        self, count: int, *, seed: int | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Points drawn from P(x|z) with z from the prior."""
        with seeded(seed), torch.no_grad():
            means = self.decoder(torch.randn(count, self.config.latent))
            return as_images(means + self.width * torch.randn(count, 2))

    @torch.no_grad()
    def log_density(self, points: Tensor) -> Tensor:
        """ln p by quadrature: the sum of P(x|z) over a grid of z in [-4, 4], weighted by its prior."""
        axis = torch.linspace(-4, 4, 121)
        codes = torch.cartesian_prod(axis, axis)
        weights = standard_normal_log_prob(codes).sum(dim=1).log_softmax(dim=0)
        means, width = self.decoder(codes), self.width
        parts = [
            (weights - torch.cdist(part, means).square() / (2 * width**2)).logsumexp(dim=1)
            for part in points.split(500)
        ]
        return torch.cat(parts) - math.log(2 * math.pi) - 2 * width.log()


class PlanarGAN(Planar, GAN):
    """Generator from a few dimensions of noise to a point, and discriminator."""

    def _networks(self) -> tuple[nn.Module, nn.Module]:
        wide = self.config.channels
        generator = fully_connected(self.config.latent, wide, 3, 2)
        discriminator = PointNetwork(wide, 3, 1)
        return nn.Sequential(generator, nn.Unflatten(1, (1, 1, 2))), discriminator


class PlanarCoupling(Coupling):
    """An affine coupling of (batch, 2) points: scale and shift of one coordinate by the other."""

    def __init__(self, mask: Tensor, channels: int) -> None:
        nn.Module.__init__(self)
        self.register_buffer("mask", mask)
        self.layers = fully_connected(2, channels, 2, 4)
        nn.init.zeros_(self.layers[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.layers[-1].bias)  # type: ignore[arg-type]

    def _scale_and_shift(self, masked: Tensor) -> tuple[Tensor, Tensor]:
        scale, shift = self.layers(masked).chunk(2, dim=1)
        return 2 * torch.tanh(scale / 2) * (1 - self.mask), shift * (1 - self.mask)


class PlanarFlow(Planar):
    """Affine couplings that change x1 and x2 in turn."""

    family = "flow"

    def __init__(self, config: PlanarFlowConfig) -> None:
        super().__init__(config)
        masks = [torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])]
        self.couplings = nn.ModuleList(
            PlanarCoupling(masks[number % 2], config.channels) for number in range(config.couplings)
        )

    def to_noise(self, points: Tensor, couplings: int | None = None) -> tuple[Tensor, Tensor]:
        """From points (N, 2) to noise (N, 2), and ln |det Jacobian|; or by the first few couplings."""
        return through(list(self.couplings)[:couplings], points)

    def from_noise(self, noise: Tensor, couplings: int | None = None) -> Tensor:
        """The inverse of `to_noise`; or by the first few couplings after the noise."""
        start = 0 if couplings is None else len(self.couplings) - couplings
        return back_through(list(self.couplings)[start:], noise)

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Negative log-density in nats, mean over the batch."""
        return {"loss": -self._log_prob(images).mean()}

    def _log_prob(self, images: Tensor) -> Tensor:
        noise, log_det = self.to_noise(as_points(images))
        return standard_normal_log_prob(noise).sum(dim=1) + log_det

    @torch.no_grad()
    def log_likelihood(self, images: Tensor) -> LogLikelihood:
        """Exact ln p by the change of variables."""
        return LogLikelihood(self._log_prob(images), 2, "exact", "grey")

    @torch.no_grad()
    def sample(
        self, count: int, *, seed: int | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Noise from N(0, I), mapped to points."""
        with seeded(seed):
            noise = torch.randn(count, 2)
        return as_images(self.from_noise(noise))


@dataclass(frozen=True, slots=True)
class PlanarFlowConfig:
    """The number of `couplings`, and the width of their networks, `channels`."""

    couplings: int = 16
    channels: int = 48


class PlanarAutoregressive(Planar):
    """p(x1) p(x2|x1): each coordinate is a histogram of `bins`, the second one's by a network."""

    family = "autoregressive"
    lacks: ClassVar[dict[str, str]] = {"encode": "it has no latent variable."}

    def __init__(self, config: PlanarAutoregressiveConfig) -> None:
        super().__init__(config)
        self.first = nn.Parameter(torch.zeros(config.bins))
        self.second = fully_connected(33, config.channels, 2, config.bins)

    def _bins(self, images: Tensor) -> Tensor:
        bins = self.config.bins
        return (images.reshape(-1, 2) * bins).long().clamp(0, bins - 1)

    def log_masses(self, first: Tensor) -> tuple[Tensor, Tensor]:
        """ln P of x1's bins, (bins,), and of x2's given the bins of x1, (N, bins)."""
        middle = (first.double() + 0.5).float() / self.config.bins  # in [0, 1]
        angles = middle[:, None] * math.pi * 2 ** torch.arange(0, 4, 0.25)
        inputs = torch.cat([2 * middle[:, None] - 1, angles.sin(), angles.cos()], dim=1)
        return self.first.log_softmax(dim=0), self.second(inputs).log_softmax(dim=1)

    def _log_prob(self, images: Tensor) -> Tensor:
        """ln p(x1) + ln p(x2|x1) per unit of area; a bin is 2 / bins wide."""
        first, second = self._bins(images).T
        of_first, of_second = self.log_masses(first)
        nats = of_first[first] + of_second.gather(1, second[:, None])[:, 0]
        return nats + 2 * math.log(self.config.bins / 2)

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Negative log-density in nats, mean over the batch."""
        return {"loss": -self._log_prob(images).mean()}

    @torch.no_grad()
    def log_likelihood(self, images: Tensor) -> LogLikelihood:
        """Exact ln p by the chain rule; outside [-1, 1] it is minus infinity."""
        outside = ((images < 0) | (images > 1)).flatten(1).any(dim=1)
        nats = self._log_prob(images).masked_fill(outside, -math.inf)
        return LogLikelihood(nats, 2, "exact", "grey")

    @torch.no_grad()
    def sample(
        self, count: int, *, seed: int | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Draw x1's bin, then x2's given it, then a place within both."""
        with seeded(seed):
            first = self.first.softmax(dim=0).multinomial(count, replacement=True)
            second = self.log_masses(first)[1].exp().multinomial(1)[:, 0]
            place = torch.rand(count, 2)
        return ((torch.stack([first, second], dim=1) + place) / self.config.bins).reshape(
            -1, 1, 1, 2
        )


@dataclass(frozen=True, slots=True)
class PlanarAutoregressiveConfig:
    """The number of `bins` of a coordinate, and the width of the network, `channels`."""

    bins: int = 64
    channels: int = 96


class PlanarDiffusion(Planar, Diffusion):
    """Diffusion with a fully connected network instead of a U-Net, without labels."""

    conditional = False

    def _network(self) -> nn.Module:
        return PointDenoiser(self.config.channels)


class PointDenoiser(PointNetwork):
    """Estimates the noise in a point from the point and its step."""

    def __init__(self, wide: int) -> None:
        super().__init__(2 * wide, 3, 2, others=wide)
        self.wide = wide

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        """x is (batch, 1, 1, 2), then steps, int64 (batch,), and labels; the result is like x."""
        step = others[0]
        return super().forward(x, step_encoding(step, self.wide)).reshape(x.shape)


class PlanarEnergy(Planar, Energy):
    """An energy in the square [-1, 1] x [-1, 1], to which the chains are limited."""

    def _network(self) -> nn.Module:
        return PointNetwork(self.config.channels, 3, 1)

    def energy_at(self, points: Tensor) -> Tensor:
        """E of points (N, 2), shape (N,)."""
        return self.energy(points.reshape(-1, 1, 1, 2))

    @torch.no_grad()
    def log_density(self, points: Tensor) -> Tensor:
        """-E(x) - ln Z, with Z the integral of exp(-E) over the square, by the midpoint rule."""
        middles = grid_points(200, REACH)
        log_z = (-self.energy_at(middles)).logsumexp(dim=0) + math.log((2 * REACH / 200) ** 2)
        outside = (points.abs() > REACH).any(dim=1)
        return (-self.energy_at(points) - log_z).masked_fill(outside, -math.inf)


def grid_points(side: int, reach: float) -> Tensor:
    """The middles of side x side cells of [-reach, reach]^2, (side^2, 2); x2 changes fastest."""
    axis = ((torch.arange(side) + 0.5) / side * 2 - 1) * reach
    return torch.cartesian_prod(axis, axis)


@dataclass(frozen=True, slots=True)
class PlanarFamily:
    """How a family is built and trained in the plane; `recipe` as in `generative.train.Recipe`."""

    name: str
    model: type[GenerativeModel]
    config: Callable[[], Any]
    recipe: dict[str, Any]
    has_density: bool = True

    def build(self, **changes: Any) -> Any:
        """An untrained model, with some fields of its config changed."""
        return self.model(self.config(**changes))


def _vae(**changes: Any) -> VAEConfig:
    return VAEConfig(**{"latent": 2, "hidden": 64, "layers": 3, "warm_up": 300} | changes)


def _gan(**changes: Any) -> GANConfig:
    return GANConfig(
        **{"latent": 4, "channels": 64, "penalty": 0.002, "penalty_every": 4} | changes
    )


def _diffusion(**changes: Any) -> DiffusionConfig:
    return DiffusionConfig(**{"steps": 100, "channels": 48, "classes": 1} | changes)


def _energy(**changes: Any) -> EnergyConfig:
    step = 0.002
    langevin = {"step_size": step, "noise": math.sqrt(step), "cut": 100.0, "walk": 10}
    return EnergyConfig(**{"channels": 64, "buffer": 1000, "pull": 0.001} | langevin | changes)


FAMILIES = {
    family.name: family
    for family in (
        PlanarFamily("vae", PlanarVAE, _vae, {"epochs": 120, "rate": 4e-3}),
        PlanarFamily("gan", PlanarGAN, _gan, {"epochs": 120, "rate": 2e-3}, has_density=False),
        PlanarFamily(
            "diffusion",
            PlanarDiffusion,
            _diffusion,
            {"epochs": 200, "rate": 3e-3},
            has_density=False,
        ),
        PlanarFamily("flow", PlanarFlow, PlanarFlowConfig, {"epochs": 50, "rate": 3e-3}),
        PlanarFamily(
            "autoregressive",
            PlanarAutoregressive,
            PlanarAutoregressiveConfig,
            {"epochs": 40, "rate": 1e-2},
        ),
        PlanarFamily("energy", PlanarEnergy, _energy, {"epochs": 50, "rate": 1e-3}),
    )
}
