"""Connections to a library's SQLite file: one for each thread, and transactions on it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import LibraryUnusable
from ingest.store.faults import Connection, explained
from ingest.transaction import transaction

_PATIENCE = 10.0  # seconds that another writer is waited for
_WAL_PAUSE = 0.02  # seconds


class Database:
    """An SQLite file that threads share, each through a connection of its own."""

    def __init__(self, file: Path) -> None:
        """Use the file; the first connection creates it where it is missing."""
        self.file = file
        self.name = str(file.parent)  # what messages call it
        self._local = threading.local()
        self._copy: tempfile.TemporaryDirectory[str] | None = None

    def exists(self) -> bool:
        """Whether there is such a file, as far as this user may see.

        Raises:
            LibraryUnusable: its folder may not be looked into.
        """
        try:
            return self.file.is_file()
        except OSError as error:
            raise LibraryUnusable(
                f"The library at {self.file.parent} cannot be read ({error.strerror}). It is not "
                "damaged: change the permissions of its folder."
            ) from error

    def create(self) -> None:
        """Make what has to be there before the first connection: the folder.

        Raises:
            LibraryUnusable: it cannot be made.
        """
        folder = self.file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryUnusable(
                f"The folder {folder} cannot be created ({error.strerror}). "
                "Name another one with --library."
            ) from error

    def replace_by(self, other: Database) -> None:
        """Replace all contents by those of another database, in one step."""
        other.connection().backup(self.connection())

    def faults(self) -> list[str]:
        """What is wrong beside the file itself, a sentence for each fault."""
        return []

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            if self.is_read_only():
                file = self.file if self._copy is None else Path(self._copy.name) / self.file.name
                log = file.with_name(f"{file.name}-wal")
                mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
                db = self._connect(f"{file.absolute().as_uri()}?{mode}", uri=True)
            else:
                db = self._connect(self.file)
                _use_write_ahead_log(db)
                db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            self._local.db = db
        return db

    def _connect(self, address: Path | str, *, uri: bool = False) -> Connection:
        try:
            db = sqlite3.connect(
                address, timeout=_PATIENCE, isolation_level=None, uri=uri, factory=Connection
            )
        except sqlite3.Error as error:
            raise explained(error, self.file) from error
        assert isinstance(db, Connection)
        db.file = self.file
        return db

    def read_from_copy(self, prepare: Callable[[Database], None]) -> None:
        """From now on read a temporary copy of the file, which a function has changed.

        The copy is deleted when this object is.

        Args:
            prepare: Gets the copy, which can be written to.
        """
        copy = tempfile.TemporaryDirectory(prefix="katheder-library-")
        changed = Database(Path(copy.name) / self.file.name)
        self.connection().backup(changed.connection())
        prepare(changed)
        changed.close()
        self.close()
        self._copy = copy

    def is_read_only(self) -> bool:
        """Whether nobody here can write the file or the log beside it, which reading needs too."""
        exists = self.file.exists()
        return exists and not (
            os.access(self.file, os.W_OK) and os.access(self.file.parent, os.W_OK)
        )

    def set_aside(self) -> Path:
        """Rename a damaged file, with what belongs to it, and return its new name."""
        self.close()
        stamp = time.strftime("%Y-%m-%d-%H%M%S")
        for end in ("-wal", "-shm", ""):
            part = self.file.with_name(self.file.name + end)
            aside = self.file.with_name(f"{self.file.name}.damaged-{stamp}{end}")
            if part.exists():
                part.rename(aside)
        return aside

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run statements all or nothing, as the only writer."""
        with transaction(self.connection()) as db:
            yield db

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Run several queries on one state of the file, whatever other connections write."""
        db = self.connection()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("COMMIT")

    def close(self) -> None:
        """Close this thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is not None:
            db.close()
            self._local.db = None


def _use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Let readers read while one connection writes.

    SQLite's own timeout does not cover this change: with several processes opening a new file at
    once, it fails with "database is locked" at once, hence the loop.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.DatabaseError as error:
            cause = error.__cause__ or error
            if "locked" not in str(cause) or time.monotonic() > deadline:
                raise
            time.sleep(_WAL_PAUSE)
