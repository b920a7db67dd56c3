"""What a page draws beside its text: lines, pictures and shapes."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.layout.frame import Frame
from ingest.layout.segments import Rule, Upright
from ingest.layout.tall_signs import DrawnSign, drawn_sign
from ingest.types import Box

#: A drawn line is thinner than this, in points; pdfium's bounds of a 1 pt line measure 2.
RULE_THICKNESS = 2.6
#: A shape of the size of a letter has sides of at most so many points.
SIGN_SIZE = 40.0
#: A mark, such as a bullet, has sides of so many points.
LEAST_MARK, MARK_SIZE = 1.5, 24.0
#: A box that may hold a line of text is wider and higher, in points.
BOX_WIDTH, BOX_HEIGHT = 24.0, 12.0

_MAX_OBJECTS = 20_000  # of a page; a drawing with more has no fraction bars worth the time
_MAX_PARTS = 2000  # that are looked at for figures
_MAX_SHAPES = 64  # that are looked at for the frames of a handout's slides
_MAX_BOXES = 120  # that are looked at for cards and the nodes of a diagram
_KINDS = (pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_FORM)


@dataclass(slots=True)
class Drawn:
    """A path or a picture, or a form with all that is in it; `paths` counts its lines and shapes."""

    box: Box
    paths: int = 0
    has_picture: bool = False


@dataclass(slots=True)
class Drawings:
    """Thin horizontal and vertical lines, pictures, large shapes, and areas that are filled with a colour.

    `boxes` are shapes in which a line of text has room; `parts` are all of them that may belong to a figure; `signs` are shapes of the size of letters, as
    those of formulas that are drawn as outlines; `marks` are pictures and shapes that may be bullets; `tall_signs` are roots and brackets; `areas` holds each area's box, its colour, red, green, blue from 0 to 255, and the address of its
    object.
    """

    rules: list[Rule] = field(default_factory=list)
    uprights: list[Upright] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    shapes: list[Box] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    parts: list[Drawn] = field(default_factory=list)
    signs: list[Box] = field(default_factory=list)
    marks: list[Box] = field(default_factory=list)
    tall_signs: list[DrawnSign] = field(default_factory=list)
    areas: list[tuple[Box, tuple[int, int, int], int]] = field(default_factory=list)


def read_drawings(page: pdfium.PdfPage, frame: Frame) -> Drawings:
    """A page's drawings; those of a page with very many objects are left out, but for pictures."""
    drawings = Drawings()
    forms: dict[int, Drawn] = {}
    for number, drawn in enumerate(page.get_objects(_KINDS, max_depth=4)):
        if number > _MAX_OBJECTS:
            return Drawings(pictures=drawings.pictures)
        try:
            box = frame.box(*drawn.get_bounds())
        except pdfium.PdfiumError:  # an empty path has no bounds
            continue
        if drawn.type == pdfium_c.FPDF_PAGEOBJ_PATH and drawn.container is None:
            sign = drawn_sign(drawn, box, frame)
            if sign is not None:
                box = Box(box.x0, box.y0, sign.end, box.y1)
                if sign in drawings.tall_signs:
                    continue
                drawings.tall_signs.append(sign)
                drawings.rules += [Rule(sign.box.x1, sign.end, box.y0)] if sign.text == "√" else []
                _add_part(drawings.parts, forms, drawn, box, frame)
                continue
        width = box.x1 - box.x0
        is_large = width > 0.15 * frame.width and box.height > 0.1 * frame.height
        has_room = width > BOX_WIDTH and box.height > BOX_HEIGHT
        if has_room and len(drawings.boxes) < _MAX_BOXES and not _is_stroke(drawn):
            drawings.boxes.append(box)
        if is_large and len(drawings.shapes) < _MAX_SHAPES:
            drawings.shapes.append(box)
        if drawn.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            drawings.pictures.append(box)
        if max(width, box.height) <= MARK_SIZE and min(width, box.height) >= LEAST_MARK:
            drawings.marks.append(box)
        _add_part(drawings.parts, forms, drawn, box, frame)
        if drawn.type in (pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_FORM):
            continue
        if min(width, box.height) > RULE_THICKNESS and max(width, box.height) <= SIGN_SIZE:
            drawings.signs.append(box)
        if box.height <= RULE_THICKNESS:
            if width > 2:
                drawings.rules.append(Rule(box.x0, box.x1, (box.y0 + box.y1) / 2))
        elif width <= RULE_THICKNESS:
            drawings.uprights.append(Upright((box.x0 + box.x1) / 2, box.y0, box.y1))
        elif width > 4 and box.height > 4 and (colour := _fill(drawn.raw)) is not None:
            drawings.areas.append((box, colour, address_of(drawn.raw)))
    return drawings


def _is_stroke(drawn: pdfium.PdfObject) -> bool:
    """Whether an object is a straight line from one point to another."""
    is_path = drawn.type == pdfium_c.FPDF_PAGEOBJ_PATH
    return is_path and pdfium_c.FPDFPath_CountSegments(drawn.raw) <= 2


def _add_part(
    parts: list[Drawn], forms: dict[int, Drawn], drawn: pdfium.PdfObject, box: Box, frame: Frame
) -> None:
    """Add a drawn object to the parts of figures.

    What is in a form counts with the form, since pdfium does not say where on the page it is; but a
    form that fills the page is only what the page was wrapped in.

    Args:
        parts: Of the page so far.
        forms: Those of the parts that are forms, by `id` of pdfium's object.
        drawn: The object.
        box: Its place.
        frame: The page's.
    """
    outer = forms.get(id(drawn.container)) if drawn.container is not None else None
    is_form = drawn.type == pdfium_c.FPDF_PAGEOBJ_FORM
    is_wide, is_high = box.x1 - box.x0 > 0.85 * frame.width, box.height > 0.85 * frame.height
    if outer is None and is_form and is_wide and is_high:
        return
    if outer is None and len(parts) < _MAX_PARTS:
        outer = Drawn(box)
        parts.append(outer)
    if outer is None:
        return
    if is_form:
        forms[id(drawn)] = outer
    outer.paths += drawn.type == pdfium_c.FPDF_PAGEOBJ_PATH
    outer.has_picture |= drawn.type == pdfium_c.FPDF_PAGEOBJ_IMAGE


def address_of(drawn: object) -> int:
    """Where pdfium keeps a page object, which names it."""
    return ctypes.addressof(drawn.contents)  # type: ignore[attr-defined]


def painting_order(page: pdfium.PdfPage) -> dict[int, int]:
    """The place of each page object, by its address, in the order in which they are drawn."""
    objects = page.get_objects(max_depth=4)
    return {address_of(drawn.raw): place for place, drawn in enumerate(objects)}


def _fill(path: object) -> tuple[int, int, int] | None:
    """The colour with which a path is filled; None where it is not, or is partly transparent."""
    mode, stroked = ctypes.c_int(), ctypes.c_int()
    if not pdfium_c.FPDFPath_GetDrawMode(path, mode, stroked) or not mode.value:
        return None
    colour = [ctypes.c_uint() for _ in range(4)]
    if not pdfium_c.FPDFPageObj_GetFillColor(path, *colour):
        return None
    red, green, blue, alpha = (channel.value for channel in colour)
    return (red, green, blue) if alpha == 255 else None
