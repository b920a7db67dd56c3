"""Read PDF pages with pdfium: text in reading order, lines, headings and word boxes.

pdfium hands out characters in drawing order with a box and a font for each. They are put
together here: characters to words, words to lines (an index set lower is still on its line),
lines to the page's text, in which every word knows its offset and its box.

Against pypdf it is 2 to 40 times faster on real lectures and gives boxes, which pypdf does
not; `benchmarks/readers.py` measures both.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import statistics
import threading
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL.Image import Image

from ingest import clean
from ingest.errors import UnreadableFile
from ingest.types import Box, Document, Line, Page, ParsedDocument, Section, Word

#: Below this many words in a whole file its pages are taken for pictures.
MIN_WORDS = 5

_PDFIUM = threading.Lock()  # pdfium keeps state of its own and is not made for threads
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD of fpdfview.h
_POOR_TITLE = re.compile(
    r"^(untitled|slide ?\d*|document\d*|microsoft|powerpoint|.*\.(tex|docx?|pptx?|pdf|dvi|md))",
    re.I,
)


@dataclass(slots=True)
class _RawWord:
    """Characters without a space between them; the box has its origin at the bottom left."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    bold: bool
    attached: bool = False  # set directly behind the word before it, as an index is

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(slots=True)
class _RawLine:
    """Words that share a line. `hyphenated`: it ends in the middle of a word."""

    words: list[_RawWord] = field(default_factory=list)
    hyphenated: bool = False

    @property
    def size(self) -> float:
        """Height of its letters; the tall boxes of sums, roots and brackets do not count."""
        worded = [word for word in self.words if any(map(str.isalpha, word.text))] or self.words
        return statistics.median(word.height for word in worded)

    @property
    def letters(self) -> int:
        return sum(len(word.text) for word in self.words)


def read_pdf(path: Path) -> ParsedDocument:
    """Read a PDF file.

    Raises:
        UnreadableFile: the file is missing, empty, encrypted, no PDF or cut off, or its pages
            hold no text (scans and pictures).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path.name}: cannot be read ({error.strerror}); check the path"
        ) from error
    if not data:
        raise UnreadableFile(f"{path.name}: is empty (0 bytes); export or download it again")
    if b"%PDF-" not in data[:1024]:
        raise UnreadableFile(
            f"{path.name}: is not a PDF (it starts with {data[:8]!r}); export it as PDF"
        )
    with _PDFIUM:
        pdf = _open(path.name, data)
        try:
            pages = _read_pages(pdf)
            outline = tuple(_outline(pdf))
            declared = str(pdf.get_metadata_dict().get("Title") or "").strip()
        except pdfium.PdfiumError as error:
            raise UnreadableFile(
                f"{path.name}: is damaged ({error}); export or download it again"
            ) from error
        finally:
            pdf.close()
    if sum(len(page.words) for page in pages) < MIN_WORDS:
        raise UnreadableFile(
            f"{path.name}: its {len(pages)} page(s) are pictures without text; "
            "run a text recognition such as `ocrmypdf` on it first"
        )
    text = "\n".join(page.text for page in pages)
    document = Document(
        id=hashlib.sha256(data).hexdigest(),
        path=str(path.resolve()),
        file=path.name,
        title=_title(declared, pages, path.stem),
        pages=len(pages),
        language=clean.language_of(text),
    )
    return ParsedDocument(document, pages, outline)


def page_image(path: Path, number: int, scale: float = 2.0) -> Image:
    """A page as a picture, as a viewer would show it.

    Args:
        path: A PDF file that was read before.
        number: The page, from 1.
        scale: Pixels a point.

    Raises:
        UnreadableFile: the file or the page is gone, or it does not open.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path.name}: cannot be read ({error.strerror}); put it back or remove the document"
        ) from error
    with _PDFIUM:
        pdf = _open(path.name, data)
        try:
            if not 1 <= number <= len(pdf):
                raise UnreadableFile(f"{path.name}: has no page {number}; its last is {len(pdf)}")
            return pdf[number - 1].render(scale=scale).to_pil().convert("RGB")
        except pdfium.PdfiumError as error:
            raise UnreadableFile(f"{path.name}: page {number} cannot be drawn ({error})") from error
        finally:
            pdf.close()


def _open(name: str, data: bytes) -> pdfium.PdfDocument:
    try:
        pdf = pdfium.PdfDocument(data)
        empty = len(pdf) == 0
    except pdfium.PdfiumError as error:
        # pdfium may still name the error of a file opened before, so the file is asked as well.
        if error.err_code == _PASSWORD_ERROR and b"/Encrypt" in data:
            raise UnreadableFile(f"{name}: is encrypted; save a copy without a password") from error
        raise UnreadableFile(
            f"{name}: is cut off or damaged; export or download it again"
        ) from error
    if empty:
        raise UnreadableFile(f"{name}: has no pages; export or download it again")
    return pdf


def _outline(pdf: pdfium.PdfDocument) -> Iterator[Section]:
    for item in pdf.get_toc():
        target = item.get_dest()
        index = target.get_index() if target else None
        if index is not None:
            title = " ".join(clean.repair_word(word) for word in item.get_title().split())
            yield Section(title, item.level, index + 1)


def _title(declared: str, pages: tuple[Page, ...], stem: str) -> str:
    """The declared title where it says something, else the first page's heading or the name."""
    if len(declared) > 3 and not _POOR_TITLE.match(declared):
        return declared
    return pages[0].heading or re.sub(r"[-_]+", " ", stem)


def _read_pages(pdf: pdfium.PdfDocument) -> tuple[Page, ...]:
    """Read all pages; words hyphenated by their author anywhere in the file keep the hyphen."""
    drafts = [_read_page(pdf, index) for index in range(len(pdf))]
    compounds = {
        word.text.casefold()
        for _, _, lines, _ in drafts
        for line in lines
        for word in line.words
        if "-" in word.text[1:-1]
    }
    return tuple(
        _compose_page(number, width, height, lines, to_box, compounds)
        for number, (width, height, lines, to_box) in enumerate(drafts, start=1)
    )


def _read_page(
    pdf: pdfium.PdfDocument, index: int
) -> tuple[float, float, list[_RawLine], Callable[[_RawWord], Box]]:
    """A page's size in points, its lines, and how their words become boxes."""
    page = pdf[index]
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        lines = [part for line in _raw_lines(textpage) for part in _split_line(line)]
        return width, height, _merge_lines(lines), _boxes(page, width, height)
    finally:
        textpage.close()


def _boxes(page: pdfium.PdfPage, width: float, height: float) -> Callable[[_RawWord], Box]:
    """Return a function from a raw word to its box on the page as shown.

    Pages that are rotated or cropped go through pdfium's own transform; the others, nearly all,
    need only the vertical axis turned.
    """
    left, bottom, right, top = page.get_cropbox()
    plain = (
        page.get_rotation() == 0
        and abs(right - left - width) < 0.1
        and abs(top - bottom - height) < 0.1
    )

    def turned(x: float, y: float) -> tuple[float, float]:
        across, down = ctypes.c_int(), ctypes.c_int()
        scale = 100  # device units per point
        pdfium_c.FPDF_PageToDevice(
            page.raw, 0, 0, round(width * scale), round(height * scale), 0, x, y, across, down
        )
        return across.value / scale, down.value / scale

    def box(word: _RawWord) -> Box:
        if plain:
            return Box(
                round(word.left - left, 2),
                round(top - word.top, 2),
                round(word.right - left, 2),
                round(top - word.bottom, 2),
            )
        (xa, ya), (xb, yb) = turned(word.left, word.bottom), turned(word.right, word.top)
        return Box(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))

    return box


def _raw_lines(textpage: pdfium.PdfTextPage) -> list[_RawLine]:
    """Collect the page's characters into words and lines, in pdfium's reading order."""
    raw, rect, get_unicode = textpage.raw, pdfium_c.FS_RECTF(), pdfium_c.FPDFText_GetUnicode
    lines, line = [], _RawLine()
    letters: list[str] = []

    def end_word(end: int) -> None:
        if letters:
            # The first and the last letter span the word; asking for each would cost most of the time.
            first = corner(end - len(letters))
            last = corner(end - 1) if len(letters) > 1 else first
            bold = pdfium_c.FPDFText_GetFontWeight(raw, end - 1) >= 600
            line.words.append(
                _RawWord(
                    _join_surrogates("".join(letters)),
                    min(first[0], last[0]),
                    min(first[1], last[1]),
                    max(first[2], last[2]),
                    max(first[3], last[3]),
                    bold,
                )
            )
            letters.clear()

    def end_line(end: int) -> None:
        nonlocal line
        end_word(end)
        if line.words:
            lines.append(line)
        line = _RawLine()

    def corner(position: int) -> tuple[float, float, float, float]:
        pdfium_c.FPDFText_GetLooseCharBox(raw, position, rect)
        return rect.left, rect.bottom, rect.right, rect.top

    for position in range(textpage.count_chars()):
        letter = chr(get_unicode(raw, position))
        if letter in "\r\n":
            end_line(position)
        elif letter in " \t\u00a0":
            end_word(position)
        elif letter in clean.LINE_END_HYPHENS:
            end_word(position)
            line.hyphenated = bool(line.words)
            end_line(position)
        else:
            letters.append(letter)
    end_line(textpage.count_chars())
    return lines


def _join_surrogates(text: str) -> str:
    """pdfium counts UTF-16 units, so a mathematical letter arrives in two halves."""
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _split_line(line: _RawLine) -> Iterator[_RawLine]:
    """Break a line where the next word is set below the last one and further left.

    On pages of few short lines pdfium takes the text for vertical and puts no line ends.
    """
    part: list[_RawWord] = []
    for word in line.words:
        if part:
            last = part[-1]
            below = word.top < last.bottom + 0.2 * min(word.height, last.height)
            if below and word.left < last.right:
                yield _RawLine(part)
                part = []
        part.append(word)
    yield _RawLine(part, line.hyphenated)


def _merge_lines(lines: list[_RawLine]) -> list[_RawLine]:
    """Put back on its line what was set a little higher or lower: indices, exponents, accents.

    A formula reaches us shattered into lines of one or two characters. A line joins the one
    before it when it starts near where that one ends and the smaller of the two overlaps the
    other by at least half of its height.
    """
    merged: list[_RawLine] = []
    for line in lines:
        if merged and not merged[-1].hyphenated and _continues(merged[-1], line):
            last, first = merged[-1].words[-1], line.words[0]
            first.attached = first.left - last.right < 0.08 * first.height
            merged[-1].words.extend(line.words)
            merged[-1].hyphenated = line.hyphenated
        else:
            merged.append(line)
    return merged


def _continues(before: _RawLine, line: _RawLine) -> bool:
    if min(before.letters, line.letters) > 12:
        return False
    last, first = before.words[-1], line.words[0]
    # Of an exponent and an index set above each other, both follow the letter before.
    stacked = last.attached and len(before.words) > 1 and _follows(before.words[-2], first)
    return stacked or _follows(last, first)


def _follows(last: _RawWord, first: _RawWord) -> bool:
    smaller = min(last.height, first.height)
    if smaller <= 0:
        return False
    overlap = min(last.top, first.top) - max(last.bottom, first.bottom)
    gap = first.left - last.right
    em = max(last.height, first.height)
    return overlap >= 0.5 * smaller and -0.3 * em <= gap <= 1.5 * em


def _compose_page(
    number: int,
    width: float,
    height: float,
    raw_lines: list[_RawLine],
    to_box: Callable[[_RawWord], Box],
    compounds: Set[str],
) -> Page:
    """Mend the words, lay the lines out as one text, and note where each word stands in it."""
    parts: list[str] = []
    words: list[Word] = []
    lines: list[Line] = []
    length = 0
    hyphen_before = False
    for raw in raw_lines:
        start = length
        box: Box | None = None
        previous: _RawWord | None = None
        for word in raw.words:
            text = clean.repair_word(word.text)
            if not text:
                continue
            if hyphen_before:
                glue = clean.join_hyphen(parts[-1], text, compounds)
            elif previous is None:
                glue = ""
            else:
                glue = "" if word.attached else " "
            parts.extend((glue, text))
            length += len(glue)
            word_box = to_box(word)
            words.append(Word(length, length + len(text), word_box))
            box = word_box if box is None else box.union(word_box)
            length += len(text)
            previous, hyphen_before = word, False
        if box is None:
            continue
        lines.append(Line(start, length, round(raw.size, 1), raw.words[0].bold, box))
        hyphen_before = raw.hyphenated
        if not hyphen_before:
            parts.append("\n")
            length += 1
    text = "".join(parts)
    return Page(
        number,
        text,
        width,
        height,
        heading=_heading(text, lines, height, _reach(number, width > height)),
        lines=tuple(lines),
        words=tuple(words),
    )


def _reach(number: int, is_slide: bool) -> float:
    """How far down a title may begin, as a share of the height; first pages centre theirs."""
    if number == 1:
        return 0.75
    return 0.45 if is_slide else 0.3


def _heading(text: str, lines: list[Line], height: float, reach: float) -> str:
    """The page's title: its largest lines, if they stand out and stand high on the page.

    A title is set at least 15 % larger than the page's median letter (or the page has fewer
    than four lines), begins above `reach` times the height, and is at most two lines and 120
    characters long.
    """
    if not lines:
        return ""
    usual = statistics.median(line.size for line in lines for _ in range(line.end - line.start))

    def may_lead(line: Line) -> bool:
        words = text[line.start : line.end].split()
        high = line.box.y0 < reach * height or len(lines) < 4
        return high and not clean.is_bullet(words[0]) and sum(map(str.isalpha, "".join(words))) > 2

    candidates = [index for index, line in enumerate(lines) if may_lead(line)]
    if not candidates:
        return ""
    largest = max(lines[index].size for index in candidates)
    if largest < 1.15 * usual and len(lines) > 3:
        return ""
    first = next(index for index in candidates if lines[index].size >= 0.97 * largest)
    chosen = [lines[first]]
    for line in lines[first + 1 : first + 2]:
        if line.size >= 0.97 * largest and line.box.y0 - chosen[0].box.y1 < largest:
            chosen.append(line)
    heading = " ".join(text[chosen[0].start : chosen[-1].end].split())
    return heading if len(heading) <= 120 else ""
