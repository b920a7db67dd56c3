"""Where a library keeps what LibreOffice made of its documents, see `ingest.conversion`."""

from __future__ import annotations

import contextlib
from pathlib import Path


def converted_file(document: str, folder: Path) -> Path:
    """Where the PDF of the document with an id is, or would be, in a library's folder."""
    return folder / "converted" / f"{document}.pdf"


def failure_mark(document: str, folder: Path) -> Path:
    """The file that says that no PDF could be made of a document."""
    return converted_file(document, folder).with_suffix(".failed")


def remove_converted(document: str, folder: Path) -> None:
    """Delete what was converted of a document with this id."""
    for file in (converted_file(document, folder), failure_mark(document, folder)):
        with contextlib.suppress(OSError):
            file.unlink()
