"""A short training that can be watched: after each epoch its losses, now and then a preview."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from generative.data import Dataset
from generative.errors import NotDefined
from generative.families import family
from generative.model import GenerativeModel
from generative.train import Epoch, Recipe, fit

_PAUSE = 1.0  # seconds from one preview to the next
_SHOWN = 32


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An epoch's figures, and pictures (32, 1, size, size) where a preview was due."""

    epoch: Epoch
    preview: Tensor | None


def watch(
    name: str,
    dataset: Dataset,
    stop: threading.Event,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    turn: AbstractContextManager[object] | None = None,
) -> Iterator[Glimpse]:
    """Train a family by its recipe for at most so long.

    Args:
        name: The family's.
        dataset: One that the family has a recipe for.
        stop: Ends the training after the epoch in which it is set.
        seconds: The longest time, previews included.
        seed: Of weights, order and previews.
        turn: Held while torch draws random numbers, where others in the process do too.
    """
    turn = turn or nullcontext()
    chosen = family(name)
    recipe = {**chosen.recipes[dataset.name], "seed": seed, "minutes": seconds / 60}
    with turn:
        torch.manual_seed(seed)
        model = chosen.build(chosen.config_for(dataset.name))
    events = fit(model, dataset, Recipe(**recipe))
    seen, last = -_PAUSE, None
    while not stop.is_set():
        with turn:
            event = next(events, None)
            if event is None:
                break
            if not isinstance(event, Epoch):
                continue
            last, due = event, time.monotonic() - seen >= _PAUSE
            pictures = preview(model, dataset, seed) if due else None
        if pictures is not None:
            seen = time.monotonic()
        yield Glimpse(event, pictures)
        stop.wait(0.01)  # whoever waits for the turn gets it here
    events.close()  # type: ignore[attr-defined]
    if last is not None:
        with turn:
            pictures = preview(model, dataset, seed)
        yield Glimpse(last, pictures)


def preview(model: GenerativeModel, dataset: Dataset, seed: int) -> Tensor:
    """Samples, or, of a model that cannot draw, test images with their reconstructions below."""
    training = model.training
    model.eval()
    try:
        return model.sample(_SHOWN, seed=seed)
    except NotDefined:
        rows = dataset.test.floats[: _SHOWN // 2].split(_SHOWN // 4)
        pairs = [part for row in rows for part in (row, model.decode(model.encode(row)))]
        return torch.cat(pairs).detach()
    finally:
        model.train(training)


def curves(epoch: Epoch) -> dict[str, float]:
    """What is drawn of an epoch: both losses, or a game's parts where no loss tells how good it is."""
    if epoch.valid is not None:
        return {"training": epoch.train["loss"], "validation": epoch.valid}
    return {name: value for name, value in epoch.train.items() if name != "loss"}
