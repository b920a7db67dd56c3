"""What flows through the pipeline: documents, their pages, and the passages cut from them.

Lengths are PDF points (1/72 inch) with the origin at the top left of the page as it is shown;
offsets count characters from 0, and an end is exclusive.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Origin = Literal["text", "ocr"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the top left corner; x0 <= x1 and y0 <= y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        """Vertical extent in points."""
        return self.y1 - self.y0

    def union(self, other: Box) -> Box:
        """The smallest rectangle that holds both."""
        return Box(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters without a space: `page.text[start:end]`, drawn inside `box`.

    A word hyphenated at a line's end is two of these, one directly behind the other.
    """

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as set on the page: `page.text[start:end]`.

    `size` is the height of its font in points; `bold` tells whether its first letter is.
    """

    start: int
    end: int
    size: float
    bold: bool
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `number` counts the file's pages from 1, whatever is printed on them.

    `text` is what a person would read, in order, a newline after each line; `heading` is the
    page's title, or "" where it has none; `width` and `height` are in points.
    """

    number: int
    text: str
    width: float
    height: float
    heading: str = ""
    lines: tuple[Line, ...] = ()
    words: tuple[Word, ...] = ()
    origin: Origin = "text"

    @property
    def is_slide(self) -> bool:
        """Whether the page is wider than high, as slides are."""
        return self.width > self.height


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the library. `id` is the SHA-256 of its bytes: same bytes, same document.

    `path` is where it was read, `file` the name that citations show, `language` an ISO 639-1
    code or "" where it could not be told.
    """

    id: str
    path: str
    file: str
    title: str
    pages: int
    language: str = ""
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of a PDF's outline: `level` from 0, `page` from 1."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as a reader returns it, with its pages in order and its outline."""

    document: Document
    pages: tuple[Page, ...]
    outline: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one page: the characters `start` to `end` of that page's text."""

    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, found and cited: a slide, a build of slides, or a stretch of notes.

    `id` is the document's id and a running number; `pages` holds every page that shows the
    text, ascending (all steps of a build); `headings` leads from the lecture's title down to
    the passage; `spans` say where `text` stands in the page texts, of which the first
    `overlap` repeat the passage before.
    """

    id: str
    document: str
    file: str
    title: str
    pages: tuple[int, ...]
    headings: tuple[str, ...]
    text: str
    spans: tuple[Span, ...]
    overlap: int = 0
    language: str = ""

    @property
    def page(self) -> int:
        """The page to show: the last, on which a build is complete and a stretch ends."""
        return self.pages[-1] if self.is_build else self.pages[0]

    @property
    def is_build(self) -> bool:
        """Whether the pages repeat the same text rather than continue it."""
        return len(self.pages) > 1 and len({span.page for span in self.spans}) == 1

    @property
    def context(self) -> str:
        """The headings as one line, embedded and searched with the text but not shown in it."""
        return " › ".join(self.headings)

    @property
    def citation(self) -> str:
        """File and pages as a citation shows them: `deck.pdf, p. 4` or `deck.pdf, pp. 4-6`."""
        first, last = self.pages[0], self.pages[-1]
        return f"{self.file}, p. {first}" if first == last else f"{self.file}, pp. {first}-{last}"

    def shares_page(self, other: Passage) -> bool:
        """Whether a page shows text of both, as where a full slide was cut in two."""
        return self.document == other.document and not set(self.pages).isdisjoint(other.pages)

    def as_dict(self) -> dict[str, Any]:
        """The passage as plain values that `json.dumps` takes."""
        return asdict(self)
