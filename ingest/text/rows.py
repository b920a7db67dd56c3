"""The form of a table's row in every text, that of Markdown: `| a | b |`.

A bar inside a cell is written `\\|`. The row of dashes that Markdown has below the first one is left
out: it says nothing to a reader or a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BORDER = re.compile(r"(?<!\\)\|")


def row_of(cells: Sequence[str]) -> str:
    """A row of cells, each on one line; an empty cell is a blank."""
    return f"| {' | '.join(map(escaped, cells))} |"


def cells_of(row: str) -> list[str]:
    """The cells of a row that `row_of` wrote."""
    inner = _BORDER.split(row.strip())[1:-1]
    return [cell.strip().replace("\\|", "|") for cell in inner]


def escaped(cell: str) -> str:
    """A cell's text, in which a bar is no border."""
    return cell.replace("|", "\\|")
