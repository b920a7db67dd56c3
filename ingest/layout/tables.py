"""Tables: their rows with the lines that wrap inside a cell, written as `a | b | c`.

A table is a run of rows of one block whose segments lie in the same columns, two or more. Lines
that are closer than its rows, and fill only some of its columns, continue the cells above them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.layout.order import BULLET, Row
from ingest.layout.segments import PlacedWord, Rule, Segment

#: A table has at least so many rows; with rules between them, one less.
MIN_ROWS = 3
#: Columns are at least so far apart, in em.
COLUMN_GAP = 0.7
#: A line continues a cell if it is nearer than this share of the usual distance of rows.
WRAPPED = 0.87
#: A rule parts rows if it is at least as long as this share of the table's width.
RULE_SHARE = 0.5


@dataclass(slots=True)
class Table:
    """Rows of cells, each cell as its segments from top to bottom, some of them empty."""

    first: int  # the first of the rows that it was made of, and one past the last
    end: int
    rows: list[list[list[Segment]]]


def find_tables(rows: Sequence[Row], rules: Sequence[Rule]) -> list[Table]:
    """The tables among some rows in reading order."""
    tables = []
    start = 0
    while start < len(rows):
        end = start + 1
        columns = _columns(rows[start].segments)
        while end < len(rows) and rows[end].block == rows[start].block:
            merged = _columns([*_flat(rows[start:end]), *rows[end].segments])
            if len(merged) < 2 or len(merged) < len(columns):
                break
            columns = merged
            end += 1
        table = _table(rows, start, end, columns, rules) if len(columns) > 1 else None
        if table is not None:
            tables.append(table)
            start = end
        else:
            start += 1
    return tables


def _flat(rows: Sequence[Row]) -> Iterator[Segment]:
    for row in rows:
        yield from row.segments


def _columns(segments: Sequence[Segment]) -> list[tuple[float, float]]:
    """The left and right ends of the columns in which segments lie."""
    columns: list[tuple[float, float]] = []
    for segment in sorted(segments, key=lambda s: s.x0):
        if columns and segment.x0 < columns[-1][1] + COLUMN_GAP * segment.size:
            columns[-1] = columns[-1][0], max(columns[-1][1], segment.x1)
        else:
            columns.append((segment.x0, segment.x1))
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
    full = sum(_filled(group, columns) == len(columns) for group in groups)
    if len(groups) < MIN_ROWS - (len(bars) > 1) or full < 0.6 * len(groups):
        return None
    cells = [
        [
            sorted((s for s in group if _cell(s, columns) == c), key=lambda s: (round(s.y), s.x0))
            for c in range(len(columns))
        ]
        for group in groups
    ]
    words = [word for group in groups for s in group for word in s.text.split()]
    if not any(len(word) > 2 and word.isalpha() for word in words):
        return None  # a matrix, or an array of formulas
    return Table(start, end, cells)


def _cell(segment: Segment, columns: Sequence[tuple[float, float]]) -> int:
    """The column in which a segment's middle lies."""
    middle = (segment.x0 + segment.x1) / 2
    return next((c for c, (_, right) in enumerate(columns) if middle <= right), len(columns) - 1)


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
        if pitch < WRAPPED * row_pitch and number < count and not is_ruled:
            groups[-1].extend(line)
        else:
            groups.append(list(line))
    return groups


def words_of_row(cells: Sequence[Sequence[Segment]]) -> list[PlacedWord]:
    """A row's words, cell by cell; each cell's first word is marked, a broken word as well."""
    words: list[PlacedWord] = []
    for cell in cells:
        first = True
        for segment in cell:
            new = segment.words
            if not first and words and new:
                last, text = words[-1].text, new[0].text
                if len(last) > 2 and last[-1] == "-" and last[-2].isalpha() and text[0].islower():
                    words[-1].is_broken = True
            for word in new:
                word.begins_cell = first and bool(words)
                first = False
                words.append(word)
    return words
