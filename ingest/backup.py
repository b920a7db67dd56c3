"""One file that holds a library and its readers' own files, written while they are in use."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import KathederError
from ingest.milvus.address import address_of
from ingest.store import DATABASE, FORMAT, Library
from ingest.store.partitioned import remove_index_files

_MANIFEST = "katheder-backup.json"
_VERSION = 1
_UPLOADS = "uploads"  # lectures of which the library's folder has the only copy
# Who is signed in stays with the running app: a copy would bring back sessions that were ended.
_SESSIONS = "sessions.sqlite"
_PART = 1 << 20  # bytes
_RESTORING = "restoring"
_SPARE = 1 << 20  # bytes that are left free


class BadBackup(KathederError):
    """A backup that cannot be written or read; the text says why."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: its SQLite files, the number of uploads, and all bytes unpacked."""

    databases: tuple[str, ...]
    uploads: int
    size: int


def back_up(folder: Path, file: Path) -> Contents:
    """Write a library, the conversations, notes and reviews beside it, and uploads to one file.

    Each database is copied in one state, whatever is written to it meanwhile. The file appears
    when it is complete.

    Raises:
        LibraryMissing: there is no library in the folder.
        BadBackup: the file cannot be written.
    """
    Library(folder).close()
    work = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        members: dict[str, Path] = {}
        for database in sorted(folder.glob("*.sqlite")):
            if database.name == _SESSIONS:
                continue
            _copy_database(database, work / database.name)
            members[database.name] = work / database.name
        uploads = sorted(path for path in (folder / _UPLOADS).rglob("*") if path.is_file())
        members |= {path.relative_to(folder).as_posix(): path for path in uploads}
        packed = work / "backup.zip"
        contents = _pack(packed, members)
        packed.replace(file)
        return contents
    except (OSError, sqlite3.Error) as error:
        raise BadBackup(
            f"The backup {file} cannot be written ({_reason(error)}); nothing was left behind. "
            "Name a file on a disk with more room."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def restore(file: Path, folder: Path, *, replace: bool = False) -> Contents:
    """Put the contents of a backup into a folder; all of it, or nothing.

    Args:
        file: As `back_up` writes it.
        folder: The library's folder.
        replace: Whether what is there may be replaced; it is kept in a folder of a dated name.

    Raises:
        BadBackup: the file is none, damaged, or of a newer version; the folder holds a library and
            `replace` is false; it belongs to an address of Milvus; or the disk is full.
    """
    if address := address_of(folder):
        raise BadBackup(
            f"A backup comes back to a folder, and {address} is none. Restore it with --library FOLDER, "
            f"then run `katheder library copy FOLDER {address}`."
        )
    if (folder / DATABASE).exists() and not replace:
        raise BadBackup(
            f"{folder} holds a library already. Name another folder with --library, or add "
            "--replace, which keeps the present one under a dated name."
        )
    work = folder / _RESTORING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        contents = _unpack(file, work)
        _exchange(work, folder)
        return contents
    except OSError as error:
        raise BadBackup(
            f"The backup {file} cannot be restored to {folder} ({_reason(error)}); "
            "what was there is as it was."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _copy_database(source: Path, target: Path) -> None:
    with (
        contextlib.closing(
            sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        ) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # so that no other file belongs to it


def _pack(packed: Path, members: dict[str, Path]) -> Contents:
    entries: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in members.items():
            archive.write(path, name)
            with path.open("rb") as stream:
                entries[name] = {
                    "sha256": hashlib.file_digest(stream, "sha256").hexdigest(),
                    "size": path.stat().st_size,
                }
        manifest = {
            "version": _VERSION,
            "format": FORMAT,
            "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "files": entries,
        }
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=1))
    return _contents(entries)


def _contents(entries: dict[str, dict[str, Any]]) -> Contents:
    databases = tuple(name for name in entries if "/" not in name)
    size = sum(int(entry["size"]) for entry in entries.values())
    return Contents(databases, len(entries) - len(databases), size)


def _unpack(file: Path, work: Path) -> Contents:
    """Unpack a backup into a folder, compared with its manifest byte for byte."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = _read_manifest(archive, file)
            contents = _contents(entries)
            free = shutil.disk_usage(work).free
            if contents.size + _SPARE > free:
                raise BadBackup(
                    f"The disk of {work.parent} is full: {contents.size / 2**20:.1f} MB are needed, "
                    f"{free / 2**20:.1f} MB are free."
                )
            for name, entry in entries.items():
                _unpack_member(archive, name, entry, work, file)
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise BadBackup(f"{file} is no backup of Katheder, or damaged ({error})") from error
    except FileNotFoundError as error:
        raise BadBackup(f"There is no file {file}") from error
    for name in contents.databases:
        _check_database(work / name, file)
    return contents


def _read_manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, dict[str, Any]]:
    manifest = json.loads(archive.read(_MANIFEST))
    if manifest["version"] > _VERSION or manifest["format"] > FORMAT:
        raise BadBackup(
            f"A newer version of Katheder wrote {file}. Update: `pip install --upgrade katheder`."
        )
    entries: dict[str, dict[str, Any]] = manifest["files"]
    for name in entries:
        parts = name.split("/")
        plain = all(part not in ("", ".", "..") and not set(part) & set("\\:\0") for part in parts)
        is_database = len(parts) == 1 and name.endswith(".sqlite") and name != _SESSIONS
        is_upload = len(parts) in (2, 3) and parts[0] == _UPLOADS  # a reader's have a folder
        if not plain or not (is_database or is_upload):
            raise BadBackup(f"{file} is no backup of Katheder: it holds the file {name!r}")
    if DATABASE not in entries:
        raise BadBackup(f"{file} is no backup of Katheder: it holds no {DATABASE}")
    return entries


def _unpack_member(
    archive: zipfile.ZipFile, name: str, entry: dict[str, Any], work: Path, file: Path
) -> None:
    target = work / name
    target.parent.mkdir(exist_ok=True, parents=True)
    digest, left = hashlib.sha256(), int(entry["size"])
    with archive.open(name) as source, target.open("wb") as out:
        while part := source.read(_PART):
            left -= len(part)
            if left < 0:
                break
            digest.update(part)
            out.write(part)
    if left or digest.hexdigest() != entry["sha256"]:
        raise BadBackup(f"{file} is damaged: {name} is not as it was when the backup was made")
    target.chmod(0o600 if "/" not in name and name != DATABASE else 0o644)


def _check_database(database: Path, file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(database)) as db:
            [verdict] = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise BadBackup(f"{file} is damaged: {database.name} cannot be read ({verdict})")


def _exchange(work: Path, folder: Path) -> None:
    """Move what is unpacked to its place, and what was there into a folder of a dated name."""
    aside = folder / f"replaced-{time.strftime('%Y-%m-%d-%H%M%S')}"
    moved: list[tuple[Path, Path]] = []
    try:
        for new in sorted(work.iterdir()):
            for old in (folder / new.name, *folder.glob(f"{new.name}-*")):  # its log belongs to it
                if old.exists():
                    aside.mkdir(exist_ok=True)
                    old.rename(aside / old.name)
                    moved.append((aside / old.name, old))
            target = folder / new.name
            new.rename(target)
            moved.append((target, new))
    except OSError:
        for now, before in reversed(moved):
            now.rename(before)
        raise
    remove_index_files(folder)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
