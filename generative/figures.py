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
    """One figure of a model: its name, its value, its unit or scale, and on how many images.

    `error` is the standard error of a mean over images, 0 where it is not known.
    """

    name: str
    value: float
    unit: str
    images: int
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """A model's entry.

    `kind` and `pixels` are those of its likelihood, "" where it has none. `strangeness` are the
    101 percentiles, from 0 to 100, of the anomaly scores of `images` test images. `sha256` is
    the hash of the model's file that was measured, and `dataset` the images that it learned.
    `samples` is a picture of sixteen samples in four rows, as a data URL, "" where the family
    cannot sample; `told` says whether a sample's digit is given to the model.
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
    dataset: str = "mnist"
    samples: str = ""
    told: bool = False

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


#: The figures of the table: heading, name of the measurement, decimals.
TABLE = (
    ("Fréchet distance", "Fréchet distance", 1),
    ("rarest digit", "rarest digit", 3),
    ("density", "density", 2),
    ("AUROC letters", "AUROC letters", 2),
    ("AUROC inverted", "AUROC inverted", 2),
    ("AUROC noisy", "AUROC noisy", 2),
    ("linear probe", "linear probe", 3),
    ("reconstruction error", "reconstruction error", 4),
)


def markdown_table(entries: dict[str, Figures]) -> str:
    """The entries as a Markdown table, a row a model; docs/generative.md has it.

    "digit given" says whether the model is told which digit to draw. A density has its unit, and
    whether it is exact.
    """
    headings = ["model", "images", "parameters", "minutes", "digit given"]
    lines = [
        "| " + " | ".join([*headings, *(heading for heading, _, _ in TABLE)]) + " |",
        "|---" * (len(headings) + len(TABLE)) + "|",
    ]
    for name, entry in entries.items():
        given = "–" if not entry.samples else "yes" if entry.told else "no"
        cells = [name, f"{entry.images:,}", f"{entry.parameters:,}", f"{entry.minutes:.0f}", given]
        for _, figure, decimals in TABLE:
            row = entry.value(figure)
            text = "–" if row is None else f"{row.value:.{decimals}f}".replace("-", "−")
            if row is not None and figure == "density":
                unit = "bits" if row.unit == "bits per dimension" else row.unit
                error = f" ± {row.error:.2g}" if row.error else ""
                text += f"{error} {unit}, {entry.kind}, {row.images:,} images"
            cells.append(text)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown_table(read()))
