"""Readers turn a file into a `ParsedDocument`; one module for each format.

A reader is any function from a path to a `ParsedDocument`. It raises `UnreadableFile`, with one
sentence for the user, if the file gives no text.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.errors import UnreadableFile
from ingest.readers.pdf import read_pdf
from ingest.types import ParsedDocument

Reader = Callable[[Path], ParsedDocument]

READERS: dict[str, Reader] = {".pdf": read_pdf}


def read(path: Path) -> ParsedDocument:
    """Read a file with the reader of its suffix.

    Raises:
        UnreadableFile: there is no reader for such files, or the file has no readable text.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        suffixes = ", ".join(sorted(READERS))
        raise UnreadableFile(
            f"{path.name}: files of type {path.suffix or 'unknown'!r} cannot be read, "
            f"only {suffixes}"
        )
    return reader(path)
