"""The heading of a page, the title of a document, and the document's outline."""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pypdfium2 as pdfium

from ingest.running_lines import stamps_in_headings
from ingest.text.repair import is_bullet, repair_word
from ingest.title_page import is_title_page
from ingest.types import Line, Page, Section

# How far down a heading may begin, as a share of the page's height.
_FIRST_PAGE_REACH = 0.75  # first pages centre their title
_SLIDE_REACH = 0.45
_NOTES_REACH = 0.3
_LARGE = 1.15  # a heading's font size, as a multiple of the page's median
_SAME_SIZE = 0.97  # font sizes from this ratio on count as equal
_FEW_LINES = 3  # on a page with no more lines, a heading needs no larger font and no place
_MIN_LETTERS = 3
_MAX_LENGTH = 120  # characters
_USELESS_TITLE = re.compile(
    r"""untitled.* | unbenannt.* | (?:slide|folie|diapositive|page|seite)\s*\d* | document\s*\d*
    | dokument\s*\d* | (?:microsoft|powerpoint)\b.* | keynote | (?:libre|open)office(?:\s\w+)?
    | (?:a\s)?(?:power\s?point\s)?(?:presentation|präsentation|présentation)
        (?:\s(?:title|powerpoint|\d+))? | (?:click\sto\sadd\s)?(?:title|titel|titre) | no\s(?:slide\s)?title
    | kein\s(?:folien)?titel | (?:beamer\s|latex\s|powerpoint\s)?(?:template|vorlage) 
    | (?:new|neue?s?)\s(?:presentation|document|präsentation|dokument) | (?:lecture|vorlesung|slides|folien|handout)\s*\d*
    | [^\s]*_[^\s]* | .*\b\d{1,2}:\d{2}:\d{2}\b.*
    | \w+:[/\\].* | [/\\~].*[/\\].* | [^\s]*[/\\][^\s]*[/\\].*
    | .*\.(?:tex|docx?|pptx?|odp|key|pdf|dvi|md|html?|indd|ps|ipynb|rmd|qmd)""",
    re.I | re.VERBOSE,
)
_NUMBERED_ENTRY = re.compile(
    r"^(?:slide|folie|diapositive|diapo|page|seite)\s*\d+\s*(?:[:.–-]\s*|$)", re.I
)
_FOOTNOTE_MARK = re.compile(r"(?<=[^\W\d_]{3})(?:\^[1-9*†‡]|[*†‡])$")


def document_title(declared: str, first: Page | None, stem: str) -> str:
    """The declared title; where it is useless, the first page's heading; else the file's name.

    A declared title is useless where it is a path, a program's or a template's name, one word with
    an underscore as in the names of files, or a stamp with a time of day; and where the first page
    is a title page and does not show its words, as when a course copies its files.

    Args:
        declared: The title in the file's metadata.
        first: The first page; None if there is none.
        stem: The file's name without its suffix.
    """
    title = _printable(declared)
    heading = first.heading if first else ""
    useless = len(title) <= 3 or bool(_USELESS_TITLE.fullmatch(title))
    if first and heading and not useless and not _shows(first.text, title):
        useless = is_title_page(first.text.splitlines())
    if not useless:
        return title
    return _FOOTNOTE_MARK.sub("", heading) or re.sub(r"[-_]+", " ", stem)


def _printable(text: str) -> str:
    """A text on one line without control and formatting characters."""
    visible = (c if unicodedata.category(c) not in ("Cc", "Cf") else " " for c in text)
    return " ".join("".join(visible).split())


def _shows(text: str, title: str) -> bool:
    """Whether most longer words of a title are among a text's words."""
    words = set(re.findall(r"[^\W\d_]{4,}", title.casefold()))
    shown = words & set(re.findall(r"[^\W\d_]{4,}", text.casefold()))
    return 2 * len(shown) > len(words) or not words


def read_outline(pdf: pdfium.PdfDocument) -> Iterator[Section]:
    """The entries of the outline that lead to a page."""
    for item in pdf.get_toc():
        target = item.get_dest()
        index = target.get_index() if target else None
        if index is not None:
            words = " ".join(repair_word(word) for word in item.get_title().split())
            title = _NUMBERED_ENTRY.sub("", words)  # "Slide 3" is no heading
            if not title:
                continue
            yield Section(title, item.level, index + 1)


def page_heading(number: int, text: str, lines: Sequence[Line], width: float, height: float) -> str:
    """A page's heading, or "" if it has none: its largest line near the top, and the next like it.

    A heading is at least 15 % larger than the page's median character and begins near the top,
    unless the page has only a few lines. It has at most two lines and 120 characters.

    Args:
        number: The page, from 1.
        text: Its text.
        lines: Its lines, in order.
        width: In points.
        height: In points.
    """
    reach = _SLIDE_REACH if width > height else _NOTES_REACH
    if number == 1:
        reach = _FIRST_PAGE_REACH
    has_few_lines = len(lines) <= _FEW_LINES

    def may_be_heading(line: Line) -> bool:
        words = text[line.start : line.end].split()
        is_high = line.box.y0 < reach * height or has_few_lines
        letters = sum(map(str.isalpha, "".join(words)))
        is_text = not line.is_row and not is_bullet(words[0])
        return is_high and is_text and letters >= _MIN_LETTERS

    candidates = [index for index, line in enumerate(lines) if may_be_heading(line)]
    if not candidates:
        return ""
    median = statistics.median(line.size for line in lines for _ in range(line.end - line.start))
    largest = max(lines[index].size for index in candidates)
    if largest < _LARGE * median and not has_few_lines:
        return ""
    index = next(index for index in candidates if lines[index].size >= _SAME_SIZE * largest)
    first = last = lines[index]
    for line in lines[index + 1 : index + 2]:
        if line.size >= _SAME_SIZE * largest and line.box.y0 - first.box.y1 < largest:
            last = line
    heading = " ".join(text[first.start : last.end].split())
    if largest < _LARGE * median and heading[:1].islower():
        return ""  # the rest of a sentence of the page before
    return heading if len(heading) <= _MAX_LENGTH else ""


def without_stamped_headings(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages, with the heading below the stamp where a stamp was taken for the heading."""

    def heading_without(page: Page, left_out: set[Line]) -> str:
        rest = [line for line in page.lines if line not in left_out]
        return page_heading(page.number, page.text, rest, page.width, page.height)

    changed = stamps_in_headings(pages, heading_without)
    return tuple(
        replace(page, heading=changed[page.number]) if page.number in changed else page
        for page in pages
    )
