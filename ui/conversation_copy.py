"""Conversations and sessions brought from a library's files to a PostgreSQL server, or back.

Each conversation is one transaction, so that a copy that was interrupted goes on where it was. A
session is in one place at a time: where it could be ended in one and go on in the other, signing
out would not be final.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ingest.disk import is_read_only
from ingest.errors import FolderReadOnly, KathederError
from ui import conversations as saved_conversations
from ui.conversations import Conversations
from ui.identity import sessions as saved_sessions
from ui.identity.sessions import Sessions, existing_sessions
from ui.server_tables import PREFIX, without_password

_EXCHANGE = "question, answer, error, verdict, comment, gold, scope, model"
_SESSION = "id, reader, role, name, subject, stamp, begun, used"


class CopyReport(NamedTuple):
    """Counts: conversations that were written, were there already, or are newer in the target; questions."""

    copied: int
    present: int
    newer: int
    questions: int


class SessionReport(NamedTuple):
    """Sessions that now go on in the target, and those that stay, since it has its own signing secret."""

    moved: int
    left: int


class Place:
    """The conversations and sessions of a library's folder, or of a database."""

    def __init__(self, name: str, folder: Path) -> None:
        """Open nothing yet.

        Args:
            name: What the user called it: the address of a database, or a folder.
            folder: The library's folder, where `name` is no address.
        """
        self.database = name if name.startswith(PREFIX) else ""
        self.folder = folder
        self.name = without_password(name) if self.database else str(folder)

    def holds_any(self) -> bool:
        """Whether there are files of conversations or sessions; a database always counts."""
        files = (saved_conversations.FILE, saved_sessions.FILE)
        return bool(self.database) or any((self.folder / file).is_file() for file in files)

    def _check(self) -> None:
        """Refuse a folder whose files would be opened as copies in memory.

        Raises:
            FolderReadOnly: this user may not write there.
        """
        if not self.database and is_read_only(self.folder):
            raise FolderReadOnly(f"Nothing can be saved in {self.folder}: change its permissions.")

    def conversations(self) -> Conversations:
        """Open the conversations."""
        self._check()
        return Conversations(self.folder / saved_conversations.FILE, self.database)

    def sessions(self) -> Sessions:
        """Open the sessions."""
        self._check()
        return Sessions(self.folder / saved_sessions.FILE, self.database)

    def present_sessions(self) -> Sessions | None:
        """Open the sessions; None where nobody has signed in yet."""
        self._check()
        return existing_sessions(self.folder, self.database)


def copy_conversations(
    source: Conversations,
    target: Conversations,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CopyReport:
    """Copy every conversation with its answers, thumbs and comments, and the readers' preferences.

    A conversation that was changed later in the target is left as it is there, and so are the preferences
    of a reader whose last conversation is there. Questions get new numbers. Conversations that
    the target alone has stay.

    Args:
        source: What is copied; it is not changed.
        target: Where to.
        progress: Is told how many conversations are done, and of how many.
    """
    with source.transaction() as db:
        ids = [row[0] for row in db.execute("SELECT id FROM conversations ORDER BY changed, id")]
        preferences = db.execute("SELECT reader, preferences FROM preferences").fetchall()
    # Before the conversations, whose dates say where a reader was last.
    for reader, chosen in preferences:
        if _last_change(target, reader) <= _last_change(source, reader):
            with target.transaction() as db:
                db.execute(
                    "INSERT INTO preferences VALUES (?, ?) "
                    "ON CONFLICT (reader) DO UPDATE SET preferences = excluded.preferences",
                    (reader, chosen),
                )
    outcomes = {"copied": 0, "present": 0, "newer": 0}
    questions = 0
    for done, id in enumerate(ids, start=1):
        with source.transaction() as db:
            head, exchanges = _content(db, id)
        if head is None:  # deleted meanwhile
            continue
        questions += len(exchanges)
        with target.transaction() as db:
            outcomes[_write(db, id, head, exchanges)] += 1
        progress(done, len(ids))
    return CopyReport(**outcomes, questions=questions)


def differences(source: Conversations, target: Conversations) -> list[str]:
    """How many of the source's conversations the target lacks or has otherwise, in words; newer ones count as copied."""
    missing = different = 0
    with source.transaction() as db:
        ids = [row[0] for row in db.execute("SELECT id FROM conversations")]
    for id in ids:
        with source.transaction() as db:
            head, exchanges = _content(db, id)
        with target.transaction() as db:
            copy, copied = _content(db, id)
        if head is None:  # deleted meanwhile
            continue
        if copy is None:
            missing += 1
        elif (copy, copied) != (head, exchanges) and copy[2] <= head[2]:
            different += 1
    return [
        f"{what} conversations: {count}"
        for count, what in ((missing, "missing"), (different, "different"))
        if count
    ]


def move_sessions(source: Sessions, target: Sessions) -> SessionReport:
    """Have the source's sessions go on in the target; in the source they end.

    The target takes over the secret that signs cookies, unless it has sessions of its own: then the
    source's cookies would be forged ones there, so its sessions stay.
    """
    with source.transaction() as db:
        rows = db.execute(f"SELECT {_SESSION} FROM sessions").fetchall()
        [secret] = db.execute("SELECT value FROM secrets WHERE name = 'cookies'").fetchone()
    with target.transaction() as db:
        [own_secret] = db.execute("SELECT value FROM secrets WHERE name = 'cookies'").fetchone()
        if own_secret != secret:
            [own_sessions] = db.execute("SELECT count(*) FROM sessions").fetchone()
            if own_sessions:
                return SessionReport(0, len(rows))
            db.execute("UPDATE secrets SET value = ? WHERE name = 'cookies'", (secret,))
        for row in rows:
            db.execute(
                f"INSERT INTO sessions ({_SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO NOTHING",
                tuple(row),
            )
    with source.transaction() as db:
        for row in rows:
            db.execute("DELETE FROM sessions WHERE id = ?", (row[0],))
    return SessionReport(len(rows), 0)


def _content(db: Any, id: str) -> tuple[tuple[Any, ...] | None, list[tuple[Any, ...]]]:
    """A conversation's (reader, title, time of the last change), None where it is gone, and its exchanges."""
    head = db.execute(
        "SELECT reader, title, changed FROM conversations WHERE id = ?", (id,)
    ).fetchone()
    rows = db.execute(
        f"SELECT {_EXCHANGE} FROM exchanges WHERE conversation = ? ORDER BY id", (id,)
    ).fetchall()
    return _plain(head) if head else None, [_plain(row) for row in rows]


def _plain(row: Any) -> tuple[Any, ...]:
    """A row as both databases give it: PostgreSQL keeps no NUL characters."""
    return tuple(
        value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row
    )


def _write(db: Any, id: str, head: tuple[Any, ...], exchanges: list[tuple[Any, ...]]) -> str:
    """Write a conversation in place of an older one; the field of `CopyReport` that counts it."""
    copy, copied = _content(db, id)
    if (copy, copied) == (head, exchanges):
        return "present"
    if copy is not None and copy[2] > head[2]:
        return "newer"
    db.execute("DELETE FROM conversations WHERE id = ?", (id,))
    db.execute("INSERT INTO conversations VALUES (?, ?, ?, ?)", (id, *head))
    for exchange in exchanges:
        db.execute(
            f"INSERT INTO exchanges (conversation, {_EXCHANGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (id, *exchange),
        )
    return "copied"


def _last_change(conversations: Conversations, reader: str) -> float:
    """When a reader's last conversation was changed, in seconds since 1970; 0 without any."""
    with conversations.transaction() as db:
        [changed] = db.execute(
            "SELECT COALESCE(max(changed), 0) FROM conversations WHERE reader = ?", (reader,)
        ).fetchone()
    return float(changed)


def check_places(source: Place, target: Place) -> None:
    """Refuse a copy from nothing, to itself, or to a folder that is none.

    Raises:
        KathederError: in one sentence what to name instead.
    """
    if source.name == target.name:
        raise KathederError(f"{source.name} cannot be copied to itself; name another place.")
    if not source.holds_any():
        raise KathederError(
            f"{source.name} holds no conversations. Name the folder of a library whose app was used, "
            f"or the address of a database ({PREFIX}USER@HOST/NAME)."
        )
    if not target.database and not target.folder.is_dir():
        raise KathederError(
            f"There is no library at {target.name}. Name the folder of a library, or the address of a "
            f"database ({PREFIX}USER@HOST/NAME)."
        )
