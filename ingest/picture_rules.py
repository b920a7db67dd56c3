"""Ruled lines in a picture: those of tables, and the bars of fractions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL.Image import Image

from ingest.layout.segments import Rule, Upright
from ingest.types import Box

#: A pixel belongs to a line if its grey differs from that on both sides by more, of 255, and to a letter
#: if it differs so much from the background's.
LINE_STEP, INK_STEP = 10, 60
#: A horizontal line is at least so long, in points, and a vertical one, which letters resemble more.
RULE_LENGTH, UPRIGHT_LENGTH = 6.0, 18.0
#: A line is at most so thick, in points, and so many times as long as thick at least.
THICKNESS, SLENDER = 2.0, 5.0
#: Two lines that begin and end within so many points of one another, and are so near, are a box's.
SAME_END, BOX_HEIGHT = 3.0, 36.0
#: A table has at least so many lines across, each so long at least, in points.
TABLE_LINES, TABLE_WIDTH = 3, 80.0
#: Ink along this share of one of so many rows of pixels beside a line makes it a part of letters.
TOUCHED, CLEAR = 0.12, 3
#: A line that crosses another one is interrupted by so many pixels at most.
CROSSING = 4

#: The horizontal and vertical lines of a picture.
Lines = tuple[Sequence[Rule], Sequence[Upright]]
NO_LINES: Lines = ((), ())


def ruled_lines(picture: Image, scale: float) -> Lines:
    """The horizontal and vertical lines of a picture, in points.

    Args:
        picture: A page as drawn or scanned, upright.
        scale: Its pixels a point.
    """
    grey = np.asarray(picture.convert("L")).astype(np.int16)
    if grey.size == 0:
        return [], []
    background = int(np.bincount(grey.ravel(), minlength=256).argmax())
    ink = np.abs(grey - background) > INK_STEP
    reach = int(THICKNESS * scale) + 1
    rules = [
        Rule(x0 / scale, x1 / scale, y / scale)
        for x0, x1, y in _lines(_ridges(grey, reach), ink, RULE_LENGTH * scale, THICKNESS * scale)
    ]
    uprights = [
        Upright(x / scale, y0 / scale, y1 / scale)
        for y0, y1, x in _lines(
            _ridges(grey.T, reach), ink.T, UPRIGHT_LENGTH * scale, THICKNESS * scale
        )
    ]
    return rules, uprights


def fraction_bars(rules: Sequence[Rule]) -> list[Rule]:
    """The horizontal lines of a picture that may be fraction bars.

    A line with an equal one near is a box's, and what is within a table is no fraction.
    """

    tables = ruled_tables(rules)

    def is_within(rule: Rule, table: Box) -> bool:
        return table.y0 <= rule.y <= table.y1 and table.x0 < (rule.x0 + rule.x1) / 2 < table.x1

    return [
        rule
        for rule in rules
        if not any(
            o is not rule and _end_alike(rule, o) and abs(rule.y - o.y) < BOX_HEIGHT for o in rules
        )
        and not any(is_within(rule, table) for table in tables)
    ]


def ruled_tables(rules: Sequence[Rule]) -> list[Box]:
    """Where horizontal lines of a picture make a table: several long ones, with the same ends."""
    long = [rule for rule in rules if rule.x1 - rule.x0 >= TABLE_WIDTH]
    groups = ([b for b in long if _end_alike(a, b)] for a in long)
    return [
        Box(
            group[0].x0,
            min(rule.y for rule in group),
            group[0].x1,
            max(rule.y for rule in group),
        )
        for group in groups
        if len(group) >= TABLE_LINES
    ]


def _end_alike(a: Rule, b: Rule) -> bool:
    return max(abs(a.x0 - b.x0), abs(a.x1 - b.x1)) < SAME_END


def _ridges(grey: np.ndarray, reach: int) -> np.ndarray:
    """Where the pixels are darker, or lighter, than those so many rows above and below: bool.

    Where another line crosses, gaps are closed.
    """
    from scipy import ndimage  # takes a quarter of a second to load

    padded = np.pad(grey, ((reach, reach), (0, 0)), mode="edge")
    above, below = grey - padded[: -2 * reach], grey - padded[2 * reach :]
    is_darker = (above < -LINE_STEP) & (below < -LINE_STEP)
    is_lighter = (above > LINE_STEP) & (below > LINE_STEP)
    return np.asarray(ndimage.binary_closing(is_darker | is_lighter, np.ones((1, CROSSING + 1))))


def _lines(
    drawn: np.ndarray, ink: np.ndarray, length: float, thickness: float
) -> Iterator[tuple[float, float, float]]:
    """Lines along the rows of some pixels: where each begins and ends, and its middle row.

    Args:
        drawn: Pixels of lines, (height, width).
        ink: Those of letters too, which a line does not touch.
        length: The least one, in pixels.
        thickness: The largest one, in pixels.
    """
    height, width = drawn.shape
    padded = np.zeros((height, width + 2), dtype=np.int8)
    padded[:, 1:-1] = drawn
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    is_long = ends - starts >= length
    bands: list[list[int]] = []  # first and last row, start, end
    open_bands: list[list[int]] = []
    for row, start, end in zip(rows[is_long], starts[is_long], ends[is_long], strict=True):
        open_bands = [band for band in open_bands if band[1] >= row - 1]
        for band in open_bands:
            if band[1] == row - 1 and min(band[3], end) - max(band[2], start) > 0.5 * (end - start):
                band[1], band[2], band[3] = (
                    int(row),
                    min(band[2], int(start)),
                    max(band[3], int(end)),
                )
                break
        else:
            band = [int(row), int(row), int(start), int(end)]
            bands.append(band)
            open_bands.append(band)
    for top, bottom, start, end in bands:
        thick = bottom + 1 - top
        if thick > thickness or end - start < SLENDER * thick:
            continue
        near = [*range(top - CLEAR, top), *range(bottom + 1, bottom + 1 + CLEAR)]
        if all(ink[row, start:end].mean() <= TOUCHED for row in near if 0 <= row < height):
            yield float(start), float(end), (top + bottom + 1) / 2
