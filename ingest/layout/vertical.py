"""Chinese and Japanese text that is written downwards, in columns from right to left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ingest.layout.frame import Frame
from ingest.layout.glyphs import Glyph

#: Two characters are below or beside each other if their centres are nearer than this, in em.
NEXT = 1.6
#: At least so many characters of a page, and this share of its Chinese and Japanese ones, have one
#: of their kind nearer below than beside themselves.
MIN_CHARACTERS, VERTICAL_SHARE = 8, 0.6


def split_vertical(glyphs: Sequence[Glyph], frame: Frame) -> tuple[list[Glyph], list[Glyph]]:
    """Glyphs that are read from left to right, and those that are written downwards.

    The latter come turned, so that their columns are lines from top to bottom.
    """
    wide = [glyph for glyph in glyphs if _is_wide(glyph.text)]
    if len(wide) < MIN_CHARACTERS:
        return list(glyphs), []
    cells: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    size = max(glyph.size for glyph in wide) * NEXT
    for glyph in wide:
        x, y = _centre(glyph)
        cells[int(x // size), int(y // size)].append(glyph)
    down = sum(_goes_down(glyph, cells, size) for glyph in wide)
    if down < VERTICAL_SHARE * len(wide):
        return list(glyphs), []
    turned = []
    for glyph in wide:
        x, y = _centre(glyph)
        y0, baseline = y - 0.5 * glyph.size, frame.width - x + 0.35 * glyph.size
        turned.append(replace(glyph, x0=y0, x1=y0 + glyph.size, y=baseline))
    chosen = {id(glyph) for glyph in wide}
    return [glyph for glyph in glyphs if id(glyph) not in chosen], turned


def _is_wide(text: str) -> bool:
    """Whether a character is Chinese or Japanese, its punctuation included."""
    return len(text) == 1 and ("\u3000" < text <= "\u9fff" or "\uff00" <= text <= "\uffef")


def _centre(glyph: Glyph) -> tuple[float, float]:
    box = glyph.box
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def _goes_down(glyph: Glyph, cells: dict[tuple[int, int], list[Glyph]], size: float) -> bool:
    """Whether a character's nearest neighbour is above or below it rather than beside it."""
    x, y = _centre(glyph)
    column, row = int(x // size), int(y // size)
    nearest, is_down = NEXT * glyph.size, False
    for across in (column - 1, column, column + 1):
        for down in (row - 1, row, row + 1):
            for other in cells.get((across, down), ()):
                if other is glyph:
                    continue
                u, v = _centre(other)
                distance = abs(u - x) + abs(v - y)
                if distance < nearest:
                    nearest, is_down = distance, abs(v - y) > abs(u - x)
    return is_down
