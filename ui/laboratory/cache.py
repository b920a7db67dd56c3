"""What the laboratory computes once: models, images, maps of codes, samples, chains."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from generative import available, checkpoints, data, metrics
from generative.anomalies import anomaly_scores
from generative.autoregressive import Autoregressive
from generative.classifier import Classifier
from generative.data import Dataset
from generative.diffusion import Diffusion
from generative.energy import Energy
from generative.errors import DataMissing
from generative.gan import GAN
from generative.latent import Plane, codes_of
from generative.model import GenerativeModel, seeded

#: Held while torch draws random numbers, since a process has one generator, which seeds reset.
TURN = threading.Lock()
_LOADING = threading.Lock()
_RETRY_SECONDS = 60.0
_MAP_IMAGES = {"flow": 400}  # test images on a map; 2000 for the other models
_TRAINING_IMAGES = 10_000  # among which the nearest neighbours are searched


def names() -> list[str]:
    """The bundled generative models, then the reader's own."""
    return [*available.bundled(), *available.own()]


def of_family(*families: str) -> list[str]:
    """The models of some families."""
    return [name for name in names() if _family(name, version(name)) in families]


@st.cache_data(show_spinner=False, max_entries=100)
def _family(name: str, version: int) -> str:
    facts = checkpoints.facts(available.file_of(name).parent)
    return facts[0] if facts else ""


def model(name: str) -> GenerativeModel:
    """A model, loaded once per process, and again when its file has changed."""
    return _model(name, version(name))


@st.cache_resource(show_spinner=False, max_entries=40)
def _model(name: str, version: int) -> GenerativeModel:
    return available.open_model(name)


def version(name: str) -> int:
    """The time at which a model's file was changed, in ns: what is computed with it depends on it."""
    return available.file_of(name).stat().st_mtime_ns


def dataset_of(name: str) -> str:
    """The name of the data set that a model learned."""
    return checkpoints.dataset_of(model(name))


def classifier(dataset: str = "mnist") -> Classifier:
    """The bundled classifier of a data set's digits."""
    loaded = model(available.JUDGES[dataset])
    assert isinstance(loaded, Classifier)
    return loaded


@st.cache_resource(show_spinner=False)
def _memo() -> dict[str, Any]:
    return {}


def images(name: str = "mnist") -> Dataset:
    """A data set, read once per process; after a failure it is looked for again in a minute.

    Raises:
        DataMissing: its files are neither on this machine nor to be downloaded.
    """
    with _LOADING:
        memo = _memo()
        if name in memo:
            return memo[name]
        if name == "mnist" and time.monotonic() < memo.get("again", 0.0):
            raise memo["error"]
        try:
            memo[name] = data.load(name)
        except DataMissing as error:
            memo["error"], memo["again"] = error, time.monotonic() + _RETRY_SECONDS
            raise
        return memo[name]


def digit_image(number: int, dataset: str = "mnist") -> Tensor:
    """A test image, (1, 1, size, size)."""
    return images(dataset).test.first(number + 1).floats[number:]


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


def code_map(name: str) -> Map:
    """The map of a model: codes of test images; for a GAN random codes, labelled by their images."""
    return _code_map(name, version(name))


@st.cache_resource(show_spinner=False, max_entries=20)
def _code_map(name: str, version: int) -> Map:
    generative_model, dataset = model(name), dataset_of(name)
    if isinstance(generative_model, GAN):
        noise = generative_model.draw_codes(1000, seed=0)
        pictures, codes = generative_model.decode(noise), noise.numpy()
        digits = classifier(dataset).probabilities(pictures).argmax(dim=1).numpy()
        plane = Plane.of(codes, pictures.flatten(1).numpy())
    else:
        test = images(dataset).test.first(_MAP_IMAGES.get(generative_model.family, 2000))
        codes, digits = codes_of(generative_model, test.floats), test.labels.numpy()
        plane = Plane.of(codes)
    points = plane.coordinates(codes)
    across, up = np.quantile(np.abs(points), 0.99, axis=0)
    reach = tuple(max(0.2, round(float(most), 1)) for most in (across, up))
    return Map(plane, codes, points, digits, (reach[0], reach[1]))


def decoded(name: str, code: np.ndarray) -> Tensor:
    """The image of one code (latent,), (1, 1, size, size)."""
    return model(name).decode(torch.from_numpy(code[None]).float())


def training_codes(name: str) -> np.ndarray:
    """The codes of the first 10,000 training images of the data set that the model learned."""
    return _training_codes(name, version(name))


@st.cache_resource(show_spinner=False, max_entries=20)
def _training_codes(name: str, version: int) -> np.ndarray:
    train = images(dataset_of(name)).train.first(_TRAINING_IMAGES)
    return codes_of(model(name), train.floats)


# ---- samples ----


@dataclass(frozen=True)
class Sampler:
    """How a diffusion model samples; other families ignore it. See `Diffusion.sample`."""

    guidance: float = 0.0
    method: Literal["ddim", "ddpm"] = "ddim"
    steps: int | None = None
    eta: float = 1.0


def samples(
    name: str, count: int, seed: int, digit: int | None, sampler: Sampler | None = None
) -> tuple[Tensor, float]:
    """Images sampled from a model, and the seconds it took."""
    return _samples(name, version(name), count, seed, digit, sampler or Sampler())


@st.cache_data(show_spinner=False, max_entries=100)
def _samples(
    name: str, version: int, count: int, seed: int, digit: int | None, sampler: Sampler
) -> tuple[Tensor, float]:
    generative_model = model(name)
    labels = None if digit is None else torch.full((count,), digit)
    with TURN:
        started = time.perf_counter()
        if isinstance(generative_model, Diffusion):
            images = generative_model.sample(count, seed=seed, labels=labels, **asdict(sampler))
        else:
            images = generative_model.sample(count, seed=seed, labels=labels)
        return images, time.perf_counter() - started


def chain(
    seed: int, digit: int | None, sampler: Sampler, name: str = "diffusion"
) -> tuple[list[int], Tensor]:
    """One chain from noise to a digit: the steps, and x_t with the predicted x_0, (steps, 2, ...)."""
    steps, states = states_of(seed, digit, sampler, name)
    return steps, ((states + 1) / 2).clamp(0, 1)


def states_of(
    seed: int, digit: int | None, sampler: Sampler, name: str = "diffusion"
) -> tuple[list[int], Tensor]:
    """As `chain`, in the network's range: images are in [-1, 1], and x_t is not limited."""
    return _states(name, version(name), seed, digit, sampler)


@st.cache_data(show_spinner=False, max_entries=50)
def _states(
    name: str, version: int, seed: int, digit: int | None, sampler: Sampler
) -> tuple[list[int], Tensor]:
    diffusion = model(name)
    assert isinstance(diffusion, Diffusion)
    labels = None if digit is None else torch.tensor([digit])
    with TURN:
        states = list(diffusion.states(1, seed=seed, labels=labels, **asdict(sampler)))
    return [step for step, _, _ in states], torch.stack([torch.cat(pair) for _, *pair in states])


def noised(number: int, frames: int, name: str = "diffusion") -> Tensor:
    """A test image with more and more noise, (frames, 1, size, size)."""
    diffusion = model(name)
    assert isinstance(diffusion, Diffusion)
    with TURN:
        image = digit_image(number, dataset_of(name))
        return diffusion.forward_chain(image, frames, seed=0)[:, 0]


def drawn_rows(name: str, images: Tensor, known_rows: int, seed: int) -> Iterator[Tensor]:
    """As `Autoregressive.rows`; it draws with a generator of its own and blocks nobody else."""
    autoregressive = model(name)
    assert isinstance(autoregressive, Autoregressive)
    return autoregressive.rows(images, known_rows, seed=seed)


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


# ---- points in the plane ----


def seeded_samples(model: GenerativeModel, count: int) -> Tensor:
    """Samples of seed 0 of a model that is not stored under a name."""
    with TURN:
        return model.sample(count, seed=0)


def chains_of(energy: Energy, chains: int, steps: int) -> Tensor:
    """The points of Langevin chains from uniform noise, (steps + 1, chains, 2); TURN is held."""
    with seeded(0):
        start = 2 * torch.rand(chains, *energy.image_shape) - 1
        states = list(energy.walk(start, steps))
    return torch.stack(states).reshape(len(states), chains, 2)
