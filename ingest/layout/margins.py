"""What stands around a page's text: running heads and feet, footnotes, numbers of lines."""

from __future__ import annotations

import re
import statistics
from itertools import pairwise

from ingest.layout.items import Item, rows_of

#: A running head or foot begins and ends within so many em of the page's text, is at most this share of its
#: size, and fills at most this share of its width; it is so many em from a row of several.
MARGIN_END, MARGIN_SIZE, MARGIN_WIDTH, MARGIN_GAP = 1.5, 0.95, 0.6, 3.0
#: The foot of a slide is at most this share of its text's size.
FOOT_SIZE = 0.75
#: A footnote's size is at most this share of the text's.
NOTE_SIZE = 0.93

#: So many lines are counted at least, in figures of at most this share of the text's size.
COUNTED_LINES, COUNT_SIZE = 5, 0.85

_NUMBER = re.compile(r"\d{1,4}")
_NOTE = re.compile(r"\^?\(?(?:\d{1,2}|[*†‡§])\)?\s?[^\W\d]")


def parted_margins(items: list[Item]) -> tuple[list[Item], list[Item], list[Item]]:
    """A running head, what is between, and a running foot.

    Either is a row of small print at both ends of the page, so that each end seems part of a column.
    """
    if len(items) < 4:
        return [], items, []
    size = statistics.median(item.size for item in items)
    left, right = min(item.x0 for item in items), max(item.x1 for item in items)
    rows = rows_of(items)

    def is_margin(row: list[Item], other: list[Item]) -> bool:
        ends = row[0].x0 - left, right - row[-1].x1
        return (
            2 <= len(row) <= 3
            and max(ends) < MARGIN_END * size
            and max(item.size for item in row) <= MARGIN_SIZE * size
            and sum(item.x1 - item.x0 for item in row) < MARGIN_WIDTH * (right - left)
            and not any(item.is_table_row or item.is_code for item in row)
            and abs(row[0].y - other[0].y) > (size if len(other) == 1 else MARGIN_GAP * size)
        )

    if len(rows) < 2:
        return [], items, []
    head = rows[0] if is_margin(rows[0], rows[1]) else []
    foot = rows[-1] if is_margin(rows[-1], rows[-2]) else _foot_of_slide(rows)
    outer = {id(item) for item in (*head, *foot)}
    return head, [item for item in items if id(item) not in outer], foot


def _foot_of_slide(rows: list[list[Item]]) -> list[Item]:
    """The last row or two of a page if they are much smaller than its text, far below it, and of several parts."""
    for count in (2, 1):
        text, foot = rows[:-count], rows[-count:]
        if not text:
            continue
        size = statistics.median(item.size for row in text for item in row)
        if foot[0][0].y - text[-1][0].y > MARGIN_GAP * size and all(
            len(row) > 1
            and not any(
                item.size > FOOT_SIZE * size
                or item.is_table_row
                or item.is_code
                or _NOTE.match(item.segment.text)
                for item in row
            )
            for row in foot
        ):
            return [item for row in foot for item in row]
    return []


def parted_footnotes(items: list[Item]) -> tuple[list[Item], list[Item]]:
    """The text above, and footnotes that stand below all of it, whichever column they begin in.

    The number of the page may follow them.
    """
    if len(items) < 4:
        return items, []
    usual = statistics.median(item.size for item in items)
    rows = rows_of(items)
    first = len(rows)
    while first and all(
        item.size <= NOTE_SIZE * usual or _NUMBER.fullmatch(item.segment.text)
        for item in rows[first - 1]
    ):
        first -= 1
    while first < len(rows) and not _NOTE.match(rows[first][0].segment.text):
        first += 1
    if first < 2 or first == len(rows):
        return items, []
    return [item for row in rows[:first] for item in row], [
        item for row in rows[first:] for item in row
    ]


def _without_counts(items: list[Item], *, at_left: bool) -> list[Item]:
    """The items without a column of small numbers, one more with each line, at one end of the lines."""
    if len(items) < 2 * COUNTED_LINES:
        return items
    numbers = [item for item in items if _NUMBER.fullmatch(item.segment.text)]
    if len(numbers) < COUNTED_LINES:
        return items
    usual = statistics.median(item.size for item in items if item not in numbers)
    outer = min(n.x0 for n in numbers) if at_left else max(n.x1 for n in numbers)
    column = [
        n
        for n in numbers
        if abs((n.x1 - outer) if not at_left else (n.x0 - outer)) < 2 * n.size
        and n.size <= COUNT_SIZE * usual
    ]
    column.sort(key=lambda item: item.y)
    counts = {id(item) for item in column}
    rest = [item for item in items if id(item) not in counts]
    if len(column) < COUNTED_LINES or not rest:
        return items
    is_outside = (
        max(n.x1 for n in column) <= min(item.x0 for item in rest)
        if at_left
        else min(n.x0 for n in column) >= max(item.x1 for item in rest)
    )
    values = [int(item.segment.text) for item in column]
    return rest if is_outside and all(b - a == 1 for a, b in pairwise(values)) else items


def without_line_numbers(items: list[Item]) -> list[Item]:
    """The items without numbers that count the lines beside them, each line or each fifth one."""
    items = _without_counts(items, at_left=True)
    items = _without_counts(items, at_left=False)
    rows = rows_of(items)
    numbered = [
        (place, row[0])
        for place, row in enumerate(rows)
        if len(row) == 2 and _NUMBER.fullmatch(row[0].segment.text)
    ]
    if len(numbered) < 2:
        return items
    first = numbered[0][1]
    for (above, one), (below, other) in pairwise(numbered):
        step = int(other.segment.text) - int(one.segment.text)
        if step < 2 or below - above != step or abs(one.x1 - other.x1) > first.size:
            return items
    if any(row[0].x0 < first.x1 for row in rows if len(row) == 1):
        return items
    counts = {id(number) for _, number in numbered}
    return [item for item in items if id(item) not in counts]
