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
_OPENING = threading.Lock()
_PAUSE = 60.0  # seconds before MNIST is looked for again
_MAPPED = {"flow": 400}  # test images on a map, 2000 where it is not named
_KNOWN = 10_000  # training images among which neighbours are looked for


def names() -> list[str]:
    """The generative models that came with the program; the classifier only judges."""
    return [name for name in checkpoints.names() if name != "classifier"]


@st.cache_resource(show_spinner=False)
def model(name: str) -> GenerativeModel:
    """A model that came with the program, once a process."""
    return checkpoints.shipped(name)


def judge() -> Classifier:
    """The classifier."""
    found = model("classifier")
    assert isinstance(found, Classifier)
    return found


@st.cache_resource(show_spinner=False)
def _opened() -> dict[str, Any]:
    return {}


def images() -> Dataset:
    """MNIST, opened once a process; a failure is remembered for a minute.

    Raises:
        DataMissing: it is neither here nor to be fetched.
    """
    with _OPENING:
        memo = _opened()
        if "images" in memo:
            return memo["images"]
        if time.monotonic() < memo.get("again", 0.0):
            raise memo["error"]
        try:
            memo["images"] = data.load("mnist")
        except DataMissing as error:
            memo["error"], memo["again"] = error, time.monotonic() + _PAUSE
            raise
        return memo["images"]


def test_image(number: int) -> Tensor:
    """A test image, (1, 1, 28, 28)."""
    return images().test.first(number + 1).floats[number:]


# ---- codes ----


@dataclass(frozen=True)
class Map:
    """A plane through a model's codes, and where on it the codes of digits are.

    `codes` are (count, latent), `places` (count, 2), `digits` (count,); `reach` is how far
    most of them go, across and upwards.
    """

    plane: Plane
    codes: np.ndarray
    places: np.ndarray
    digits: np.ndarray
    reach: tuple[float, float]

    def nearest(self, at: np.ndarray) -> int:
        """The row of the code whose place is closest to another, (2,)."""
        return int(np.linalg.norm(self.places - at, axis=1).argmin())


@st.cache_resource(show_spinner=False)
def code_map(name: str) -> Map:
    """The map of a model: of test images, or, without an encoder, of noises by what they become."""
    chosen = model(name)
    if isinstance(chosen, GAN):
        noise = chosen.draw_codes(1000, seed=0)
        pictures, codes = chosen.decode(noise), noise.numpy()
        digits = judge().probabilities(pictures).argmax(dim=1).numpy()
        plane = Plane.of(codes, pictures.flatten(1).numpy())
    else:
        test = images().test.first(_MAPPED.get(name, 2000))
        codes, digits = codes_of(chosen, test.floats), test.labels.numpy()
        plane = Plane.of(codes)
    places = plane.coordinates(codes)
    across, up = np.quantile(np.abs(places), 0.99, axis=0)
    return Map(plane, codes, places, digits, (round(float(across), 1), round(float(up), 1)))


def decoded(name: str, code: np.ndarray) -> Tensor:
    """The image of one code (latent,), (1, 1, 28, 28)."""
    return model(name).decode(torch.from_numpy(code[None]).float())


@st.cache_resource(show_spinner=False)
def training_codes(name: str) -> np.ndarray:
    """The codes of the first 10,000 training images."""
    return codes_of(model(name), images().train.first(_KNOWN).floats)


# ---- draws ----


@st.cache_data(show_spinner=False, max_entries=100)
def samples(
    name: str, count: int, seed: int, digit: int | None, guidance: float
) -> tuple[Tensor, float]:
    """Images drawn by a model, and the seconds it took; guidance is for diffusion."""
    chosen = model(name)
    with TURN:
        started = time.perf_counter()
        labels = None if digit is None else torch.full((count,), digit)
        if isinstance(chosen, Diffusion):
            images = chosen.sample(count, seed=seed, labels=labels, guidance=guidance)
        else:
            images = chosen.sample(count, seed=seed, labels=labels)
        return images, time.perf_counter() - started


@st.cache_data(show_spinner=False, max_entries=50)
def chain(seed: int, digit: int | None, steps: int, guidance: float) -> tuple[list[int], Tensor]:
    """One way from noise to a digit: the steps, and x_t beside the x_0 seen in it, (steps, 2, ...)."""
    chosen = model("diffusion")
    assert isinstance(chosen, Diffusion)
    labels = None if digit is None else torch.tensor([digit])
    with TURN:
        found = list(chosen.chain(1, seed=seed, labels=labels, steps=steps, guidance=guidance))
    return [step for step, _, _ in found], torch.stack([torch.cat(pair) for _, *pair in found])


def drowned(number: int, frames: int) -> Tensor:
    """The way of a test image into noise, (frames, 1, 28, 28)."""
    chosen = model("diffusion")
    assert isinstance(chosen, Diffusion)
    with TURN:
        return chosen.forward_chain(test_image(number), frames, seed=0)[:, 0]


@st.cache_data(show_spinner=False, max_entries=50)
def completed(number: int, known_rows: int, draws: int, seed: int) -> Tensor:
    """A binarised test image, and draws of what could stand below its known rows."""
    chosen = model("autoregressive")
    assert isinstance(chosen, Autoregressive)
    binary = (test_image(number) > 0.5).float()
    with TURN:
        drawn = chosen.complete(binary.repeat(draws, 1, 1, 1), known_rows, seed=seed)
    return torch.cat([binary, drawn])


def anomaly(name: str, picture: Tensor) -> float:
    """How strange a picture is to a model."""
    with TURN:
        return float(anomaly_scores(model(name), picture)[0])


def likelihood(name: str, picture: Tensor) -> Any:
    """ln p of a picture.

    Raises:
        NotDefined: the family has none.
    """
    with TURN:
        return metrics.log_likelihood(model(name), picture)
