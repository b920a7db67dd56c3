"""Saved conversations: one SQLite file beside the library, or tables of a PostgreSQL server.

The file's `user_version` is its format; older formats are upgraded when the file is opened. An
answer is saved whole, see `ui.stored_answers`, so that its sources still open their pages.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import KathederError
from ingest.text.detect import language_of
from ingest.user_file import UserFile
from rag.queries import MAX_QUESTION
from rag.scope import EVERYTHING, Scope
from rag.types import Answer, Turn
from ui.server_tables import ServerTables
from ui.stored_answers import UnreadableAnswer, dump_answer, load_answer

FILE = "conversations.sqlite"
# Characters; the fields of the pages have limits too, which a program need not keep.
_LONGEST_TITLE, _LONGEST_COMMENT, _LONGEST_SEARCH = 100, 4000, 500
_TITLE = 60  # characters of the first question that name a conversation

#: By the format that each one reads; their statements change the tables to the next format.
#: Format 0 is a new file, or one of a version that did not number its format.
_UPGRADES: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE IF NOT EXISTS conversations (
            id TEXT PRIMARY KEY, reader TEXT NOT NULL, title TEXT NOT NULL, changed REAL NOT NULL
        )""",
        """CREATE TABLE IF NOT EXISTS exchanges (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            question TEXT NOT NULL, answer TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
            verdict INTEGER, comment TEXT NOT NULL DEFAULT '', gold TEXT NOT NULL DEFAULT '[]'
        )""",
        "CREATE TABLE IF NOT EXISTS preferences (reader TEXT PRIMARY KEY, chosen TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS exchanges_by_conversation ON exchanges (conversation)",
        "ALTER TABLE preferences RENAME COLUMN chosen TO preferences",
    ),
    ("ALTER TABLE exchanges ADD COLUMN scope TEXT NOT NULL DEFAULT '{}'",),
    ("ALTER TABLE exchanges ADD COLUMN model TEXT NOT NULL DEFAULT ''",),
)
FORMAT = len(_UPGRADES)

#: The same tables on a server, which began with the third format.
_SERVER_UPGRADES: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE conversations (
            id TEXT PRIMARY KEY, reader TEXT NOT NULL, title TEXT NOT NULL,
            changed DOUBLE PRECISION NOT NULL
        )""",
        """CREATE TABLE exchanges (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            question TEXT NOT NULL, answer TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
            verdict INTEGER, comment TEXT NOT NULL DEFAULT '', gold TEXT NOT NULL DEFAULT '[]',
            scope TEXT NOT NULL DEFAULT '{}', model TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE TABLE preferences (reader TEXT PRIMARY KEY, preferences TEXT NOT NULL)",
        "CREATE INDEX exchanges_by_conversation ON exchanges (conversation)",
        "CREATE INDEX conversations_by_reader ON conversations (reader)",
    ),
)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What differs between SQLite and PostgreSQL: a scope's course, an answer's sentences, LIKE without case."""

    course: str
    sentences: str
    like: str


_SQLITE = _Dialect(
    "json_extract(scope, '$.course')", "json_extract(NULLIF(answer, ''), '$.sentences')", "LIKE"
)
_POSTGRESQL = _Dialect(
    "scope::json ->> 'course'", "NULLIF(answer, '')::json ->> 'sentences'", "ILIKE"
)


class UnreadableConversations(KathederError):
    """The database is of a newer format or no database; the text says which."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's name, the time of its last change in seconds since 1970, and its course.

    `course` is that of its last question's scope, "" for all lectures.
    """

    id: str
    title: str
    changed: float
    course: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, or with an error in its place; neither while it is open.

    `verdict` is the reader's thumb: True for up, False for down, None for none; `scope` are the
    lectures that were asked; `model` is the name of the choice that was to answer (`models.choices`), ""
    for what the settings say.
    """

    id: int
    question: str
    answer: Answer | None = None
    error: str = ""
    verdict: bool | None = None
    comment: str = ""
    scope: Scope = EVERYTHING
    model: str = ""

    @property
    def open(self) -> bool:
        """Whether there is neither an answer nor an error yet."""
        return self.answer is None and not self.error


class Conversations:
    """The conversations of a library; safe to share between threads.

    Args:
        path: The SQLite file; made where there is none.
        database: Where several processes serve, the address of the PostgreSQL database that keeps them
            in place of the file; see `app.database`.

    `set_aside` is the new name of a damaged file that was found in its place, or None; `is_temporary`
    is true where they are kept until the program ends, since the folder cannot be written.

    Raises:
        UnreadableConversations: the file or the tables have a newer format, or cannot be opened.
    """

    def __init__(self, path: Path, database: str = "") -> None:
        tables: UserFile | ServerTables
        if database:
            tables = ServerTables(
                database, "conversations", _SERVER_UPGRADES, UnreadableConversations
            )
        else:
            tables = UserFile(path, _UPGRADES, "the saved conversations", UnreadableConversations)
        self._dialect = _POSTGRESQL if database else _SQLITE
        self.transaction: Callable[[], AbstractContextManager[Any]] = tables.transaction
        self.set_aside = tables.set_aside
        self.is_temporary = tables.is_temporary

    # ---- conversations ----

    def search(self, reader: str, text: str = "") -> list[Conversation]:
        """A reader's conversations, the last changed first; with `text`, those that contain it."""
        text = text[:_LONGEST_SEARCH]
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        dialect = self._dialect
        with self.transaction() as db:
            rows = db.execute(
                f"""SELECT id, title, changed, COALESCE((
                       SELECT {dialect.course} FROM exchanges
                       WHERE conversation = conversations.id ORDER BY id DESC LIMIT 1), '')
                   FROM conversations WHERE reader = ? AND (
                       title {dialect.like} ? ESCAPE '\\' OR id IN (
                           SELECT conversation FROM exchanges
                           WHERE question {dialect.like} ? ESCAPE '\\'
                              OR {dialect.sentences} {dialect.like} ? ESCAPE '\\'))
                   ORDER BY changed DESC""",
                (reader, pattern, pattern, pattern),
            ).fetchall()
        return [Conversation(*row) for row in rows]

    def find(self, reader: str, conversation: str) -> Conversation | None:
        """A reader's own conversation; None where it is another reader's or gone."""
        return next((own for own in self.search(reader) if own.id == conversation), None)

    def reader_of(self, conversation: str) -> str | None:
        """Whose conversation it is; None where it is gone."""
        with self.transaction() as db:
            row = db.execute(
                "SELECT reader FROM conversations WHERE id = ?", (conversation,)
            ).fetchone()
        return row[0] if row else None

    def reader_of_exchange(self, exchange: int) -> str | None:
        """Whose question it is; None where it is gone."""
        with self.transaction() as db:
            row = db.execute(
                "SELECT conversation FROM exchanges WHERE id = ?", (exchange,)
            ).fetchone()
        return self.reader_of(row[0]) if row else None

    def rename(self, conversation: str, title: str) -> None:
        """Rename a conversation; a blank title changes nothing, and a long one is cut."""
        if title.strip():
            with self.transaction() as db:
                db.execute(
                    "UPDATE conversations SET title = ? WHERE id = ?",
                    (title.strip()[:_LONGEST_TITLE], conversation),
                )

    def delete(self, conversation: str) -> None:
        """Delete a conversation with all its questions and answers."""
        with self.transaction() as db:
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    # ---- exchanges ----

    def add_question(
        self,
        reader: str,
        conversation: str | None,
        question: str,
        scope: Scope = EVERYTHING,
        model: str = "",
    ) -> tuple[str, int]:
        """Save a question to the lectures of a scope and a model, in a new conversation if None.

        A question that is longer than any that is answered is cut behind that.

        Returns:
            The ids of the conversation and of the exchange.
        """
        question = question[: MAX_QUESTION + 1]
        with self.transaction() as db:
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
            [number] = db.execute(
                "INSERT INTO exchanges (conversation, question, scope, model) VALUES (?, ?, ?, ?) "
                "RETURNING id",
                (conversation, question, json.dumps(scope.as_dict()), model),
            ).fetchone()
            return conversation, number

    def save_answer(self, exchange: int, answer: Answer) -> None:
        """Save the answer to a question; nothing happens if the question was deleted."""
        with self.transaction() as db:
            db.execute(
                "UPDATE exchanges SET answer = ?, error = '' WHERE id = ?",
                (dump_answer(answer), exchange),
            )

    def save_error(self, exchange: int, error: str) -> None:
        """Save the message that is shown in place of an answer."""
        with self.transaction() as db:
            db.execute("UPDATE exchanges SET error = ? WHERE id = ?", (error, exchange))

    def truncate(self, conversation: str, exchange: int) -> None:
        """Delete a question and all later ones."""
        with self.transaction() as db:
            db.execute(
                "DELETE FROM exchanges WHERE conversation = ? AND id >= ?",
                (conversation, exchange),
            )

    def exchanges(self, conversation: str) -> list[Exchange]:
        """All questions with their answers, oldest first.

        An answer that cannot be read is replaced by the error that says why.
        """
        with self.transaction() as db:
            rows = db.execute(
                """SELECT id, question, answer, error, verdict, comment, scope, model FROM exchanges
                   WHERE conversation = ? ORDER BY id""",
                (conversation,),
            ).fetchall()
        exchanges = []
        for id, question, text, error, verdict, comment, scope, model in rows:
            answer = None
            try:
                answer = load_answer(text) if text else None
            except UnreadableAnswer as reason:
                error = str(reason)
            thumb = None if verdict is None else bool(verdict)
            asked = Scope.of(json.loads(scope))
            exchanges.append(Exchange(id, question, answer, error, thumb, comment, asked, model))
        return exchanges

    def history(self, conversation: str, before: int) -> list[Turn]:
        """The answered turns before an exchange, oldest first, as `Pipeline.stream` takes them."""
        from rag.followup import turn_of

        return [
            turn_of(exchange.question, exchange.answer)
            for exchange in self.exchanges(conversation)
            if exchange.id < before and exchange.answer
        ]

    # ---- feedback ----

    def save_feedback(
        self,
        exchange: int,
        verdict: bool | None,
        comment: str = "",
        gold: tuple[str, int] | None = None,
    ) -> None:
        """Save a reader's thumb, their comment, and the page (file, number) that they call right."""
        gold_pages = json.dumps([{"doc": gold[0], "pages": [gold[1]]}] if gold else [])
        with self.transaction() as db:
            db.execute(
                "UPDATE exchanges SET verdict = ?, comment = ?, gold = ? WHERE id = ?",
                (
                    None if verdict is None else int(verdict),
                    comment[:_LONGEST_COMMENT],
                    gold_pages,
                    exchange,
                ),
            )

    def feedback(self) -> list[tuple[str, bool, str]]:
        """Every rated question with its verdict and the reader's comment, the last one first."""
        with self.transaction() as db:
            rows = db.execute(
                """SELECT question, verdict, comment FROM exchanges
                   WHERE verdict IS NOT NULL ORDER BY id DESC"""
            ).fetchall()
        return [(question, bool(verdict), comment) for question, verdict, comment in rows]

    def question_set(self) -> list[dict[str, Any]]:
        """Rated exchanges as questions for `katheder evaluate`.

        With a thumb up the cited pages are gold and the sentences the answer; with a thumb down
        the page that the reader named is gold; without one the exchange is left out.
        """
        with self.transaction() as db:
            rows = db.execute(
                """SELECT id, question, answer, verdict, gold FROM exchanges
                   WHERE verdict IS NOT NULL AND answer <> '' ORDER BY id"""
            ).fetchall()
        questions = []
        for id, question, text, verdict, gold_pages in rows:
            try:
                answer = load_answer(text)
            except UnreadableAnswer:
                continue
            gold = json.loads(gold_pages)
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
                    "answer": " ".join(said.text for said in answer.leads or answer.sentences)
                    if verdict
                    else "",
                    "keywords": [],
                }
            )
        return questions

    # ---- preferences ----

    def preferences(self, reader: str) -> dict[str, Any]:
        """A reader's saved preferences, {} for none."""
        with self.transaction() as db:
            row = db.execute(
                "SELECT preferences FROM preferences WHERE reader = ?", (reader,)
            ).fetchone()
        preferences = json.loads(row[0]) if row else {}
        return preferences if isinstance(preferences, dict) else {}

    def save_preferences(self, reader: str, preferences: dict[str, Any]) -> None:
        """Save a reader's preferences in place of the earlier ones."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO preferences VALUES (?, ?) "
                "ON CONFLICT (reader) DO UPDATE SET preferences = excluded.preferences",
                (reader, json.dumps(preferences)),
            )
