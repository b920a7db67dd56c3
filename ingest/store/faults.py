"""What went wrong with a library's file, in one sentence with the way out."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ingest.errors import LibraryUnusable

_FEW_BYTES = 1_000_000  # of free space; with less, an error of writing is that of a full disk
_ACCESS = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
#: The tables of a library; `ingest.store.schema` creates them.
TABLES = (
    *("meta", "documents", "pages", "passages", "passage_terms"),
    *("courses", "course_documents", "corrections"),
)
_MISSING_TABLE = re.compile(rf"no such table: (?:main\.)?(?:{'|'.join(TABLES)})\b")


class DatabaseFault(LibraryUnusable, sqlite3.DatabaseError):
    """An error of SQLite with a cause that the user can mend; `is_damage` if the file is damaged."""

    is_damage = False


def explained(error: sqlite3.Error, file: Path) -> sqlite3.Error:
    """The error with its cause and the way out; itself where the cause is in the program.

    Args:
        error: What SQLite raised.
        file: The library's file.
    """
    code = getattr(error, "sqlite_errorcode", None)
    folder = file.parent
    if isinstance(error, DatabaseFault) or code is None:
        return error
    primary = code & 0xFF  # the rest tells kinds of the same error apart
    if primary == sqlite3.SQLITE_FULL or (
        primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _is_full(folder)
    ):
        text = (
            f"The disk of {folder} is full. Nothing that the library held is lost; "
            "free some space and run the command again."
        )
    elif primary in _LOCKED:
        text = (
            f"Another process has been writing to the library at {folder} for 10 s. "
            "Run the command again when it is done."
        )
    elif primary in _ACCESS:
        wish = "written" if os.access(file, os.R_OK) else "read"
        text = (
            f"The library at {folder} cannot be {wish} by you ({error}). It is not damaged: change the "
            f"permissions of the folder and of {file.name}, or copy it to a folder of your own."
        )
    elif primary in _DAMAGE or _MISSING_TABLE.search(str(error)):
        return damage(file, str(error))
    elif primary == sqlite3.SQLITE_IOERR:
        text = f"The disk of {folder} gives errors ({error}); check it, or copy the library."
    else:
        return error
    return DatabaseFault(text)


def damage(file: Path, what: str) -> DatabaseFault:
    """The fault of a library file that is damaged in some way."""
    fault = DatabaseFault(
        f"The library file {file} is damaged ({what}). Run `katheder library rebuild --library "
        f"{file.parent}`, which mends it and keeps the damaged file."
    )
    fault.is_damage = True
    return fault


def undecodable(db: sqlite3.Connection, what: str, error: Exception) -> Exception:
    """The fault of a row that says nothing sensible; an error of SQLite itself stays as it is."""
    if isinstance(error, sqlite3.Error):
        return error
    return damage(getattr(db, "file", Path("library.sqlite")), f"{what} cannot be read: {error}")


class Connection(sqlite3.Connection):
    """A connection whose errors say what to do."""

    file: Path

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run a statement.

        Raises:
            DatabaseFault: the file or the disk is at fault.
        """
        try:
            return super().execute(sql, parameters)
        except sqlite3.Error as error:
            raise explained(error, self.file) from error

    def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        """Run a statement for several rows; as `execute`."""
        try:
            return super().executemany(sql, parameters)
        except sqlite3.Error as error:
            raise explained(error, self.file) from error


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FEW_BYTES
    except OSError:
        return False
