"""Results of measurements that grow: lines of JSON in a file, and a picture of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The rows of a file, [] where there is none."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def add_row(file: Path, row: Mapping[str, Any]) -> None:
    """Add a row to a file, and print it."""
    line = json.dumps(row)
    with file.open("a") as out:
        out.write(line + "\n")
    print(line, flush=True)


def draw(
    lines: Mapping[str, Sequence[tuple[float, float]]],
    file: Path,
    *,
    across: str = "passages",
    up: str = "processor, ms a search",
    scale: str = "log",
) -> None:
    """Draw a line of points for each name, the same bytes for the same points.

    Args:
        lines: Points (x, y) by name; a name without points is left out.
        file: An SVG.
        across, up: What x and y are.
        scale: Of both axes, as matplotlib names it.
    """
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "growth"
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, points in lines.items():
        if points:
            axes.plot(*zip(*sorted(points), strict=True), marker="o", label=name)
    axes.set(xscale=scale, yscale=scale, xlabel=across, ylabel=up)
    axes.grid(alpha=0.3)
    if len(lines) > 1:
        axes.legend(fontsize=8)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
