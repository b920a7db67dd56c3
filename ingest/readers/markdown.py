"""Read Markdown with markdown-it: headings, paragraphs, nested lists, code and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.readers.decoding import decode, read_bytes
from ingest.readers.html import html_blocks
from ingest.readers.raised import with_mark
from ingest.readers.typesetting import Block, set_document, split_at_headings, table_rows
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_TITLE = re.compile(r"^title:[ \t]*(.+)$", re.M)
_SCRIPTS = {"<sup>": "^", "<sub>": "_"}
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read_markdown(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a Markdown file; a page is a heading with the text below it.

    Pictures and links are not followed; their texts are read.

    Raises:
        UnreadableFile: the file is missing, empty, too large, or holds no text.
    """
    data = read_bytes(path)
    text = decode(path.name, data)
    title = ""
    if front := _FRONT_MATTER.match(text):
        named = _TITLE.search(front[1])
        title = named[1].strip().strip("\"'") if named else ""
        text = text[front.end() :]
    return set_document(path, data, split_at_headings(markdown_blocks(text)), title=title)


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of a Markdown text, in order."""
    return list(_blocks(_PARSER.parse(text)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    heading: int | None = None
    markers: list[int | None] = []  # of the lists that are open: the next number, None for bullets
    item = ""  # the mark of an item whose text is to come
    rows: list[list[str]] | None = None
    for token in tokens:
        match token.type:
            case "heading_open":
                heading = int(token.tag[1]) - 1
            case "heading_close":
                heading = None
            case "bullet_list_open":
                markers.append(None)
            case "ordered_list_open":
                markers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                markers.pop()
            case "list_item_open":
                number = markers[-1]
                item = "• " if number is None else f"{number}. "
                markers[-1] = None if number is None else number + 1
            case "table_open":
                rows = []
            case "tr_open" if rows is not None:
                rows.append([])
            case "table_close":
                yield Block("table", table_rows(rows or []))
                rows = None
            case "fence" | "code_block":
                yield Block("code", token.content)
            case "html_block":
                yield from html_blocks(token.content)
            case "inline":
                inline = _inline(token.children or [])
                if rows:
                    rows[-1].append(inline)
                elif heading is not None:
                    yield Block("heading", inline, heading)
                elif markers:
                    yield Block("item", item + inline, len(markers) - 1)
                    item = ""
                else:
                    yield Block("text", inline)


def _inline(tokens: Sequence[Token]) -> str:
    """The text of inline tokens: of pictures their description, of HTML raised and lowered letters."""
    parts: list[str] = []
    opened: tuple[str, int] | None = (
        None  # the mark of raised or lowered letters, and where they begin
    )
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "image":
            parts.append(_inline(token.children or []))
        elif token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type == "html_inline" and token.content in _SCRIPTS:
            opened = _SCRIPTS[token.content], len(parts)
        elif token.type == "html_inline" and token.content in ("</sup>", "</sub>") and opened:
            mark, start = opened
            parts[start:] = [with_mark("".join(parts[start:]), mark, "".join(parts[:start]))]
            opened = None
    return "".join(parts)
