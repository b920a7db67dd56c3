"""The two searches of a library: by vector in a FAISS index, and by words in SQLite's FTS5."""

from __future__ import annotations

import re
import sqlite3
import threading
from pathlib import Path

import numpy as np

from ingest.store.database import Database
from ingest.store.rows import select_passages_by_id, select_vectors
from ingest.store.schema import read_content_hash
from ingest.types import Passage
from ingest.vectors import DenseIndex

HEADING_WEIGHT, TEXT_WEIGHT = 0.5, 1.0  # of a match, in BM25

# Words of a question that say nothing about what it is about.
_STOP_WORDS = frozenset(
    """a an and are as at be but by can could did do does for from had has have how i if in into is it
    its me my of on or please should so tell than that the their them then there these they this to
    was we were what when where which who whom whose why will with would you your explain about
    aber als am an auch auf aus bei bin bitte das dass dem den der des die dies diese doch du ein
    eine einem einen einer eines er es für haben hat ich ihr im in ist kann man mein mir mit nach
    nicht oder sich sie sind so über um und uns von vom vor war was welche welchem welchen welcher
    welches wenn wer werden wie wieso wir wird wo wozu warum zu zum zur erkläre""".split()  # noqa: SIM905
)


class DenseSearch:
    """Search by vector. The FAISS index is derived from the stored vectors, and follows them."""

    def __init__(self, database: Database, folder: Path) -> None:
        """Search the database's vectors; index files are kept in the folder."""
        self._database = database
        self._folder = folder
        self._lock = threading.Lock()
        self._current: tuple[str, DenseIndex, list[str]] | None = None  # by content hash

    def search(self, query: np.ndarray, k: int) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine with a unit vector; see `Store.search_dense`."""
        index, ids = self.index()
        rows = index.search(query, k) if ids else []
        passages = select_passages_by_id(self._database.connection(), [ids[row] for row, _ in rows])
        scored = [(passages[ids[row]], cosine) for row, cosine in rows if ids[row] in passages]
        return sorted(scored, key=lambda item: (-item[1], item[0].id))

    def index(self) -> tuple[DenseIndex, list[str]]:
        """The index of what the library holds now, and the passage id of each of its rows."""
        with self._lock, self._database.snapshot() as db:
            content_hash = read_content_hash(db)
            if self._current is None or self._current[0] != content_hash:
                ids = [id for (id,) in db.execute("SELECT id FROM passages ORDER BY id")]
                index = DenseIndex.open(
                    self._folder, content_hash, len(ids), lambda: select_vectors(db)
                )
                self._current = (content_hash, index, ids)
            return self._current[1], self._current[2]


def search_lexical(db: sqlite3.Connection, question: str, k: int) -> list[tuple[Passage, float]]:
    """The k passages of the largest BM25 for a question's words; see `Store.search_lexical`.

    The words are alternatives, without stop words; a match in the headings counts half as much
    as one in the text.

    Raises:
        ValueError: k < 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    expression = lexical_query(question)
    if not expression:
        return []
    rows = db.execute(
        f"SELECT p.id, -bm25(passages_text, {HEADING_WEIGHT}, {TEXT_WEIGHT}) AS score"
        " FROM passages_text AS t JOIN passages AS p ON p.row = t.rowid"
        " WHERE passages_text MATCH ? ORDER BY score DESC, p.id LIMIT ?",
        (expression, k),
    ).fetchall()
    passages = select_passages_by_id(db, [id for id, _ in rows])
    return [(passages[id], score) for id, score in rows if id in passages]


def highlight(db: sqlite3.Connection, question: str, passage: str) -> list[tuple[int, int]]:
    """Where a passage's text has words that the lexical search matches, as FTS5 itself says.

    Returns:
        (start, end) of each match in the text of the passage with this id, in order.
    """
    expression = lexical_query(question)
    if not expression:
        return []
    row = db.execute(
        "SELECT highlight(passages_text, 1, char(2), char(3)) FROM passages_text AS t"
        " JOIN passages AS p ON p.row = t.rowid WHERE passages_text MATCH ? AND p.id = ?",
        (expression, passage),
    ).fetchone()
    matches, start, length = [], 0, 0  # length: characters so far, without the two marks
    for part in re.split("([\x02\x03])", row[0]) if row else ():
        if part == "\x02":
            start = length
        elif part == "\x03":
            matches.append((start, length))
        else:
            length += len(part)
    return matches


def lexical_query(question: str) -> str:
    """A question as an FTS5 expression, its words as alternatives; "" if it has none.

    A question of stop words alone keeps them.
    """
    words = list(dict.fromkeys(re.findall(r"\w+", question.lower())))
    content_words = [word for word in words if word not in _STOP_WORDS] or words
    return " OR ".join(f'"{word}"' for word in content_words)
