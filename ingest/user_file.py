"""A SQLite file beside a library in which readers' own things are kept, such as conversations.

Its `user_version` is its format; an older format is upgraded when the file is opened. Nobody but
its owner may read it. A damaged one is set aside under a dated name, and a new one is begun. Where
this user may not write in its folder, a copy in memory takes its place until the program ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.disk import is_read_only
from ingest.errors import KathederError
from ingest.transaction import transaction

logger = logging.getLogger(__name__)

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_OWNER_ONLY = 0o600


class UserFile:
    """An open file; safe to share between threads.

    `set_aside` is the new name of a damaged file that was found in its place, or None;
    `is_temporary` is true of a copy in memory.
    """

    def __init__(
        self,
        path: Path,
        upgrades: Sequence[Sequence[str]],
        contents: str,
        unreadable: type[KathederError],
    ) -> None:
        """Open the file, made where there is none, and bring it to the newest format.

        Args:
            path: Where it is.
            upgrades: By the format that each one reads, from 0 for a new file: the SQL statements
                that change it to the next format.
            contents: What it holds in words, such as "the notes".
            unreadable: What is raised for a newer format, or where it cannot be opened or written.
        """
        self._path, self._contents, self._unreadable = path, contents, unreadable
        self._lock = threading.Lock()
        self.set_aside: Path | None = None
        self.is_temporary = is_read_only(path.parent)
        try:
            if not self.is_temporary:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._open(upgrades)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error) or self.is_temporary:
                raise self._explained(error) from error
            self.set_aside = _rename(path)
            logger.warning(
                "%s: %s were damaged (%s); the file is kept as %s, and a new one was begun.",
                *(path, contents, error, self.set_aside.name),
            )
            try:
                self._db = self._open(upgrades)
            except sqlite3.DatabaseError as second:
                raise self._explained(second) from second
        except OSError as error:
            raise unreadable(
                f"{path}: {contents} cannot be kept here ({error.strerror})"
            ) from error

    def _open(self, upgrades: Sequence[Sequence[str]]) -> sqlite3.Connection:
        if not self.is_temporary:
            _create_for_owner(self._path)
        address = ":memory:" if self.is_temporary else self._path
        db = sqlite3.connect(address, check_same_thread=False, isolation_level=None)
        newest = len(upgrades)
        try:
            if self.is_temporary and os.access(self._path, os.R_OK):
                _copy(self._path, db)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA foreign_keys = ON")
            [verdict] = db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                error = sqlite3.DatabaseError(verdict)
                error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise error
            with transaction(db):
                [version] = db.execute("PRAGMA user_version").fetchone()
                if version > newest:
                    raise self._unreadable(
                        f"{self._path}: {self._contents} have format {version}, and this version of "
                        f"Katheder reads formats up to {newest}. Update it: "
                        "`pip install --upgrade katheder`."
                    )
                for statements in upgrades[version:]:
                    for statement in statements:
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {newest}")
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, whose changes are kept together, or not at all where an error is raised.

        Raises:
            KathederError: the disk is full, or the file cannot be read any more.
        """
        with self._lock:
            try:
                with transaction(self._db) as db:
                    yield db
            except sqlite3.IntegrityError:
                raise
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
                    raise  # a statement of ours that is wrong
                raise self._explained(error) from error

    def _explained(self, error: sqlite3.Error) -> KathederError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return self._unreadable(
                f"{self._path}: {self._contents} cannot be saved ({error}). The disk of "
                f"{self._path.parent} is full or damaged: free some space. Nothing saved is lost."
            )
        return self._unreadable(
            f"{self._path}: {self._contents} cannot be opened ({error}). If another program uses the "
            "file, close that program; check that you may write the file and its folder."
        )


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _copy(path: Path, target: sqlite3.Connection) -> None:
    """Copy a file in a folder that this user may not write into another database."""
    log = path.with_name(f"{path.name}-wal")
    modes = ["mode=ro"] if log.exists() and log.stat().st_size else []
    for mode in (*modes, "immutable=1"):  # the log is read where its index is there too
        address = f"{path.absolute().as_uri()}?{mode}"
        try:
            with contextlib.closing(sqlite3.connect(address, uri=True)) as source:
                source.backup(target)
            return
        except sqlite3.OperationalError:
            if mode == "immutable=1":
                raise


def _create_for_owner(path: Path) -> None:
    """Make a file that its owner alone may read; one that others may read becomes such a file.

    SQLite gives the files beside it the same mode.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    with contextlib.suppress(OSError):  # another user's file, or one on a disk without modes
        if path.stat().st_mode & 0o077:
            path.chmod(_OWNER_ONLY)


def _rename(path: Path) -> Path:
    """Give a damaged file, and what belongs to it, a dated name."""
    stamp = time.strftime("%Y-%m-%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for end in ("-wal", "-shm", ""):
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
    return aside
