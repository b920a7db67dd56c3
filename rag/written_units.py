"""The parts of a structured answer: what a language model wrote, part by part, with its sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

#: What a unit belongs to: a heading, a paragraph, a list, the head or a row of a table, or a
#: formula that stands alone.
UnitKind = Literal["heading", "paragraph", "item", "header", "row", "formula"]
#: `supported` by its sources; `unsupported`: no evidence supports it, and it is shown struck; `plain`:
#: a heading or a line that opens a list, which says nothing that a source could support.
UnitStatus = Literal["supported", "unsupported", "plain"]

_TABLE = ("header", "row")


@dataclass(frozen=True, slots=True)
class WrittenUnit:
    """A sentence, a row or a formula of a structured answer.

    `text` is Markdown on one line (emphasis, code, formulas between dollar signs) without marks;
    of a table it is "", and `cells` has one text for each column. `opens` says whether the unit begins
    its block; `level` is the depth of a heading, or of an item from 1; `sources` are numbers of the
    answer's sources; `support` in [0, 1] is the judge's score.
    """

    kind: UnitKind
    text: str
    status: UnitStatus = "plain"
    sources: tuple[int, ...] = ()
    support: float = 0.0
    cells: tuple[str, ...] = ()
    level: int = 0
    opens: bool = True

    @property
    def words(self) -> str:
        """The unit's text on one line; of a row its cells with a bar between them."""
        return " | ".join(filter(None, self.cells)) if self.cells else self.text

    @property
    def marks(self) -> str:
        """The numbers of its sources, as "[1][3]"; "" without any."""
        return "".join(f"[{number}]" for number in self.sources)


def shown_units(units: Sequence[WrittenUnit]) -> list[WrittenUnit]:
    """The units without the unsupported ones, and without headings that nothing stands below.

    A block that begins with an unsupported sentence begins with the next one.
    """
    kept: list[WrittenUnit] = []
    is_open = False  # whether the current block has begun
    for unit in units:
        is_open = is_open and not unit.opens
        if unit.status == "unsupported":
            continue
        if not is_open and not unit.opens:
            unit = replace(unit, opens=True)
        kept.append(unit)
        is_open = True
    shown: list[WrittenUnit] = []
    for unit in reversed(kept):  # what introduces something needs it behind
        follower = shown[-1] if shown else None
        if unit.kind == "heading" and (
            follower is None or (follower.kind == "heading" and follower.level <= unit.level)
        ):
            continue
        if unit.kind == "header" and (follower is None or follower.kind != "row"):
            continue
        if unit.status == "plain" and unit.kind != "header" and follower is None:
            continue
        shown.append(unit)
    return shown[::-1]


def blocks_of(units: Sequence[WrittenUnit]) -> Iterator[list[WrittenUnit]]:
    """The units of each block; the rows of a table are one block with their head."""
    number = -1

    def block(unit: WrittenUnit) -> int:
        nonlocal number
        number += unit.opens or number < 0
        return number

    blocks = [list(group) for _, group in groupby(units, block)]
    table: list[WrittenUnit] = []
    for each in blocks:
        if each[0].kind in _TABLE and not (each[0].kind == "header" and table):
            table += each
            continue
        if table:
            yield table
        table = each if each[0].kind in _TABLE else []
        if not table:
            yield each
    if table:
        yield table


def unit_lines(units: Sequence[WrittenUnit]) -> list[str]:
    """The units as lines to print, each with its marks; "" between blocks that are not of one list."""
    lines: list[str] = []
    before = ""
    for block in blocks_of(units):
        kind = block[0].kind
        if lines and not (kind == before == "item"):
            lines.append("")
        if kind in _TABLE:
            lines += [
                f"| {' | '.join(unit.cells)} |" + (f" {unit.marks}" if unit.marks else "")
                for unit in block
            ]
        else:
            bullet = "  " * (block[0].level - 1) + "• " if kind == "item" else ""
            text = " ".join(f"{unit.text} {unit.marks}".strip() for unit in block)
            lines.append(bullet + text)
        before = kind
    return lines
