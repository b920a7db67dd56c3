"""Text in pictures: which pages hold some, and reading it.

A page holds text in pictures where much of what is drawn on it lies outside its text. What recurs on
most pages (a background, a logo, ruled frames) does not count. PP-OCR reads the page through
rapidocr, whose package carries the models (PP-OCRv6, detection and recognition, Chinese, English,
German and other Latin scripts).
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.picture_words import words_in_line
from ingest.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

logger = logging.getLogger(__name__)

#: Share of a page's area that drawn things outside its text must cover.
PICTURE_SHARE = 0.003
#: A point belongs to the background while its grey differs by less, of 255, from the commonest one.
GREY_STEP = 40
#: What is drawn on more than this share of a lecture's pages is not a picture of one of them.
RECURRING = 0.5
#: So many shapes of the size of letters outside its text make a drawing one that may hold words.
MIN_SHAPES = 25
#: The same on a page that has no text at all.
MIN_LONE_SHAPES = 6
#: Heights of letters, in points.
LETTER_HEIGHTS = (3.5, 40.0)
#: Pixels a point at which pages are looked at for pictures, and at which they are read.
GLANCE_SCALE = 0.5
READING_SCALE = 2.0
#: Lines that the recogniser is less sure of, from 0 to 1, are left out.
MIN_SCORE = 0.7
# Letters of many fonts do not tell l from I. As a name, "Al" is before another name.
_AI = re.compile(r"(?<![\w.-])Al(?![\w'’-]|\.? [A-ZÄÖÜ][a-zäöü])")
_LONGEST_SIDE = 2200  # pixels of a page that is read; poster-sized pages are drawn smaller
_LONGEST_DRAWN = 4000  # pixels of a page that is looked at
_FURTHEST = 1e6  # pixels; places of words beyond it are not told apart


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """A line read from a picture; `box` is in points on the page, `score` in [0, 1].

    `words` are its words, each with where it begins and ends on the page; `baseline` is where the feet of
    its letters stand, and `size` their size in points.
    """

    text: str
    box: Box
    score: float
    words: tuple[tuple[str, float, float], ...]
    baseline: float
    size: float


class TextRecogniser:
    """PP-OCR, loaded when it first reads; one picture at a time."""

    def __init__(self, threads: int = 0) -> None:
        """Read with so many threads; 0 leaves it to ONNX Runtime."""
        self._threads = threads
        self._lock = threading.Lock()

    @staticmethod
    def is_installed() -> bool:
        """Whether rapidocr, which carries the models, is there."""
        return importlib.util.find_spec("rapidocr") is not None

    def read(self, picture: Image, scale: float) -> list[RecognisedLine]:
        """The lines in a picture, in no order.

        Args:
            picture: A page as drawn.
            scale: Its pixels a point.
        """
        pixels = np.asarray(picture.convert("RGB"))[:, :, ::-1]  # PP-OCR takes blue, green, red
        with self._lock:
            result = self._engine(
                np.ascontiguousarray(pixels),
                use_cls=False,
                return_word_box=True,
                return_single_char_box=True,
            )
        if result.txts is None:
            return []
        grey = np.asarray(picture.convert("L"))
        letters = result.word_results
        if len(letters) != len(result.txts):  # an empty line has none
            letters = [()] * len(result.txts)
        return [
            line
            for corners, text, score, boxes in zip(
                result.boxes, result.txts, result.scores, letters, strict=True
            )
            if score >= MIN_SCORE and text.strip()
            for line in lines_of(
                grey, corners, repaired(text.strip()), float(score), scale, _centres(boxes)
            )
        ]

    @cached_property
    def _engine(self) -> Any:
        from rapidocr import RapidOCR

        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        threads = {"EngineConfig.onnxruntime.intra_op_num_threads": self._threads or -1}
        engine = RapidOCR(params=threads)
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        return engine


def repaired(text: str) -> str:
    """A line with the confusions undone that its letters alone show: "Al" for the abbreviation "AI"."""
    return _AI.sub("AI", text)


def _centres(letters: Sequence[Any]) -> list[float]:
    """The pixel columns of the centres of letters, each of which has its text, score and corners."""
    return [(corners[0][0] + corners[1][0]) / 2 for _, _, corners in letters]


def lines_of(
    grey: np.ndarray,
    corners: np.ndarray,
    text: str,
    score: float,
    scale: float,
    centres: Sequence[float] = (),
) -> Iterator[RecognisedLine]:
    """What was read within four corners, as a line, or several where wide gaps part it.

    Args:
        grey: The picture, (height, width), from 0 to 255.
        corners: Of the line, (4, 2), in pixels.
        text: What was read.
        score: How sure the recogniser is.
        scale: Pixels a point.
        centres: The columns of its letters' centres, in pixels, if the recogniser tells them.
    """
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    left, top = max(0, int(x0)), max(0, int(y0))
    crop = grey[top : int(y1) + 1, left : int(x1) + 1]
    line = words_in_line(crop, text, [centre - left for centre in centres])
    baseline, size = (top + line.baseline) / scale, line.size / scale
    for part in line.parts:
        words = tuple((word, (left + a) / scale, (left + b) / scale) for word, a, b in part)
        box = Box(words[0][1], float(y0) / scale, words[-1][2], float(y1) / scale)
        text = " ".join(word for word, _, _ in words)
        yield RecognisedLine(text, box, score, words, baseline, size)


def reading_scale(width: float, height: float) -> float:
    """Pixels a point at which to read a page of so many points."""
    return min(READING_SCALE, _LONGEST_SIDE / max(width, height, 1))


def drawing_scale(scale: float, width: float, height: float) -> float:
    """Pixels a point at which to draw a page of so many points: `scale`, less where it is huge."""
    return min(scale, _LONGEST_DRAWN / max(width, height, 1))


def ink(picture: Image, text: Sequence[Box], scale: float = GLANCE_SCALE) -> np.ndarray:
    """Where something is drawn outside some boxes: bool, (height, width) in pixels.

    Args:
        picture: The page as drawn.
        text: Boxes of its words, in points.
        scale: The picture's pixels a point.
    """
    shades = picture.convert("L")
    background = int(np.argmax(shades.histogram()))
    grey = np.asarray(shades)
    drawn = (grey > background + GREY_STEP) | (grey < background - GREY_STEP)
    if text:
        sides = np.clip(np.nan_to_num(np.array(text)) * scale, -1, _FURTHEST)
        edges = np.maximum(sides.astype(np.int64) + np.array([-1, -1, 2, 2]), 0)
        for left, top, right, bottom in edges.tolist():
            drawn[top:bottom, left:right] = False
    return drawn


def pages_with_pictures(drawings: Sequence[np.ndarray]) -> list[int]:
    """Which pages, from 1, have enough drawn outside their text.

    Args:
        drawings: For each page what `ink` gives.
    """
    recurring: dict[tuple[int, ...], np.ndarray] = {}
    for shape in {drawing.shape for drawing in drawings}:
        same = [drawing for drawing in drawings if drawing.shape == shape]
        if len(same) >= 4:
            recurring[shape] = np.mean(same, axis=0) > RECURRING
    numbers = []
    for number, drawing in enumerate(drawings, start=1):
        if drawing.shape in recurring:
            drawing = drawing & ~recurring[drawing.shape]
        if drawing.size and drawing.mean() >= PICTURE_SHARE:
            numbers.append(number)
    return numbers


def may_hold_words(drawing: np.ndarray, *, has_text: bool = True) -> bool:
    """Whether a drawing has enough shapes of the size of letters.

    Bars, arrows and curves have few; a scan, a handwritten page or a labelled figure many.

    Args:
        drawing: What `ink` gives at one pixel a point.
        has_text: Whether the page has text beside it; fewer shapes are enough on one without.
    """
    needed = MIN_SHAPES if has_text else MIN_LONE_SHAPES
    if _most_shapes(drawing) < needed:
        return False
    from scipy import ndimage  # takes a quarter of a second to load

    labels, _ = ndimage.label(drawing, structure=np.ones((3, 3)))
    least, most = LETTER_HEIGHTS
    shapes = 0
    for rows, columns in ndimage.find_objects(labels):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        shapes += least <= height <= most and width <= 2.5 * height + 3
    return shapes >= needed


def _most_shapes(drawing: np.ndarray) -> int:
    """At least the number of shapes: the points of a drawing with none beside or above them on the left.

    Each shape has such a point, the first one of its highest row.
    """
    height, width = drawing.shape
    before = np.zeros((height + 1, width + 2), dtype=bool)
    before[1:, 1:-1] = drawing
    first = drawing & ~before[1:, :-2] & ~before[:-1, :-2] & ~before[:-1, 1:-1] & ~before[:-1, 2:]
    return int(first.sum())
