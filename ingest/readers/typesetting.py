"""Set the blocks of a document without pages of its own (Markdown, HTML, notebooks) as pages.

Each page is a plain rendering in one column: lines and words get the boxes that a typewriter would
give them, so that all that works on pages (passages, highlights, small pictures) works on these.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.errors import UnreadableFile
from ingest.readers.pdf.titles import document_title
from ingest.text.detect import language_of
from ingest.text.repair import repair_word
from ingest.text.rows import row_of
from ingest.types import Box, Document, Line, Origin, Page, ParsedDocument, Section, Word

# In points. The width is that of A4; a page is as high as its text needs, at least as A4.
WIDTH, HEIGHT = 595.0, 842.0
SLIDE_WIDTH, SLIDE_HEIGHT = 720.0, 405.0
_MARGIN = 48.0
_SIZE = 11.0  # of the text's font
_HEADING_SIZES = (20.0, 17.0, 15.0, 14.0, 13.0)  # by level; deeper ones as the last
_LETTER = 0.5  # width of a letter, as a share of the font size
_ROW = 1.3  # distance of two rows of a paragraph, as a share of the font size
_LINE_GAP = 1.8  # of two lines of code or of a table, so that the chunker keeps them apart
_BLOCK_GAP = 0.9  # above a block, as a share of the text's font size
_INDENT = 16.0  # of a list's level
_MAX_LETTERS = 10_000_000  # of a document, each of whose words is held with its box
_MAX_PAGE = 100_000  # characters; a longer section is continued on a page of its own

_HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a list item, or the lines of code, of a table or in a picture.

    `level` is that of a heading or of a list item, 0 for the outermost. The lines of `text` are
    separated by newlines; those of code keep their indentation. A picture that was not read has
    no text.
    """

    kind: Literal["heading", "text", "item", "code", "table", "picture"]
    text: str
    level: int = 0


def clean(text: str, *, keep_blanks: bool = False) -> str:
    """Text with repaired words, each run of white space as one blank unless they are kept."""
    if keep_blanks:
        return re.sub(r"\S+", lambda match: repair_word(match[0]), text.expandtabs(4)).rstrip()
    return " ".join(filter(None, map(repair_word, text.split())))


def table_rows(rows: Sequence[Sequence[str]]) -> str:
    """A table's rows, each a line with as many cells; "" if all cells are empty."""
    cells = [[clean(cell) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    columns = max(map(len, cells), default=0)
    return "\n".join(row_of([*row, *[""] * (columns - len(row))]) for row in cells)


def split_at_headings(blocks: Iterable[Block]) -> list[list[Block]]:
    """One group of blocks for each heading with the text below it; the first may have none."""
    groups: list[list[Block]] = []
    length = 0
    for block in blocks:
        if not groups or block.kind == _HEADING or length > _MAX_PAGE:
            groups.append([])
            length = 0
        groups[-1].append(block)
        length += len(block.text)
    return groups


def set_page(number: int, blocks: Sequence[Block], *, slide: bool = False) -> Page:
    """Set blocks as one page, whose heading is the first heading among them.

    Args:
        number: The page, from 1.
        blocks: In reading order.
        slide: Whether the page is wider than high, as slides are.
    """
    width, height = (SLIDE_WIDTH, SLIDE_HEIGHT) if slide else (WIDTH, HEIGHT)
    setting = _Setting(width)
    for block in blocks:
        setting.add(block)
    height = max(height, setting.bottom + _MARGIN)
    return Page(
        number,
        "".join(setting.parts),
        max(width, height * SLIDE_WIDTH / SLIDE_HEIGHT) if slide else width,
        height,
        heading=next((clean(block.text) for block in blocks if block.kind == _HEADING), ""),
        lines=tuple(setting.lines),
        words=tuple(setting.words),
        origin=_origin(blocks),
    )


def _origin(blocks: Sequence[Block]) -> Origin:
    in_pictures = [block.text for block in blocks if block.kind == "picture"]
    if "" in in_pictures:
        return "picture"
    letters = sum(len(block.text) for block in blocks)
    return "ocr" if 2 * sum(map(len, in_pictures)) > letters else "text"


class _Setting:
    """The text, lines and words of a page as far as they are set."""

    def __init__(self, width: float) -> None:
        self.parts: list[str] = []
        self.lines: list[Line] = []
        self.words: list[Word] = []
        self.bottom = _MARGIN
        self._right = width - _MARGIN
        self._length = 0

    def add(self, block: Block) -> None:
        """Set a block below the others, after an empty line."""
        size = _SIZE
        if block.kind == _HEADING:
            size = _HEADING_SIZES[min(block.level, len(_HEADING_SIZES) - 1)]
        keep = block.kind == "code"
        lines = [clean(line, keep_blanks=keep) for line in block.text.split("\n")]
        lines = [line for line in lines if line.strip()]
        if not lines:
            return
        if self.lines:
            self._append("\n")
            self.bottom += _BLOCK_GAP * size
        indent = block.level if block.kind == "item" else 0
        for line in lines:
            self._set("  " * indent + line, size, _MARGIN + _INDENT * min(indent, 8), block)
            self._append("\n")

    def _set(self, text: str, size: float, left: float, block: Block) -> None:
        start, letter = self._length, _LETTER * size
        top, x = self.bottom, left
        line_box: Box | None = None
        for match in re.finditer(r"(\s*)(\S+)", text):
            x += letter * len(match[1]) if match.start() or block.kind != "item" else 0
            width = letter * len(match[2])
            if x + width > self._right and x > left:
                x, top = left, top + _ROW * size
            box = Box(x, top, min(x + width, self._right), top + size)
            self.words.append(Word(start + match.start(2), start + match.end(2), box))
            line_box = box if line_box is None else line_box.union(box)
            x += width
        assert line_box is not None
        self._append(text)
        bold, is_code, is_row = (block.kind == kind for kind in (_HEADING, "code", "table"))
        self.lines.append(Line(start, self._length, size, bold, line_box, is_code, is_row))
        self.bottom = line_box.y1 + (_LINE_GAP - 1) * size

    def _append(self, part: str) -> None:
        self.parts.append(part)
        self._length += len(part)


def set_document(
    path: Path,
    data: bytes,
    groups: Sequence[Sequence[Block]],
    *,
    title: str = "",
    slides: bool = False,
) -> ParsedDocument:
    """A document with a page for each group of blocks, and its headings as the outline.

    Args:
        path: The file.
        data: Its bytes, whose hash is the document's id.
        groups: The blocks of each page, in order.
        title: What the file says of itself; else the first heading, else the file's name.
        slides: Whether the pages are slides; then their titles are no outline.

    Raises:
        UnreadableFile: there is not a word in it.
    """
    letters = sum(len(block.text) for blocks in groups for block in blocks)
    if letters > _MAX_LETTERS:
        raise UnreadableFile(
            f"{path.name}: holds {letters / 10**6:.0f} million letters, at most "
            f"{_MAX_LETTERS // 10**6} million are read; split the file"
        )
    pages = tuple(
        set_page(number, blocks, slide=slides) for number, blocks in enumerate(groups, start=1)
    )
    if not any(page.words or page.origin == "picture" for page in pages):
        raise UnreadableFile(f"{path.name}: holds no text")
    outline = [
        Section(clean(block.text), block.level, number)
        for number, blocks in enumerate(groups, start=1)
        for block in blocks
        if block.kind == _HEADING
    ]
    declared = document_title(clean(title), None, "")  # "" where it is useless
    first_heading = next((page.heading for page in pages if page.heading), "")
    document = Document(
        id=hashlib.sha256(data).hexdigest(),
        path=str(path.resolve()),
        file=path.name,
        title=declared or first_heading or re.sub(r"[-_]+", " ", path.stem),
        pages=len(pages),
        language=language_of("\n".join(page.text for page in pages)),
    )
    return ParsedDocument(document, pages, () if slides else tuple(outline))
