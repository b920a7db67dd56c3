"""A short training run for display: the losses after each epoch, a preview every second."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from generative.data import Dataset
from generative.errors import NotDefined
from generative.families import family
from generative.model import GenerativeModel
from generative.train import Epoch, Recipe, fit, machine

_PAUSE = 1.0  # seconds from one preview to the next
_PREVIEW_IMAGES = 32


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An epoch's losses, and images (32, 1, size, size) if a preview was due.

    `model` is the trained model in evaluation mode, at the end of the training alone.
    """

    epoch: Epoch
    preview: Tensor | None
    model: GenerativeModel | None = None


def watch(
    name: str,
    dataset: Dataset,
    stop: threading.Event,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    turn: AbstractContextManager[object] | None = None,
    **changes: Any,
) -> Iterator[Glimpse]:
    """Train a family by its recipe for a limited time; yields after each epoch.

    Args:
        name: The family's name.
        dataset: One for which the family has a recipe.
        stop: Ends the training after the epoch in which it is set.
        seconds: The longest time, previews included.
        seed: Of weights, order and previews.
        turn: A lock that is held while torch draws random numbers, for processes with several
            threads that do.
        changes: Changed fields of the family's config.
    """
    model_family = family(name)
    recipe = {**model_family.recipes[dataset.name], "seed": seed, "minutes": seconds / 60}
    yield from watch_model(
        lambda: model_family.build(model_family.config_for(dataset.name, **changes)),
        dataset,
        Recipe(**recipe),
        stop,
        turn=turn,
        preview=lambda model: preview(model, dataset, seed),
    )


def watch_model(
    build: Callable[[], GenerativeModel],
    dataset: Dataset,
    recipe: Recipe,
    stop: threading.Event,
    *,
    turn: AbstractContextManager[object] | None = None,
    preview: Callable[[GenerativeModel], Tensor],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Glimpse]:
    """Build a model with the recipe's seed and train it; yields after each epoch.

    Args:
        build: Gives the untrained model.
        dataset: Of images of the model's shape.
        recipe: With the seed and the longest time.
        stop: As for `watch`.
        turn: As for `watch`.
        preview: The images to show of a model.
        clock: As for `generative.train.fit`.
    """
    turn = turn or nullcontext()
    with turn:
        torch.manual_seed(recipe.seed)
        model = build()
    events = fit(model, dataset, recipe, clock=clock)
    last_preview, last, complete = -_PAUSE, None, False
    while not stop.is_set():
        with turn:
            event = next(events, None)
            if event is None:
                complete = True
                break
            if not isinstance(event, Epoch):
                continue
            last, due = event, time.monotonic() - last_preview >= _PAUSE
            pictures = preview(event.model) if due else None
        if pictures is not None:
            last_preview = time.monotonic()
        yield Glimpse(event, pictures)
        stop.wait(0.01)  # a thread that waits for the turn gets it here
    events.close()  # type: ignore[attr-defined]
    if last is not None:
        # a complete training leaves the best weights in the model
        trained = copy.deepcopy(model if complete else last.model).eval()
        trained.about = {
            "dataset": dataset.name,
            "recipe": asdict(recipe),
            "epochs": last.number,
            "seconds": round(last.seconds),
            "machine": machine(),
        }
        with turn:
            pictures = preview(trained)
        yield Glimpse(last, pictures, trained)


def preview(model: GenerativeModel, dataset: Dataset, seed: int) -> Tensor:
    """Samples, or of a model that cannot sample, test images above their reconstructions."""
    training = model.training
    model.eval()
    try:
        return model.sample(_PREVIEW_IMAGES, seed=seed)
    except NotDefined:
        rows = dataset.test.floats[: _PREVIEW_IMAGES // 2].split(_PREVIEW_IMAGES // 4)
        pairs = [part for row in rows for part in (row, model.decode(model.encode(row)))]
        return torch.cat(pairs).detach()
    finally:
        model.train(training)


def curves(epoch: Epoch) -> dict[str, float]:
    """The curves of an epoch: the loss of training and validation, and the loss's parts.

    Where there is no validation, the parts alone; a loss of one part has none.
    """
    parts = {name: value for name, value in epoch.train.items() if name != "loss"}
    if epoch.valid is None:
        return parts
    return {"training": epoch.train["loss"], "validation": epoch.valid, **parts}
