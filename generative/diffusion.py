"""Diffusion: noise is added to an image step by step, and a network learns to remove it.

Sources: Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models" (2020); cosine schedule:
Nichol and Dhariwal (2021); fewer steps: Song, Meng and Ermon, "Denoising Diffusion Implicit
Models" (2021); classifier-free guidance: Ho and Salimans (2022). Steps are counted from 0, the
least noise, to T - 1, all noise. Inside the model, images are in [-1, 1].
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generative.model import GenerativeModel, seeded
from generative.schedule import Schedule

Method = Literal["ddpm", "ddim"]
GUIDANCE = 0.5  # of the commands and the app, unless another is chosen


@dataclass(frozen=True, slots=True)
class DiffusionConfig:
    """`steps` of the full chain, `schedule` of its noise, `channels` of the U-Net's first scale.

    `patch` is the side of the blocks that become channels before the U-Net, so that it works on
    fewer positions; `label_dropout` is the share of training images whose label is hidden. With `pair`
    a second U-Net estimates the noise without a digit.
    """

    BOUNDS: ClassVar = {"steps": (2, None), "label_dropout": (0, 1), "classes": (1, 10)}

    image_size: int = 28
    steps: int = 250
    schedule: Literal["linear", "cosine"] = "cosine"
    channels: int = 48
    patch: int = 2
    classes: int = 10
    label_dropout: float = 0.1
    pair: bool = False

    def __post_init__(self) -> None:
        if self.image_size % (2 * self.patch):
            raise ValueError(
                f"image_size must be a multiple of 2 * patch, got {self.image_size} and patch "
                f"{self.patch}"
            )
        if self.schedule == "linear" and self.steps < 21:
            raise ValueError(f"a linear schedule needs 21 steps or more, got {self.steps}")


class Diffusion(GenerativeModel):
    """DDPM with a U-Net that estimates the noise, given the step and, optionally, the digit."""

    family = "diffusion"
    conditional = True
    lacks: ClassVar[dict[str, str]] = {
        "encode": "its latent variables are noised images, as large as the image itself.",
        "likelihood": "training minimises a reweighted bound, which says little of ln p(x).",
    }

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__(config)
        self.config: DiffusionConfig = config
        self.schedule = getattr(Schedule, config.schedule)(config.steps)
        self.network = self._network()

    def _network(self) -> nn.Module:
        """From a noised image, its step and its label to the estimated noise."""
        return UNetPair(self.config) if self.config.pair else UNet(self.config)

    def unet(self, *, told: bool) -> UNet:
        """The network that estimates the noise with a digit, or without one."""
        network = self.network
        if isinstance(network, UNetPair):
            network = network.told if told else network.untold
        assert isinstance(network, UNet)
        return network

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Mean squared error of the estimated noise at random steps (DDPM, equation 14)."""
        x0 = 2 * images - 1
        step = torch.randint(len(self.schedule), (len(x0),), device=x0.device)
        noise = torch.randn_like(x0)
        none = torch.full((len(x0),), self.config.classes, device=x0.device)
        if labels is None:
            labels = none
        hidden = torch.rand(len(x0), device=x0.device) < self.config.label_dropout
        estimate = self.network(
            self.schedule.add_noise(x0, noise, step), step, torch.where(hidden, none, labels)
        )
        return {"loss": F.mse_loss(estimate.float(), noise)}

    def noise_in(self, x: Tensor, step: int, labels: Tensor | None, guidance: float) -> Tensor:
        """The estimated noise in x_t: (1 + w) times that with the label - w times that without.

        Source: Ho and Salimans (2022), equation 6. Without labels the unconditional estimate.
        """
        steps = torch.full((len(x),), step, device=x.device)
        none = torch.full((len(x),), self.config.classes, device=x.device)
        if labels is None:
            return self.network(x, steps, none).float()
        if not guidance:
            return self.network(x, steps, labels).float()
        both = self.network(
            x.repeat(2, 1, 1, 1), steps.repeat(2), torch.cat([labels, none])
        ).float()
        with_label, without = both.chunk(2)
        return (1 + guidance) * with_label - guidance * without

    def sample(
        self,
        count: int,
        *,
        seed: int | None = None,
        labels: Tensor | None = None,
        method: Method = "ddim",
        steps: int | None = None,
        guidance: float = 0.0,
        eta: float = 1.0,
    ) -> Tensor:
        """Sample images of the labels' digits; without labels, of uniformly sampled digits.

        Args:
            count: Number of images.
            seed: Of all randomness, the digits' included.
            labels: int64, (count,); the number of classes means "any digit".
            method: `ddpm` uses every step of the chain, `ddim` only `steps` of them.
            steps: None is 25 for `ddim`.
            guidance: w; 0 samples from the model, larger values give clearer and less varied digits.
            eta: Of DDIM: with 0 it is deterministic, with 1 each step adds as much noise as DDPM's.
        """
        images = (
            image
            for _, _, image in self.chain(
                count,
                seed=seed,
                labels=labels,
                method=method,
                steps=steps,
                guidance=guidance,
                eta=eta,
            )
        )
        return deque(images, maxlen=1).pop()

    @torch.no_grad()
    def chain(
        self,
        count: int,
        *,
        seed: int | None = None,
        labels: Tensor | None = None,
        method: Method = "ddim",
        steps: int | None = None,
        guidance: float = 0.0,
        eta: float = 1.0,
    ) -> Iterator[tuple[int, Tensor, Tensor]]:
        """As `states`, with images (count, 1, height, width) in [0, 1]; the last x_0 is the sample."""
        for step, x, x0 in self.states(
            count,
            seed=seed,
            labels=labels,
            method=method,
            steps=steps,
            guidance=guidance,
            eta=eta,
        ):
            yield step, _as_image(x), _as_image(x0)

    @torch.no_grad()
    def states(
        self,
        count: int,
        *,
        seed: int | None = None,
        labels: Tensor | None = None,
        method: Method = "ddim",
        steps: int | None = None,
        guidance: float = 0.0,
        eta: float = 1.0,
    ) -> Iterator[tuple[int, Tensor, Tensor]]:
        """The reverse chain: for each step its number, x_t before it, and the estimated x_0.

        Both are (count, 1, height, width); x_0 is in [-1, 1], and x_t is not limited.

        Raises:
            ValueError: there is no such method; steps is not between 1 and the length of the
                chain, or is given for DDPM, which always uses all.
        """
        total = len(self.schedule)
        if method not in get_args(Method):
            raise ValueError(f"there is no method {method!r}, expected ddim or ddpm")
        if method == "ddpm" and steps not in (None, total):
            raise ValueError(f"ddpm uses all {total} steps; use ddim for {steps}")
        steps = steps or (total if method == "ddpm" else min(25, total))
        if not 1 <= steps <= total:
            raise ValueError(f"steps must be between 1 and {total}, got {steps}")
        # Evenly spaced, from the last step down to the first.
        visited = torch.linspace(total - 1, 0, steps).round().long().tolist()
        generator = torch.Generator().manual_seed(
            seed if seed is not None else int(torch.randint(2**31, ()))
        )

        def normal() -> Tensor:
            return torch.randn(count, *self.image_shape, generator=generator).to(self.device)

        if labels is None:
            labels = torch.randint(self.config.classes, (count,), generator=generator)
        labels = labels.to(self.device)
        x = normal()
        for step, target in zip(visited, [*visited[1:], -1], strict=True):
            noise = self.noise_in(x, step, labels, guidance)
            x0 = self.schedule.image_from(x, noise, step)
            yield step, x, x0
            if method == "ddpm":
                x = self.schedule.ddpm_step(x, noise, step, normal())
            else:
                fresh = normal() if eta else None
                x = self.schedule.ddim_step(x, noise, step, target, eta=eta, fresh=fresh)

    @torch.no_grad()
    def forward_chain(self, images: Tensor, steps: int, *, seed: int | None = None) -> Tensor:
        """Noised images at evenly spaced steps, (steps, batch, 1, height, width) in [0, 1]."""
        visited = torch.linspace(0, len(self.schedule) - 1, steps).round().long()
        with seeded(seed):
            noise = torch.randn_like(images)
        return torch.stack(
            [
                _as_image(self.schedule.add_noise(2 * images - 1, noise, step.repeat(len(images))))
                for step in visited
            ]
        )

    @torch.no_grad()
    def anomaly_score(self, images: Tensor) -> Tensor:
        """Mean squared error of the estimated noise over ten early steps, without a label.

        The noise has a fixed seed, so that all images are compared with the same noise.
        """
        x0 = 2 * images - 1
        total = torch.zeros(len(images), device=images.device)
        with seeded(0):
            for step in torch.linspace(0.05, 0.5, 10).mul(len(self.schedule)).long():
                noise = torch.randn_like(x0[:1]).expand_as(x0)
                x = self.schedule.add_noise(x0, noise, step.repeat(len(x0)))
                error = self.noise_in(x, int(step), None, 0.0) - noise
                total += error.square().flatten(1).mean(dim=1)
        return total / 10


class UNet(nn.Module):
    """Estimates the noise from a noised image and its step; two scales, attention at the smaller."""

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        wide, wider, about = config.channels, 2 * config.channels, 4 * config.channels
        self.patch, self.time_channels = config.patch, wide
        self.time = nn.Sequential(nn.Linear(wide, about), nn.SiLU(), nn.Linear(about, about))
        self.label = nn.Embedding(config.classes + 1, about)  # the last one: no label
        pixels = config.patch**2
        self.first = nn.Conv2d(pixels, wide, 3, padding=1)
        self.down = Residual(wide, wide, about)
        self.shrink = nn.Conv2d(wide, wider, 3, stride=2, padding=1)
        self.low = Residual(wider, wider, about)
        self.attend = Attention(wider)
        self.middle = Residual(wider, wider, about)
        self.back = Residual(2 * wider, wider, about)
        self.grow = nn.Conv2d(wider, wide, 3, padding=1)
        self.up = Residual(2 * wide, wide, about)
        self.last = nn.Sequential(
            nn.GroupNorm(8, wide), nn.SiLU(), nn.Conv2d(wide, pixels, 3, padding=1)
        )
        nn.init.zeros_(self.last[-1].weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor, step: Tensor, labels: Tensor) -> Tensor:
        """x is (batch, 1, height, width), step and labels int64 (batch,); the result has x's shape."""
        return self.stages(x, step, labels)["noise"]

    def stages(self, x: Tensor, step: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The features on the way, (batch, channels, height, width), and at last the noise."""
        about = self.time(step_encoding(step, self.time_channels)) + self.label(labels)
        fine = self.down(self.first(F.pixel_unshuffle(x, self.patch)), about)
        coarse = self.attend(self.low(self.shrink(fine), about))
        middle = self.middle(coarse, about)
        x = self.back(torch.cat([middle, coarse], dim=1), about)
        x = self.grow(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        up = self.up(torch.cat([x, fine], dim=1), about)
        noise = F.pixel_shuffle(self.last(up), self.patch)
        return {"fine": fine, "coarse": coarse, "middle": middle, "up": up, "noise": noise}


class UNetPair(nn.Module):
    """Two U-Nets: `told` estimates the noise in images with a digit, `untold` in those without."""

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        self.no_label = config.classes
        self.told, self.untold = UNet(config), UNet(config)

    def forward(self, x: Tensor, step: Tensor, labels: Tensor) -> Tensor:
        """As `UNet.forward`, each image by the network that it belongs to."""
        hidden = labels == self.no_label
        if hidden.all():
            return self.untold(x, step, labels)
        if not hidden.any():
            return self.told(x, step, labels)
        noise = torch.empty_like(x)
        for rows, network in ((hidden, self.untold), (~hidden, self.told)):
            noise[rows] = network(x[rows], step[rows], labels[rows]).to(noise.dtype)
        return noise


class Residual(nn.Module):
    """Two convolutions with a shortcut; step and label scale and shift the features between them."""

    def __init__(self, incoming: int, outgoing: int, about: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.GroupNorm(8, incoming), nn.SiLU(), nn.Conv2d(incoming, outgoing, 3, padding=1)
        )
        self.condition = nn.Linear(about, 2 * outgoing)
        self.norm = nn.GroupNorm(8, outgoing)
        self.second = nn.Conv2d(outgoing, outgoing, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        self.shortcut = nn.Identity() if incoming == outgoing else nn.Conv2d(incoming, outgoing, 1)

    def forward(self, x: Tensor, about: Tensor) -> Tensor:
        """x is (batch, incoming, height, width), about (batch, channels)."""
        scale, shift = self.condition(F.silu(about))[:, :, None, None].chunk(2, dim=1)
        inner = self.norm(self.first(x)) * (1 + scale) + shift
        return self.shortcut(x) + self.second(F.silu(inner))


class Attention(nn.Module):
    """Self-attention over all positions, one head, with a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        """x is (batch, channels, height, width); the result has the same shape."""
        parts = self.query_key_value(self.norm(x)).flatten(2).transpose(1, 2).chunk(3, dim=2)
        attended = F.scaled_dot_product_attention(*parts)  # (batch, positions, channels)
        return x + self.out(attended.transpose(1, 2).reshape(x.shape))


def step_encoding(step: Tensor, channels: int) -> Tensor:
    """Sines and cosines of a step at wavelengths from 2 pi to 20,000 pi, (batch, channels).

    Source: Vaswani et al. (2017), section 3.5, as DDPM uses it.
    """
    half = channels // 2
    frequency = (-math.log(10000) * torch.arange(half, device=step.device) / half).exp()
    angle = step[:, None].float() * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def _as_image(x: Tensor) -> Tensor:
    return ((x + 1) / 2).clamp(0, 1)
