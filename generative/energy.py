"""The energy-based model: p(x) proportional to exp(-E(x)), sampled by Langevin dynamics.

Source: Du and Mordatch, "Implicit Generation and Modeling with Energy-Based Models" (2019);
the sampler: Welling and Teh, "Bayesian Learning via Stochastic Gradient Langevin Dynamics" (2011).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from generative.model import GenerativeModel, seeded, step


@dataclass(frozen=True, slots=True)
class EnergyConfig:
    """`walk` is the number of Langevin steps, `step_size` the weight of the gradient in each.

    `noise` is the standard deviation of the noise that a step adds. Exact Langevin dynamics has
    the root of the step size here; as in the paper it is smaller, since with few steps the noise
    would else dominate. Gradients are clipped to `cut` by pixel. New walks start from a buffer of
    `buffer` images of earlier walks, except for a share `fresh` that starts from noise. `pull` is
    the weight of the penalty on squared energies.
    """

    BOUNDS: ClassVar = {"fresh": (0, 1)}

    image_size: int = 28
    channels: int = 32
    walk: int = 40
    step_size: float = 10.0
    noise: float = 0.005
    cut: float = 0.03
    buffer: int = 4000
    fresh: float = 0.05
    pull: float = 0.1

    def __post_init__(self) -> None:
        if self.image_size % 4:
            raise ValueError(f"image_size must be a multiple of 4, got {self.image_size}")


class Energy(GenerativeModel):
    """A convolutional network from an image to its energy, which is low for likely images."""

    family = "energy"
    lacks: ClassVar[dict[str, str]] = {
        "encode": "it maps an image to one number, not to a code.",
        "likelihood": "ln p(x) is -E(x) minus the logarithm of an integral without a closed form.",
    }
    buffer: Tensor  # images of earlier walks in [-1, 1], (buffer, 1, size, size)

    def __init__(self, config: EnergyConfig) -> None:
        super().__init__(config)
        self.config: EnergyConfig = config
        self.network = self._network()
        self.buffer = 2 * torch.rand(config.buffer, *self.image_shape) - 1

    def _network(self) -> nn.Module:
        """From images in [-1, 1] to their energies, (batch, 1)."""
        wide, small = self.config.channels, self.config.image_size // 4
        return nn.Sequential(
            nn.Conv2d(1, wide, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(wide, wide, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(wide, 2 * wide, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(2 * wide * small**2, 2 * wide),
            nn.SiLU(),
            nn.Linear(2 * wide, 1),
        )

    def energy(self, x: Tensor) -> Tensor:
        """E of images in [-1, 1], shape (batch,); lower is likelier."""
        return self.network(x).squeeze(1).float()

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Contrastive: mean energy of real images minus that of samples, with a penalty on squares."""
        rows = torch.randint(len(self.buffer), (len(images),))
        start = self.buffer[rows].to(images.device)
        fresh = torch.rand(len(start)) < self.config.fresh
        start[fresh] = 2 * torch.rand_like(start[fresh]) - 1
        walked = self._walk(start)
        self.buffer[rows] = walked.cpu()
        real = 2 * images - 1
        real = (real + self.config.noise * torch.randn_like(real)).clamp(-1, 1)
        on_real, on_walked = self.energy(torch.cat([real, walked])).chunk(2)
        contrast = on_real.mean() - on_walked.mean()
        pull = (on_real.square() + on_walked.square()).mean()
        return {
            "loss": contrast + self.config.pull * pull,
            "contrast": contrast,
            "real": on_real.mean(),
            "walked": on_walked.mean(),
        }

    def _walk(self, start: Tensor, steps: int | None = None) -> Tensor:
        return deque(self.walk(start, steps), maxlen=1).pop()

    def walk(self, start: Tensor, steps: int | None = None) -> Iterator[Tensor]:
        """Images in [-1, 1] after 0, 1, ... Langevin steps; by default as many as in training."""
        config = self.config

        def slope(x: Tensor) -> Tensor:
            return gradient(self.energy, x).clamp(-config.cut, config.cut)

        x = start
        yield x
        for _ in range(config.walk if steps is None else steps):
            x = langevin_step(x, slope, config.step_size, config.noise).clamp(-1, 1)
            yield x

    def optimizers(self, rate: float) -> list[Optimizer]:
        """Adam without momentum, since the walked images change under it."""
        return [Adam(self.parameters(), lr=rate, betas=(0.0, 0.999))]

    def training_step(
        self,
        images: Tensor,
        labels: Tensor | None,
        optimizers: Sequence[Optimizer],
        autocast: AbstractContextManager[Any],
    ) -> dict[str, float]:
        """One contrastive step."""
        with autocast:
            parts = self.loss(images)
        step(parts["loss"], optimizers[0], self.parameters())
        return {name: float(value.detach()) for name, value in parts.items()}

    def validation_loss(self, images: Tensor, labels: Tensor) -> float | None:
        """None: the loss is a difference of energies, which does not measure the samples' quality."""
        return None

    def training_state(self) -> dict[str, Tensor]:
        """The buffer of images of earlier walks."""
        return {"buffer": self.buffer}

    def load_training_state(self, state: dict[str, Tensor]) -> None:
        """Restore the buffer."""
        self.buffer = state["buffer"]

    def sample(
        self,
        count: int,
        *,
        seed: int | None = None,
        labels: Tensor | None = None,
        steps: int | None = None,
    ) -> Tensor:
        """Images after `steps` Langevin steps from noise; by default ten times those of training."""
        with seeded(seed):
            start = 2 * torch.rand(count, *self.image_shape, device=self.device) - 1
            walked = self._walk(start, steps or 10 * self.config.walk)
        return (walked + 1) / 2

    @torch.no_grad()
    def anomaly_score(self, images: Tensor) -> Tensor:
        """The energy."""
        return self.energy(2 * images - 1)


def gradient(energy: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of the energy at each image of x, in the shape of x; weights get no gradient."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(energy(x).sum(), x)
    return slope


def langevin_step(
    x: Tensor, slope: Callable[[Tensor], Tensor], step_size: float, noise: float | None = None
) -> Tensor:
    """x - step_size / 2 * slope(x) + noise * normal (Welling and Teh, equation 3).

    With `noise` None, which is the root of the step size, many small steps sample from the
    density proportional to exp(-E).
    """
    deviation = math.sqrt(step_size) if noise is None else noise
    return x - step_size / 2 * slope(x) + deviation * torch.randn_like(x)
