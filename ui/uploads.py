"""Storing uploaded files: clean names, nothing overwritten, only types that a reader reads."""

from __future__ import annotations

import codecs
import hashlib
import re
import time
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.disk import naming_disk_fault
from ingest.errors import DiskFull, FolderReadOnly, KathederError
from ingest.readers import READERS
from ingest.store import Library
from rag.app_settings import AppSettings
from ui.identity.roles import Identity

if TYPE_CHECKING:
    from ingest.pipeline import FileReport

UPLOADS = "uploads"  # in the library's folder
_MAX_NAME = 100  # characters of a name before its suffix
_MAX_NAME_BYTES = 200  # the same in UTF-8; file systems take 255 with the suffix
_ZIP = b"PK\x03\x04"
# What the first bytes of a file of each binary type are; the others are text.
_SIGNATURES = {
    ".pptx": _ZIP,
    ".docx": _ZIP,
    ".epub": _ZIP,
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
}
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_MEGABYTE = 1024 * 1024
_LEFTOVER_SECONDS = 3600.0  # another program may be storing a younger file just now


class UploadRefused(KathederError):
    """A file that is not stored; the text says why."""


def clean_name(name: str) -> str:
    """A file name from one that a browser sent: no folders, no leading dot, safe characters.

    It keeps its suffix, in lower case, if a reader reads such files, and else gets `.pdf`.
    """
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    suffix = Path(f"x{base}").suffix.lower()  # so that a name may be a suffix alone
    stem, suffix = (base[: -len(suffix)], suffix) if suffix in READERS else (base, ".pdf")
    stem = re.sub(r"[^\w .()+-]", "_", stem)
    stem = re.sub(r"\s+", " ", stem)[:_MAX_NAME]
    stem = stem.encode()[:_MAX_NAME_BYTES].decode(errors="ignore").strip(" .")
    return f"{stem or 'lecture'}{suffix}"


def store_upload(folder: Path, name: str, content: bytes, limits: AppSettings) -> Path:
    """Write an uploaded file into a folder and return its path.

    The same bytes under the same name are not written again; other bytes get a name with a
    number, as in `deck (2).pdf`.

    Raises:
        UploadRefused: not of its type by its first 1024 bytes, or larger than
            `limits.max_upload_mb`.
        DiskFull: there is no room for it; nothing stays.
    """
    clean = clean_name(name)
    if len(content) > limits.max_upload_mb * _MEGABYTE:
        raise UploadRefused(
            f"{clean}: {len(content) / _MEGABYTE:.1f} MB, but the limit is {limits.max_upload_mb} MB "
            "(app.max_upload_mb); add it with `katheder ingest`"
        )
    if fault := type_fault(Path(clean).suffix, content):
        raise UploadRefused(f"{clean}: {fault}")
    number = 1
    while True:
        target = folder / clean
        if number > 1:
            target = target.with_stem(f"{target.stem} ({number})")
        try:
            with naming_disk_fault(folder, len(content)):
                folder.mkdir(parents=True, exist_ok=True)
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


def type_fault(suffix: str, content: bytes) -> str:
    """Why a file's first 1024 bytes are not those of its type, or ""."""
    start = content[:1024]
    if suffix == ".pdf":
        return "" if b"%PDF" in start else "not a PDF (no %PDF mark in its first 1024 bytes)"
    signature = _SIGNATURES.get(suffix)
    if signature is not None:
        kind = suffix[1:].upper()
        return "" if start.startswith(signature) else f"not a {kind} file (by its first bytes)"
    is_text = b"\0" not in start or start.startswith(_WIDE_MARKS)
    return "" if is_text else "not a text file (NUL bytes in its first 1024)"


def own_course(identity: Identity) -> str:
    """The course that takes a reader's uploads, "" for those who may choose one."""
    return "" if identity.may("lecture.add") else f"Uploads {_code(identity)[:6]}"


def upload_folder(library: Path, identity: Identity) -> Path:
    """Where uploads are stored: a reader's in a folder of his own, which his quota counts."""
    folder = library / UPLOADS
    return folder if identity.may("lecture.add") else folder / _code(identity)


def _code(identity: Identity) -> str:
    """A name for a reader that does not tell who it is."""
    return hashlib.sha256(identity.reader.encode()).hexdigest()[:32]


def quota_mb(identity: Identity, limits: AppSettings) -> int | None:
    """How many megabytes of uploads one may have in all; None for no limit."""
    return None if identity.may("lecture.add") else limits.reader_upload_mb


def is_uploaded(file: Path, library: Path) -> bool:
    """Whether a file was uploaded into the library's folder."""
    return (library / UPLOADS).resolve() in file.parents


def store_uploads(
    folder: Path,
    uploads: Sequence[tuple[str, bytes]],
    limits: AppSettings,
    quota_mb: int | None = None,
) -> tuple[list[Path], list[FileReport]]:
    """Store the valid uploads; their paths, and a report for each refused one.

    Args:
        folder: Where they go.
        uploads: Name and content of each.
        limits: The limits of one upload.
        quota_mb: How many megabytes the folder may hold in all; None for no limit.
    """
    used = sum(file.stat().st_size for file in folder.glob("*")) if quota_mb is not None else 0
    stored: dict[Path, None] = {}
    refused = []
    for index, (name, content) in enumerate(uploads):
        try:
            if index >= limits.max_upload_files:
                raise UploadRefused(
                    f"{clean_name(name)}: more than {limits.max_upload_files} files at once "
                    "(app.max_upload_files); upload it by itself"
                )
            if quota_mb is not None and used + len(content) > quota_mb * _MEGABYTE:
                raise UploadRefused(
                    f"{clean_name(name)}: {len(content) / _MEGABYTE:.1f} MB would be more than the "
                    f"{quota_mb} MB that a reader may upload in all (app.reader_upload_mb); "
                    f"{used / _MEGABYTE:.1f} MB are used"
                )
            used += len(content)
            stored[store_upload(folder, name, content, limits)] = None
        except (UploadRefused, DiskFull, FolderReadOnly) as error:
            from ingest.pipeline import FileReport

            refused.append(FileReport(clean_name(name), "failed", message=str(error)))
    return list(stored), refused


def drop_unread(files: Sequence[Path], library: Library) -> None:
    """Delete uploaded files that did not come into the library, since reading them ended early."""
    paths = {Path(document.path).resolve() for document in library.documents()}
    for file in files:
        if file.resolve() not in paths:
            file.unlink(missing_ok=True)


def drop_leftovers(library: Library, waiting: Collection[Path] = ()) -> list[Path]:
    """Delete uploaded files that a killed program left unread; gives what it deleted.

    Such a file is older than an hour, and no document of the library has its path or its name.

    Args:
        library: Beside which the uploads are.
        waiting: Files that are still to be read, which stay.

    Raises:
        KathederError: the library cannot be read; nothing is deleted.
    """
    documents = library.documents()
    known = {Path(document.path).resolve() for document in documents}
    # A library may have been moved: its documents name the folder in which they were added.
    names = {Path(document.path).name for document in documents}
    before = time.time() - _LEFTOVER_SECONDS
    deleted = []
    for file in sorted((library.folder / UPLOADS).rglob("*")):
        is_known = file.resolve() in known or file.name in names or file.resolve() in waiting
        if file.is_file() and not is_known and file.stat().st_mtime < before:
            file.unlink()
            deleted.append(file)
    return deleted


def drop_unused(report: FileReport) -> None:
    """Delete an uploaded file that is not in the library: unreadable, or a duplicate."""
    if report.outcome in ("failed", "duplicate"):
        Path(report.path).unlink(missing_ok=True)
