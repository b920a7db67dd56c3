"""Zip archives (PPTX, DOCX, EPUB): opened only if what they unpack to is bounded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ingest.errors import UnreadableFile
from ingest.readers.decoding import read_bytes

#: Larger files are refused, and so are those that unpack to more, or to so many times their size.
MAX_ARCHIVE_BYTES = 500 * 1024 * 1024
MAX_UNPACKED_BYTES = 500 * 1024 * 1024
MAX_RATIO = 100
_SMALL = 20 * 1024 * 1024  # bytes: below, no ratio is too large
_OLE = b"\xd0\xcf\x11\xe0"  # the old binary formats, and encrypted new ones
_ZIP = b"PK\x03\x04"


def open_archive(path: Path, kind: str) -> tuple[bytes, zipfile.ZipFile]:
    """A file's bytes and the archive in them.

    Args:
        path: The file.
        kind: What it should be, for the messages, as in "PPTX".

    Raises:
        UnreadableFile: the file is missing, no such archive, encrypted, or unpacks to too much.
            (`zipfile` never unpacks more of a member than the archive's directory declares.)
    """
    data = read_bytes(path, MAX_ARCHIVE_BYTES)
    if data.startswith(_OLE):
        raise UnreadableFile(
            f"{path.name}: is encrypted or in the old binary format; save it as {kind} without a "
            "password"
        )
    if not data.startswith(_ZIP):
        raise UnreadableFile(f"{path.name}: is no {kind} file (it starts with {data[:8]!r})")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableFile(
            f"{path.name}: is cut off or damaged; save or download it again"
        ) from error
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _SMALL and unpacked > MAX_RATIO * len(data)):
        raise UnreadableFile(
            f"{path.name}: {len(data) / 2**20:.1f} MB unpack to {unpacked / 2**20:.0f} MB, more than "
            "a lecture holds; it was not read"
        )
    return data, archive
