"""Does a line continue the sentence, list item or table cell of the line before it?

The rules are asked in the order of `RULES`; the first one that decides counts, and where none
does a new paragraph begins. Each of them was measured with and without it on pairs of lines that
were marked by hand (`python -m benchmarks.line_joins`); docs/tuning.md holds the figures.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from ingest.text.repair import BULLETS, is_bullet
from ingest.text.sentences import FORMULA_SIGN
from ingest.types import Line, Page, Word

#: Whether a line continues the one before; None where the rule does not apply.
Rule = Callable[[Page, Line, Line], bool | None]

# Lengths are shares of a font size, the larger of the two lines' where they differ.
_SHARED_HEIGHT = 0.25  # of the lower box: two boxes on one line overlap by so much
_SIDE_GAP = 3.0  # the widest gap between two parts of one line
_FRAGMENT_LETTERS = 4  # a part of a formula or drawing has at most so many characters
_FRAGMENT_GAP = 0.3  # of the lower box: the widest gap between a formula's stacked parts
_SIZE_CHANGE = 0.12  # a larger difference in font size sets a heading apart
_LINE_GAP = 0.6  # the widest gap between the lines of one paragraph
_LINE_OVERLAP = 0.5  # how far a paragraph's next line may begin above the end of the line before
_SPACE = 0.25  # the width of a space
_STRIP = 1.0  # the narrowest white strip between two columns of a table
_FORMULA_GAP = 1.5  # the same of a formula
_OPEN = re.compile(r"\s[=+−·×∪∩∧∨≤≥≈∼∝≡⇒⇔]$")
_RELATION = re.compile(r"[=≤≥≈≡⇒⇔]\s")
_CLOSING = re.compile(r"[,;:)\]]*[.,;:)\]]")


def decide(
    page: Page, before: Line, line: Line, without: frozenset[str] = frozenset()
) -> tuple[str, bool]:
    """The name of the rule that decides, "none" for no rule, and whether the line continues.

    Args:
        page: Holds both lines.
        before: The line before.
        line: The line that continues it, or begins a paragraph.
        without: Names of rules that are not asked, to measure what they are worth.
    """
    for name, rule in RULES.items():
        if name not in without and (continues := rule(page, before, line)) is not None:
            return name, continues
    return "none", False


def _hyphen(page: Page, before: Line, line: Line) -> bool | None:
    """A word that is hyphenated at the line's end goes on: the reader put no newline there."""
    return True if before.end == line.start else None


def _code(page: Page, before: Line, line: Line) -> bool | None:
    """A line of code is a line of its own."""
    return False if before.is_code or line.is_code else None


def _table(page: Page, before: Line, line: Line) -> bool | None:
    """A table's row is a line of its own."""
    return False if before.is_row or line.is_row else None


def _left_out(page: Page, before: Line, line: Line) -> bool | None:
    """Between the two is a line that is left out, such as a footer: a span must not hold it."""
    return None if page.text[before.end : line.start] == "\n" else False


def _bullet(page: Page, before: Line, line: Line) -> bool | None:
    """A bullet or a number begins an item."""
    first = _first_word(page, line)
    return False if is_bullet(first) or first[0] in BULLETS else None


def _operator(page: Page, before: Line, line: Line) -> bool | None:
    """A formula was broken at an operator, behind it or before it."""
    first, second = page.text[before.start : before.end], page.text[line.start : line.end]
    is_broken = _OPEN.search(first) or (_RELATION.match(second) and FORMULA_SIGN.search(first))
    gap = (line.box.y0 - before.box.y1) / line.size
    return True if is_broken and -_LINE_OVERLAP <= gap <= _FORMULA_GAP else None


def _same_line(page: Page, before: Line, line: Line) -> bool | None:
    """Both are parts of one line, which an index or a formula broke."""
    near = _side_gap(before, line) <= _SIDE_GAP * max(before.size, line.size)
    return True if near and _shared_height(before, line) >= _SHARED_HEIGHT else None


def _fragment(page: Page, before: Line, line: Line) -> bool | None:
    """Both are a few characters of one formula, set above each other, as in a fraction."""
    short = max(before.end - before.start, line.end - line.start) <= _FRAGMENT_LETTERS
    stacked = _side_gap(before, line) <= 0 and _shared_height(before, line) >= -_FRAGMENT_GAP
    return True if short and stacked else None


def _closing(page: Page, before: Line, line: Line) -> bool | None:
    """It begins with a punctuation mark alone, the end of what a formula interrupted."""
    return True if _CLOSING.fullmatch(_first_word(page, line)) else None


def _size(page: Page, before: Line, line: Line) -> bool | None:
    """Another font size begins something else."""
    change = abs(before.size - line.size) / max(before.size, line.size)
    return False if change > _SIZE_CHANGE else None


def _gap(page: Page, before: Line, line: Line) -> bool | None:
    """It is further below than a paragraph's next line, or above."""
    gap = (line.box.y0 - before.box.y1) / line.size
    return None if -_LINE_OVERLAP <= gap <= _LINE_GAP else False


def _cells(page: Page, before: Line, line: Line) -> bool | None:
    """A white strip runs down through both, as between the columns of a table."""
    shared = (
        min(a[1], b[1]) - max(a[0], b[0])
        for a in _strips(page, before)
        for b in _strips(page, line)
    )
    return False if any(width > _STRIP * line.size for width in shared) else None


def _full_line(page: Page, before: Line, line: Line) -> bool | None:
    """The line before was full: this one's first word had no room in its column.

    The column reaches as far right as any line of the page that is above or below the one before.
    """
    widths = [word.box.x1 - word.box.x0 for word in _words(page, line)[:1]]
    needed = _SPACE * line.size + sum(widths)
    column = max(
        other.box.x1
        for other in page.lines
        if other.box.x0 < before.box.x1 and before.box.x0 < other.box.x1
    )
    return True if before.box.x1 + needed > column else None


RULES: Mapping[str, Rule] = {
    "hyphen": _hyphen,
    "code": _code,
    "table": _table,
    "left out": _left_out,
    "bullet": _bullet,
    "operator": _operator,
    "same line": _same_line,
    "fragment": _fragment,
    "closing": _closing,
    "size": _size,
    "gap": _gap,
    "cells": _cells,
    "full line": _full_line,
}


def _first_word(page: Page, line: Line) -> str:
    return page.text[line.start : line.end].split(maxsplit=1)[0]


def _words(page: Page, line: Line) -> Sequence[Word]:
    first, last = (
        bisect_left(page.words, end, key=lambda word: word.start) for end in (line.start, line.end)
    )
    return page.words[first:last]


def _strips(page: Page, line: Line) -> list[tuple[float, float]]:
    """The left and right ends of the spaces between a line's words, in points."""
    return [(a.box.x1, b.box.x0) for a, b in itertools.pairwise(_words(page, line))]


def _side_gap(before: Line, line: Line) -> float:
    """The horizontal distance of two boxes in points; below 0 where one is above the other."""
    return max(before.box.x0, line.box.x0) - min(before.box.x1, line.box.x1)


def _shared_height(before: Line, line: Line) -> float:
    """The overlap of two boxes' heights as a share of the lower; minus their gap where none is."""
    overlap = min(before.box.y1, line.box.y1) - max(before.box.y0, line.box.y0)
    return overlap / max(min(before.box.height, line.box.height), 1e-6)
