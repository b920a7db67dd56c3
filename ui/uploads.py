"""Storing uploaded files: clean names, nothing overwritten, PDFs only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from ingest.errors import KathederError
from ingest.pipeline import FileReport
from rag.settings import AppSettings

_MAX_NAME = 100  # characters of a name before its suffix
_MEGABYTE = 1024 * 1024


class UploadRefused(KathederError):
    """A file that is not stored; the text says why."""


def clean_name(name: str) -> str:
    """A file name from one that a browser sent: no folders, no leading dot, safe characters, `.pdf`."""
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    stem = re.sub(r"\.pdf$", "", base, flags=re.IGNORECASE)
    stem = re.sub(r"[^\w .()+-]", "_", stem)
    stem = re.sub(r"\s+", " ", stem)[:_MAX_NAME].strip(" .")
    return f"{stem or 'lecture'}.pdf"


def store_upload(folder: Path, name: str, content: bytes, limits: AppSettings) -> Path:
    """Write an uploaded PDF into a folder and return its path.

    The same bytes under the same name are not written again; other bytes get a name with a
    number, as in `deck (2).pdf`.

    Raises:
        UploadRefused: not a PDF by its first 1024 bytes, or larger than `limits.max_upload_mb`.
    """
    clean = clean_name(name)
    if len(content) > limits.max_upload_mb * _MEGABYTE:
        raise UploadRefused(
            f"{clean}: {len(content) / _MEGABYTE:.1f} MB, but the limit is {limits.max_upload_mb} MB "
            "(app.max_upload_mb); add it with `katheder ingest`"
        )
    if b"%PDF" not in content[:1024]:
        raise UploadRefused(f"{clean}: not a PDF (no %PDF mark in its first 1024 bytes)")
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        target = folder / (clean if number == 1 else f"{clean[:-4]} ({number}).pdf")
        try:
            with target.open("xb") as file:
                file.write(content)
            return target
        except FileExistsError:
            if target.is_file() and target.read_bytes() == content:
                return target
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        number += 1


def store_uploads(
    folder: Path, uploads: Sequence[tuple[str, bytes]], limits: AppSettings
) -> tuple[list[Path], list[FileReport]]:
    """Store the valid uploads; their paths, and a report for each refused one."""
    stored: dict[Path, None] = {}
    refused = []
    for index, (name, content) in enumerate(uploads):
        try:
            if index >= limits.max_upload_files:
                raise UploadRefused(
                    f"{clean_name(name)}: more than {limits.max_upload_files} files at once "
                    "(app.max_upload_files); upload it by itself"
                )
            stored[store_upload(folder, name, content, limits)] = None
        except UploadRefused as error:
            refused.append(FileReport(clean_name(name), "failed", message=str(error)))
    return list(stored), refused


def drop_unused(report: FileReport) -> None:
    """Delete an uploaded file that is not in the library: unreadable, or a duplicate."""
    if report.outcome in ("failed", "duplicate"):
        Path(report.path).unlink(missing_ok=True)
