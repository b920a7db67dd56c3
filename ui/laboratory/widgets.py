"""Texts and pictures that several parts of the laboratory use."""

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
BASELINES = {  # `generative.baselines.NAMES`
    "real images": "Real images",
    "independent pixels": "Independent pixels",
    "mean pixel": "Mean pixel",
    "nearest image": "Nearest training image",
    "principal components": "Principal components",
    "raw pixels": "Raw pixels",
}
SENTENCES = {
    "autoencoder": "Encodes an image as a short vector, the code, and reconstructs the image "
    "from it.",
    "denoising": "An autoencoder that is trained to reconstruct clean images from noisy ones.",
    "vae": "An autoencoder whose codes follow a normal distribution; decoding a random "
    "code gives a new image.",
    "gan": "A generator turns noise into images. It is trained against a second network "
    "that distinguishes generated images from real ones.",
    "diffusion": "Learns to remove a little noise from an image. To generate an image, it "
    "starts with pure noise and removes it step by step.",
    "flow": "An invertible mapping between images and normally distributed noise, which "
    "gives every image a density.",
    "autoregressive": "Predicts each pixel from the previous pixels and samples the pixels one by "
    "one.",
    "energy": "Gives every image an energy; likely images have low energy. Sampling moves "
    "an image step by step to lower energy, with some noise.",
    "classifier": "Predicts which digit an image shows; it cannot generate images.",
}


def title(name: str) -> str:
    """A model's, a family's or a baseline's name for readers."""
    names = TITLES | BASELINES
    return t(names[name]) if name in names else t("{name} (your own)", name=name)


def short_title(family: str) -> str:
    """A family's name without the abbreviation or the kind of model of digits behind it."""
    return title(family).partition(" (")[0]


def choose_model(names: Sequence[str], key: str, first: str = "") -> str:
    """Let the reader choose one of some models; a single one is taken without a question."""
    if len(names) == 1:
        return names[0]
    if st.session_state.get(key) not in names:
        st.session_state[key] = first if first in names else names[0]
    return st.selectbox(t("Model"), names, format_func=title, key=key)


def sentence(name: str) -> str:
    """What a model or family does, in one or two sentences."""
    return t(SENTENCES[name]) if name in SENTENCES else ""


def number(value: int) -> str:
    """A whole number with narrow spaces between thousands, as in both languages."""
    return f"{value:,}".replace(",", "\u202f")


def pictures(images: Tensor, columns: int, alt: str, *, scale: int = 3) -> None:
    """A grid of images, (count, 1, height, width) in [0, 1], with an alternative text."""
    st.image(grid(images, columns, scale=scale), alt=alt)


def row(images: Sequence[Tensor], captions: Sequence[str], *, width: int = 128) -> None:
    """Images (1, 1, height, width) beside each other, each with its caption."""
    with st.container(horizontal=True, gap="small"):
        for image, caption in zip(images, captions, strict=True):
            st.image(grid(image, 1, scale=8), caption=caption, alt=caption, width=width)
