"""What was measured of the models that come with the program, kept in a file beside them.

`python -m generative.evaluate --output models/generative/figures.json` writes it. Each model has
its own entry with its date, machine and number of images, so that one can be measured anew
without the others.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generative import checkpoints
from generative.data import Dataset
from generative.errors import CheckpointMissing, NotDefined
from generative.evaluate import Measured, anomaly_scores, log_likelihood
from generative.model import GenerativeModel

FILE = checkpoints.FOLDER / "figures.json"


@dataclass(frozen=True, slots=True)
class Figures:
    """A model's entry.

    `kind` and `pixels` are those of its likelihood, "" where it has none. `strangeness` are the
    101 percentiles, from 0 to 100, of the anomaly scores of `images` test images. `sha256` is
    the hash of the model's file that was measured.
    """

    family: str
    sha256: str
    parameters: int
    minutes: float
    rows: tuple[Measured, ...]
    kind: str
    pixels: str
    strangeness: tuple[float, ...]
    images: int
    seed: int
    date: str
    machine: str

    def value(self, name: str) -> Measured | None:
        """A figure by name; of a diffusion model the one by DDIM's 25 steps."""
        named = {row.name: row for row in self.rows}
        return named.get(name) or named.get(f"{name} DDIM 25")

    def stranger_than(self, score: float) -> float:
        """Which share of test images has a smaller anomaly score, in [0, 1]."""
        return float(np.interp(score, self.strangeness, np.linspace(0, 1, len(self.strangeness))))


def entry(
    model: GenerativeModel,
    sha256: str,
    rows: Sequence[Measured],
    dataset: Dataset,
    *,
    images: int,
    seed: int,
) -> Figures:
    """What is kept of a measured model; the percentiles are taken here."""
    test = dataset.test.first(images).floats
    kind: str = ""
    pixels: str = ""
    with suppress(NotDefined):
        likelihood = log_likelihood(model, test[:1], seed=seed)
        kind, pixels = likelihood.kind, likelihood.pixels
    scores = np.percentile(anomaly_scores(model, test), np.arange(101))
    return Figures(
        family=model.family,
        sha256=sha256,
        parameters=sum(value.numel() for value in model.parameters()),
        minutes=round(model.about.get("seconds", 0) / 60, 1),
        rows=tuple(rows),
        kind=kind,
        pixels=pixels,
        strangeness=tuple(float(f"{score:.6g}") for score in scores),
        images=len(test),
        seed=seed,
        date=datetime.date.today().isoformat(),
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} of them used, torch {torch.__version__.split('+')[0]}",
    )


def write(found: dict[str, Figures], file: Path = FILE) -> Path:
    """Put entries in the file; those of other models that it holds stay."""
    kept: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    kept |= {name: asdict(one) for name, one in found.items()}
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")
    os.replace(draft, file)
    return file


def read(file: Path = FILE) -> dict[str, Figures]:
    """The entries by the model's name.

    Raises:
        CheckpointMissing: the file is not there, or not of this version.
    """
    command = f"python -m generative.evaluate --output {file.name}"
    if not file.is_file():
        raise CheckpointMissing(f"No figures came with the models. Measure them with `{command}`.")
    try:
        return {
            name: Figures(
                **{
                    **fields,
                    "rows": tuple(Measured(**row) for row in fields["rows"]),
                    "strangeness": tuple(fields["strangeness"]),
                }
            )
            for name, fields in json.loads(file.read_text("utf-8")).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointMissing(
            f"{file.name} does not hold this version's figures ({str(error)[:120]}). Measure the "
            f"models again with `{command}`."
        ) from error
