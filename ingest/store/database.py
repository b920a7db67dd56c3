"""Connections to a library's SQLite file: one for each thread, and transactions on it."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAL_ATTEMPTS = 3000
_WAL_PAUSE = 0.02  # seconds


class Database:
    """An SQLite file that threads share, each through a connection of its own."""

    def __init__(self, file: Path) -> None:
        """Use the file; the first connection creates it where it is missing."""
        self.file = file
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            if self._is_read_only():
                log = self.file.with_name(f"{self.file.name}-wal")
                mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
                address = f"{self.file.absolute().as_uri()}?{mode}"
                db = sqlite3.connect(address, uri=True, isolation_level=None)
            else:
                db = sqlite3.connect(self.file, timeout=60, isolation_level=None)
                _use_write_ahead_log(db)
                db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            self._local.db = db
        return db

    def _is_read_only(self) -> bool:
        """Whether nobody here can write the file or the log beside it, which reading needs too."""
        exists = self.file.exists()
        return exists and not (
            os.access(self.file, os.W_OK) and os.access(self.file.parent, os.W_OK)
        )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run statements all or nothing, as the only writer."""
        db = self.connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

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
    for _ in range(_WAL_ATTEMPTS):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(_WAL_PAUSE)
    raise sqlite3.OperationalError("database is locked")
