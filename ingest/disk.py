"""Writing files to a disk that may be full or read-only: whole or not at all, with a message that names it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import DiskFull, FolderReadOnly

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def is_read_only(folder: Path) -> bool:
    """Whether a folder is there, and this user may not write in it."""
    return folder.is_dir() and not os.access(folder, os.W_OK)


@contextmanager
def naming_disk_fault(folder: Path, needed: int = 0) -> Iterator[None]:
    """Name the disk where the block finds it full, and the folder where it may not write.

    Args:
        folder: Where the block writes.
        needed: Bytes that it writes, as far as they are known.

    Raises:
        DiskFull: there was no room, or none for this user.
        FolderReadOnly: this user may not write there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _REFUSED:
            raise FolderReadOnly(
                f"Nothing can be saved in {folder} ({error.strerror}). Change the permissions of "
                "the folder, or copy the library to a folder of your own."
            ) from error
        if error.errno not in _FULL:
            raise
        size = f": {needed / 2**20:.1f} MB are needed" if needed else ""
        raise DiskFull(
            f"The disk of {folder} is full{size}. Nothing that was saved is lost; free some space "
            "and try again."
        ) from error


def write_whole(file: Path, content: bytes) -> None:
    """Write a file, or leave the present one as it is.

    Raises:
        DiskFull: there is no room for it.
        FolderReadOnly: this user may not write there.
        OSError: it cannot be written for another reason.
    """
    draft = file.with_suffix(".part")
    with naming_disk_fault(file.parent, len(content)):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(file)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
