"""Regions of a page that text alone does not show: formulas, tables, figures and pictures.

An answer shows a crop of the page for them. A formula is a run of words with scripts, fractions or
symbols; a table is told by its rows; a figure or picture is a cluster of what is drawn beside the
text, with the short labels in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Protocol

import numpy as np

from ingest.layout.drawings import Drawings, Drawn
from ingest.layout.segments import PlacedWord
from ingest.types import Box, Region

#: Drawn things nearer than this, in points, belong to one figure.
NEAR = 10.0
#: A figure or picture is at least so long and so wide, in points.
MIN_LENGTH = 36.0
MIN_WIDTH = 20.0
#: What covers more of the page's width and height is its background.
BACKGROUND = 0.85
#: A figure is drawn with at least so many paths; boxes, rules and arrows of a text have fewer.
MIN_PATHS = 6
#: With more lines of so many words inside, paths are the frame of a text.
PROSE_LINES = 3
PROSE_WORDS = 6
#: A label that belongs to a figure has at most so many words.
LABEL_WORDS = 5
#: A template's pictures are on at least so many pages.
MIN_PAGES = 4
#: Boxes at one place agree in steps of so many points.
STEP = 4.0
#: Two pictures look alike where so few of their pixels differ, as a share.
ALIKE = 0.03
#: Two lines of one formula are at most so far apart, in em.
LINE_GAP = 1.2
#: Of a displayed formula's line, at least this share of the letters is formula.
DISPLAYED = 0.7

# A script on a short name, a number or a bracket (on a word it is a footnote's mark), a fraction, a root.
_STRUCTURE = re.compile(
    r"(?:(?<![^\W_])[^\W\d_]{1,2}|\d|[)\]}′'])['′]?(?:\^|_(?=[\w(]))|√|[∑∏∫∮⋃⋂]|\)/[\w(]|(?<![/\w]{3})/\("
)
_SYMBOL = re.compile(
    "[\u0370-\u03ff\u2032\u2190-\u21ff\u2200-\u22ff\u2308-\u230b\u27e8\u27e9\u2a00-\u2aff"
    "\U0001d400-\U0001d7ff±×÷¬‖=]"
)
_BRIDGE = re.compile(
    r"(?!(?:[aAI]|[.,:;!])$)(?:(?<![^\W\d_])[^\W\d_](?![^\W\d_])|\d[\d.,]*"
    r"|[+\-−*/=<>|()\[\]{},.:;!'′·…]|(?<![^\W\d_])(?:log|ln|exp|max|min|arg|lim|sup|inf|sin|cos|tan"
    r"|tanh|det|dim|Pr|var|Var|Cov)(?![^\W\d_]))+"
)
_MIN_LETTERS = 4  # of a formula; less, such as x_i, is clear as text


class LaidLine(Protocol):
    """What is asked of a line of the layout."""

    words: list[PlacedWord]
    size: float
    columns: int
    is_code: bool


def find_regions(
    lines: Sequence[LaidLine],
    drawings: Drawings,
    width: float,
    height: float,
    *,
    is_picture: bool = False,
) -> list[Region]:
    """The regions of a page, from top to bottom.

    Args:
        lines: In reading order.
        drawings: What the page draws beside its text.
        width: Of the page, in points.
        height: Of the page, in points.
        is_picture: Whether the text was read from a picture; then it may fill the page.
    """
    regions = [*_tables(lines), *_formulas(lines)]
    tables = [region.box for region in regions if region.kind == "table"]
    has_background = bool(lines) and not is_picture
    regions += _drawn(lines, drawings, tables, (width, height), has_background)
    return sorted(regions, key=lambda region: (region.box.y0, region.box.x0))


def drop_recurring(
    pages: Sequence[list[Region]], drawings: Sequence[np.ndarray], scale: float
) -> None:
    """Take out figures and pictures that look alike at one place of most pages, as a template's do.

    Args:
        pages: The regions of each page of a file; they are changed.
        drawings: What each page draws beside its text, bool, (height, width) in pixels.
        scale: Pixels a point.
    """
    placed: dict[tuple[int, ...], list[tuple[int, Region]]] = defaultdict(list)
    for index, regions in enumerate(pages):
        for region in regions:
            if _is_drawn(region):
                shape = drawings[index].shape
                placed[*_place(region.box), *shape].append((index, region))
    for group in placed.values():
        if len(group) < MIN_PAGES or len(group) <= 0.5 * len(pages):
            continue
        whole = drawings[group[0][0]]
        parts = [_part(drawings[index], region.box, scale) for index, region in group]
        usual = np.mean(parts, axis=0) > 0.5
        alike = [
            each
            for each, part in zip(group, parts, strict=True)
            if part.size and np.mean(part != usual) < ALIKE and part.size < BACKGROUND * whole.size
        ]
        if len(alike) >= MIN_PAGES and len(alike) > 0.5 * len(pages):
            for index, region in alike:
                pages[index].remove(region)


def _part(drawing: np.ndarray, box: Box, scale: float) -> np.ndarray:
    """What is drawn in a box, in the steps in which boxes are compared."""
    x0, y0, x1, y1 = (int(STEP * side * scale) for side in _place(box))
    return drawing[y0 : y1 + 1, x0 : x1 + 1]


def _is_drawn(region: Region) -> bool:
    return region.kind in ("figure", "picture")


def _place(box: Box) -> tuple[int, ...]:
    """A box in steps, in which equal boxes of a template agree."""
    return tuple(round(side / STEP) for side in (box.x0, box.y0, box.x1, box.y1))


def _tables(lines: Sequence[LaidLine]) -> Iterator[Region]:
    for columns, rows in groupby(lines, key=lambda line: line.columns):
        if columns:
            yield Region("table", _around([w.box for row in rows for w in row.words]))


# ---- formulas ----


def _formulas(lines: Sequence[LaidLine]) -> Iterator[Region]:
    """Formulas within lines, and those of several lines that stand alone as one."""
    open_box: Box | None = None  # of a displayed formula that may go on
    size = 0.0
    for line in lines:
        runs = [] if line.columns or line.is_code else list(_runs(line.words))
        letters = sum(len(word.text) for word in line.words)
        displayed = sum(len(w.text) for run in runs for w in run) >= DISPLAYED * letters
        boxes = [_around([word.box for word in run]) for run in runs]
        if open_box is not None:
            below = boxes[0].y0 - open_box.y1 if boxes else LINE_GAP * size + 1
            if displayed and -size < below < LINE_GAP * size and _share_width(boxes[0], open_box):
                open_box = _around([open_box, *boxes])
                continue
            yield Region("formula", open_box)
            open_box = None
        if boxes and displayed:
            open_box, size = _around(boxes), line.size
        else:
            yield from (Region("formula", box) for box in boxes)
    if open_box is not None:
        yield Region("formula", open_box)


def _runs(words: Sequence[PlacedWord]) -> Iterator[list[PlacedWord]]:
    """The formulas of a line: words with symbols or scripts, and what stands between them."""
    run: list[PlacedWord] = []
    for word in (*words, None):
        if word is not None and (_is_strong(word.text) or _BRIDGE.fullmatch(word.text)):
            run.append(word)
            continue
        while run and not _is_strong(run[0].text) and not run[0].text[0].isalpha():
            run.pop(0)
        text = " ".join(part.text for part in run)
        strong = sum(_is_strong(part.text) for part in run)
        if len(text) >= _MIN_LETTERS and strong and (_STRUCTURE.search(text) or strong > 1):
            yield run
        run = []


def _is_strong(text: str) -> bool:
    return bool(_STRUCTURE.search(text) or _SYMBOL.search(text))


def _share_width(a: Box, b: Box) -> bool:
    return min(a.x1, b.x1) > max(a.x0, b.x0)


# ---- figures and pictures ----


def _drawn(
    lines: Sequence[LaidLine],
    drawings: Drawings,
    tables: Sequence[Box],
    page_size: tuple[float, float],
    has_background: bool,
) -> Iterator[Region]:
    width, height = page_size

    def is_background(box: Box) -> bool:
        return box.x1 - box.x0 > BACKGROUND * width and box.height > BACKGROUND * height

    def is_edge(box: Box) -> bool:
        """Whether it is a band or line across the page, as slides have at their top and foot."""
        return box.x1 - box.x0 > BACKGROUND * width and box.height < 0.2 * height

    parts = [part for part in drawings.parts if part.paths or part.has_picture]
    if has_background:
        parts = [part for part in parts if not is_background(part.box) and not is_edge(part.box)]
    for cluster in _clusters(parts):
        box = _on_page(_around([part.box for part in cluster]), width, height)
        has_picture = any(part.has_picture for part in cluster)
        if not _is_large(box) or any(_share(box, table) > 0.3 for table in tables):
            continue
        inside = [line for line in lines if _holds(box, line)]
        if not has_picture:
            prose = sum(len(line.words) >= PROSE_WORDS for line in inside)
            if sum(part.paths for part in cluster) < MIN_PATHS or prose > PROSE_LINES:
                continue
        labels = [
            word.box
            for line in lines
            for word in line.words
            if len(line.words) <= LABEL_WORDS and _is_near(word.box, box)
        ]
        region = _on_page(_around([box, *labels]), width, height)
        yield Region("picture" if has_picture else "figure", region)


def _clusters(parts: Sequence[Drawn]) -> list[list[Drawn]]:
    """Drawings in groups whose members are near each other, directly or through others."""
    groups: list[tuple[Box, list[Drawn]]] = []
    for part in sorted(parts, key=lambda part: part.box.y0):
        box, members = part.box, [part]
        apart: list[tuple[Box, list[Drawn]]] = []
        for other, others in groups:
            if _is_near(box, other):
                box, members = _around([box, other]), others + members
            else:
                apart.append((other, others))
        groups = [*apart, (box, members)]
    return [members for _, members in groups]


def _is_large(box: Box) -> bool:
    sides = sorted((box.x1 - box.x0, box.height))
    return sides[0] >= MIN_WIDTH and sides[1] >= MIN_LENGTH


def _is_near(a: Box, b: Box) -> bool:
    across = max(a.x0, b.x0) - min(a.x1, b.x1)
    down = max(a.y0, b.y0) - min(a.y1, b.y1)
    return across <= NEAR and down <= NEAR


def _share(box: Box, other: Box) -> float:
    """The part of a box that another one covers."""
    across = min(box.x1, other.x1) - max(box.x0, other.x0)
    down = min(box.y1, other.y1) - max(box.y0, other.y0)
    area = (box.x1 - box.x0) * box.height
    return max(across, 0) * max(down, 0) / area if area else 0.0


def _holds(box: Box, line: LaidLine) -> bool:
    first = line.words[0].box
    x, y = (first.x0 + first.x1) / 2, (first.y0 + first.y1) / 2
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        round(min(box.x0 for box in boxes), 2),
        round(min(box.y0 for box in boxes), 2),
        round(max(box.x1 for box in boxes), 2),
        round(max(box.y1 for box in boxes), 2),
    )


def _on_page(box: Box, width: float, height: float) -> Box:
    """The part of a box that is on the page."""
    return Box(max(box.x0, 0), max(box.y0, 0), min(box.x1, width), min(box.y1, height))
