"""Running heads and feet: small print at both ends of a page's first or last row."""

from __future__ import annotations

import statistics

from ingest.layout.items import Item, rows_of

#: A running head or foot begins and ends within so many em of the page's text, is at most this share of its
#: size, and fills at most this share of its width; it is so many em from a row of several.
MARGIN_END, MARGIN_SIZE, MARGIN_WIDTH, MARGIN_GAP = 1.5, 0.95, 0.6, 3.0


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

    head = rows[0] if is_margin(rows[0], rows[1]) else []
    foot = rows[-1] if is_margin(rows[-1], rows[-2]) else []
    outer = {id(item) for item in (*head, *foot)}
    return head, [item for item in items if id(item) not in outer], foot
