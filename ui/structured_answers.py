"""Structured answers for the app and its exports: as Markdown, and as runs and blocks of plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rag.written_units import WrittenUnit, blocks_of, shown_units
from ui.formulas import formula_picture
from ui.safe_markdown import KEPT, safe_blocks, safe_line
from ui.text import escape


def inline_markdown(text: str) -> str:
    """A line of a model's Markdown for the app."""
    return safe_line(text, escape)


def structured_markdown(units: Sequence[WrittenUnit]) -> str:
    """The shown units of an answer as Markdown for the app, each with its marks behind it."""
    return safe_blocks(units, escape)


def inline_runs(text: str, *, strong: bool = False) -> Iterator[dict[str, Any]]:
    """The same line as runs of plain values: `text` with `style`, or a formula as `svg`.

    A formula that cannot be drawn is a run of code. `height` and `depth` are in units of the text's size.
    """
    style, position = "strong" if strong else "plain", 0
    for match in KEPT.finditer(text):
        if match.start() > position:
            yield {"text": text[position : match.start()], "style": style}
        position = match.end()
        if match["formula"]:
            picture = formula_picture(match["formula"])
            if picture is None:
                yield {"text": match["formula"], "style": "code"}
            else:
                sizes = {"height": picture.height, "depth": picture.depth}
                yield {"style": "formula", "svg": picture.svg, "text": match["formula"], **sizes}
        elif match["code"]:
            yield {"text": match["code"], "style": "code"}
        elif match["bold"]:
            yield from inline_runs(match["strong"], strong=True)
        else:
            yield {"text": match["italic"], "style": "emphasis"}
    if position < len(text):
        yield {"text": text[position:], "style": style}


def structured_blocks(units: Sequence[WrittenUnit]) -> list[dict[str, Any]]:
    """The shown units as plain values: blocks of a kind with their runs, tables with rows of cells."""
    blocks = []
    for block in blocks_of(shown_units(units)):
        first = block[0]
        if first.cells:
            columns = max(len(row.cells) for row in block)
            rows = [
                {
                    "cells": [list(inline_runs(cell)) for cell in row.cells]
                    + [[]] * (columns - len(row.cells)),
                    "marks": row.marks,
                    "header": row.kind == "header",
                }
                for row in block
            ]
            blocks.append({"kind": "table", "columns": columns, "rows": rows})
            continue
        parts = [{"runs": list(inline_runs(unit.text)), "marks": unit.marks} for unit in block]
        blocks.append({"kind": first.kind, "level": first.level, "parts": parts})
    return blocks
