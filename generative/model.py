"""The interface that all families share.

Images are float32 in [0, 1], shape (batch, 1, height, width), 0 black and 1 white. A family
overrides the operations that it defines: `sample`, `encode` and `decode`, `log_likelihood`. The
others raise NotDefined with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from generative.errors import NotDefined

Pixels = Literal["grey", "binary"]


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """ln p(x) of each image, larger is likelier.

    `nats` has shape (batch,). `kind` says whether it is exact or a lower bound, and `pixels`
    which probability it is: that of `grey` (quantised) or of `binary` images. The two cannot be
    compared.
    """

    nats: Tensor
    dimensions: int
    kind: Literal["exact", "lower bound"]
    pixels: Pixels

    @property
    def bits_per_dimension(self) -> Tensor:
        """Bits a pixel needs under the model, shape (batch,), smaller is better."""
        return -self.nats / (self.dimensions * math.log(2))


class GenerativeModel(nn.Module):
    """A model of images; each family has a subclass and a frozen `config`."""

    family: ClassVar[str]
    pixels: ClassVar[Pixels] = "grey"
    conditional: bool = False
    """Whether `sample` takes labels."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        self.about: dict[str, Any] = {}  # facts about the training run, of loaded weights

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return (1, self.config.image_size, self.config.image_size)

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """The scalar to minimise as "loss", and its parts under their names."""
        raise NotImplementedError

    def sample(
        self, count: int, *, seed: int | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Sample images, (count, 1, height, width) in [0, 1]; the same seed gives the same images."""
        raise NotDefined(
            f"A model of the family {self.family} cannot draw images: {self._lack('sample')}"
        )

    def encode(self, images: Tensor) -> Tensor:
        """The latent code of each image, shape (batch, latent)."""
        raise NotDefined(
            f"A model of the family {self.family} has no encoder: {self._lack('encode')}"
        )

    def decode(self, codes: Tensor) -> Tensor:
        """The image of each latent code, (batch, 1, height, width) in [0, 1]."""
        raise NotDefined(
            f"A model of the family {self.family} has no decoder: {self._lack('encode')}"
        )

    def log_likelihood(self, images: Tensor) -> LogLikelihood:
        """ln p(x) of each image, exactly or bounded from below."""
        raise NotDefined(
            f"A model of the family {self.family} gives no likelihood: {self._lack('likelihood')}"
        )

    def anomaly_score(self, images: Tensor) -> Tensor:
        """How unlike the training images each image is, shape (batch,), larger is stranger."""
        return -self.log_likelihood(images).nats

    lacks: ClassVar[dict[str, str]] = {}
    """The reason why the family does not define sample, encode or likelihood."""

    def _lack(self, part: str) -> str:
        return self.lacks.get(part, "the family does not define it.")

    # ---- training ----

    def optimizers(self, rate: float) -> list[Optimizer]:
        """The optimizers of `training_step`; `rate` is the highest learning rate."""
        return [AdamW(self.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=1e-4)]

    def training_step(
        self,
        images: Tensor,
        labels: Tensor | None,
        optimizers: Sequence[Optimizer],
        autocast: AbstractContextManager[Any],
    ) -> dict[str, float]:
        """One step of gradient descent on a batch; returns the loss and its parts as numbers."""
        with autocast:
            parts = self.loss(images, labels)
        step(parts["loss"], optimizers[0], self.parameters())
        return {name: float(value.detach()) for name, value in parts.items()}

    def validation_loss(self, images: Tensor, labels: Tensor) -> float | None:
        """The mean loss of a batch of validation images; None where no loss measures quality."""
        return float(self.loss(images, labels)["loss"])

    def training_state(self) -> dict[str, Tensor]:
        """The training state apart from the weights, such as a buffer of images."""
        return {}

    def load_training_state(self, state: dict[str, Tensor]) -> None:
        """Restore what `training_state` gave."""

    @torch.no_grad()
    def prepare(self, images: Tensor) -> None:
        """Initialise weights from a first batch of training images, in families that need it."""


def step(loss: Tensor, optimizer: Optimizer, parameters: Iterator[nn.Parameter]) -> None:
    """One step of gradient descent on a scalar loss, the gradient's norm clipped to 1."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Seed torch inside the block; afterwards the global generator is as it was before."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def binarise(images: Tensor) -> Tensor:
    """Draw each pixel as 0 or 1 with its intensity as the probability of 1.

    Source: Salakhutdinov and Murray (2008); drawn again at every call ("dynamically").
    """
    return torch.bernoulli(images)


def bernoulli_log_prob(logits: Tensor, pixels: Tensor) -> Tensor:
    """ln Bernoulli(pixels; sigmoid(logits)) summed over all but the first dimension, in nats."""
    log_prob = pixels * logits - nn.functional.softplus(logits)
    return log_prob.flatten(1).sum(dim=1)
