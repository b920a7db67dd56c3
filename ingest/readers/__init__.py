"""Readers turn a file into a `ParsedDocument`; one module for each format.

A reader is any function from a path, and perhaps a recogniser of text in pictures, to a
`ParsedDocument`. It raises `UnreadableFile`, with one
sentence for the user, if the file gives no text.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.errors import UnreadableFile
from ingest.readers.docx import read_docx
from ingest.readers.epub import read_epub
from ingest.readers.html import read_html
from ingest.readers.markdown import read_markdown
from ingest.readers.notebook import read_notebook
from ingest.readers.pdf import read_pdf
from ingest.readers.picture import read_picture
from ingest.readers.plain import read_plain
from ingest.readers.pptx import read_pptx
from ingest.recognition import TextRecogniser
from ingest.types import ParsedDocument

Reader = Callable[[Path, TextRecogniser | None], ParsedDocument]

READERS: dict[str, Reader] = {
    ".pdf": read_pdf,
    ".pptx": read_pptx,
    ".docx": read_docx,
    ".epub": read_epub,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".ipynb": read_notebook,
    ".txt": read_plain,
    ".text": read_plain,
    ".png": read_picture,
    ".jpg": read_picture,
    ".jpeg": read_picture,
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
