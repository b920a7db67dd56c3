"""A PDF page as lines of words in reading order."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pypdfium2 as pdfium

from ingest.layout.bidi import is_right_to_left, logical_order
from ingest.layout.bullets import write_bullets
from ingest.layout.cards import find_cards
from ingest.layout.code import Listing, find_listings
from ingest.layout.drawings import Drawings, read_drawings
from ingest.layout.fractions import write_fractions
from ingest.layout.frame import Frame
from ingest.layout.glyphs import Glyph, drop_doubles, read_glyphs
from ingest.layout.grids import GridRow, find_grids, tables_together
from ingest.layout.handouts import find_slides, holds, is_slide_number
from ingest.layout.large_figures import labels_with_figures
from ingest.layout.ligatures import Suspects, mark_suspects
from ingest.layout.lines import segments_of
from ingest.layout.lists import indent_items
from ingest.layout.order import Row, reading_order
from ingest.layout.regions import find_regions
from ingest.layout.segments import Piece, PlacedWord, Rule, Segment
from ingest.layout.tables import find_tables, words_of_row
from ingest.layout.vertical import split_vertical
from ingest.layout.visibility import readable_glyphs, visible_glyphs
from ingest.legibility import legible_lines
from ingest.picture_rules import NO_LINES, Lines, fraction_bars, ruled_tables
from ingest.recognition import RecognisedLine
from ingest.types import Box, Origin, Region
from ingest.weights.known_words import known_words

#: A first letter at least so many times as large as its line begins a paragraph (a drop cap).
DROP_CAP = 1.8
#: Oblique text larger than this share of the page's usual size is a watermark.
WATERMARK_SIZE = 1.3
#: A footnote's text is at most this share of the page's usual size.
FOOTNOTE_SIZE = 0.93

_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]{3}|[\u3040-\u9fff]{2}")
_FOOTNOTE = re.compile(r"^\^?(\d{1,2}|[*†‡§])(?:\s|(?=[A-ZÄÖÜ]|https?:|www\.|doi))")


@dataclass(slots=True)
class LayoutLine:
    """A line as it is read: its words, the size of its letters in points, and its block.

    `columns` are those of the table whose row it is, 0 for text. A line of code and a list's item have
    `indent` blanks before its first word.
    """

    words: list[PlacedWord]
    size: float
    block: int
    columns: int = 0
    is_code: bool = False
    indent: int = 0

    @property
    def bold(self) -> bool:
        """Whether its first word is bold."""
        return self.words[0].bold


@dataclass(slots=True)
class PageLayout:
    """A page's lines in reading order, its regions, and how many characters nobody sees.

    `is_unreadable` tells that letters of its text mean nothing, so that only its picture can be read;
    `slides` are the slides of a handout, each with its first line, one past its last, and its box;
    `suspects` are characters that `restore_ligatures` replaces when all pages are laid out.
    """

    frame: Frame
    lines: list[LayoutLine]
    slides: list[tuple[int, int, Box]] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    hidden: int = 0
    origin: Origin = "text"
    is_unreadable: bool = False
    suspects: Suspects | None = None


def lay_out(
    page: pdfium.PdfPage,
    recognised: Sequence[RecognisedLine] = (),
    ruled: Lines = NO_LINES,
    *,
    has_layers: bool = False,
    is_drawn: bool = True,
) -> PageLayout:
    """Read a page's text in the order of a reader's eye.

    Args:
        page: An open page.
        recognised: Lines read from its picture. Those that repeat its text are left out; the
            others follow the text, or take their place in it where they are the larger part.
        ruled: The horizontal and vertical lines of its picture, which count where that is the larger part.
        has_layers: Whether forms that the page draws may belong to layers that are switched off.
        is_drawn: Whether the page's drawings are looked at; without them no rule parts columns, and
            text that a drawing covers is read.
    """
    frame = Frame.of(page)
    textpage = page.get_textpage()
    try:
        glyphs = drop_doubles(read_glyphs(page, textpage, frame))
    finally:
        textpage.close()
    drawings = read_drawings(page, frame) if is_drawn else Drawings()
    rules, shapes = drawings.rules, drawings.shapes
    visible = glyphs
    if is_drawn:
        visible = visible_glyphs(page, glyphs, drawings, frame, forms_may_be_off=has_layers)
    hidden = sum(not glyph.is_blank for glyph in glyphs)
    hidden -= sum(not glyph.is_blank for glyph in visible)
    suspects = mark_suspects(visible)
    visible, is_unreadable = readable_glyphs(visible)
    new = [line for line in recognised if _is_new(line, visible)]
    if new:
        new = legible_lines(new, known_words, ruled_tables(ruled[0]), _words_of(visible))
    letters = sum(len(line.text.replace(" ", "")) for line in new if _WORD.search(line.text))
    is_picture = letters > sum(not glyph.is_blank for glyph in visible)
    if not is_picture:  # figures alone are the ticks of a diagram
        new = [line for line in new if _WORD.search(line.text)]
    if is_picture:
        rules.extend(ruled[0])
        drawings.uprights.extend(ruled[1])
    visible, downwards = split_vertical(visible, frame)
    groups = [
        (
            _with_drop_caps(
                segments_of(group, rules, drawings.uprights, drawings.signs, drawings.tall_signs)
                if direction == 0
                else segments_of(group)
            ),
            direction,
        )
        for direction, group in _by_direction(visible)
    ]
    if downwards:
        groups.append((segments_of(downwards), -2))
    for segments, direction in groups:
        if direction == 0:
            write_bullets(segments, drawings.marks, rules)
    read_lines = [_recognised_segment(line) for line in new]
    if is_picture:
        read_lines = write_fractions(read_lines, fraction_bars(rules))
    if read_lines and is_picture and groups and groups[0][1] == 0:
        groups[0][0].extend(read_lines)
    elif read_lines:
        groups.append((read_lines, 0))
    lines: list[LayoutLine] = []
    slides: list[tuple[int, int, Box]] = []
    blocks = 0

    def read(part: list[Segment], bars: Sequence[Rule], is_upright: bool) -> None:
        nonlocal blocks
        listings, part = find_listings(part)
        of_code = {id(line): listing for listing in listings for line in listing.lines}
        grid: list[GridRow] = []
        if is_upright and not is_right_to_left(part):
            code = [segment for segment in part if id(segment) in of_code]
            text = [segment for segment in part if id(segment) not in of_code]
            grid, text = find_grids(text, bars, drawings.uprights)
            part = [*code, *text, *(row.segment for row in grid)]
        solid = [(listing.lines, listing.x0, listing.x1, True) for listing in listings]
        solid += [([row.segment], row.x0, row.x1, False) for row in grid]
        cards = (
            find_cards(drawings.boxes, part, frame.width, frame.height)
            if is_upright and not solid
            else []
        )
        rows = tables_together(reading_order(part, bars, solid, cards), grid)
        rows = labels_with_figures(rows)
        columns = {id(row.segment): row.columns for row in grid}
        new_lines = list(_lines(rows, bars, blocks, of_code, columns))
        if is_upright:
            indent_items(new_lines)
        lines.extend(new_lines)
        blocks += 1 + max((row.block for row in rows), default=0)

    for segments, direction in groups:
        for segment in segments:
            segment.finish()
        bars = rules if direction == 0 else []
        printed = find_slides(segments, shapes, frame.width, frame.height) if direction == 0 else []
        for box, inside in printed:
            first = len(lines)
            read(inside, [rule for rule in bars if box.y0 <= rule.y <= box.y1], True)
            slides.append((first, len(lines), box))
        rest = [segment for segment in segments if not _is_on_slide(segment, printed)]
        read(rest, bars, direction == 0)
    _drop_footnote_marks(lines, frame.height)
    origin: Origin = "ocr" if is_picture else "text"
    regions = find_regions(lines, drawings, frame.width, frame.height, is_picture=is_picture)
    return PageLayout(frame, lines, slides, regions, hidden, origin, is_unreadable, suspects)


def _is_on_slide(segment: Segment, slides: Sequence[tuple[Box, list[Segment]]]) -> bool:
    """Whether a segment is one of a slide's, or its number, which the slide leaves out."""
    return any(
        segment in inside or (is_slide_number(segment.text) and holds(box, segment))
        for box, inside in slides
    )


def _words_of(glyphs: Sequence[Glyph]) -> frozenset[str]:
    """The words of some glyphs in the file's order, in small letters."""
    return frozenset(_LETTERS.findall("".join(glyph.text for glyph in glyphs).casefold()))


def _is_new(line: RecognisedLine, glyphs: Sequence[Glyph]) -> bool:
    """Whether a line read from the picture says what the page's text does not."""
    covered = sum(
        glyph.x1 - glyph.x0
        for glyph in glyphs
        if line.box.x0 <= (glyph.box.x0 + glyph.box.x1) / 2 <= line.box.x1
        and line.box.y0 <= (glyph.box.y0 + glyph.box.y1) / 2 <= line.box.y1
    )
    return covered < 0.3 * (line.box.x1 - line.box.x0)


def _recognised_segment(line: RecognisedLine) -> Segment:
    """A line read from a picture."""
    size, y = line.size, line.baseline
    pieces = []
    for text, x0, x1 in line.words:
        box = Box(x0, line.box.y0, x1, line.box.y1)
        pieces.append(Piece(text, x0, x1, y, size, False, False, [box], 0))
        pieces.append(Piece(" ", x1, x1 + 0.25 * size, y, size, False, False, [box], 0))
    return Segment(pieces[:-1], y, size, has_blanks=True)


def _by_direction(glyphs: Sequence[Glyph]) -> Iterator[tuple[int, list[Glyph]]]:
    """Glyphs by the direction of their text, the one with the most ink first; no watermarks."""
    groups: dict[int | None, list[Glyph]] = {}
    for glyph in glyphs:
        groups.setdefault(glyph.font.direction, []).append(glyph)
    oblique = groups.pop(None, [])
    if oblique and groups:
        usual = statistics.median(glyph.size for group in groups.values() for glyph in group)
        oblique = [glyph for glyph in oblique if glyph.size < WATERMARK_SIZE * usual]
    ordered = sorted(
        groups.items(), key=lambda item: (-sum(glyph.size**2 for glyph in item[1]), item[0] or 0)
    )
    upright = groups.get(0, [])
    if upright and ordered[0][0] != 0:  # a title above a text that is turned
        top = min(glyph.box.y0 for glyph in ordered[0][1])
        if max(glyph.box.y1 for glyph in upright) <= top:
            ordered.sort(key=lambda item: item[0] != 0)
    for direction, group in ordered:
        assert direction is not None
        yield direction, group
    if oblique:
        yield -1, oblique


def _with_drop_caps(segments: list[Segment]) -> list[Segment]:
    """Put a large first letter before the line that it begins."""
    rest = list(segments)
    for cap in segments:
        if len(cap.pieces) != 1 or not cap.pieces[0].text.isupper():
            continue
        lines = [
            s
            for s in rest
            if DROP_CAP * s.size <= cap.size
            and -0.2 * cap.size < s.x0 - cap.x1 < 0.6 * cap.size
            and cap.y - cap.size < s.y <= cap.y + 0.1 * cap.size
            and s.pieces[0].text[0].islower()
        ]
        if lines:
            first = min(lines, key=lambda s: s.y)
            first.pieces[0].attached = True
            first.pieces.insert(0, cap.pieces[0])
            rest.remove(cap)
    return rest


def _lines(
    rows: Sequence[Row],
    rules: Sequence[Rule],
    block: int,
    of_code: Mapping[int, Listing],
    columns: Mapping[int, int],
) -> Iterator[LayoutLine]:
    """Rows as lines; those of a table with what wraps inside their cells.

    `columns` are those of the rows of ruled tables, by the `id` of their segment.
    """
    tables = {} if of_code else {table.first: table for table in find_tables(rows, rules)}
    position = 0
    while position < len(rows):
        table = tables.get(position)
        if table is None:
            row = rows[position]
            ruled = sum(columns.get(id(segment), 0) for segment in row.segments)
            line = _line(row, block, of_code)
            yield LayoutLine(row.segments[0].words, line.size, line.block, ruled) if ruled else line
            position += 1
            continue
        from_right = is_right_to_left([s for row in table.rows for cell in row for s in cell])
        for cells in table.rows:
            segments = [segment for cell in cells for segment in cell]
            size = max(segments, key=lambda segment: segment.letters).size
            number = block + rows[position].block
            words = words_of_row(cells, from_right=from_right)
            yield LayoutLine(words, size, number, len(cells))
        position = table.end


def _line(row: Row, block: int, of_code: Mapping[int, Listing]) -> LayoutLine:
    """A row's words; what is written from right to left in the order in which it is read."""
    listing = of_code.get(id(row.segments[0]))
    if listing is not None:
        words = [word for segment in row.segments for word in segment.words]
        first = row.segments[0]
        indent = listing.indent(first)
        return LayoutLine(words, first.size, block + row.block, 0, True, indent)
    words = [word for segment in row.segments for word in segment.words]
    size = max(row.segments, key=lambda segment: segment.letters).size
    return LayoutLine(logical_order(words), size, block + row.block)


def _drop_footnote_marks(lines: list[LayoutLine], height: float) -> None:
    """Take out the raised marks of the footnotes that stand at the foot of the page."""
    if not lines:
        return
    usual = statistics.median(line.size for line in lines for _ in line.words)
    marks = set()
    for line in lines:
        low = line.words[0].boxes[0].y0 > 0.5 * height
        text = " ".join(word.text for word in line.words[:2])
        match = _FOOTNOTE.match(text)
        if low and line.size <= FOOTNOTE_SIZE * usual and match:
            marks.add(match[1])
    if not marks:
        return
    pattern = re.compile(rf"(?<=[\w.,;:!?)”\"])\^(?:{'|'.join(map(re.escape, marks))})(?=\W|$)")
    for line in lines:
        if line.size > FOOTNOTE_SIZE * usual:
            for word in line.words:
                if "^" in word.text:
                    word.text = pattern.sub("", word.text)
