"""Generative adversarial networks: a generator and a discriminator trained against each other.

Sources: Goodfellow et al., "Generative Adversarial Nets" (2014), the non-saturating loss;
Radford, Metz and Chintala, DCGAN (2016), the networks' shape; Gulrajani et al., "Improved
Training of Wasserstein GANs" (2017), the critic with a gradient penalty; Mirza and Osindero,
"Conditional Generative Adversarial Nets" (2014), a generator conditioned on the digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam, Optimizer

from generative.model import GenerativeModel, seeded


@dataclass(frozen=True, slots=True)
class GANConfig:
    """`objective` is `non-saturating` or `wasserstein` (with gradient penalty).

    `channels` is the width at half the image's size, twice that at a quarter. `penalty` weighs
    the gradient penalty: on distances from 1 between data and samples for the Wasserstein
    objective (10 in the paper), on the squared norm at the data for the other (Mescheder et
    al., 2018, "R1"), 0 for none. The Wasserstein critic takes `critic_steps` steps to one of
    the generator.

    `classes` is 0 for an unconditional GAN. With 10, a one-hot code of the digit is appended to
    the generator's noise, and the discriminator has one score for each digit.
    """

    BOUNDS: ClassVar = {"classes": (0, 10)}

    image_size: int = 28
    latent: int = 64
    channels: int = 48
    objective: Literal["non-saturating", "wasserstein"] = "non-saturating"
    penalty: float = -1.0  # replaced by 10 or 0.2, as the objective needs
    penalty_every: int = 4
    critic_steps: int = 1
    classes: int = 0

    def __post_init__(self) -> None:
        if self.image_size % 4:
            raise ValueError(f"image_size must be a multiple of 4, got {self.image_size}")
        if self.penalty == -1.0:
            penalty = 10.0 if self.objective == "wasserstein" else 0.2
            object.__setattr__(self, "penalty", penalty)


class GAN(GenerativeModel):
    """A generator from noise to images, and the discriminator that it is trained against."""

    family = "gan"
    lacks: ClassVar[dict[str, str]] = {
        "encode": "the generator maps noise to images, and there is no inverse.",
        "likelihood": "the distribution of the generator's images has no density.",
    }

    def __init__(self, config: GANConfig) -> None:
        super().__init__(config)
        self.config: GANConfig = config
        self.conditional = config.classes > 0
        self.generator, self.discriminator = self._networks()
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, std=0.02)
        self._steps = 0

    def _networks(self) -> tuple[nn.Module, nn.Module]:
        """The generator, and the discriminator with a score for each class, at least one."""
        config = self.config
        wide, small = config.channels, config.image_size // 4
        generator = nn.Sequential(
            nn.Linear(config.latent + config.classes, 2 * wide * small**2, bias=False),
            nn.Unflatten(1, (2 * wide, small, small)),
            nn.BatchNorm2d(2 * wide),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * wide, wide, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.ConvTranspose2d(wide, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        # No batch normalisation here: the gradient penalty is computed for each image.
        discriminator = nn.Sequential(
            nn.Conv2d(1, wide, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(wide, 2 * wide, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * wide * small**2, max(1, config.classes)),
        )
        return generator, discriminator

    def optimizers(self, rate: float) -> list[Optimizer]:
        """Adam for the generator and for the discriminator."""
        betas = (0.0, 0.9) if self.config.objective == "wasserstein" else (0.5, 0.99)
        return [
            Adam(self.generator.parameters(), lr=rate, betas=betas),
            Adam(self.discriminator.parameters(), lr=rate, betas=betas),
        ]

    def training_step(
        self,
        images: Tensor,
        labels: Tensor | None,
        optimizers: Sequence[Optimizer],
        autocast: AbstractContextManager[Any],
    ) -> dict[str, float]:
        """A step of the discriminator, and after each `critic_steps` of them one of the generator."""
        generator, discriminator = optimizers
        real = 2 * images - 1
        if self.config.classes and labels is None:
            raise ValueError("a GAN with classes needs labels in training, got None")
        codes = self.draw_codes(len(real), labels)
        self._steps += 1
        with autocast:
            fake = self.generator(codes).float()
            on_real, on_fake = self._scores(torch.cat([real, fake.detach()]), labels, 2).chunk(2)
        critic = self.discriminator_loss(on_real, on_fake)
        loss = critic
        if self.config.penalty and self._steps % self.config.penalty_every == 0:
            loss = loss + self.config.penalty_every * self.penalty(real, fake.detach(), labels)
        discriminator.zero_grad(set_to_none=True)
        loss.backward()
        discriminator.step()
        parts = {"loss": float(critic.detach()), "discriminator": float(critic.detach())}
        parts["right"] = float(((on_real > 0).float().mean() + (on_fake < 0).float().mean()) / 2)
        if self._steps % self.config.critic_steps == 0:
            with autocast:
                on_fake = self._scores(fake, labels)
            loss = self.generator_loss(on_fake)
            generator.zero_grad(set_to_none=True)
            loss.backward()
            generator.step()
            parts["generator"] = float(loss.detach())
        return parts

    def discriminator_loss(self, on_real: Tensor, on_fake: Tensor) -> Tensor:
        """The discriminator's loss, from its scores (batch,), which are larger for "real".

        Binary cross-entropy in nats, or for the Wasserstein objective the difference of means.
        """
        if self.config.objective == "wasserstein":
            return on_fake.mean() - on_real.mean()
        return F.softplus(-on_real).mean() + F.softplus(on_fake).mean()

    def generator_loss(self, on_fake: Tensor) -> Tensor:
        """The generator's loss: the mean of -ln D(G(z)), or minus the critic's mean score."""
        if self.config.objective == "wasserstein":
            return -on_fake.mean()
        return F.softplus(-on_fake).mean()

    def penalty(self, real: Tensor, fake: Tensor, labels: Tensor | None = None) -> Tensor:
        """The gradient penalty, weighted: equation 3 of WGAN-GP, or R1 of Mescheder et al."""
        if self.config.objective == "wasserstein":
            part = torch.rand(len(real), 1, 1, 1, device=real.device)
            at = (part * real + (1 - part) * fake).requires_grad_()
        else:
            at = real.detach().requires_grad_()
        [slope] = torch.autograd.grad(self._scores(at, labels).sum(), at, create_graph=True)
        squared = slope.flatten(1).square().sum(dim=1)
        if self.config.objective == "wasserstein":
            return self.config.penalty * (squared.add(1e-12).sqrt() - 1).square().mean()
        return self.config.penalty / 2 * squared.mean()

    def validation_loss(self, images: Tensor, labels: Tensor) -> float | None:
        """None: the losses compare two networks and do not measure the images' quality."""
        return None

    def training_state(self) -> dict[str, Tensor]:
        """The number of steps, which determines when the generator is trained."""
        return {"steps": torch.tensor(self._steps)}

    def load_training_state(self, state: dict[str, Tensor]) -> None:
        """Restore what `training_state` gave."""
        self._steps = int(state["steps"])

    def _scores(self, real: Tensor, labels: Tensor | None, times: int = 1) -> Tensor:
        """The discriminator's scores, (batch,); with classes, those of the labels' digits.

        Args:
            real: Images in [-1, 1], (batch, 1, height, width).
            labels: int64, (batch / times,), repeated for each part of the batch.
            times: Number of parts.
        """
        scores = self.discriminator(real).float()
        if not self.config.classes or labels is None:
            return scores[:, 0]
        return scores.gather(1, labels.repeat(times)[:, None])[:, 0]

    def draw_codes(
        self, count: int, labels: Tensor | None = None, *, seed: int | None = None
    ) -> Tensor:
        """Codes for `decode`: noise from N(0, I), followed by the one-hot code of the digit.

        Args:
            count: Number of codes.
            labels: int64, (count,); None samples them uniformly. No effect without classes.
            seed: Of the noise and of the sampled labels.

        Returns:
            (count, latent + classes).
        """
        with seeded(seed):
            noise = torch.randn(count, self.config.latent, device=self.device)
            if not self.config.classes:
                return noise
            if labels is None:
                labels = torch.randint(self.config.classes, (count,))
        one_hot = F.one_hot(labels.to(self.device), self.config.classes)
        return torch.cat([noise, one_hot.to(noise.dtype)], dim=1)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """The generator's image of each code, (batch, latent + classes); see `draw_codes`."""
        return (self.generator(codes) + 1) / 2

    @torch.no_grad()
    def judge(self, images: Tensor) -> Tensor:
        """The discriminator's score of each image, (batch,), larger is more like the data.

        For the non-saturating objective the log-odds of being real; with classes, the largest of
        the digits' scores.
        """
        return self.discriminator(2 * images - 1).max(dim=1).values

    def anomaly_score(self, images: Tensor) -> Tensor:
        """Minus the discriminator's score."""
        return -self.judge(images)

    def sample(
        self, count: int, *, seed: int | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Images of noise from N(0, I); with classes, of the labels' digits."""
        return self.decode(self.draw_codes(count, labels, seed=seed))
