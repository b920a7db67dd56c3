"""Large figures in a row, each over its label, as slides show numbers, and years over what happened then."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.layout.order import Row
from ingest.layout.segments import Segment

#: A figure is at least so many times as large as its label.
LARGE = 1.8
#: A figure is one to so many words long.
FIGURE_WORDS = 3
#: The first line of a label is at most so many em of the figure below it, the others of its own size.
NEAR = 1.2
NEXT_LINE = 2.0
#: The first line of a year's text is at most so many em of the year below it; there are so many years at least.
NEAR_YEAR, MIN_YEARS = 4.0, 3

_YEAR = re.compile(r"(?:ca\. ?|c\. ?)?[12]\d{3}s?(?: ?[–-] ?(?:[12]\d{3}|\d{2})?)?")
_WORD = re.compile(r"[^\W\d_]{2}")


def labels_with_figures(rows: Sequence[Row]) -> list[Row]:
    """Rows in reading order, with each label behind its large figure."""
    result: list[Row] = []
    position = 0
    while position < len(rows):
        row = rows[position]
        labels = _labels_below(rows, position)
        if not labels:
            result.append(row)
            position += 1
            continue
        for column, figure in enumerate(row.segments):
            result.append(Row((figure,), row.block))
            result += [Row((line[column],), row.block) for line in labels if column in line]
        position += 1 + len(labels)
    return result


def _labels_below(rows: Sequence[Row], position: int) -> list[dict[int, Segment]]:
    """The lines of labels below a row of large figures: a segment for each figure that it belongs to."""
    figures = rows[position].segments
    if len(figures) < 2 or any(len(s.text.split()) > FIGURE_WORDS for s in figures):
        return []
    are_years = len(figures) >= MIN_YEARS and all(_YEAR.fullmatch(s.text) for s in figures)
    near = NEAR_YEAR if are_years else NEAR
    lines: list[dict[int, Segment]] = []
    above = figures[0].y
    for row in rows[position + 1 :]:
        line: dict[int, Segment] = {}
        for segment in row.segments:
            columns = [
                k
                for k, figure in enumerate(figures)
                if segment.x0 < figure.x1 and segment.x1 > figure.x0
            ]
            is_small = all(LARGE * segment.size <= figure.size for figure in figures)
            is_label = bool(_WORD.search(segment.text)) if are_years else is_small
            if len(columns) != 1 or columns[0] in line or not is_label:
                return lines if lines and len(lines[0]) == len(figures) else []
            line[columns[0]] = segment
        size = row.segments[0].size
        reach = NEXT_LINE * size if lines else near * figures[0].size
        if row.block != rows[position].block or row.segments[0].y - above > reach:
            break
        lines.append(line)
        above = row.segments[0].y
    return lines if lines and len(lines[0]) == len(figures) else []
