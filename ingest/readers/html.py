"""Read HTML with lxml: what a browser would show, without running or fetching anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import lxml.etree
import lxml.html
from lxml.html import HtmlElement

from ingest.readers.decoding import declared_charset, decode, read_bytes
from ingest.readers.mathml import linear_formula
from ingest.readers.raised import with_mark
from ingest.readers.typesetting import Block, clean, set_document, split_at_headings, table_rows
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

# Elements that show no text of the page, and those that begin a line of their own.
_NOT_SHOWN = re.compile(
    "head|script|style|template|noscript|iframe|object|embed|applet|audio|video|canvas|svg|"
    "select|option|datalist|dialog|textarea|button|nav"
)
_BLOCKS = re.compile(
    "html|body|address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|"
    "figure|footer|form|header|hgroup|hr|legend|main|menu|ol|p|section|summary|table|tbody|td|"
    "tfoot|th|thead|tr|ul|li|caption|br|h[1-6]"
)
_HEADING = re.compile(r"h([1-6])")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_TEX = "application/x-tex"
_SCRIPTS = {"sup": "^", "sub": "_"}


def read_html(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read an HTML file; a page is a heading with the text below it.

    Raises:
        UnreadableFile: the file is missing, empty, too large, or shows no text.
    """
    data = read_bytes(path)
    text = decode(path.name, data, declared_charset(data))
    root = parse_html(text)
    title = ""
    if root is not None:
        title = clean("".join(root.xpath("string((//head/title)[1])")))
    blocks = list(_Walk().blocks(root)) if root is not None else []
    return set_document(path, data, split_at_headings(blocks), title=title)


def html_blocks(text: str) -> list[Block]:
    """The blocks of HTML in a string, in order."""
    root = parse_html(text)
    return list(_Walk().blocks(root)) if root is not None else []


def parse_html(text: str) -> HtmlElement | None:
    """The root of a page; None if there is nothing in it. Entities outside HTML's are not read."""
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        return lxml.html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
        return None


class _Walk:
    """Goes through a page and collects its blocks."""

    def __init__(self) -> None:
        self._inline: list[str] = []
        self._kind: Block = Block("text", "")
        self._markers: list[int | None] = []  # of the open lists: the next number, or bullets

    def blocks(self, root: HtmlElement) -> Iterator[Block]:
        """All blocks below an element."""
        yield from self._element(root)
        yield from self._flush()

    def content(self, element: HtmlElement) -> Iterator[Block]:
        """All blocks within an element, which is not looked at itself."""
        yield from self._content(element)
        yield from self._flush()

    def _flush(self) -> Iterator[Block]:
        text = clean("".join(self._inline))
        self._inline.clear()
        mark, self._kind = self._kind, Block(self._kind.kind, "", self._kind.level)
        if text:
            yield Block(mark.kind, mark.text + text, mark.level)

    def _element(self, element: HtmlElement) -> Iterator[Block]:
        tag = element.tag
        if not isinstance(tag, str) or _NOT_SHOWN.fullmatch(tag) or _is_hidden(element):
            return
        if tag == "math":
            self._inline.append(_formula(element))
        elif tag == "img":
            self._inline.append(f" {element.get('alt') or ''} ")
        elif tag in _SCRIPTS:
            if not (tag == "sup" and _is_note_mark(element)):
                before = "".join(self._inline[-3:])
                self._inline.append(with_mark(_text_of(element), _SCRIPTS[tag], before))
        elif tag == "rt" and element.getparent().find("rp") is None:
            self._inline.append(f"({_text_of(element)})")
        elif tag == "pre":
            yield from self._flush()
            yield Block("code", element.text_content())
        elif tag == "table" and _is_data(element):
            yield from self._flush()
            for caption in element.iterchildren("caption"):
                yield Block("text", clean(caption.text_content()))
            yield Block("table", table_rows(_rows(element)))
        elif _BLOCKS.fullmatch(tag):
            yield from self._flush()
            yield from self._block(element, tag)
            yield from self._flush()
        else:
            yield from self._content(element)

    def _block(self, element: HtmlElement, tag: str) -> Iterator[Block]:
        before = self._kind
        if match := _HEADING.fullmatch(tag):
            self._kind = Block("heading", "", int(match[1]) - 1)
        elif tag in ("ul", "ol", "menu"):
            start = element.get("start", "1")
            number = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
            self._markers.append(number if tag == "ol" else None)
        elif tag == "li" and self._markers:
            number_of_item = self._markers[-1]
            mark = "• "
            if number_of_item is not None:
                value = element.get("value", "")
                number_of_item = int(value) if re.fullmatch(r"\d{1,6}", value) else number_of_item
                mark = f"{number_of_item}. "
                self._markers[-1] = number_of_item + 1
            self._kind = Block("item", mark, len(self._markers) - 1)
        yield from self._content(element)
        yield from self._flush()
        if tag in ("ul", "ol", "menu"):
            self._markers.pop()
        self._kind = Block(before.kind, "", before.level) if tag != "li" else before

    def _content(self, element: HtmlElement) -> Iterator[Block]:
        self._inline.append(element.text or "")
        for child in element:
            yield from self._element(child)
            self._inline.append(child.tail or "")


def _text_of(element: HtmlElement) -> str:
    """What an element shows, on one line."""
    return " ".join(block.text for block in _Walk().content(element))


def _is_note_mark(element: HtmlElement) -> bool:
    """Whether raised letters only lead to a note of the page."""
    return any((link.get("href") or "").startswith("#") for link in element.iter("a"))


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(element.get("style") or ""))
    )


def _formula(element: HtmlElement) -> str:
    """A formula's TeX where the page holds it, else its linear form."""
    for annotation in element.iter("annotation"):
        if annotation.get("encoding") == _TEX:
            return f" ${clean(annotation.text_content())}$ "
    return f" {linear_formula(element)} "


def _is_data(table: HtmlElement) -> bool:
    """Whether a table shows data, rather than the layout of a page."""
    nested = next(table.iterdescendants("table"), None)
    return nested is None and any(len(row) > 1 for row in table.iter("tr"))


def _rows(table: HtmlElement) -> list[list[str]]:
    """The texts of a table's cells, each at its column.

    A cell over several columns has empty ones behind it; one over several rows stands in each of
    them, so that every row says what it is about.
    """
    grid: dict[tuple[int, int], str] = {}
    rows = list(table.iter("tr"))
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            if not isinstance(cell.tag, str) or cell.tag not in ("td", "th") or _is_hidden(cell):
                continue
            while (y, x) in grid:
                x += 1
            text, width = _text_of(cell), _count(cell, "colspan")
            for below in range(min(_count(cell, "rowspan"), len(rows) - y)):
                for column in range(width):
                    grid[y + below, x + column] = "" if column else text
            x += width
    widths = [0] * len(rows)
    for y, x in grid:
        widths[y] = max(widths[y], x + 1)
    return [[grid.get((y, x), "") for x in range(width)] for y, width in enumerate(widths)]


def _count(cell: HtmlElement, attribute: str) -> int:
    """How many columns or rows a cell covers."""
    number = cell.get(attribute, "1")
    return int(number) if re.fullmatch(r"[1-9]\d?", number) else 1
