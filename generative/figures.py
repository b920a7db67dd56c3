"""The measured figures of the models that come with the program, stored in a file beside them.

`python -m generative.evaluate --output models/generative/figures.json` writes it. Each model has
an entry of its own with date, machine and number of images, so that one can be measured again
without the others.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generative import checkpoints
from generative.errors import CheckpointMissing

FILE = checkpoints.FOLDER / "figures.json"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure of a model: its name, its value, its unit or scale, and on how many images."""

    name: str
    value: float
    unit: str
    images: int


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
    rows: tuple[Measurement, ...]
    kind: str
    pixels: str
    strangeness: tuple[float, ...]
    images: int
    seed: int
    date: str
    machine: str

    def value(self, name: str) -> Measurement | None:
        """A figure by name; of a diffusion model the one with DDIM's 25 steps."""
        by_name = {row.name: row for row in self.rows}
        return by_name.get(name) or by_name.get(f"{name} DDIM 25")

    def stranger_than(self, score: float) -> float:
        """The share of test images with a smaller anomaly score, in [0, 1]."""
        return float(np.interp(score, self.strangeness, np.linspace(0, 1, len(self.strangeness))))


def write(entries: dict[str, Figures], file: Path = FILE) -> Path:
    """Write entries into the file, by the model's name; the entries of other models are kept."""
    content: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    content |= {name: asdict(entry) for name, entry in entries.items()}
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(dict(sorted(content.items())), indent=1) + "\n", encoding="utf-8")
    os.replace(draft, file)
    return file


def read(file: Path = FILE) -> dict[str, Figures]:
    """The entries by the model's name.

    Raises:
        CheckpointMissing: there is no such file, or it is not of this version.
    """
    command = f"python -m generative.evaluate --output {file.name}"
    if not file.is_file():
        raise CheckpointMissing(f"No figures came with the models. Measure them with `{command}`.")
    try:
        return {
            name: Figures(
                **{
                    **fields,
                    "rows": tuple(Measurement(**row) for row in fields["rows"]),
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
