"""Tables: their rows with the lines that wrap inside a cell.

A table is a run of rows of one block whose segments lie in the same columns, two or more. Lines
that are closer than its rows, and fill only some of its columns, continue the cells above them.
"""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.layout.bidi import logical_order
from ingest.layout.items import BULLET
from ingest.layout.order import Row
from ingest.layout.segments import PlacedWord, Rule, Segment

#: A table has at least so many rows; with rules between them, one less.
MIN_ROWS = 3
#: Columns are at least so far apart, in em.
COLUMN_GAP = 0.7
#: A line continues a cell if it is nearer than this share of the usual distance of rows.
WRAPPED = 0.87
#: The same where all that it holds begins with a small letter or a bracket.
RUNS_ON = 1.05
#: A row may be so many times as far below as the rows before; the second one so many em.
FAR = 2.0
WIDE_ROWS = 5.0
#: The size of the letters in two rows of a table differs by less than this factor.
SIZE_CHANGE = 1.3
#: A table with more columns is looked for in so many rows.
LATER_START = 4
#: A cell of prose has at least so many words, as a median.
PROSE_WORDS = 5
#: A rule parts rows if it is at least as long as this share of the table's width.
RULE_SHARE = 0.5

_LEADERS = re.compile(r"(?:\.\s?){4,}|(?:…\s?){2,}")
_BRACKET_PART = re.compile(r"[\u239b-\u23b3]")
_RELATION = re.compile(r"(?:[=≤≥≈≡∝⇔⇒]|:=)")
_REFERENCE = re.compile(r"\[[\w.+: -]{1,20}\]")
_FORMULA_NUMBER = re.compile(r"\([\w.]{1,7}\)")


@dataclass(slots=True)
class Table:
    """Rows of cells, each cell as its segments from top to bottom, some of them empty."""

    first: int  # the first of the rows that it was made of, and one past the last
    end: int
    rows: list[list[list[Segment]]]


def find_tables(rows: Sequence[Row], rules: Sequence[Rule]) -> list[Table]:
    """The tables among some rows in reading order."""
    tables: list[Table] = []
    start = 0
    while start < len(rows):
        table = _table_at(rows, start, rules)
        if table is not None:
            tables.append(table)
        start = table.end if table is not None else start + 1
    return tables


def _table_at(rows: Sequence[Row], start: int, rules: Sequence[Rule]) -> Table | None:
    """The table that begins with a row; None where none does, or where one with more columns begins
    a few rows below, since a title over a table hides its columns.
    """
    if len(rows[start].segments) < 2:
        return None
    end, columns = _run(rows, start)
    for later in range(start + 1, min(start + LATER_START, end)):
        if len(rows[later].segments) > 1:
            later_end, later_columns = _run(rows, later)
            if later_end - later >= MIN_ROWS and len(later_columns) > len(columns):
                return None
    return _table(rows, start, end, columns, rules) if len(columns) > 1 else None


def _run(rows: Sequence[Row], start: int) -> tuple[int, list[tuple[float, float]]]:
    """Where the rows end that can be one table with a first row, and the columns that they have."""
    end = start + 1
    columns = _columns(rows[start].segments)
    size = max(s.size for s in rows[start].segments)
    pitches: list[float] = []
    while end < len(rows) and rows[end].block == rows[start].block:
        merged = _merged([*columns, *_columns(rows[end].segments)])
        pitch = rows[end].segments[0].y - rows[end - 1].segments[0].y
        usual = statistics.median(pitches) if pitches else WIDE_ROWS * size / FAR
        change = max(s.size for s in rows[end].segments) / size
        if (
            len(merged) < 2
            or len(merged) < len(columns)
            or pitch > max(FAR * usual, FAR * 1.2 * size)
            or not 1 / SIZE_CHANGE < change < SIZE_CHANGE
        ):
            break
        columns = merged
        pitches.append(pitch)
        end += 1
    return end, [(left, right) for left, right, _ in columns]


def _columns(segments: Sequence[Segment]) -> list[tuple[float, float, float]]:
    """The columns in which segments lie: left and right end, and the size of the first segment."""
    return _merged([(segment.x0, segment.x1, segment.size) for segment in segments])


def _merged(parts: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Columns, joined where no gap is between them."""
    columns: list[tuple[float, float, float]] = []
    for left, right, size in sorted(parts, key=lambda part: part[0]):
        if columns and left < columns[-1][1] + COLUMN_GAP * size:
            columns[-1] = columns[-1][0], max(columns[-1][1], right), columns[-1][2]
        else:
            columns.append((left, right, size))
    return columns


def _table(
    rows: Sequence[Row],
    start: int,
    end: int,
    columns: Sequence[tuple[float, float]],
    rules: Sequence[Rule],
) -> Table | None:
    """Rows from `start` to `end` as a table, or None where they are none."""
    lines = sorted((row.segments for row in rows[start:end]), key=lambda line: line[0].y)
    size = statistics.median(s.size for line in lines for s in line)
    if any(BULLET.match(line[0].text) for line in lines):
        return None
    width = columns[-1][1] - columns[0][0]
    bars = [
        rule.y
        for rule in rules
        if min(rule.x1, columns[-1][1]) - max(rule.x0, columns[0][0]) > RULE_SHARE * width
        and lines[0][0].top - 2 * size < rule.y < lines[-1][0].bottom + 2 * size
    ]
    groups = _rows(lines, len(columns), columns, bars)
    while len(groups) > 1 and _filled(groups[-1], columns) == 1:  # a line below the table
        end -= len({round(s.y, 1) for s in groups.pop()})
    full = sum(_filled(group, columns) == len(columns) for group in groups)
    if len(groups) < MIN_ROWS - (len(bars) > 1) or full < 0.6 * len(groups):
        return None
    cells = [_cells_of(group, columns) for group in groups]
    texts = [[" ".join(s.text for s in cell) for cell in row] for row in cells]
    return None if _is_other(texts) else Table(start, end, cells)


def _is_other(rows: Sequence[Sequence[str]]) -> bool:
    """Whether cells in columns are a matrix, formulas, contents, references, or columns of prose."""
    words = [word for row in rows for cell in row for word in cell.split()]
    if not any(len(word) > 2 and word.isalpha() for word in words):
        return True
    if sum(bool(_LEADERS.search(" ".join(row))) for row in rows) >= 0.5 * len(rows):
        return True
    if sum(bool(_BRACKET_PART.search(" ".join(row))) for row in rows) >= 0.3 * len(rows):
        return True
    for column in zip(*rows, strict=True):
        filled = [cell for cell in column if cell]
        if sum(bool(_RELATION.match(cell)) for cell in filled) >= 0.6 * len(filled):
            return True
    if all(_REFERENCE.fullmatch(row[0]) for row in rows if row[0]):
        return True
    if sum(map(_is_prose, zip(*rows, strict=True))) > 1:
        return True
    return all(_FORMULA_NUMBER.fullmatch(row[-1]) for row in rows if row[-1])


def _is_prose(column: Sequence[str]) -> bool:
    """Whether a column's cells are lines of running text, which go on with small letters."""
    filled = [cell for cell in column if cell]
    if not filled or statistics.median(len(cell.split()) for cell in filled) < PROSE_WORDS:
        return False
    return sum(cell[0].islower() for cell in filled) >= 0.4 * len(filled)


def _cells_of(
    group: Sequence[Segment], columns: Sequence[tuple[float, float]]
) -> list[list[Segment]]:
    """A row's segments by column, each cell in reading order."""
    cells: list[list[Segment]] = [[] for _ in columns]
    for segment in sorted(group, key=lambda s: (round(s.y), s.x0)):
        cells[_cell(segment, columns)].append(segment)
    return cells


def _cell(segment: Segment, columns: Sequence[tuple[float, float]]) -> int:
    """The column in which a segment's middle lies."""
    middle = (segment.x0 + segment.x1) / 2
    return min(bisect_left(columns, middle, key=lambda column: column[1]), len(columns) - 1)


def _filled(group: Sequence[Segment], columns: Sequence[tuple[float, float]]) -> int:
    """How many columns some segments fill."""
    return len({_cell(segment, columns) for segment in group})


def _rows(
    lines: Sequence[Sequence[Segment]],
    count: int,
    columns: Sequence[tuple[float, float]],
    bars: Sequence[float],
) -> list[list[Segment]]:
    """Lines grouped by the table's row that they belong to."""
    filled = [_filled(line, columns) for line in lines]
    pitches = [b[0].y - a[0].y for a, b in pairwise(lines)]
    usual = [pitch for pitch, number in zip(pitches, filled[1:], strict=True) if number == count]
    row_pitch = statistics.median(usual) if usual else max(pitches, default=0.0)
    groups = [list(lines[0])]
    for pitch, number, line in zip(pitches, filled[1:], lines[1:], strict=True):
        above = max(s.y for s in groups[-1])
        is_ruled = any(above < bar < min(s.y for s in line) for bar in bars)
        runs_on = all(s.text[:1].islower() or s.text[:1] == "(" for s in line)
        near = pitch < (RUNS_ON if runs_on else WRAPPED) * row_pitch
        if near and number < count and not is_ruled:
            groups[-1].extend(line)
        else:
            groups.append(list(line))
    return groups


def words_of_row(cells: Sequence[Sequence[Segment]], *, from_right: bool) -> list[PlacedWord]:
    """A row's words, cell by cell, with the borders before them; a broken word is marked.

    Args:
        cells: From left to right.
        from_right: Whether the table is read from right to left.
    """
    cells = cells[::-1] if from_right else cells
    words: list[PlacedWord] = []
    borders = 0
    for cell in cells:
        first = True
        borders += 1
        for segment in cell:
            new = logical_order(segment.words)
            if not first and words and new:
                last, text = words[-1].text, new[0].text
                if len(last) > 2 and last[-1] == "-" and last[-2].isalpha() and text[0].islower():
                    words[-1].is_broken = True
            for word in new:
                if first:
                    word.borders, borders = borders, 0
                first = False
                words.append(word)
    return words
