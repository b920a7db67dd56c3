"""Which files are read: those that a user names, and the lectures in folders."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.readers import is_lecture
from ingest.text.visible import file_name

logger = logging.getLogger(__name__)

_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def find_files(paths: Iterable[Path]) -> list[Path]:
    """All files to ingest under some paths, each once, sorted within a folder.

    A path that is no folder is returned whatever it is, so that `ingest` reports its fault. Folders
    give only what is named as a lecture (see `is_lecture`), and no hidden files. Links are followed;
    one that leads back to a folder above it is named in the log.
    """
    files: dict[Path, None] = {}  # a dict keeps the order
    for path in paths:
        if path.is_dir():
            files.update(dict.fromkeys(sorted(filter(is_lecture, _walk(path, set())))))
        else:
            files[path] = None
    return list(files)


def fault_of(file: Path) -> str:
    """Why a file must not be opened, in one sentence; "" if it may be.

    Opening a pipe waits for ever, and a device such as /dev/zero has no end.
    """
    name = file_name(file.name)
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return f"{name}: does not exist; check the path {file_name(str(file))}"
    except OSError as error:
        return f"{name}: cannot be read ({error.strerror}); check the path"
    if stat.S_ISREG(mode):
        return ""
    kind = _SPECIAL.get(stat.S_IFMT(mode), "no ordinary file")
    return f"{name}: is {kind}, not a file; name a file"


def file_hash(file: Path) -> str:
    """SHA-256 of a file's bytes; "" if it cannot be read, which its reader then reports."""
    if fault_of(file):
        return ""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _walk(folder: Path, above: set[tuple[int, int]]) -> Iterator[Path]:
    """What is no folder under a folder, without hidden entries."""
    try:
        status = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        logger.warning("%s cannot be read (%s)", file_name(str(folder)), error.strerror)
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        logger.warning("%s leads back to a folder above it", file_name(str(folder)))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(Path(entry.path), above | {identity})
        else:
            yield Path(entry.path)
