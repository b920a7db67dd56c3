"""Readers turn a file into a `Lecture`; one module for each format.

A reader is any callable from a path to a `Lecture` that raises `UnreadableFile` with one
sentence where the file gives no text.
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
    """Read a lecture with the reader of its suffix.

    Raises:
        UnreadableFile: no reader takes such files, or the file holds no lecture text.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(READERS))
        raise UnreadableFile(
            f"{path.name}: files of type {path.suffix or 'unknown'!r} are not read; wanted {known}"
        )
    return reader(path)
