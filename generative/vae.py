"""The variational autoencoder: a latent variable, an encoder for Q(z|x) and a decoder for P(x|z).

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); beta: Higgins et al. (2017);
the importance-weighted bound: Burda, Grosse and Salakhutdinov (2016).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from generative.model import (
    GenerativeModel,
    LogLikelihood,
    Pixels,
    bernoulli_log_prob,
    binarise,
    seeded,
)


@dataclass(frozen=True, slots=True)
class VAEConfig:
    """`latent` dimensions of z, `hidden` width of both networks, `beta` the weight of the KL.

    `warm_up` is the number of training steps over which that weight grows from 0, so that the
    posterior does not collapse in some dimensions early; `bound_samples` is the k of the
    importance-weighted bound of `log_likelihood`.
    """

    BOUNDS: ClassVar = {"warm_up": (0, None)}

    image_size: int = 28
    latent: int = 50
    hidden: int = 512
    layers: int = 2
    beta: float = 1.0
    warm_up: int = 0
    bound_samples: int = 500


class VAE(GenerativeModel):
    """z from N(0, I), pixels independent Bernoulli given z; Q(z|x) a diagonal Gaussian."""

    family = "vae"
    pixels: ClassVar[Pixels] = "binary"
    steps: Tensor  # of training so far

    def __init__(self, config: VAEConfig) -> None:
        super().__init__(config)
        self.config: VAEConfig = config
        pixels = math.prod(self.image_shape)
        self.encoder = fully_connected(pixels, config.hidden, config.layers, 2 * config.latent)
        self.decoder = fully_connected(config.latent, config.hidden, config.layers, pixels)
        self.register_buffer("steps", torch.zeros((), dtype=torch.float32))

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of Q(z|x), both (batch, latent)."""
        mean, log_var = self.encoder(2 * images.flatten(1) - 1).float().chunk(2, dim=1)
        return mean, log_var.clamp(-12, 6)

    def observe(self, images: Tensor) -> Tensor:
        """The values whose probability the model gives: binarised images."""
        return binarise(images)

    def log_prob_given(self, codes: Tensor, values: Tensor) -> Tensor:
        """ln P(x|z) of observed values, (batch,), in nats."""
        return bernoulli_log_prob(self.logits(codes), values)

    def logits(self, codes: Tensor) -> Tensor:
        """Log-odds of white pixels given z, (batch, 1, size, size)."""
        size = self.config.image_size
        return self.decoder(codes).float().reshape(-1, 1, size, size)

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Negative evidence lower bound on binarised images, nats an image, mean over the batch.

        The parts are the reconstruction, -E_Q[ln P(x|z)] by one sample of z, and the KL from
        Q(z|x) to the prior, weighted by beta.
        """
        values = self.observe(images)
        mean, log_var = self.posterior(values)
        codes = mean + (log_var / 2).exp() * torch.randn_like(mean)
        reconstruction = -self.log_prob_given(codes, values).mean()
        kl = gaussian_kl(mean, log_var).mean()
        weight = self.config.beta
        if self.training and self.config.warm_up:
            self.steps += 1
            weight *= min(1.0, float(self.steps) / self.config.warm_up)
        return {
            "loss": reconstruction + weight * kl,
            "reconstruction": reconstruction,
            "kl": kl,
        }

    @torch.no_grad()
    def elbo(self, images: Tensor) -> Tensor:
        """Evidence lower bound of binary images by one sample of z, shape (batch,), in nats."""
        mean, log_var = self.posterior(images)
        codes = mean + (log_var / 2).exp() * torch.randn_like(mean)
        return self.log_prob_given(codes, images) - gaussian_kl(mean, log_var)

    @torch.no_grad()
    def log_likelihood(self, images: Tensor, samples: int | None = None) -> LogLikelihood:
        """The importance-weighted bound on ln p of binary images.

        ln (1/k) sum_i P(x, z_i) / Q(z_i|x) with z_i from Q(z|x): in expectation at most ln p(x),
        not smaller for a larger k, and the ELBO for k = 1 (equation 8 of Burda et al.).

        Args:
            images: Binary, (batch, 1, size, size).
            samples: k; None takes the config's `bound_samples`.
        """
        samples = samples or self.config.bound_samples
        mean, log_var = self.posterior(images)
        log_weights = []
        for _ in range(samples):
            noise = torch.randn_like(mean)
            codes = mean + (log_var / 2).exp() * noise
            log_weights.append(
                self.log_prob_given(codes, images)
                + _standard_normal_log_prob(codes)
                - (_standard_normal_log_prob(noise) - log_var.sum(dim=1) / 2)
            )
        nats = torch.stack(log_weights).logsumexp(dim=0) - math.log(samples)
        return LogLikelihood(nats, images[0].numel(), "lower bound", "binary")

    def anomaly_score(self, images: Tensor) -> Tensor:
        """Minus a bound on ln p by 16 samples: fast, and it ranks images as 500 samples do."""
        return -self.log_likelihood(images, samples=16).nats

    @torch.no_grad()
    def encode(self, images: Tensor) -> Tensor:
        """The mean of Q(z|x), (batch, latent)."""
        return self.posterior(images)[0]

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """The probability of white at each pixel given z."""
        return self.logits(codes).sigmoid()

    def sample(
        self, count: int, *, seed: int | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """Decode samples from the prior; pixels are probabilities, not samples."""
        with seeded(seed):
            codes = torch.randn(count, self.config.latent, device=self.device)
        return self.decode(codes)


def gaussian_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL from N(mean, exp(log_var)) to N(0, I), in nats.

    Both inputs are (batch, latent); the result is (batch,), summed over latent.
    Source: Kingma and Welling (2014), appendix B.
    """
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(dim=1)


def _standard_normal_log_prob(values: Tensor) -> Tensor:
    return -0.5 * (values.square() + math.log(2 * math.pi)).sum(dim=1)


def fully_connected(incoming: int, hidden: int, layers: int, outgoing: int) -> nn.Sequential:
    """A network with some hidden layers of the same width, (batch, incoming) to (batch, outgoing)."""
    parts: list[nn.Module] = []
    for _ in range(layers):
        parts += [nn.Linear(incoming, hidden), nn.SiLU()]
        incoming = hidden
    return nn.Sequential(*parts, nn.Linear(incoming, outgoing))
