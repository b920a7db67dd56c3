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


#: What is measured, in this order.
PARTS = ("density", "generation", "anomaly detection", "representation")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure of a model: its name, its value, its unit or scale, and on how many images.

    `error` is the standard error of a mean over images, 0 where it is not known. Where several
    seeds were used, the value is the mean over `by_seed`. `k` is the number of samples of an
    importance-weighted bound, 0 elsewhere. `first` is 0 for a figure of all test images or of random
    ones, and else the number of the first ones of which it is: these are no random sample.
    """

    name: str
    value: float
    unit: str
    images: int
    error: float = 0.0
    by_seed: tuple[float, ...] = ()
    k: int = 0
    first: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """A model's entry.

    `kind` and `pixels` are those of its likelihood, "" where it has none. `strangeness` are the
    101 percentiles, from 0 to 100, of the anomaly scores of test images. `sha256` is the hash of
    the model's file that was measured, "" for a baseline, and `dataset` the images that it learned.
    `images` is the number of test images, `generated` that of samples with each of `seeds`.
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
    date: str
    machine: str
    generated: int = 0
    seeds: tuple[int, ...] = (0,)
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
                    "rows": tuple(
                        Measurement(**{**row, "by_seed": tuple(row.get("by_seed", ()))})
                        for row in fields["rows"]
                    ),
                    "strangeness": tuple(fields["strangeness"]),
                    "seeds": tuple(fields["seeds"]),
                }
            )
            for name, fields in json.loads(file.read_text("utf-8")).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointMissing(
            f"{file.name} does not hold this version's figures ({str(error)[:120]}). Measure the "
            f"models again with `{command}`."
        ) from error


#: The tables: heading, name of the measurement, decimals. The first has the facts of the model too.
GENERATION = (
    ("Fréchet distance", "Fréchet distance", 1),
    ("of real images", "Fréchet distance, real images", 1),
    ("digit drawn", "digit drawn", 3),
    ("rarest digit", "rarest digit", 3),
    ("density", "density", 2),
)
DETECTION = (
    ("letters", "AUROC letters", 2),
    ("fonts", "AUROC fonts", 2),
    ("rotated", "AUROC rotated", 2),
    ("erased", "AUROC erased", 2),
    ("inverted", "AUROC inverted", 2),
    ("noisy", "AUROC noisy", 2),
    ("linear probe", "linear probe", 3),
    ("reconstruction error", "reconstruction error", 4),
)


def part_of(name: str) -> str:
    """The part, of PARTS, to which a measurement belongs."""
    if name.startswith("AUROC"):
        return "anomaly detection"
    if name in ("linear probe", "reconstruction error"):
        return "representation"
    return "density" if name == "density" else "generation"


def markdown_tables(entries: dict[str, Figures]) -> str:
    """The entries as three Markdown tables, a row a model; docs/generative.md has them.

    The first is of generation and density: "digit given" says whether the model is told which
    digit to draw, two numbers are those of two seeds, "of real images" is the distance of as many
    training images, with its deviation, an asterisk marks figures of the first test images, a density has its unit, and whether it is
    exact. The second is of anomaly detection (AUROC) and representation. The third compares the
    ways to sample of a diffusion model.
    """
    first, second = [], []
    for name, entry in entries.items():
        given = "–" if not entry.samples else "yes" if entry.told else "no"
        trained = [f"{entry.parameters:,}", f"{entry.minutes:.0f}"] if entry.sha256 else ["–", "–"]
        cells = [_cell(entry, figure, decimals) for _, figure, decimals in GENERATION]
        if any(cell != "–" for cell in cells):
            distance = entry.value("Fréchet distance")
            count = f"{distance.images:,}" if distance else "–"
            first.append([name, *trained, given, count, *cells])
        cells = [_cell(entry, figure, decimals) for _, figure, decimals in DETECTION]
        if any(cell != "–" for cell in cells):
            second.append([name, *cells])
    headings = ["model", "parameters", "minutes", "digit given", "samples"]
    return "\n\n".join(
        (
            _table([*headings, *(heading for heading, _, _ in GENERATION)], first),
            _table(["model", *(heading for heading, _, _ in DETECTION)], second),
            _table(["sampler", "Fréchet distance", "digit drawn", "images a second"],
                   sampler_rows(entries)),
        )
    )  # fmt: skip


def sampler_rows(entries: dict[str, Figures]) -> list[list[str]]:
    """The ways to sample of all models that have several: name, distance, digit drawn, speed."""
    rows = []
    for name, entry in entries.items():
        names = [row.name.removeprefix("Fréchet distance ") for row in entry.rows]
        for sampler in (one for one in names if one.startswith(("DDIM", "DDPM"))):
            cells = [
                _cell(entry, f"{figure} {sampler}", decimals)
                for figure, decimals in (("Fréchet distance", 1), ("digit drawn", 3))
            ]
            rows.append([f"{name}, {sampler}", *cells, _cell(entry, f"sampling {sampler}", 1)])
    return rows


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in [headings, *rows]]
    return "\n".join([lines[0], "|---" * len(headings) + "|", *lines[1:]])


def _cell(entry: Figures, figure: str, decimals: int) -> str:
    """A figure with what belongs to it, "–" where there is none."""
    row = entry.value(figure)
    if row is None:
        return "–"
    if len(row.by_seed) > 1 and part_of(row.name) == "generation" and decimals < 3:
        text = ", ".join(f"{value:.{decimals}f}" for value in row.by_seed)
    else:
        text = f"{row.value:.{decimals}f}".replace("-", "−")
    if row.first:
        return text + "*"
    if part_of(row.name) != "density":
        real = row.name.endswith("real images") or entry.family == "baseline"
        return f"{text} ± {row.error:.1f}" if real and row.error and decimals < 3 else text
    unit = "bits" if row.unit == "bits per dimension" else row.unit
    samples = f", k = {row.k}" if row.k else ""
    return f"{text} ± {row.error:.2g} {unit}, {entry.kind}{samples}, {row.images:,} images"


if __name__ == "__main__":
    print(markdown_tables(read()))
