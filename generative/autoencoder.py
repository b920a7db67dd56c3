"""Autoencoders: compress an image to a short code and reconstruct it; there is no distribution.

Sources: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks"
(2006); denoising: Vincent et al., "Extracting and Composing Robust Features with Denoising
Autoencoders" (2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generative.model import GenerativeModel


@dataclass(frozen=True, slots=True)
class AutoencoderConfig:
    """`latent` is the code's length; `noise` the standard deviation of noise on the encoder's input.

    `network` is `mlp`, whose widest layer has `width` units, or `conv`, whose first layer has
    `width` channels.
    """

    image_size: int = 28
    latent: int = 32
    network: Literal["mlp", "conv"] = "conv"
    width: int = 32
    noise: float = 0.0

    def __post_init__(self) -> None:
        if self.network == "conv" and self.image_size % 4:
            raise ValueError(
                f"a convolutional autoencoder halves the image twice, which {self.image_size} "
                "pixels do not allow; use network mlp"
            )


class Autoencoder(GenerativeModel):
    """Encoder and decoder trained to reconstruct the image; with `noise`, from a noisy version."""

    family = "autoencoder"
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it has no distribution of codes to sample from; a VAE has.",
        "likelihood": "it gives a reconstruction, not a distribution; a VAE gives a bound.",
    }

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__(config)
        self.config: AutoencoderConfig = config
        build = _mlp if config.network == "mlp" else _conv
        self.encoder, self.decoder = build(config)

    def loss(self, images: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Mean squared error by pixel between the clean image and its reconstruction."""
        inputs = images
        if self.config.noise:
            inputs = corrupt(images, self.config.noise)
        return {"loss": F.mse_loss(self._reconstruct(inputs).float(), images)}

    def _reconstruct(self, images: Tensor) -> Tensor:
        # The last layer is linear: a sigmoid has small gradients where pixels are black.
        return self.decoder(self.encoder(images))

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """The image decoded from each image's code, in the shape of `images`."""
        return self.decode(self.encode(images))

    @torch.no_grad()
    def encode(self, images: Tensor) -> Tensor:
        """The code of each image, (batch, latent)."""
        return self.encoder(images)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """The image of each code."""
        return self.decoder(codes).clamp(0, 1)

    def anomaly_score(self, images: Tensor) -> Tensor:
        """Mean squared error of the reconstruction: large for images unlike the training images."""
        return (self.reconstruct(images) - images).square().flatten(1).mean(dim=1)


def corrupt(images: Tensor, noise: float) -> Tensor:
    """Add Gaussian noise of standard deviation `noise` to every pixel and clip to [0, 1]."""
    return (images + noise * torch.randn_like(images)).clamp(0, 1)


def _mlp(config: AutoencoderConfig) -> tuple[nn.Module, nn.Module]:
    pixels, width, size = config.image_size**2, config.width, config.image_size
    encoder = nn.Sequential(
        nn.Flatten(),
        nn.Linear(pixels, width),
        nn.SiLU(),
        nn.Linear(width, width // 2),
        nn.SiLU(),
        nn.Linear(width // 2, config.latent),
    )
    decoder = nn.Sequential(
        nn.Linear(config.latent, width // 2),
        nn.SiLU(),
        nn.Linear(width // 2, width),
        nn.SiLU(),
        nn.Linear(width, pixels),
        nn.Unflatten(1, (1, size, size)),
    )
    return encoder, decoder


def _conv(config: AutoencoderConfig) -> tuple[nn.Module, nn.Module]:
    width, small = config.width, config.image_size // 4
    encoder = nn.Sequential(
        nn.Conv2d(1, width, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(2 * width * small**2, 256),
        nn.SiLU(),
        nn.Linear(256, config.latent),
    )
    decoder = nn.Sequential(
        nn.Linear(config.latent, 256),
        nn.SiLU(),
        nn.Linear(256, 2 * width * small**2),
        nn.SiLU(),
        nn.Unflatten(1, (2 * width, small, small)),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
        nn.SiLU(),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
    )
    return encoder, decoder
