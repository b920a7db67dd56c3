"""Which characters of a page a reader sees, and which have a meaning.

Text may be invisible (render mode 3, wholly transparent, as white as the page, covered by a box, on
a layer that is switched off), off the page, or tiny. What is suspicious is looked for on the drawn
page: where no ink is, there is no text. Text behind the picture of a scan stays: it says what the
picture shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pypdfium2 as pdfium

from ingest.layout.drawings import Drawings, address_of, painting_order
from ingest.layout.frame import Frame
from ingest.layout.glyphs import MIN_SIZE, UNREADABLE, Glyph
from ingest.recognition import drawing_scale
from ingest.text.detect import language_of
from ingest.types import Box

#: A colour is as good as white where each of its channels, of 255, is at least so large.
WHITE = 245
#: Where the greys of a character's box differ by less, of 255, it leaves no ink.
NO_INK = 20
#: Pixels a point at which suspicious characters are looked for.
SCALE = 2.0
#: A font's characters are unreadable where so many of them, as a share, have no meaning.
UNREADABLE_SHARE = 0.3
#: Letters whose frequencies differ more from those of English and German, as a cosine, say nothing.
ODD_LETTERS = 0.7
#: So many letters, and so many different ones, are needed to judge their frequencies: sequences of
#: bases and tables of codes have few.
MIN_LETTERS, MIN_ALPHABET = 150, 12

# Letters in percent. Source: H. Beker and F. Piper, Cipher Systems (1982), appendix, for English;
# A. Beutelspacher, Kryptologie (1987), chapter 1, for German.
_ENGLISH = (
    8.2, 1.5, 2.8, 4.3, 12.7, 2.2, 2.0, 6.1, 7.0, 0.2, 0.8, 4.0, 2.4,
    6.7, 7.5, 1.9, 0.1, 6.0, 6.3, 9.1, 2.8, 1.0, 2.4, 0.2, 2.0, 0.1,
)  # fmt: skip
_GERMAN = (
    6.5, 1.9, 3.1, 5.1, 17.4, 1.7, 3.0, 4.8, 7.6, 0.3, 1.2, 3.4, 2.5,
    9.8, 2.5, 0.8, 0.02, 7.0, 7.3, 6.2, 4.4, 0.7, 1.9, 0.03, 0.04, 1.1,
)  # fmt: skip


def visible_glyphs(
    page: pdfium.PdfPage,
    glyphs: Sequence[Glyph],
    drawings: Drawings,
    frame: Frame,
    *,
    forms_may_be_off: bool = False,
) -> list[Glyph]:
    """The glyphs that a reader sees on a page.

    Args:
        page: An open page.
        glyphs: Its characters.
        drawings: What else it draws.
        frame: Its frame.
        forms_may_be_off: Whether the text of its forms is looked for on the drawn page.
    """
    right, bottom = 2 * frame.width + 2, 2 * frame.height + 2
    readable = [
        g
        for g in glyphs
        if g.size >= MIN_SIZE  # and its middle is on the page as it is shown
        and -2 <= g.box.x0 + g.box.x1 <= right
        and -2 <= g.box.y0 + g.box.y1 <= bottom
    ]
    if any(glyph.font.invisible for glyph in readable):
        behind_picture = _inside(readable, drawings.pictures)
        readable = [
            g
            for g, is_behind in zip(readable, behind_picture, strict=True)
            if is_behind or not g.font.invisible
        ]
    letters = [glyph for glyph in readable if not glyph.is_blank]
    suspicious = [glyph for glyph in letters if glyph.font.uncertain]
    suspicious += _white([glyph for glyph in letters if not glyph.font.uncertain], drawings)
    suspicious += _covered(page, letters, drawings)
    if forms_may_be_off:
        outside = {address_of(drawn.raw) for drawn in page.get_objects(max_depth=1)}
        suspicious += [glyph for glyph in letters if glyph.font.address not in outside]
    if not suspicious:
        return readable
    scale = drawing_scale(SCALE, frame.width, frame.height)
    grey = np.asarray(page.render(scale=scale).to_pil().convert("L")).astype(np.int16)
    objects: dict[int, list[Glyph]] = defaultdict(list)
    for glyph in suspicious:
        objects[id(glyph.font)].append(glyph)
    hidden: set[int] = set()
    for group in objects.values():
        without = [glyph for glyph in group if not _has_ink(grey, glyph.box, scale)]
        if len(without) > 0.5 * len(group):
            hidden.update(id(glyph) for glyph in group)
    return [glyph for glyph in readable if id(glyph) not in hidden]


def _middles(glyphs: Sequence[Glyph]) -> tuple[np.ndarray, np.ndarray]:
    """The middles of glyphs on the page: x and y, (glyphs,) each."""
    x = np.array([glyph.box.x0 + glyph.box.x1 for glyph in glyphs]) / 2
    y = np.array([glyph.box.y0 + glyph.box.y1 for glyph in glyphs]) / 2
    return x, y


def _holds(box: Box, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points a box holds, its edges included."""
    return (box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)


def _inside(glyphs: Sequence[Glyph], boxes: Sequence[Box]) -> np.ndarray:
    """Which glyphs' middles lie in a box, (glyphs,)."""
    x, y = _middles(glyphs)
    inside = np.zeros(len(glyphs), dtype=bool)
    for box in boxes:
        inside |= _holds(box, x, y)
    return inside


def _white(glyphs: Sequence[Glyph], drawings: Drawings) -> list[Glyph]:
    """White characters with nothing behind them."""
    white = [glyph for glyph in glyphs if min(glyph.font.fill) >= WHITE]
    if not white:
        return []
    dark = [box for box, colour, _ in drawings.areas if min(colour) < WHITE]
    held = _inside(white, [*dark, *drawings.pictures])
    return [glyph for glyph, is_held in zip(white, held, strict=True) if not is_held]


def _covered(page: pdfium.PdfPage, glyphs: Sequence[Glyph], drawings: Drawings) -> list[Glyph]:
    """Characters over which an area is filled later."""
    held = _inside(glyphs, [box for box, _, _ in drawings.areas])
    inside = [glyph for glyph, is_held in zip(glyphs, held, strict=True) if is_held]
    if not inside:
        return []
    order = painting_order(page)
    places = np.array([order.get(glyph.font.address, 1 << 30) for glyph in inside])
    last = np.full(len(inside), -1)  # place of the last area over each
    x, y = _middles(inside)
    for box, _, address in drawings.areas:
        np.maximum(last, order.get(address, 0), out=last, where=_holds(box, x, y))
    return [glyph for glyph, is_covered in zip(inside, last > places, strict=True) if is_covered]


def _has_ink(grey: np.ndarray, box: Box, scale: float) -> bool:
    """Whether something is drawn inside a character's box, its upper and lower edge aside."""
    edge = 0.15 * box.height
    top, bottom = int((box.y0 + edge) * scale), int((box.y1 - edge) * scale) + 1
    left, right = int(box.x0 * scale), int(box.x1 * scale) + 1
    part = grey[max(0, top) : bottom, max(0, left) : right]
    return bool(part.size) and int(part.max()) - int(part.min()) >= NO_INK


def readable_glyphs(glyphs: Sequence[Glyph]) -> tuple[list[Glyph], bool]:
    """The glyphs whose letters mean something, and whether many do not."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for glyph in glyphs:
        if not glyph.is_blank:
            counts[glyph.font.name][0] += 1
            counts[glyph.font.name][1] += glyph.text == UNREADABLE
    bad = {name for name, (total, lost) in counts.items() if lost > UNREADABLE_SHARE * total}
    lost = sum(counts[name][0] for name in bad)
    readable = [g for g in glyphs if g.font.name not in bad and g.text != UNREADABLE]
    if _is_odd(readable):
        return [], True
    return readable, lost > max(7, 0.1 * sum(total for total, _ in counts.values()))


def _is_odd(glyphs: Sequence[Glyph]) -> bool:
    """Whether the letters of a page's prose have frequencies of no language, as if enciphered."""
    prose = "".join(glyph.text for glyph in glyphs if not glyph.font.fixed_pitch).lower()
    counts = np.array([prose.count(chr(97 + k)) for k in range(26)], dtype=np.float64)
    if counts.sum() < max(MIN_LETTERS, 0.5 * len(prose.replace(" ", ""))):
        return False
    if np.count_nonzero(counts) < MIN_ALPHABET:
        return False
    usual = [np.array(_ENGLISH), np.array(_GERMAN)]
    likeness = max(
        counts @ letters / np.linalg.norm(counts) / np.linalg.norm(letters) for letters in usual
    )
    return bool(likeness < ODD_LETTERS) and not language_of(prose)
