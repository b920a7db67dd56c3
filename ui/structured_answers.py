"""A structured answer as Markdown that is safe to show: emphasis, code, formulas, lists and tables.

All else that a language model wrote is escaped. Above all no link and no picture is left, since a browser
would fetch a picture from wherever its address says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rag.written_units import WrittenUnit, blocks_of, shown_units
from ui.formulas import formula_picture, is_active
from ui.text import escape

# Formulas as `rag.markdown_units` leaves them, code, and emphasis with no blank inside its signs.
_KEPT = re.compile(
    r"(?P<formula>\$\$[^$]+\$\$|(?<!\\)\$[^$\n]+\$)|`(?P<code>[^`\n]+)`"
    r"|(?P<bold>\*\*(?!\s)(?P<strong>(?:[^*\n]|\*(?!\*))+?)(?<!\s)\*\*)"
    r"|(?<![*\w])\*(?![\s*])(?P<italic>[^*\n]+?)(?<![\s*])\*(?![*\w])"
)
_SMALLEST_HEADING = 6
_FIRST_HEADING = 4  # below the page's own headings


def inline_markdown(text: str) -> str:
    """A line of a model's Markdown with emphasis, code and formulas, everything else escaped."""
    parts, position = [], 0
    for match in _KEPT.finditer(text):
        parts.append(escape(text[position : match.start()]))
        position = match.end()
        if match["formula"]:
            is_safe = not is_active(match["formula"])
            parts.append(match["formula"] if is_safe else escape(match["formula"]))
        elif match["code"]:
            parts.append(f"`{match['code']}`")
        elif match["bold"]:
            parts.append(f"**{inline_markdown(match['strong'])}**")
        else:
            parts.append(f"*{escape(match['italic'])}*")
    return "".join([*parts, escape(text[position:])])


def inline_runs(text: str, *, strong: bool = False) -> Iterator[dict[str, Any]]:
    """The same line as runs of plain values: `text` with `style`, or a formula as `svg`.

    A formula that cannot be drawn is a run of code. `height` and `depth` are in units of the text's size.
    """
    style, position = "strong" if strong else "plain", 0
    for match in _KEPT.finditer(text):
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


def structured_markdown(units: Sequence[WrittenUnit]) -> str:
    """The shown units of an answer as Markdown, each with its marks behind it."""
    blocks: list[str] = []
    in_list = False
    for block in blocks_of(shown_units(units)):
        text = _block(block)
        is_item = block[0].kind == "item"
        if is_item and in_list:
            blocks[-1] += f"\n{text}"
        else:
            blocks.append(text)
        in_list = is_item
    return "\n\n".join(blocks)


def _block(block: Sequence[WrittenUnit]) -> str:
    first = block[0]
    if first.cells:
        return _table(block)
    text = " ".join(f"{inline_markdown(unit.text)} {escape(unit.marks)}".strip() for unit in block)
    if first.kind == "heading":
        depth = min(first.level + _FIRST_HEADING - 1, _SMALLEST_HEADING)
        return f"{'#' * depth} {text}"
    if first.kind == "formula":
        formula = inline_markdown(first.text).replace("$$", "\n$$\n").strip()
        return f"{formula}\n\n{escape(first.marks)}".strip()
    return "  " * (first.level - 1) + f"- {text}" if first.kind == "item" else text


def _table(rows: Sequence[WrittenUnit]) -> str:
    """A table with the marks of each row in a column of its own."""
    width = max(len(row.cells) for row in rows)
    header = rows[0].cells if rows[0].kind == "header" else ("",) * width
    body = rows[1:] if rows[0].kind == "header" else rows
    lines = [(*header, *("",) * (width - len(header)), "")]
    lines += [(*row.cells, *("",) * (width - len(row.cells)), row.marks) for row in body]
    cells = [[*map(inline_markdown, line[:-1]), escape(line[-1])] for line in lines]
    cells = [[_in_cell(cell) for cell in row] for row in cells]
    texts = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([texts[0], "|" + "---|" * (width + 1), *texts[1:]])


def _in_cell(text: str) -> str:
    """A cell in which no bar ends it; a formula's bars become LaTeX's own."""
    return re.sub(r"(?<!\\)\|", r"\\vert ", text)
