"""Keep a library in step with folders: report what is gone from them, and follow what changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.pipeline import FileReport
from ingest.store import Library
from ingest.tracking import mark_gone


def gone_reports(
    library: Library, paths: Sequence[Path], *, keep: bool = False
) -> Iterator[FileReport]:
    """Mark the documents whose files are gone from some folders, with a report for each.

    Args:
        library: After the files of the folders were read, so that moved ones are known.
        paths: The folders.
        keep: Go on citing these documents.
    """
    for document in mark_gone(library, paths, keep=keep):
        yield FileReport(
            document.path,
            "kept" if keep else "gone",
            document.pages,
            message=f"{document.name}: its file is gone; "
            + ("it is still cited" if keep else "it is not cited any more"),
        )


def holds_any_of(library: Library, paths: Sequence[Path]) -> bool:
    """Whether a library has documents from below some folders, whose files may be gone."""
    roots = [path.resolve() for path in paths if path.is_dir()]
    return any(
        Path(document.path).is_relative_to(root)
        for document in library.documents()
        for root in roots
    )
