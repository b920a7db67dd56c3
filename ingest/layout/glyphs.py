"""Characters of a page with their places, as pdfium finds them, each once.

A glyph stands in the *upright frame* of its direction: the page turned so that its text runs from
left to right. Text that runs down a page, as on a landscape slide in a portrait sheet, is thus
read by the same rules as any other.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.layout.frame import Frame
from ingest.layout.symbols import TALL_SIGNS, is_misnamed, is_symbol_font, symbol_of
from ingest.layout.tall_signs import (
    PARTS_APART,
    is_named_part,
    text_boxes,
    whole_height,
    whole_root,
)
from ingest.types import Box

#: Two equal characters nearer than this, in em, are one character drawn twice (artificial bold,
#: or the overlapping parts in which browsers print).
SAME_PLACE = 0.12
#: Brackets of so many em and more are tall: they hold several rows.
TALL = 1.5
#: Text smaller than this many points is not for readers.
MIN_SIZE = 2.0
#: A digit whose foot is so far above its baseline, in em, is a superscript glyph of its font.
RAISED_DIGIT = 0.2
#: The same of one that is so much lower, and not so high; old figures that reach below the line are higher.
LOWERED_DIGIT, SMALL_DIGIT = 0.05, 0.55
#: A letter with points may stand so far, in em, from its line.
POINT_HEIGHT = 0.6
#: Where a letter's box is lower or higher than so many em, the font's size is not in points.
TYPE3_BOX = (0.05, 4.0)
#: Stands for a character whose meaning the file does not tell.
UNREADABLE = "\ufffd"

# Brackets and operators that are centred on the mathematical axis, a quarter em above the baseline.
_CENTRED = frozenset("()[]{}|∥⟨⟩⌊⌋⌈⌉∑∏∫∮⋃⋂⋀⋁⨁⨂")
# Braces over or under a formula, of parts that repeat: drawings rather than text.
_BRACES = frozenset("⏞⏟⎴⎵⏜⏝")
# Names of fixed-pitch fonts, whose files often do not say so.
_FIXED_PITCH = re.compile(
    r"Mono(?!type)|Courier|Consolas|Menlo|Monaco|Inconsolata|Typewriter|FiraCode|SourceCode|"
    r"(?:^|\+)(?:CMTT|CMSLTT|ECTT|SFTT|LMTT|txtt|NimbusMon)"
)
_RIGHT_TO_LEFT = frozenset({"R", "AL", "NSM"})  # classes of letters, and of their points
_FIRST_POINT = "\u0300"  # the first character of these classes
_CELL = 16.0  # points; side of the cells in which repeated characters are looked for
_LIGATURE = 3  # the letters of one ligature follow one another and share its place
_HYPHENS = {"\x02": "-", "\ufffe": "-", "\u00ad": "-", "\u2010": "-", "\u2011": "-"}
_BLANKS = frozenset(" \t\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000")


class Font(NamedTuple):
    """What a text object tells of its glyphs: font, size in points, and how it is drawn.

    `direction` is the quarter turns, clockwise, of the text's baseline on the page as shown; None
    for oblique text. `invisible` text has render mode 3 or is wholly transparent; `uncertain` text
    is part of a layer, or only a mask for what is drawn after it; `fill` is the colour, red, green,
    blue from 0 to 255; `address` names the text object, `handle` its font; `has_symbols` if the codes of
    its font have a table of their own.
    """

    name: str
    size: float
    bold: bool
    fixed_pitch: bool
    direction: int | None
    invisible: bool
    fill: tuple[int, int, int]
    uncertain: bool = False
    address: int = 0
    has_symbols: bool = False
    handle: int = 0


@dataclass(slots=True)
class Glyph:
    """A character in its upright frame.

    `x0` and `x1` are where its advance begins and ends, `y` is its baseline, `size` the font
    size, all in points; `box` is its place on the page as shown; `order` counts the file's
    characters from 0; `code` is its code in the font where the file has no Unicode for it.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    font: Font
    box: Box
    order: int
    code: int | None = None

    @property
    def is_blank(self) -> bool:
        """Whether it only moves the pen."""
        return self.text in _BLANKS


def read_glyphs(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage, frame: Frame) -> list[Glyph]:
    """All characters of a page, in the file's order; oblique text stands in the page's own frame."""
    raw = textpage.raw
    unicode_of, origin_of = pdfium_c.FPDFText_GetUnicode, pdfium_c.FPDFText_GetCharOrigin
    loose_box, object_of = pdfium_c.FPDFText_GetLooseCharBox, pdfium_c.FPDFText_GetTextObject
    is_unmapped = pdfium_c.FPDFText_HasUnicodeMapError
    rect, x, y = pdfium_c.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    tight_box = pdfium_c.FPDFText_GetCharBox
    edges = [ctypes.c_double() for _ in range(4)]  # left, right, bottom, top
    edges_at = [ctypes.byref(edge) for edge in edges]
    x_at, y_at, box_at = ctypes.byref(x), ctypes.byref(y), ctypes.byref(rect)
    fonts: dict[int, Font] = {}
    gaps: dict[tuple[int, int], bool] = {}  # by font and code: whether it has no Unicode
    glyphs: list[Glyph] = []
    signs: dict[tuple[int, float, float], Glyph] = {}  # right to left, by text object and pen
    parts: list[Box] = []  # of tall signs
    brackets: list[Glyph] = []
    high, origin = "", (0.0, 0.0)
    for position in range(textpage.count_chars()):
        code = unicode_of(raw, position)
        text = chr(code) if code <= 0x10FFFF else ""
        if "\ud800" <= text <= "\udbff":  # pdfium counts UTF-16 units: the first half of a letter
            high = text
            continue
        if high:
            text = (high + text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            high = ""
        drawn = object_of(raw, position)
        if not drawn or not text:  # a blank or line end that pdfium made up
            continue
        key = ctypes.addressof(drawn.contents)
        font = fonts.get(key)
        if font is None:
            font = fonts[key] = _font(raw, position, drawn, frame)
        lacks_unicode = gaps.get((font.handle, code))
        if lacks_unicode is None:
            is_code = font.has_symbols and text < " "  # pdfium reports no fault for the code 0
            lacks_unicode = is_code or is_unmapped(raw, position) == 1 or is_misnamed(font.name)
            gaps[font.handle, code] = lacks_unicode
        if text in "\r\n" and not lacks_unicode:
            continue
        origin_of(raw, position, x_at, y_at)
        loose_box(raw, position, box_at)
        box = frame.box(rect.left, rect.bottom, rect.right, rect.top)
        direction = font.direction or 0
        along = box.height if direction % 2 else box.x1 - box.x0
        across = box.x1 - box.x0 if direction % 2 else box.height
        size = font.size
        is_narrow = text == " " and font.fixed_pitch and along < 0.01 * size
        if is_narrow and glyphs and box.x0 > glyphs[-1].x1 + 0.01 * size:
            continue  # pdfium made it up from a gap
        if not TYPE3_BOX[0] * size <= across <= TYPE3_BOX[1] * size and text.isalnum():
            size = across / 1.2  # a Type 3 font may count in units of its own
            font = fonts[key] = font._replace(size=size)
        u, v = frame.shown(x.value, y.value)
        if direction:
            u, v = frame.upright(u, v, direction)
        ligature, origin = (u, v) == origin, (u, v)
        if ligature:  # a further letter of it has a box of its own
            starts = (box.x0, box.y0, frame.width - box.x1, frame.height - box.y1)
            u = max(u, starts[direction])
        if direction == 0 and is_right_to_left(text):
            sign = signs.get((key, *origin))
            if sign is not None and (is_mark(text) or is_mark(sign.text)):
                sign.text = sign.text + text if is_mark(text) else text + sign.text
                sign.x0, sign.x1 = min(sign.x0, box.x0), max(sign.x1, box.x1)
                continue
            glyph = Glyph(text, box.x0, box.x1, v, size, font, box, position)
            glyphs.append(glyph)
            if sign is None or glyph.x0 < sign.x0:  # points belong to the last letter
                signs[key, *origin] = glyph
            continue
        if not lacks_unicode:
            text = _HYPHENS.get(text, text)
        if "\ue000" <= text <= "\uf0ff" or ((font.has_symbols or text < " ") and lacks_unicode):
            text = symbol_of(font.name, text, unmapped=True)
        if text < " ":
            if not text:  # a part of a tall sign
                tight_box(raw, position, *edges_at)
                parts.append(frame.box(*(edges[side].value for side in (0, 2, 1, 3))))
                continue
            text = UNREADABLE
        if text in _BRACES:
            continue
        is_tall = False
        if text in _CENTRED:  # fonts of tall signs hang them from their baseline
            tight_box(raw, position, *edges_at)
            height = edges[3].value - edges[2].value
            is_tall = direction == 0 and (height > TALL * size or is_named_part(drawn))
            if is_tall:
                box = frame.box(*(edges[side].value for side in (0, 2, 1, 3)))
            middle = (edges[2].value + edges[3].value) / 2
            _, axis = frame.upright(*frame.shown(x.value, middle), direction)
            if abs(axis + 0.25 * size - v) > 0.15 * size:
                v = axis + 0.25 * size
        elif text == "√" and direction == 0:
            tight_box(raw, position, *edges_at)
            box = frame.box(*(edges[side].value for side in (0, 2, 1, 3)))
        elif is_mark(text) and direction == 0:  # it may be drawn before its pen's place
            tight_box(raw, position, *edges_at)
            box = frame.box(*(edges[side].value for side in (0, 2, 1, 3)))
            u, along = box.x0, box.x1 - box.x0
        elif text.isdigit() and glyphs and _may_carry_mark(glyphs[-1], u):
            tight_box(raw, position, *edges_at)
            _, foot = frame.upright(*frame.shown(edges[0].value, edges[2].value), direction)
            if v - foot > RAISED_DIGIT * size and direction == 0:  # a superscript of the font's own
                v, size = v - 0.35 * size, 0.6 * size
            elif foot - v > LOWERED_DIGIT * size and direction == 0:
                height = edges[3].value - edges[2].value
                if height < SMALL_DIGIT * size:  # an index of the font's own
                    v, size = v + 0.2 * size, 0.65 * size
        glyphs.append(
            Glyph(text, u, u + along, v, size, font, box, position, code if lacks_unicode else None)
        )
        if is_tall:
            brackets.append(glyphs[-1])
    _level_pointed_letters(glyphs)
    glyphs = with_whole_bars(glyphs)
    for glyph in glyphs if parts else ():
        if glyph.text == "√":
            glyph.box = whole_root(glyph.box, parts)
    if brackets:
        _complete_brackets(page, brackets, parts, frame)
    return glyphs


def _complete_brackets(
    page: pdfium.PdfPage, brackets: Sequence[Glyph], parts: Sequence[Box], frame: Frame
) -> None:
    """Give the brackets that are built from parts their whole height, and put them on their axis."""
    parts = [*parts, *text_boxes(page, [glyph.box for glyph in brackets], frame)]
    for glyph in brackets:
        box = whole_height(glyph.box, parts)
        if box.height > glyph.box.height + 0.2 * glyph.size:
            glyph.box = box
            glyph.y = (box.y0 + box.y1) / 2 + 0.25 * glyph.size


def with_whole_bars(glyphs: list[Glyph]) -> list[Glyph]:
    """The glyphs, bars that are drawn as parts below each other joined, as that of a set's condition."""
    bars = [g for g in glyphs if g.text in "|∥" and TALL_SIGNS.search(g.font.name)]
    bars.sort(key=lambda glyph: glyph.box.y0)
    gone: set[int] = set()
    for bar in bars:
        for part in bars if id(bar) not in gone else ():
            is_below = bar.box.y0 < part.box.y0 <= bar.box.y1 + PARTS_APART
            if part is not bar and is_below and abs(part.x0 - bar.x0) < SAME_PLACE * bar.size:
                bar.box = bar.box.union(part.box)
                bar.y = (bar.box.y0 + bar.box.y1) / 2 + 0.25 * bar.size
                gone.add(id(part))
    return [glyph for glyph in glyphs if id(glyph) not in gone]


def _level_pointed_letters(glyphs: Sequence[Glyph]) -> None:
    """Put right-to-left letters that stand at the height of their points on their line.

    Browsers give the text of a letter and its points to the glyph of the first point.
    """
    letters = [g for g in glyphs if is_right_to_left(g.text)]
    pointed = [g for g in letters if any(map(is_mark, g.text))]
    plain = [g for g in letters if not any(map(is_mark, g.text))]
    for glyph in pointed if plain else ():
        near = min(plain, key=lambda g: abs(g.y - glyph.y) + 0.1 * abs(g.x0 - glyph.x0))
        if abs(near.y - glyph.y) < POINT_HEIGHT * glyph.size:
            glyph.y = near.y


def is_right_to_left(text: str) -> bool:
    """Whether a text begins with a letter, or a letter's point, of Hebrew, Arabic or the like."""
    return text >= _FIRST_POINT and unicodedata.bidirectional(text[0]) in _RIGHT_TO_LEFT


def is_mark(text: str) -> bool:
    """Whether a character is a mark over or under another one, such as a hat, an arrow or a vowel point."""
    return text > "\u02ff" and unicodedata.combining(text[0]) > 0


def _may_carry_mark(glyph: Glyph, x: float) -> bool:
    """Whether a footnote's mark may follow a character directly."""
    return (glyph.text.isalnum() or glyph.text in '.,;:!?)”’"') and abs(
        x - glyph.x1
    ) < 0.3 * glyph.size


def _font(raw: object, position: int, drawn: object, frame: Frame) -> Font:
    """What a character's text object tells."""
    name, flags = ctypes.create_string_buffer(256), ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(raw, position, name, 256, flags)
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFText_GetMatrix(raw, position, matrix)
    size = pdfium_c.FPDFText_GetFontSize(raw, position) * math.hypot(matrix.c, matrix.d)
    along = (frame.a * matrix.a + frame.c * matrix.b, frame.b * matrix.a + frame.d * matrix.b)
    turns = math.degrees(math.atan2(along[1], along[0])) / 90
    direction = round(turns) % 4 if abs(turns - round(turns)) < 0.1 else None
    colour = [ctypes.c_uint() for _ in range(4)]
    pdfium_c.FPDFText_GetFillColor(raw, position, *colour)
    red, green, blue, alpha = (channel.value for channel in colour)
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(drawn)
    weight = pdfium_c.FPDFText_GetFontWeight(raw, position)
    named = name.value.decode("utf-8", "replace")
    return Font(
        named,
        size,
        weight >= 600,
        bool(flags.value & 1) or bool(_FIXED_PITCH.search(named)),
        direction,
        mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE or alpha == 0,
        (red, green, blue),
        mode == pdfium_c.FPDF_TEXTRENDERMODE_CLIP or _is_on_layer(drawn),
        _address(drawn),
        is_symbol_font(named),
        _address(pdfium_c.FPDFTextObj_GetFont(drawn)),
    )


def _address(pointer: object) -> int:
    """Where what a pointer points to lies; 0 for none."""
    return ctypes.addressof(pointer.contents) if pointer else 0  # type: ignore[attr-defined]


def _is_on_layer(drawn: object) -> bool:
    """Whether an object belongs to optional content, which a reader may have switched off."""
    for number in range(pdfium_c.FPDFPageObj_CountMarks(drawn)):
        mark = pdfium_c.FPDFPageObj_GetMark(drawn, number)
        name, length = (ctypes.c_ushort * 8)(), ctypes.c_ulong()
        pdfium_c.FPDFPageObjMark_GetName(mark, name, 16, length)
        if name[:3] == [79, 67, 0]:  # "OC"
            return True
    return False


def drop_doubles(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The glyphs without those that repeat an earlier one at (nearly) the same place."""
    cells: dict[tuple[str, float, float], list[Glyph]] = {}
    single: list[Glyph] = []
    for glyph in glyphs:
        text = glyph.text
        if text in _BLANKS:
            single.append(glyph)
            continue
        x0, y, reach = glyph.x0, glyph.y, SAME_PLACE * glyph.size
        left, right = (x0 - reach) // _CELL, (x0 + reach) // _CELL
        top, bottom = (y - reach) // _CELL, (y + reach) // _CELL
        columns = (left,) if left == right else _steps(left, right)
        rows = (top,) if top == bottom else _steps(top, bottom)
        near = [cells[at] for u in columns for v in rows if (at := (text, u, v)) in cells]
        if near and any(_is_double(glyph, other, reach) for cell in near for other in cell):
            continue
        cells.setdefault((text, x0 // _CELL, y // _CELL), []).append(glyph)
        single.append(glyph)
    return single


def _is_double(glyph: Glyph, other: Glyph, reach: float) -> bool:
    """Whether a glyph repeats an earlier one of the same letter within a reach in points."""
    return (
        abs(other.x0 - glyph.x0) < reach
        and abs(other.y - glyph.y) < reach
        and abs(other.size - glyph.size) < 0.1 * glyph.size
        and glyph.order - other.order > _LIGATURE
    )


def _steps(first: float, last: float) -> Sequence[float]:
    """The whole numbers from one to another."""
    return [first + step for step in range(int(last - first) + 1)]
