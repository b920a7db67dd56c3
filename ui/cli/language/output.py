"""Options and output that the commands of several rooms share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from language.errors import LanguageError
from ui.cli.output import print_json, show


def check_picture(output: Path | None) -> Path | None:
    """A picture's file, before the work whose result it shows.

    Raises:
        LanguageError: the ending is none of .png, .svg, .html, or the folder is missing.
    """
    if output is None:
        return None
    if output.suffix.lower() not in (".png", ".svg", ".html"):
        raise LanguageError(
            f"{output.name} has the ending {output.suffix!r}, expected .png, .svg or .html"
        )
    if not output.parent.is_dir():
        raise LanguageError(f"There is no folder {output.parent}; make it with `mkdir -p` first")
    return output


OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Write a picture: FILE.png, FILE.svg or FILE.html.",
        callback=check_picture,
    ),
]
TextArgument = Annotated[str, typer.Argument(help="A text, or - to read standard input.")]


def read_text(argument: str) -> str:
    """The text of an argument; `-` stands for standard input."""
    import sys

    return sys.stdin.read() if argument == "-" else argument


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, title: str = ""
) -> None:
    """Print rows as a table of the named columns, or all that is in them as one JSON document."""
    if as_json:
        print_json(list(rows))
        return
    cells = [[_cell(row.get(column, "")) for column in columns] for row in rows]
    widths = [
        max(len(column), *(len(line[place]) for line in cells)) if cells else len(column)
        for place, column in enumerate(columns)
    ]
    if title:
        show(title)
    numeric = [all(_is_number(row.get(column)) for row in rows) for column in columns]
    for line in [list(columns), *cells]:
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        show("  ".join(padded).rstrip())


def write_picture(chart: Any, output: Path) -> None:
    """Write an Altair chart; the file's ending chooses the format."""
    kind = output.suffix.lower().removeprefix(".")
    chart.save(str(output), format=kind, **({"scale_factor": 2} if kind == "png" else {}))


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
