"""The measured figures of the models that come with the program, stored in a file beside them.

`python -m generative.evaluate --output models/generative/figures.json` writes it. Each model has
an entry of its own with date, machine and number of images, so that one can be measured again
without the others.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generative import checkpoints
from generative.errors import CheckpointMissing

FILE = checkpoints.FOLDER / "figures.json"


_USUAL, _UNTOLD = "DDIM 25", ", digit not given"  # of a diffusion model's samplers

#: What is measured, in this order.
PARTS = ("density", "generation", "anomaly detection", "representation")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure of a model: its name, its value, its unit or scale, and on how many images.

    `error` is the standard error of a mean over images, 0 where it is not known. Where several
    seeds were used, the value is the mean over `by_seed`. `k` is the number of samples of an
    importance-weighted bound, 0 elsewhere. `by_step` are the parts of a diffusion model's bound
    that add up to it, from the first step on, () elsewhere. `first` is 0 for a figure of all test images or of random
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
    by_step: tuple[float, ...] = ()


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

    def value(self, name: str, *, told: bool = True) -> Measurement | None:
        """A figure by name; of a diffusion model's samples that with DDIM's 25 steps.

        `told` chooses between the model that is given the digit and the same without it, where
        both are measured.
        """
        by_name = {row.name: row for row in self.rows}
        given = (f"{name}, digit given", name, f"{name} {_USUAL}")
        names = given if told else (f"{name} {_USUAL}{_UNTOLD}", name)
        return next((by_name[one] for one in names if one in by_name), None)

    @property
    def tellings(self) -> tuple[bool, ...]:
        """Whether the digit is given, as it is measured: (True, False) for a model with both."""
        both = any(row.name.endswith(_UNTOLD) for row in self.rows)
        return (True, False) if both else (self.told,)

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
                        Measurement(
                            **{
                                **row,
                                "by_seed": tuple(row.get("by_seed", ())),
                                "by_step": tuple(row.get("by_step", ())),
                            }
                        )
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
    ("precision", "precision", 3),
    ("recall", "recall", 3),
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


SAMPLERS = (
    ("Fréchet distance", 1),
    ("digit drawn", 3),
    ("precision", 3),
    ("recall", 3),
    ("sampling", 1),
)


def part_of(name: str) -> str:
    """The part, of PARTS, to which a measurement belongs."""
    if name.startswith("AUROC"):
        return "anomaly detection"
    if name in ("linear probe", "reconstruction error"):
        return "representation"
    return "density" if name.startswith("density") else "generation"


def markdown_tables(entries: dict[str, Figures]) -> str:
    """The entries as three Markdown tables, a row a model; docs/generative.md has them.

    The first is of generation and density: "digit given" says whether the model is told which
    digit to draw (a model that can do without has a row for each), two numbers are those of two seeds, "of real images" is the distance of as many
    training images, with its deviation, an asterisk marks figures of the first test images, a density has its unit, and whether it is
    exact. The second is of anomaly detection (AUROC) and representation. The third compares the
    ways to sample of a diffusion model.
    """
    first, second = [], []
    for name, entry in entries.items():
        trained = [f"{entry.parameters:,}", f"{entry.minutes:.0f}"] if entry.sha256 else ["–", "–"]
        for told in entry.tellings:
            rows = [(entry.value(figure, told=told), places) for _, figure, places in GENERATION]
            cells = [_cell(entry, row, places) for row, places in rows]
            if any(cell != "–" for cell in cells):
                given = "–" if not entry.samples else "yes" if told else "no"
                distance = rows[0][0]
                count = f"{distance.images:,}" if distance else "–"
                first.append([name, *trained, given, count, *cells])
        cells = [_cell(entry, entry.value(figure), places) for _, figure, places in DETECTION]
        if any(cell != "–" for cell in cells):
            second.append([name, *cells])
    headings = ["model", "parameters", "minutes", "digit given", "samples"]
    return "\n\n".join(
        (
            _table([*headings, *(heading for heading, _, _ in GENERATION)], first),
            _table(["model", *(heading for heading, _, _ in DETECTION)], second),
            _table(["sampler", "Fréchet distance", "digit drawn", "precision", "recall",
                    "images a second"], sampler_rows(entries)),
        )
    )  # fmt: skip


def sampler_rows(entries: dict[str, Figures]) -> list[list[str]]:
    """The ways to sample of all models that have several: name, then the figures of SAMPLERS."""
    rows = []
    for name, entry in entries.items():
        names = [row.name.removeprefix("Fréchet distance ") for row in entry.rows]
        for sampler in (one for one in names if one.startswith(("DDIM", "DDPM"))):
            cells = [
                _cell(entry, entry.value(f"{figure} {sampler}"), decimals)
                for figure, decimals in SAMPLERS
            ]
            rows.append([f"{name}, {sampler}", *cells])
    return rows


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in [headings, *rows]]
    return "\n".join([lines[0], "|---" * len(headings) + "|", *lines[1:]])


def _cell(entry: Figures, row: Measurement | None, decimals: int) -> str:
    """A figure with what belongs to it, "–" where there is none."""
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


def draw_bound(row: Measurement, file: Path) -> None:
    """The parts of a diffusion model's bound by step, on a logarithmic axis; needs matplotlib.

    The last part, the divergence of the noisiest image from noise, is left out: it is about 1e-8.
    """
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "bound"
    figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
    axes.plot(row.by_step[:-1], marker=".", markersize=3, linewidth=1)
    axes.set(yscale="log", xlabel="step t (0: the least noise)", ylabel="bits per dimension")
    axes.grid(alpha=0.3)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or draw the diffusion model's bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bound", type=Path, help="draw it into this file, such as x.svg")
    options = parser.parse_args(arguments)
    if options.bound is None:
        print(markdown_tables(read()))
        return
    row = read()["diffusion"].value("density", told=False)
    if row is None or not row.by_step:
        raise CheckpointMissing(
            "The file of figures has no bound by step. Measure it with `python -m "
            "generative.evaluate diffusion --parts density --output models/generative/figures.json`."
        )
    draw_bound(row, options.bound)


if __name__ == "__main__":
    main()
