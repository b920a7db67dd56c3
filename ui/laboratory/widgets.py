"""Words and pictures that several parts of the laboratory use."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from torch import Tensor

from generative.pictures import grid
from ui.text import t

TITLES = {
    "autoencoder": "Autoencoder",
    "denoising": "Denoising autoencoder",
    "vae": "Variational autoencoder (VAE)",
    "gan": "Generative adversarial network (GAN)",
    "diffusion": "Diffusion model",
    "flow": "Normalising flow",
    "autoregressive": "Autoregressive model (PixelCNN)",
    "energy": "Energy-based model",
    "classifier": "Classifier",
}
SENTENCES = {
    "autoencoder": "Presses an image into a code of few numbers and rebuilds it from them.",
    "denoising": "An autoencoder that was shown noisy images and had to give back the clean ones.",
    "vae": "An autoencoder whose codes follow a normal distribution, so that drawn codes become new images.",
    "gan": "A generator turns noise into images; a second network, which tries to tell them from real ones, trains it.",
    "diffusion": "Learns to take a little noise out of an image, and from pure noise does so step by step.",
    "flow": "An invertible map between images and normal noise, which gives every image a density.",
    "autoregressive": "Predicts each pixel from those before it and draws them one after the other.",
    "energy": "Gives every image an energy, low where images are likely; drawing is a walk downhill with some noise.",
    "classifier": "Says which digit an image shows; it cannot make any.",
}


def title(name: str) -> str:
    """A model's or family's name for readers."""
    return t(TITLES[name]) if name in TITLES else name


def sentence(name: str) -> str:
    """What a model or family does, in plain words."""
    return t(SENTENCES[name]) if name in SENTENCES else ""


def number(value: int) -> str:
    """A whole number with narrow spaces between thousands, as both languages read it."""
    return f"{value:,}".replace(",", "\u202f")


def pictures(images: Tensor, columns: int, alt: str, *, scale: int = 3) -> None:
    """A grid of images, (count, 1, height, width) in [0, 1], with words for who cannot see it."""
    st.image(grid(images, columns, scale=scale), alt=alt)


def row(images: Sequence[Tensor], captions: Sequence[str], *, width: int = 128) -> None:
    """Images (1, 1, height, width) beside each other, each with its caption."""
    with st.container(horizontal=True, gap="small"):
        for image, caption in zip(images, captions, strict=True):
            st.image(grid(image, 1, scale=8), caption=caption, alt=caption, width=width)
