"""What the laboratory computes once: models, images, maps of codes, samples, chains."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from generative import checkpoints, data, metrics
from generative.anomalies import anomaly_scores
from generative.autoregressive import Autoregressive
from generative.classifier import Classifier
from generative.data import Dataset
from generative.diffusion import Diffusion
from generative.errors import DataMissing
from generative.gan import GAN
from generative.latent import Plane, codes_of
from generative.model import GenerativeModel

#: Held while torch draws random numbers, since a process has one generator, which seeds reset.
TURN = threading.Lock()
_LOADING = threading.Lock()
_RETRY_SECONDS = 60.0
_MAP_IMAGES = {"flow": 400}  # test images on a map; 2000 for the other models
_TRAINING_IMAGES = 10_000  # among which the nearest neighbours are searched


def names() -> list[str]:
    """The bundled generative models; the classifier is not one."""
    return [name for name in checkpoints.names() if name != "classifier"]


@st.cache_resource(show_spinner=False)
def model(name: str) -> GenerativeModel:
    """A bundled model, loaded once per process."""
    return checkpoints.shipped(name)


def classifier() -> Classifier:
    """The bundled classifier of digits."""
    loaded = model("classifier")
    assert isinstance(loaded, Classifier)
    return loaded


@st.cache_resource(show_spinner=False)
def _memo() -> dict[str, Any]:
    return {}


def images() -> Dataset:
    """MNIST, read once per process; after a failure it is looked for again in a minute.

    Raises:
        DataMissing: its files are neither on this machine nor to be downloaded.
    """
    with _LOADING:
        memo = _memo()
        if "images" in memo:
            return memo["images"]
        if time.monotonic() < memo.get("again", 0.0):
            raise memo["error"]
        try:
            memo["images"] = data.load("mnist")
        except DataMissing as error:
            memo["error"], memo["again"] = error, time.monotonic() + _RETRY_SECONDS
            raise
        return memo["images"]


def test_image(number: int) -> Tensor:
    """A test image, (1, 1, 28, 28)."""
    return images().test.first(number + 1).floats[number:]


# ---- codes ----


@dataclass(frozen=True)
class Map:
    """Codes of digits projected on a plane through a model's latent space.

    `codes` are (count, latent), `points` (count, 2), `digits` (count,); `reach` is the largest
    absolute x and y of 99 % of the points.
    """

    plane: Plane
    codes: np.ndarray
    points: np.ndarray
    digits: np.ndarray
    reach: tuple[float, float]

    def nearest(self, at: np.ndarray) -> int:
        """The row of the code whose point is closest to another, (2,)."""
        return int(np.linalg.norm(self.points - at, axis=1).argmin())


@st.cache_resource(show_spinner=False)
def code_map(name: str) -> Map:
    """The map of a model: codes of test images; for the GAN random codes, labelled by their images."""
    generative_model = model(name)
    if isinstance(generative_model, GAN):
        noise = generative_model.draw_codes(1000, seed=0)
        pictures, codes = generative_model.decode(noise), noise.numpy()
        digits = classifier().probabilities(pictures).argmax(dim=1).numpy()
        plane = Plane.of(codes, pictures.flatten(1).numpy())
    else:
        test = images().test.first(_MAP_IMAGES.get(name, 2000))
        codes, digits = codes_of(generative_model, test.floats), test.labels.numpy()
        plane = Plane.of(codes)
    points = plane.coordinates(codes)
    across, up = np.quantile(np.abs(points), 0.99, axis=0)
    return Map(plane, codes, points, digits, (round(float(across), 1), round(float(up), 1)))


def decoded(name: str, code: np.ndarray) -> Tensor:
    """The image of one code (latent,), (1, 1, 28, 28)."""
    return model(name).decode(torch.from_numpy(code[None]).float())


@st.cache_resource(show_spinner=False)
def training_codes(name: str) -> np.ndarray:
    """The codes of the first 10,000 training images."""
    return codes_of(model(name), images().train.first(_TRAINING_IMAGES).floats)


# ---- samples ----


@st.cache_data(show_spinner=False, max_entries=100)
def samples(
    name: str, count: int, seed: int, digit: int | None, guidance: float
) -> tuple[Tensor, float]:
    """Images sampled from a model, and the seconds it took; guidance is for diffusion."""
    generative_model = model(name)
    with TURN:
        started = time.perf_counter()
        labels = None if digit is None else torch.full((count,), digit)
        if isinstance(generative_model, Diffusion):
            images = generative_model.sample(count, seed=seed, labels=labels, guidance=guidance)
        else:
            images = generative_model.sample(count, seed=seed, labels=labels)
        return images, time.perf_counter() - started


@st.cache_data(show_spinner=False, max_entries=50)
def chain(seed: int, digit: int | None, steps: int, guidance: float) -> tuple[list[int], Tensor]:
    """One chain from noise to a digit: the steps, and x_t with the predicted x_0, (steps, 2, ...)."""
    diffusion = model("diffusion")
    assert isinstance(diffusion, Diffusion)
    labels = None if digit is None else torch.tensor([digit])
    with TURN:
        chain = list(diffusion.chain(1, seed=seed, labels=labels, steps=steps, guidance=guidance))
    return [step for step, _, _ in chain], torch.stack([torch.cat(pair) for _, *pair in chain])


def noised(number: int, frames: int) -> Tensor:
    """A test image with more and more noise, (frames, 1, 28, 28)."""
    diffusion = model("diffusion")
    assert isinstance(diffusion, Diffusion)
    with TURN:
        return diffusion.forward_chain(test_image(number), frames, seed=0)[:, 0]


@st.cache_data(show_spinner=False, max_entries=50)
def completed(number: int, given_rows: int, count: int, seed: int) -> Tensor:
    """A binarised test image, and samples of the rows below the given ones."""
    autoregressive = model("autoregressive")
    assert isinstance(autoregressive, Autoregressive)
    binary = (test_image(number) > 0.5).float()
    with TURN:
        completions = autoregressive.complete(binary.repeat(count, 1, 1, 1), given_rows, seed=seed)
    return torch.cat([binary, completions])


def anomaly(name: str, picture: Tensor) -> float:
    """The anomaly score of a picture under a model."""
    with TURN:
        return float(anomaly_scores(model(name), picture)[0])


def likelihood(name: str, picture: Tensor) -> Any:
    """ln p of a picture.

    Raises:
        NotDefined: the family defines no density.
    """
    with TURN:
        return metrics.log_likelihood(model(name), picture)
