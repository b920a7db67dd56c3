"""Readers turn a file into a `ParsedDocument`; one module for each format.

A reader is any function from a path, and perhaps a recogniser of text in pictures, to a
`ParsedDocument`. It raises `UnreadableFile`, with one sentence for the user, if the file gives no
text. Its module, and the parsers that it uses, are loaded with the first file of its format.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ingest.errors import UnreadableFile
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

Reader = Callable[[Path, TextRecogniser | None], ParsedDocument]


def _reader(format: str) -> Reader:
    """The function `read_FORMAT` of the module of that name, which the first call loads."""

    def read_file(path: Path, recogniser: TextRecogniser | None) -> ParsedDocument:
        reader: Reader = getattr(import_module(f"ingest.readers.{format}"), f"read_{format}")
        return reader(path, recogniser)

    return read_file


READERS: dict[str, Reader] = {
    ".pdf": _reader("pdf"),
    ".pptx": _reader("pptx"),
    ".docx": _reader("docx"),
    ".epub": _reader("epub"),
    ".md": _reader("markdown"),
    ".markdown": _reader("markdown"),
    ".html": _reader("html"),
    ".htm": _reader("html"),
    ".xhtml": _reader("html"),
    ".ipynb": _reader("notebook"),
    ".txt": _reader("plain"),
    ".text": _reader("plain"),
    ".vtt": _reader("captions"),
    ".srt": _reader("captions"),
    ".png": _reader("picture"),
    ".jpg": _reader("picture"),
    ".jpeg": _reader("picture"),
}

# Files that tell about a folder; they are read only if they are named themselves.
_ABOUT_FOLDERS = ("readme", "license", "licence", "notice", "changelog", "contributing")


def is_lecture(path: Path) -> bool:
    """Whether a file in a folder is taken for a lecture, by its name: a reader reads its type."""
    return path.suffix.lower() in READERS and path.stem.casefold() not in _ABOUT_FOLDERS


def read(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a file with the reader of its suffix.

    Args:
        path: The file.
        recogniser: Reads what is written in pictures; without one, such pages are only marked.

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
    return reader(path, recogniser)
