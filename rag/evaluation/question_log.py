"""The questions that readers asked, for the lecturer; nothing is logged unless `app.log_questions` is on.

One SQLite file beside the library. An entry has the question, its day, what became of it, and the pages
that were found: no name of the reader, no hour, no conversation, and not the answer's words.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from ingest.errors import KathederError
from ingest.types import Passage
from ingest.user_file import UserFile
from rag.evaluation.run_file import PageReference
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings
from rag.types import Answer, Grade

logger = logging.getLogger(__name__)

FILE = "questions.sqlite"
GRADES: tuple[Grade, ...] = get_args(Grade)
_MOST = 20_000
_UPGRADES = (
    (
        """CREATE TABLE IF NOT EXISTS questions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, day TEXT NOT NULL, question TEXT NOT NULL,
            query TEXT NOT NULL, language TEXT NOT NULL, scope TEXT NOT NULL, grade TEXT NOT NULL,
            route TEXT NOT NULL, confidence REAL NOT NULL, found TEXT NOT NULL, cited TEXT NOT NULL
        )""",
    ),
)


class UnreadableLog(KathederError):
    """The log is of a newer format or no database; the text says which."""


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """A question that was asked.

    `day` is a date (2026-11-30); `query` is what was searched for; `found` are the pages of the last
    stage, best first, and `cited` those of the answer, none where no answer was shown; `route` is the
    kind of a question about the course itself, else "".
    """

    question: str
    grade: Grade
    day: str
    query: str = ""
    language: str = "en"
    scope: Scope = EVERYTHING
    route: str = ""
    confidence: float = 0.0
    found: tuple[PageReference, ...] = ()
    cited: tuple[PageReference, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain values for JSON."""
        return {
            "question": self.question,
            "query": self.query,
            "day": self.day,
            "lang": self.language,
            "scope": self.scope.as_dict(),
            "grade": self.grade,
            "route": self.route,
            "confidence": round(self.confidence, 3),
            "found": [one.as_dict() for one in self.found],
            "cited": [one.as_dict() for one in self.cited],
        }


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """The same question, asked once or several times: its last entry, and how often it was asked."""

    last: LoggedQuestion
    times: int


class QuestionLog:
    """The log of a library; safe to share between threads.

    Args:
        path: The SQLite file; made where there is none.
        most: The number of entries; with one more the oldest is deleted.

    Raises:
        UnreadableLog: the file has a newer format, or is no SQLite database.
    """

    def __init__(self, path: Path, most: int = _MOST) -> None:
        self._most = most
        file = UserFile(path, _UPGRADES, "the log of questions", UnreadableLog)
        self._transaction = file.transaction

    def add(self, answer: Answer, day: date | None = None) -> None:
        """Log a question with what became of it, under today's date if None is given."""
        cited = [] if answer.abstained else [one.hit.passage for one in answer.sources]
        values = (
            (day or date.today()).isoformat(),
            answer.question,
            answer.query,
            answer.language,
            json.dumps(answer.scope.as_dict()),
            answer.grade,
            answer.route,
            answer.confidence,
            _dump([hit.passage for hit in answer.hits]),
            _dump(cited),
        )
        with self._transaction() as db:
            row = db.execute(
                """INSERT INTO questions (day, question, query, language, scope, grade, route,
                       confidence, found, cited) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                values,
            )
            assert row.lastrowid is not None
            db.execute("DELETE FROM questions WHERE id <= ?", (row.lastrowid - self._most,))

    def questions(self, grades: Collection[Grade] = GRADES) -> list[LoggedQuestion]:
        """The entries of some grades, the last one first."""
        marks = ", ".join("?" * len(grades))
        with self._transaction() as db:
            rows = db.execute(
                f"""SELECT question, grade, day, query, language, scope, route, confidence, found,
                        cited FROM questions WHERE grade IN ({marks}) ORDER BY id DESC""",
                tuple(grades),
            ).fetchall()
        return [
            LoggedQuestion(
                question,
                cast(Grade, grade),
                day,
                query,
                language,
                Scope.of(json.loads(scope)),
                route,
                confidence,
                _load(found),
                _load(cited),
            )
            for question, grade, day, query, language, scope, route, confidence, found, cited in rows
        ]

    def clear(self) -> int:
        """Delete all entries; gives their number."""
        with self._transaction() as db:
            return db.execute("DELETE FROM questions").rowcount


@lru_cache(maxsize=8)
def open_log(folder: Path) -> QuestionLog:
    """The log of the library in a folder; opened once.

    Raises:
        UnreadableLog: see `QuestionLog`.
    """
    return QuestionLog(folder / FILE)


def log_question(answer: Answer, folder: Path, settings: Settings) -> None:
    """Log a question if the settings say so; a log that cannot be written costs no answer."""
    if not settings.app.log_questions:
        return
    try:
        open_log(folder).add(answer)
    except (sqlite3.Error, KathederError, OSError) as error:
        logger.warning("A question was not logged: %s", error)


def grouped(questions: Iterable[LoggedQuestion]) -> list[AskedQuestion]:
    """Questions without repeats, those asked most often first, then in the order given."""
    groups: dict[str, list[LoggedQuestion]] = {}
    for one in questions:
        groups.setdefault(" ".join(one.query.casefold().split()).rstrip(" ?.!"), []).append(one)
    asked = [AskedQuestion(group[0], len(group)) for group in groups.values()]
    return sorted(asked, key=lambda one: -one.times)


def _dump(passages: Sequence[Passage]) -> str:
    references = [PageReference(one.file, tuple(one.pages)) for one in passages]
    return json.dumps([one.as_dict() for one in dict.fromkeys(references)])


def _load(text: str) -> tuple[PageReference, ...]:
    return tuple(PageReference.from_dict(values) for values in json.loads(text))
