"""Read Jupyter notebooks: the cells, and what the code cells printed. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from ingest.errors import UnreadableFile
from ingest.readers.decoding import decode, read_bytes
from ingest.readers.html import html_blocks
from ingest.readers.markdown import markdown_blocks
from ingest.readers.typesetting import Block, set_document
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

_MAX_OUTPUT = 4000  # characters of one output
_MAX_HTML = 2_000_000  # characters of an output that are looked at
_OBJECT = re.compile(r"<[\w.]+(?: [^<>\n]*)?>")  # how Python writes what has no text of its own
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")  # what a bar of progress showed before
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def read_notebook(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a notebook; page n is cell n, with the text that it printed.

    Raises:
        UnreadableFile: the file is missing, empty, too large, no notebook, or holds no text.
    """
    data = read_bytes(path)
    try:
        notebook = nbformat.reads(decode(path.name, data), as_version=4)
        cells = [list(_cell_blocks(cell)) for cell in notebook.cells]
        title = notebook.metadata.get("title", "")
    except UnreadableFile:
        raise
    except Exception as error:  # nbformat raises whatever its parts raise
        raise UnreadableFile(
            f"{path.name}: is no readable notebook ({type(error).__name__}); save it again in Jupyter"
        ) from error
    return set_document(path, data, cells, title=title if isinstance(title, str) else "")


def _cell_blocks(cell: Any) -> Iterator[Block]:
    source = _joined(cell.get("source", ""))
    if cell.get("cell_type") == "markdown":
        yield from markdown_blocks(source)
        return
    yield Block("code", source)
    for output in cell.get("outputs", []):
        yield from _output_blocks(output)


def _output_blocks(output: Any) -> Iterator[Block]:
    """The text of an output: a table where it is one, else what is printed."""
    shown = output.get("data", {})
    plain = _joined(output.get("text", "") or shown.get("text/plain", ""))
    blocks = html_blocks(_joined(shown.get("text/html", ""))[:_MAX_HTML])
    is_object = bool(_OBJECT.fullmatch(plain.strip()))
    if tables := [block for block in blocks if block.kind == "table"]:
        yield from tables
    elif blocks and (is_object or not plain):
        yield from blocks
    elif "text/markdown" in shown:
        yield from markdown_blocks(_joined(shown["text/markdown"])[:_MAX_OUTPUT])
    elif output.get("output_type") == "error":
        yield Block("code", f"{output.get('ename', '')}: {output.get('evalue', '')}"[:_MAX_OUTPUT])
    elif "text/latex" in shown:
        yield Block("text", _joined(shown["text/latex"])[:_MAX_OUTPUT])
    elif not is_object:  # "<Figure size 640x480 with 1 Axes>" is shown as a picture
        printed = _OVERWRITTEN.sub("", _COLOURS.sub("", plain))
        yield Block("code", printed[:_MAX_OUTPUT])


def _joined(lines: Any) -> str:
    """A multi-line string, which notebooks may hold as a list of lines."""
    return "".join(map(str, lines)) if isinstance(lines, list) else str(lines)
