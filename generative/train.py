"""Training: epochs over a data set, with a seed, early stopping, checkpoints and resuming.

A run saves its state beside the checkpoint every few minutes, and a later run resumes from it.
The checkpoint itself (`generative.checkpoints`) holds the weights of the best epoch.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from generative.checkpoints import save
from generative.data import Dataset
from generative.errors import GenerativeError
from generative.model import GenerativeModel

logger = logging.getLogger(__name__)

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained.

    `rate` is the highest learning rate, reached after `warm_up` steps and then lowered to a
    hundredth along half a cosine. `averaging` is the decay of the exponential moving average of
    the weights, which is what is validated and saved; with 0 the weights themselves are.
    `patience` is the number of epochs without a lower validation loss after which a run ends,
    0 for never; `minutes` is the longest time, 0 for no limit (with a limit the rate's schedule
    follows the clock). `precision` is that of the networks' multiplications: bfloat16 takes half
    the time where the processor has instructions for it.
    """

    epochs: int = 10
    batch: int = 128
    rate: float = 1e-3
    warm_up: int = 100
    averaging: float = 0.0
    patience: int = 0
    minutes: float = 0.0
    precision: Precision = "float32"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Epoch:
    """The result of an epoch: mean training loss and its parts, validation loss, seconds so far.

    `valid` is None where no loss of the family measures quality (GAN, energy-based). `model` holds
    the weights that were validated and saved, averaged if the recipe says so, until the next step.
    """

    number: int
    epochs: int
    train: dict[str, float]
    valid: float | None
    seconds: float
    model: GenerativeModel = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """A point within an epoch: steps done, of how many, and the mean loss parts of the epoch."""

    epoch: int
    step: int
    steps: int
    parts: dict[str, float]


@dataclass
class _State:
    """The counters that a resumed run needs to give the same result as an uninterrupted one."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float = math.inf
    stale: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)


def fit(
    model: GenerativeModel,
    dataset: Dataset,
    recipe: Recipe,
    *,
    output: Path | None = None,
    board: Path | None = None,
    save_every: float = 120.0,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Epoch | Progress]:
    """Train a model; yields progress within epochs and a summary of each epoch.

    When the iterator ends, the model holds its final weights: those of the epoch with the lowest
    validation loss, or the last ones where the family has none; averaged if the recipe says so.

    Args:
        model: Trained in place, on the device where it is.
        dataset: Its image size must be the model's.
        recipe: Epochs, rates and the seed, from which all randomness comes.
        output: Folder for `model.safetensors`, `history.json` and, until the run is complete,
            the state `resume.pt`; if there is one, the run resumes from it. None writes nothing.
        board: Folder of TensorBoard's event files; None writes none.
        save_every: Seconds between two saved states.
        clock: Seconds, by which the run's time is measured and limited; `time.thread_time` counts
            those in which the processor works for this run.

    Raises:
        ValueError: the data's image size is not the model's.
        GenerativeError: the state in `output` is of another model or recipe; TensorBoard is
            needed and not installed; the loss became infinite or NaN.
    """
    if dataset.image_size != model.image_shape[-1]:
        raise ValueError(
            f"the model is made for {model.image_shape[-1]} x {model.image_shape[-1]} pixels, "
            f"{dataset.name} has {dataset.image_size} x {dataset.image_size}"
        )
    run = _Run(model, dataset, recipe, output, save_every, clock)
    writer = _board(board)
    for event in run.events():
        if writer is not None and isinstance(event, Epoch):
            for name, value in event.train.items():
                writer.add_scalar(f"train/{name}", value, event.number)
            if event.valid is not None:
                writer.add_scalar("valid/loss", event.valid, event.number)
            writer.flush()
        yield event
    if writer is not None:
        writer.close()


def machine() -> str:
    """The machine on which a model is trained, for its facts."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


class _Run:
    def __init__(
        self,
        model: GenerativeModel,
        dataset: Dataset,
        recipe: Recipe,
        output: Path | None,
        save_every: float,
        clock: Callable[[], float],
    ) -> None:
        self.model, self.dataset, self.recipe = model, dataset, recipe
        self.output, self.save_every, self.clock = output, save_every, clock
        self.state = _State()
        self.steps = max(1, len(dataset.train) // recipe.batch)
        torch.manual_seed(recipe.seed)
        if not self._resumable():
            self.model.prepare(self._batch(torch.arange(min(512, len(dataset.train))))[0])
        self.optimizers = model.optimizers(recipe.rate)
        self.rates = [[g["lr"] for g in o.param_groups] for o in self.optimizers]
        self.average = copy.deepcopy(model).eval() if recipe.averaging else None
        self.best: dict[str, Tensor] | None = None
        self.order = torch.randperm(len(dataset.train))
        if self._resumable():
            self._resume()

    def events(self) -> Iterator[Epoch | Progress]:
        state, recipe = self.state, self.recipe
        started, saved = self.clock() - state.seconds, time.monotonic()
        sums: dict[str, float] = {}
        while state.epoch < recipe.epochs and not self._is_over():
            self.model.train()
            total = self.steps * recipe.epochs
            while state.step < self.steps:
                share = (state.epoch * self.steps + state.step) / total
                if recipe.minutes:
                    share = max(share, state.seconds / 60 / recipe.minutes)
                if share >= 1:
                    break
                self._set_rate(share)
                rows = self.order[state.step * recipe.batch : (state.step + 1) * recipe.batch]
                images, labels = self._batch(rows)
                parts = self.model.training_step(images, labels, self.optimizers, self._autocast())
                if not math.isfinite(parts["loss"]):
                    raise GenerativeError(
                        f"The loss became {parts['loss']} in epoch {state.epoch + 1}, step "
                        f"{state.step}; a smaller rate than {recipe.rate:g} may help (--rate)."
                    )
                self._move_average()
                for name, value in parts.items():
                    sums[name] = sums.get(name, 0.0) + value
                sums["steps"] = sums.get("steps", 0.0) + 1
                state.step += 1
                state.seconds = self.clock() - started
                if state.step % 20 == 0:
                    means = {k: v / sums["steps"] for k, v in sums.items() if k != "steps"}
                    yield Progress(state.epoch + 1, state.step, self.steps, means)
                if self.output and time.monotonic() - saved > self.save_every:
                    self._save_state()
                    saved = time.monotonic()
            count = sums.pop("steps", 1.0)
            means = {name: value / count for name, value in sums.items()}
            sums = {}
            valid = self._validate()
            state.epoch, state.step = state.epoch + 1, 0
            self.order = torch.randperm(len(self.dataset.train))
            state.history.append(
                {"epoch": state.epoch, **means, "valid": valid, "seconds": round(state.seconds, 1)}
            )
            if valid is not None and valid < state.best:
                state.best, state.stale = valid, 0
                self.best = {k: v.clone() for k, v in self._evaluated().state_dict().items()}
            else:
                state.stale += 1
            event = Epoch(
                state.epoch, recipe.epochs, means, valid, state.seconds, self._evaluated()
            )
            if self.output:
                self._save_state()
                save(self._evaluated(), self.output, self._about())
                saved = time.monotonic()
            yield event
        self.model.load_state_dict(self.best or self._evaluated().state_dict())
        self.model.eval()
        if self.output:
            save(self.model, self.output, self._about())
            (self.output / "history.json").write_text(json.dumps(state.history, indent=1))
            (self.output / "resume.pt").unlink(missing_ok=True)

    def _is_over(self) -> bool:
        out_of_time = bool(self.recipe.minutes) and self.state.seconds / 60 >= self.recipe.minutes
        return out_of_time or bool(
            self.recipe.patience and self.state.stale >= self.recipe.patience
        )

    def _batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        train = self.dataset.train
        images = train.pixels[rows].float() / train.top
        return images.to(self.model.device), train.labels[rows].to(self.model.device)

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.recipe.precision == "float32":
            return nullcontext()
        return torch.autocast(self.model.device.type, dtype=torch.bfloat16)

    def _set_rate(self, share: float) -> None:
        """Set the learning rates for a share of the run in [0, 1]."""
        steps = self.state.epoch * self.steps + self.state.step
        factor = min(1.0, (steps + 1) / max(1, self.recipe.warm_up))
        factor *= 0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2
        for optimizer, rates in zip(self.optimizers, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor

    def _evaluated(self) -> GenerativeModel:
        """The model that is validated and saved: the average, if there is one."""
        return self.model if self.average is None else self.average

    @torch.no_grad()
    def _move_average(self) -> None:
        if self.average is None:
            return
        steps = self.state.epoch * self.steps + self.state.step
        decay = min(self.recipe.averaging, (1 + steps) / (10 + steps))
        current = self.model.state_dict()
        for name, mean in self.average.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(current[name], 1 - decay)
            else:
                mean.copy_(current[name])

    @torch.no_grad()
    def _validate(self) -> float | None:
        """Mean loss over the validation images, with the same random numbers in every epoch."""
        model = self._evaluated().eval()
        losses: list[float] = []
        with torch.random.fork_rng():
            torch.manual_seed(self.recipe.seed)
            valid = self.dataset.valid
            for start in range(0, len(valid), 500):
                images = valid.pixels[start : start + 500].float() / valid.top
                labels = valid.labels[start : start + 500]
                with self._autocast():
                    loss = model.validation_loss(images.to(model.device), labels.to(model.device))
                if loss is None:
                    return None
                losses.append(loss * len(labels))
        return sum(losses) / len(valid)

    # ---- resuming ----

    def _resumable(self) -> bool:
        return self.output is not None and (self.output / "resume.pt").is_file()

    def _identity(self) -> str:
        return json.dumps(
            {
                "family": self.model.family,
                "config": asdict(self.model.config),
                "recipe": asdict(self.recipe),
                "dataset": self.dataset.name,
            },
            sort_keys=True,
        )

    def _save_state(self) -> None:
        assert self.output is not None
        self.output.mkdir(parents=True, exist_ok=True)
        draft = self.output / "resume.draft"
        torch.save(
            {
                "identity": self._identity(),
                "state": asdict(self.state),
                "model": self.model.state_dict(),
                "average": None if self.average is None else self.average.state_dict(),
                "best": self.best,
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "order": self.order,
                "random": torch.get_rng_state(),
                "extra": self.model.training_state(),
            },
            draft,
        )
        os.replace(draft, self.output / "resume.pt")

    def _resume(self) -> None:
        assert self.output is not None
        saved = torch.load(self.output / "resume.pt", weights_only=True)
        if saved["identity"] != self._identity():
            raise GenerativeError(
                f"{self.output} holds an unfinished run with other settings "
                f"({saved['identity']}). Use those settings, or delete {self.output / 'resume.pt'}."
            )
        self.state = _State(**saved["state"])
        self.model.load_state_dict(saved["model"])
        if self.average is not None:
            self.average.load_state_dict(saved["average"])
        self.best = saved["best"]
        for optimizer, values in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        self.order = saved["order"]
        self.model.load_training_state(saved["extra"])
        torch.set_rng_state(saved["random"])
        logger.info("resuming in epoch %d, step %d", self.state.epoch + 1, self.state.step)

    def _about(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset.name,
            "recipe": asdict(self.recipe),
            "epochs": self.state.epoch,
            "seconds": round(self.state.seconds),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__.split("+")[0],
            "machine": machine(),
        }


def _board(folder: Path | None) -> Any:
    if folder is None:
        return None
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise GenerativeError(
            "--board needs TensorBoard, which is not installed. Install it with "
            "`pip install tensorboard`, or leave --board out."
        ) from error
    return SummaryWriter(str(folder))
