"""The values that ingest passes on: documents, their pages, and the passages cut from them.

Lengths are PDF points (1/72 inch); the origin is the top left of the page as shown. Offsets count
characters from 0, and an end is exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from ingest.citations import cite, place_name

Origin = Literal["text", "ocr", "picture", "corrected", "hidden"]
PassageKind = Literal["text", "table"]
RegionKind = Literal["formula", "table", "figure", "picture"]


class Box(NamedTuple):
    """A rectangle on a page, in points from the top left corner; x0 <= x1 and y0 <= y1.

    A page has one for each character, and a named tuple is made in a third of a frozen dataclass's time.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        """Vertical extent in points."""
        return self.y1 - self.y0

    def union(self, other: Box) -> Box:
        """The smallest rectangle that contains both."""
        return Box(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a space: `page.text[start:end]`, drawn inside `box`.

    A word that is hyphenated at a line's end is two words here, one directly behind the other.
    """

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as set on the page: `page.text[start:end]`.

    `size` is its font's height in points; `bold` is true if its first word is bold. A line of code
    begins with the blanks by which it is indented, an item of a list with two for each level above
    its own; a row of a table has the form of `ingest.text.rows`.
    """

    start: int
    end: int
    size: float
    bold: bool
    box: Box
    is_code: bool = False
    is_row: bool = False


@dataclass(frozen=True, slots=True)
class Slide:
    """One of several slides that a handout's page shows: `page.text[start:end]` and its heading."""

    start: int
    end: int
    heading: str


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page that its text alone does not show."""

    kind: RegionKind
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `number` counts the file's pages from 1, whatever number is printed on them.

    `text` is what a person would read, in order, with a newline after each line; `heading` is the
    page's title, or "" if it has none; `width` and `height` are in points; `origin` is "ocr" if
    most of its text was read from a picture, "picture" if it has a picture that may hold text and
    was not read yet, "corrected" if a person wrote it, "hidden" if a person took it out of the
    answers; `label` is the number printed on it where the file says that and it is
    another, such as "iii"; `regions` are its formulas, tables, figures and pictures, from top to
    bottom.
    """

    number: int
    text: str
    width: float
    height: float
    heading: str = ""
    lines: tuple[Line, ...] = ()
    words: tuple[Word, ...] = ()
    origin: Origin = "text"
    slides: tuple[Slide, ...] = ()
    label: str = ""
    regions: tuple[Region, ...] = ()

    @property
    def is_slide(self) -> bool:
        """Whether the page is wider than it is high, as slides are, or holds several slides."""
        return self.width > self.height or bool(self.slides)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person changed of a page: what it says, or that no answer may use it.

    `original` is the page as it was read; `text` is what it says in place of that, None where it is
    hidden alone.
    """

    original: Page
    text: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the library. `id` is the SHA-256 of its bytes: same bytes, same document.

    `path` is where it was read, `file` the name in citations, `pages` their number, `language` an
    ISO 639-1 code, or "" if it was not recognised. `folder` are the folders that tell it from
    another document of the same file name, "" where none has it; `gone` is true if its file was
    deleted and it is not cited any more.
    """

    id: str
    path: str
    file: str
    title: str
    pages: int
    language: str = ""
    folder: str = ""
    gone: bool = False

    @property
    def name(self) -> str:
        """The file name, behind its folders where another document has the same."""
        return f"{self.folder}/{self.file}" if self.folder else self.file


@dataclass(frozen=True, slots=True)
class Course:
    """A name and the ids of its lectures, in order; a document may be in several courses."""

    name: str
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of a PDF's outline: `level` from 0, `page` from 1."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as a reader returns it, with its pages in order and its outline.

    `unread_pages` are the numbers of the pages that are damaged; they are in `pages` without text;
    `attached` are the names of the files inside it, which are not read; `hidden` counts characters
    that no reader sees, such as those of a layer that is switched off, and that are left out.
    """

    document: Document
    pages: tuple[Page, ...]
    outline: tuple[Section, ...] = ()
    unread_pages: tuple[int, ...] = ()
    attached: tuple[str, ...] = ()
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `start` to `end` of the text of page number `page`."""

    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, retrieved and cited: a slide, a build of slides, or a part of notes.

    `id` is the start of the document's id and a running number; `pages` are all pages that show
    the text, ascending (all steps of a build); `headings` are those above the passage, from the
    document's title down; `spans` are the parts of the pages' texts that `text` consists of, of
    which the first `overlap` repeat the end of the passage before, or a table's caption and first
    row. `is_navigation` is true of what
    leads through a document and is found, but never quoted: its title, outline and last slide.
    `folder` is its document's; `course` is the first course that the document is in, and `lecture`
    the number by which a reader knows it there.
    `labels` are the numbers printed on the pages, one for each of `pages`, or none where they are
    the same; `recognised` are those of the pages whose text was read from a picture, `corrected`
    those whose text a person wrote. `kind` is
    "table" for a table, or a part of one: its caption and its rows, each a line.
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
    is_navigation: bool = False
    folder: str = ""
    labels: tuple[str, ...] = ()
    recognised: tuple[int, ...] = ()
    kind: PassageKind = "text"
    course: str = ""
    lecture: int | None = None
    corrected: tuple[int, ...] = ()

    @property
    def page(self) -> int:
        """The page to show: the last of a build, on which it is complete, else the first."""
        return self.pages[-1] if self.is_build else self.pages[0]

    @property
    def is_build(self) -> bool:
        """Whether the pages repeat one text, instead of continuing it."""
        return len(self.pages) > 1 and len({span.page for span in self.spans}) == 1

    @property
    def context(self) -> str:
        """The headings as one line, which is embedded and searched with the text."""
        return " › ".join(self.headings)

    @property
    def citation(self) -> str:
        """Place and pages as a citation shows them: `deck.pdf, pp. 4-6`, `AI, lecture 3, p. 4`."""
        return cite(self.name, self.pages, self.headings, self.labels, place=self.place)

    @property
    def place(self) -> str:
        """Course and lecture, `AI, lecture 3`; the file name where it is in no course."""
        number = "" if self.lecture is None else f"lecture {self.lecture}"
        return place_name(self.name, self.course, number)

    @property
    def name(self) -> str:
        """The file name, behind its folders where another document has the same."""
        return f"{self.folder}/{self.file}" if self.folder else self.file

    def pages_of(self, start: int, end: int) -> tuple[int, ...]:
        """The pages that show the characters `start` to `end` of the text, ascending.

        Of a build it is the last one, on which the slide is complete.
        """
        pages: set[int] = set()
        offset = 0
        for span, line in zip(self.spans, self.text.split("\n"), strict=False):
            if start < offset + len(line) and end > offset:
                pages.add(span.page)
            offset += len(line) + 1
        return tuple(sorted(pages)) or self.pages

    def labels_of(self, pages: Sequence[int]) -> tuple[str, ...]:
        """The numbers printed on some of its pages; none where they are the same."""
        printed = dict(zip(self.pages, self.labels, strict=False))
        labels = tuple(printed.get(page, str(page)) for page in pages)
        return () if labels == tuple(map(str, pages)) else labels

    def shares_page(self, other: Passage) -> bool:
        """Whether a page shows text of both, as when a long slide was cut in two."""
        return self.document == other.document and not set(self.pages).isdisjoint(other.pages)

    def as_dict(self) -> dict[str, Any]:
        """The passage as plain values that `json.dumps` takes."""
        return asdict(self)
