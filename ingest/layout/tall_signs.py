"""Brackets and roots that reach over several rows: their whole height, and those drawn as shapes.

Programs for formulas build a tall bracket from parts, of which a file names one at most; web pages
draw roots and tall brackets as paths. Both become one glyph each, with the box of all of it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.layout.frame import Frame
from ingest.types import Box

#: A bracket drawn as a shape is at least so many points high, and so many times as high as wide.
DRAWN_HEIGHT, DRAWN_ASPECT = 22.0, 3.5
#: Its outline has so many points; that of a root has more than the first number.
OUTLINE = (10, 120)
#: Parts of one bracket overlap, or are apart by at most so many points; so many parts are looked at.
PARTS_APART, MAX_PARTS = 4.0, 2000
#: The stem of a root that is built from parts begins at the end of its hook, within this share of the hook's width.
ROOT_APART = 0.25
#: The bar of a root is at the top of its box, within this share of its height.
BAR_HEIGHT = 0.12


@dataclass(frozen=True, slots=True)
class DrawnSign:
    """A sign drawn as a shape: a bracket or `√`, its box, and where the bar of a root ends."""

    text: str
    box: Box
    end: float


def whole_height(box: Box, parts: Iterable[Box]) -> Box:
    """The box of a bracket with the parts above and below it, one touching the next."""
    width = max(box.x1 - box.x0, 1.0)
    near = [
        part
        for part in parts
        if min(part.x1, box.x1) - max(part.x0, box.x0) > 0.3 * min(width, part.x1 - part.x0)
        and part.x1 - part.x0 < 2 * width
    ]
    top, bottom = box.y0, box.y1
    for part in sorted(near, key=lambda part: part.y0):
        if part.y0 <= bottom + PARTS_APART and part.y1 > bottom:
            bottom = part.y1
    for part in sorted(near, key=lambda part: -part.y1):
        if part.y1 >= top - PARTS_APART and part.y0 < top:
            top = part.y0
    return Box(box.x0, top, box.x1, bottom)


def whole_root(box: Box, parts: Iterable[Box]) -> Box:
    """The box of a root's sign with the parts above it, of which the last one ends where its bar begins."""
    top, end = box.y0, box.x1
    for part in sorted(parts, key=lambda part: -part.y1):
        starts = abs(part.x0 - box.x1) < ROOT_APART * (box.x1 - box.x0)
        if starts and part.y1 >= top - PARTS_APART and part.y0 < top:
            top, end = part.y0, max(end, part.x1)
    return Box(box.x0, top, end, box.y1)


def is_named_part(drawn: object) -> bool:
    """Whether a text object is a part of a sign that the file names once for all of its parts."""
    for number in range(pdfium_c.FPDFPageObj_CountMarks(drawn)):
        mark = pdfium_c.FPDFPageObj_GetMark(drawn, number)
        if pdfium_c.FPDFPageObjMark_GetParamValueType(mark, b"ActualText"):
            return True
    return False


def text_boxes(page: pdfium.PdfPage, boxes: Sequence[Box], frame: Frame) -> list[Box]:
    """Where the text objects are that may be parts of brackets: narrow ones in a bracket's column.

    Args:
        page: An open page.
        boxes: Of brackets.
        frame: The page's.
    """
    result: list[Box] = []
    for drawn in page.get_objects((pdfium_c.FPDF_PAGEOBJ_TEXT,), max_depth=1):
        try:
            box = frame.box(*drawn.get_bounds())
        except pdfium.PdfiumError:
            continue
        if any(box.x0 < other.x1 and other.x0 < box.x1 for other in boxes):
            result.append(box)
            if len(result) == MAX_PARTS:
                break
    return result


def drawn_sign(path: pdfium.PdfObject, box: Box, frame: Frame) -> DrawnSign | None:
    """The root or bracket that a path shows; None for other paths.

    Args:
        path: Not within a form.
        box: Its bounds on the page.
        frame: The page's.
    """
    count = pdfium_c.FPDFPath_CountSegments(path.raw)
    if not OUTLINE[0] <= count <= OUTLINE[1]:
        return None
    width = frame.width
    if box.x1 > width and 5 < box.height < 0.5 * width:
        clip = _clip_box(path, frame)
        return _root(_points(path, count, frame), box, clip) if clip is not None else None
    if box.height >= max(DRAWN_HEIGHT, DRAWN_ASPECT * (box.x1 - box.x0)):
        return _bracket(_points(path, count, frame), box)
    return None


def _points(path: pdfium.PdfObject, count: int, frame: Frame) -> list[tuple[float, float]]:
    """The points of an outline, on the page."""
    matrix = path.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    points = []
    for number in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(path.raw, number)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        points.append(frame.shown(*matrix.on_point(x.value, y.value)))
    return points


def _clip_box(path: pdfium.PdfObject, frame: Frame) -> Box | None:
    """The smallest box around the first area to which a path is cut; None where it is not."""
    clip = pdfium_c.FPDFPageObj_GetClipPath(path.raw)
    if not clip or pdfium_c.FPDFClipPath_CountPaths(clip) < 1:
        return None
    x, y = ctypes.c_float(), ctypes.c_float()
    places = []
    for number in range(min(pdfium_c.FPDFClipPath_CountPathSegments(clip, 0), OUTLINE[1])):
        segment = pdfium_c.FPDFClipPath_GetPathSegment(clip, 0, number)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        places.append(frame.shown(x.value, y.value))
    if not places:
        return None
    across, down = [x for x, _ in places], [y for _, y in places]
    return Box(min(across), min(down), max(across), max(down))


def _root(points: Sequence[tuple[float, float]], box: Box, clip: Box) -> DrawnSign | None:
    """A root: a tick at the left, and a bar at its top that runs on to the end of what it covers."""
    tick = [point for point in points if point[1] > box.y0 + BAR_HEIGHT * box.height]
    if not tick:
        return None
    left, end = min(x for x, _ in tick), min(box.x1, clip.x1)
    right = max(x for x, y in points if x < left + 1.5 * box.height)
    lowest, first = max(tick, key=lambda point: point[1]), min(tick)
    bar = [point for point in points if point[0] > right]
    is_root = (
        bool(bar)
        and all(y <= box.y0 + BAR_HEIGHT * box.height for _, y in bar)
        and first[0] < lowest[0] < right < end
        and box.y0 + 0.2 * box.height < first[1] < box.y1 - 0.05 * box.height
    )
    return DrawnSign("√", Box(left, box.y0, right, box.y1), end) if is_root else None


def _bracket(points: Sequence[tuple[float, float]], box: Box) -> DrawnSign | None:
    """A round or square bracket, by the side that its ends point to; a brace is none."""
    middle, reach = (box.y0 + box.y1) / 2, 0.02 * box.height
    ends = [x for x, y in points if y < box.y0 + reach or y > box.y1 - reach]
    body = [x for x, y in points if abs(y - middle) < 0.25 * box.height]
    if not ends or not body:
        return None
    width = box.x1 - box.x0
    opens = max(body) < box.x0 + 0.45 * width and max(ends) > box.x1 - 0.2 * width
    closes = min(body) > box.x1 - 0.45 * width and min(ends) < box.x0 + 0.2 * width
    if opens == closes:
        return None
    straight = all(
        a[0] == b[0] or abs(a[1] - b[1]) < 0.01 * box.height or abs(a[0] - b[0]) < 0.01 * width
        for a, b in pairwise(points)
    )
    return DrawnSign(("[" if opens else "]") if straight else ("(" if opens else ")"), box, box.x1)
