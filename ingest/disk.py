"""Writing files to a disk that may be full: whole or not at all, with a message that names the disk."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import DiskFull

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def naming_full_disk(folder: Path, needed: int = 0) -> Iterator[None]:
    """Name the disk where the block finds it full.

    Args:
        folder: Where the block writes.
        needed: Bytes that it writes, as far as they are known.

    Raises:
        DiskFull: there was no room, or none for this user.
    """
    try:
        yield
    except OSError as error:
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
        OSError: it cannot be written for another reason.
    """
    draft = file.with_suffix(".part")
    with naming_full_disk(file.parent, len(content)):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(file)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
