"""Read PPTX with python-pptx: slides with their shapes by position, tables and notes."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import lxml.etree
import pptx
from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER
from pptx.shapes.placeholder import PlaceholderPicture

from ingest.errors import UnreadableFile
from ingest.readers.archives import open_archive
from ingest.readers.office_math import paragraph_text, unwrap_alternatives
from ingest.readers.pictures_within import PictureText
from ingest.readers.typesetting import Block, clean, set_document, table_rows
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

logger = logging.getLogger(__name__)

_RUNNING = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}
_TITLES = {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE}
_BULLETED = {PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY}
_ROW = 0.5  # of a shape's height: two that share so much stand side by side
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PARSER = lxml.etree.XMLParser(resolve_entities=False, no_network=True)
_DEPTH = 20  # of groups in groups; deeper ones are left out


def read_pptx(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a presentation; page n is slide n with its notes below, hidden slides as well.

    Raises:
        UnreadableFile: the file is missing, damaged, encrypted, no presentation, or has no text.
    """
    data, archive = open_archive(path, "PPTX")
    pictures = PictureText(recogniser)
    with archive:
        try:
            deck = pptx.Presentation(io.BytesIO(data))
            slides = [list(_slide_blocks(slide, pictures)) for slide in deck.slides]
            title = str(deck.core_properties.title or "")
        except UnreadableFile:
            raise
        except Exception as error:  # python-pptx raises whatever its parts raise
            raise UnreadableFile(
                f"{path.name}: is no readable presentation ({type(error).__name__}); "
                "save it again as PPTX"
            ) from error
    return set_document(path, data, slides, title=title, slides=True)


def _slide_blocks(slide: Any, pictures: PictureText) -> Iterator[Block]:
    unwrap_alternatives(slide._element)
    title = slide.shapes.title
    if title is not None and title.has_text_frame and title.text_frame.text.strip():
        yield Block("heading", clean(title.text_frame.text))
    for shape in _in_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape_blocks(shape, pictures)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        if notes is not None and notes.text.strip():
            yield Block("text", "Notes:")
            for paragraph in notes.paragraphs:
                yield Block("text", _text(paragraph))


def _in_order(shapes: Iterable[Any]) -> list[Any]:
    """Shapes from top to bottom, those side by side from left to right.

    A shape without a place of its own (and a title's row) comes where the file has it.
    """
    rows: list[list[Any]] = []
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        row = rows[-1] if rows else None
        if row is not None and _side_by_side(row[0], shape):
            row.append(shape)
        else:
            rows.append([shape])
    return [shape for row in rows for shape in sorted(row, key=lambda shape: shape.left or 0)]


def _side_by_side(first: Any, second: Any) -> bool:
    top_a, top_b = first.top or 0, second.top or 0
    height_a, height_b = first.height or 0, second.height or 0
    common = min(top_a + height_a, top_b + height_b) - max(top_a, top_b)
    apart = (first.left or 0) + (first.width or 0) <= (second.left or 0) or (
        (second.left or 0) + (second.width or 0) <= (first.left or 0)
    )
    return apart and common >= _ROW * max(min(height_a, height_b), 1)


def _shape_blocks(shape: Any, pictures: PictureText, depth: int = 0) -> Iterator[Block]:
    """The blocks of a shape, as far as it can be read."""
    try:
        yield from _sound_shape_blocks(shape, pictures, depth)
    except Exception as error:  # python-pptx raises whatever its parts raise
        logger.info("a shape was left out: %s: %s", type(error).__name__, error)


def _sound_shape_blocks(shape: Any, pictures: PictureText, depth: int) -> Iterator[Block]:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind in _RUNNING or _is_hidden(shape):
        return
    if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
        if depth < _DEPTH:
            for inner in _in_order(shape.shapes):
                yield from _shape_blocks(inner, pictures, depth + 1)
    elif shape.has_text_frame:
        bulleted = kind in _BULLETED
        numbers: dict[int, int] = {}  # of the open lists, by level
        for paragraph in shape.text_frame.paragraphs:
            text = _text(paragraph)
            if not text:
                continue
            numbered = paragraph._p.find(f"{_DRAWING}pPr/{_DRAWING}buAutoNum")
            level = paragraph.level
            numbers = {k: v for k, v in numbers.items() if k < level or numbered is not None}
            if numbered is not None:
                start = int(numbered.get("startAt", "1"))
                numbers = {k: v for k, v in numbers.items() if k <= level}
                numbers[level] = numbers.get(level, start - 1) + 1
                yield Block("item", f"{numbers[level]}. {text}", level)
            elif kind in _TITLES:
                yield Block("heading", text)
            elif bulleted or paragraph.level:
                yield Block("item", f"• {text}", paragraph.level)
            else:
                yield Block("text", text)
    elif getattr(shape, "has_table", False):
        rows = [[_cell_text(cell) for cell in row.cells] for row in shape.table.rows]
        yield Block("table", table_rows(rows))
    elif getattr(shape, "has_chart", False):
        yield from _chart_blocks(shape.chart)
    elif shape.shape_type == MSO_SHAPE_TYPE.PICTURE or isinstance(shape, PlaceholderPicture):
        yield from pictures.blocks(shape.image.blob)
    else:
        yield from _diagram_blocks(shape)


def _is_hidden(shape: Any) -> bool:
    """Whether a shape is switched off."""
    return any(
        properties.get("hidden") in ("1", "true")
        for part in shape._element
        if str(part.tag).endswith("Pr")
        for properties in part
        if str(properties.tag).endswith("}cNvPr")
    )


def _cell_text(cell: Any) -> str:
    return " ".join(filter(None, map(_text, cell.text_frame.paragraphs)))


def _text(paragraph: Any) -> str:
    return clean(paragraph_text(paragraph._p))


def _diagram_blocks(shape: Any) -> Iterator[Block]:
    """The texts of a diagram (SmartArt), which lie in a part of their own."""
    for ids in shape._element.iter(f"{_DIAGRAM}relIds"):
        part = shape.part.related_part(ids.get(f"{_RELATIONSHIPS}dm"))
        root = lxml.etree.fromstring(part.blob, _PARSER)
        for paragraph in root.iter(f"{_DRAWING}p"):
            yield Block("text", clean(paragraph_text(paragraph)))


def _chart_blocks(chart: Any) -> Iterator[Block]:
    """A chart's title, and its values as a table of categories by series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield Block("text", clean(chart.chart_title.text_frame.text))
    for plot in chart.plots:
        yield Block("table", table_rows(_plot_rows(plot)))


def _plot_rows(plot: Any) -> list[list[str]]:
    """The values of a plot: a row for each category, or for each point where there are none."""
    categories = [str(category) for category in plot.categories]
    series = [(str(one.name or ""), list(one.values)) for one in plot.series]
    rows = [["", *(name for name, _ in series)]]
    if not categories:
        for one in plot.series:
            places = [float(v.text) for v in one._element.iterfind(f"{_CHART}xVal//{_CHART}v")]
            rows += [[f"{x:g}", f"{y:g}"] for x, y in zip(places, one.values, strict=False)]
        return rows
    for index, category in enumerate(categories):
        values = [values[index] if index < len(values) else None for _, values in series]
        rows.append([category, *("" if value is None else f"{value:g}" for value in values)])
    return rows
