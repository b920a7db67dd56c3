"""Who is signed in: sessions in one SQLite file beside the library, or in tables of a PostgreSQL server.

Each is behind a signed cookie. The file has hashes of the cookies' random ids, so that whoever reads it cannot sign in. A session
ends after 30 days without use, by `katheder session end`, by signing out, or when the password or
the named persons that it depends on change.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, TimestampSigner

from ingest.errors import KathederError
from ingest.user_file import UserFile
from rag.app_settings import AppSettings
from ui.identity.roles import Identity, Role
from ui.identity.sign_on import same_stamp, stamp
from ui.server_tables import ServerTables

FILE = "sessions.sqlite"
COOKIE = "katheder_session"
DAYS = 30
SECONDS = DAYS * 24 * 3600
_DAY = 24 * 3600
_UPGRADES = (
    (
        """CREATE TABLE sessions (
            id TEXT PRIMARY KEY, reader TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
            subject TEXT NOT NULL, stamp TEXT NOT NULL, begun REAL NOT NULL, used REAL NOT NULL
        )""",
        "CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    ),
)
_SERVER_UPGRADES = (
    (
        _UPGRADES[0][0].replace(" REAL ", " DOUBLE PRECISION "),
        _UPGRADES[0][1],
    ),
)


class UnreadableSessions(KathederError):
    """The file of sessions is of a newer format or no database; the text says which."""


@dataclass(frozen=True, slots=True)
class SavedSession:
    """A session as its list shows it; times in seconds since 1970, `id` its first letters."""

    id: str
    identity: Identity
    begun: float
    used: float


class Sessions:
    """The sessions of a library's app; safe to share between threads and processes.

    Args:
        path: The SQLite file; made where there is none.
        database: The address of a PostgreSQL database in its place, see `app.database`.

    Raises:
        UnreadableSessions: the file or the tables have a newer format, or cannot be opened.
    """

    def __init__(self, path: Path, database: str = "") -> None:
        tables: UserFile | ServerTables
        if database:
            tables = ServerTables(database, "sessions", _SERVER_UPGRADES, UnreadableSessions)
        else:
            tables = UserFile(path, _UPGRADES, "the sessions", UnreadableSessions)
        self.transaction: Callable[[], AbstractContextManager[Any]] = tables.transaction
        with self.transaction() as db:
            db.execute(
                "INSERT INTO secrets VALUES ('cookies', ?) ON CONFLICT (name) DO NOTHING",
                (secrets.token_hex(32),),
            )
            [[secret]] = db.execute("SELECT value FROM secrets").fetchall()
        self._secret = str(secret)

    def secret(self, purpose: str) -> str:
        """A secret of this library's app for a purpose, the same at each start."""
        return hashlib.sha256(f"{purpose}\0{self._secret}".encode()).hexdigest()

    def signer(self, purpose: str) -> TimestampSigner:
        """What signs cookies of one purpose."""
        return TimestampSigner(self._secret, salt=purpose, digest_method=hashlib.sha256)

    def begin(self, identity: Identity, app: AppSettings) -> str:
        """Begin a session; gives the value of its cookie."""
        token = secrets.token_urlsafe(32)
        now = time.time()
        row = (
            *(_hash(token), identity.reader, identity.role.label, identity.name, identity.subject),
            *(stamp(app, identity.role), now, now),
        )
        with self.transaction() as db:
            db.execute("DELETE FROM sessions WHERE used < ?", (now - SECONDS,))
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return self._sign(token)

    def identity_of(self, cookie: str, app: AppSettings) -> Identity | None:
        """Who has a cookie; None where it is forged, older than 30 days, or its session ended."""
        token = self._token(cookie)
        if token is None:
            return None
        with self.transaction() as db:
            row = db.execute(
                "SELECT reader, role, name, subject, stamp FROM sessions WHERE id = ? AND used > ?",
                (_hash(token), time.time() - SECONDS),
            ).fetchone()
        if row is None:
            return None
        reader, label, name, subject, saved_stamp = row
        role = Role[label.upper()]
        if not same_stamp(app, role, saved_stamp):
            return None
        grants = frozenset({"lecture.upload"} if app.reader_upload_mb else ())
        return Identity(reader, role, name, subject, grants)

    def renewed(self, cookie: str) -> str | None:
        """A new value for the cookie of an open session that is older than a day, else None."""
        token = self._token(cookie)
        if token is None:
            return None
        _, signed = self.signer(COOKIE).unsign(cookie, return_timestamp=True)
        if time.time() - signed.timestamp() < _DAY:
            return None
        with self.transaction() as db:
            db.execute("UPDATE sessions SET used = ? WHERE id = ?", (time.time(), _hash(token)))
        return self._sign(token)

    def end(self, cookie: str) -> None:
        """End the session of a cookie."""
        token = self._token(cookie)
        if token is not None:
            with self.transaction() as db:
                db.execute("DELETE FROM sessions WHERE id = ?", (_hash(token),))

    def end_all(self, id: str = "") -> int:
        """End the sessions whose id begins so, "" for all; gives their number."""
        with self.transaction() as db:
            ended = db.execute("DELETE FROM sessions WHERE substr(id, 1, ?) = ?", (len(id), id))
            return int(ended.rowcount)

    def all(self) -> list[SavedSession]:
        """The open sessions, the last used first."""
        with self.transaction() as db:
            rows = db.execute(
                "SELECT id, reader, role, name, subject, begun, used FROM sessions WHERE used > ? "
                "ORDER BY used DESC",
                (time.time() - SECONDS,),
            ).fetchall()
        return [
            SavedSession(id[:12], Identity(reader, Role[role.upper()], name, subject), begun, used)
            for id, reader, role, name, subject, begun, used in rows
        ]

    def _sign(self, token: str) -> str:
        return self.signer(COOKIE).sign(token).decode()

    def _token(self, cookie: str) -> str | None:
        try:
            return self.signer(COOKIE).unsign(cookie, max_age=SECONDS).decode()
        except (BadSignature, UnicodeError):
            return None


def existing_sessions(folder: Path, database: str = "") -> Sessions | None:
    """The sessions in a library's folder or in a database; None where nobody has signed in yet."""
    file = folder / FILE
    return Sessions(file, database) if database or file.is_file() else None


@cache
def open_sessions(folder: Path, database: str = "") -> Sessions:
    """The sessions in a library's folder, or in a database, opened once in a process.

    Raises:
        UnreadableSessions: the file cannot be opened.
    """
    return Sessions(folder / FILE, database)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
