"""Conversations that outlive the program: one SQLite file beside the library.

An answer is kept whole, as JSON of the dataclass, so that its sources still open their pages.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ingest.clean import language_of
from rag.types import Answer, Turn

FILE = "conversations.sqlite"
_ANSWER = TypeAdapter(Answer)
_TITLE = 60  # characters of the first question that name a conversation

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, reader TEXT NOT NULL, title TEXT NOT NULL, changed REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS exchanges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    question TEXT NOT NULL, answer TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    verdict INTEGER, comment TEXT NOT NULL DEFAULT '', gold TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE IF NOT EXISTS preferences (reader TEXT PRIMARY KEY, chosen TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS exchanges_by_conversation ON exchanges (conversation);
"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's name and the time of its last change, in seconds since 1970."""

    id: str
    title: str
    changed: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, or with the error that came instead; neither while it is open.

    `verdict` is the reader's thumb: True for up, False for down, None for none.
    """

    id: int
    question: str
    answer: Answer | None = None
    error: str = ""
    verdict: bool | None = None
    comment: str = ""

    @property
    def open(self) -> bool:
        """Whether nothing has come of the question yet."""
        return self.answer is None and not self.error


class Conversations:
    """The conversations of a library; safe to share between threads.

    Args:
        path: The SQLite file; made where there is none.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # ---- conversations ----

    def all(self, reader: str, search: str = "") -> list[Conversation]:
        """A reader's conversations, the last changed first; with `search`, those that hold it."""
        pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        with self._transaction() as db:
            rows = db.execute(
                """SELECT id, title, changed FROM conversations WHERE reader = ? AND (
                       title LIKE ? ESCAPE '\\' OR id IN (
                           SELECT conversation FROM exchanges
                           WHERE question LIKE ? ESCAPE '\\'
                              OR json_extract(NULLIF(answer, ''), '$.sentences') LIKE ? ESCAPE '\\'))
                   ORDER BY changed DESC""",
                (reader, pattern, pattern, pattern),
            ).fetchall()
        return [Conversation(*row) for row in rows]

    def find(self, reader: str, conversation: str) -> Conversation | None:
        """A reader's conversation; nobody else's."""
        return next((found for found in self.all(reader) if found.id == conversation), None)

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another name; a blank one changes nothing."""
        if title.strip():
            with self._transaction() as db:
                db.execute(
                    "UPDATE conversations SET title = ? WHERE id = ?",
                    (title.strip(), conversation),
                )

    def delete(self, conversation: str) -> None:
        """Forget a conversation with all that was said."""
        with self._transaction() as db:
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    # ---- exchanges ----

    def ask(self, reader: str, conversation: str | None, question: str) -> tuple[str, int]:
        """Write a question down, in a new conversation where none is named; both ids."""
        with self._transaction() as db:
            now = time.time()
            if conversation is None:
                conversation = secrets.token_hex(8)
                title = " ".join(question.split())
                title = title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
                db.execute(
                    "INSERT INTO conversations VALUES (?, ?, ?, ?)",
                    (conversation, reader, title, now),
                )
            db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation))
            row = db.execute(
                "INSERT INTO exchanges (conversation, question) VALUES (?, ?)",
                (conversation, question),
            )
            assert row.lastrowid is not None
            return conversation, row.lastrowid

    def answer(self, exchange: int, answer: Answer) -> None:
        """Keep what a question came to; nothing happens where it was taken back."""
        with self._transaction() as db:
            db.execute(
                "UPDATE exchanges SET answer = ?, error = '' WHERE id = ?",
                (_ANSWER.dump_json(answer).decode(), exchange),
            )

    def fail(self, exchange: int, error: str) -> None:
        """Keep the sentence that came instead of an answer."""
        with self._transaction() as db:
            db.execute("UPDATE exchanges SET error = ? WHERE id = ?", (error, exchange))

    def cut(self, conversation: str, exchange: int) -> None:
        """Take back a question and all that came after it."""
        with self._transaction() as db:
            db.execute(
                "DELETE FROM exchanges WHERE conversation = ? AND id >= ?",
                (conversation, exchange),
            )

    def exchanges(self, conversation: str) -> list[Exchange]:
        """What was said, oldest first."""
        with self._transaction() as db:
            rows = db.execute(
                """SELECT id, question, answer, error, verdict, comment FROM exchanges
                   WHERE conversation = ? ORDER BY id""",
                (conversation,),
            ).fetchall()
        return [
            Exchange(
                id,
                question,
                _ANSWER.validate_json(answer) if answer else None,
                error,
                None if verdict is None else bool(verdict),
                comment,
            )
            for id, question, answer, error, verdict, comment in rows
        ]

    def history(self, conversation: str, before: int) -> list[Turn]:
        """The answered turns before an exchange, oldest first, as the pipeline wants them."""
        return [
            Turn(said.question, said.answer.text)
            for said in self.exchanges(conversation)
            if said.id < before and said.answer
        ]

    # ---- feedback ----

    def rate(
        self,
        exchange: int,
        verdict: bool | None,
        comment: str = "",
        gold: tuple[str, int] | None = None,
    ) -> None:
        """Keep a reader's thumb, their words, and the page (file, number) that they say is right."""
        right = json.dumps([{"doc": gold[0], "pages": [gold[1]]}] if gold else [])
        with self._transaction() as db:
            db.execute(
                "UPDATE exchanges SET verdict = ?, comment = ?, gold = ? WHERE id = ?",
                (None if verdict is None else int(verdict), comment, right, exchange),
            )

    def comments(self) -> list[tuple[str, bool, str]]:
        """Every rated question with its verdict and the reader's words, the last one first."""
        with self._transaction() as db:
            rows = db.execute(
                """SELECT question, verdict, comment FROM exchanges
                   WHERE verdict IS NOT NULL ORDER BY id DESC"""
            ).fetchall()
        return [(question, bool(verdict), comment) for question, verdict, comment in rows]

    def question_set(self) -> list[dict[str, Any]]:
        """Rated exchanges as questions for `katheder evaluate`.

        With a thumb up the cited pages are gold and the sentences the answer; with a thumb down
        the page that the reader named is gold, and without one there is nothing to learn from.
        """
        with self._transaction() as db:
            rows = db.execute(
                """SELECT id, question, answer, verdict, gold FROM exchanges
                   WHERE verdict IS NOT NULL AND answer <> '' ORDER BY id"""
            ).fetchall()
        questions = []
        for id, question, text, verdict, named in rows:
            answer = _ANSWER.validate_json(text)
            gold = json.loads(named)
            if verdict and not gold:
                pages: dict[str, set[int]] = {}
                for source in () if answer.abstained else answer.sources:
                    passage = source.hit.passage
                    pages.setdefault(passage.file, set()).update(passage.pages)
                gold = [{"doc": doc, "pages": sorted(numbers)} for doc, numbers in pages.items()]
            if not (gold or verdict):
                continue
            questions.append(
                {
                    "id": f"feedback-{id}",
                    "question": answer.query,
                    "type": "feedback",
                    "lang": language_of(question) or "en",
                    "gold": gold,
                    "answer": " ".join(s.text for s in answer.sentences) if verdict else "",
                    "keywords": [],
                }
            )
        return questions

    # ---- preferences ----

    def preferences(self, reader: str) -> dict[str, Any]:
        """What a reader chose before, {} for nothing."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT chosen FROM preferences WHERE reader = ?", (reader,)
            ).fetchone()
        found = json.loads(row[0]) if row else {}
        return found if isinstance(found, dict) else {}

    def save_preferences(self, reader: str, chosen: dict[str, Any]) -> None:
        """Keep what a reader chose, in place of what was kept before."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO preferences VALUES (?, ?)", (reader, json.dumps(chosen))
            )
