"""Where a library keeps the guides to its lectures, see `rag.course.guide`."""

from __future__ import annotations

import contextlib
from pathlib import Path


def guide_file(document: str, folder: Path) -> Path:
    """Where the guide to the document with an id is, or would be, in a library's folder."""
    return folder / "guides" / f"{document}.json"


def remove_guide(document: str, folder: Path) -> None:
    """Delete the guide to a document with this id."""
    with contextlib.suppress(OSError):
        guide_file(document, folder).unlink()
