"""The full-text table of a library: the terms of each passage, by its document's language."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from itertools import islice, takewhile

import numpy as np

from ingest.lru import LruCache
from ingest.store import places
from ingest.store.database import Database
from ingest.store.postings import Postings, read_numbers
from ingest.store.rows import count_passages, select_passages_by_id
from ingest.store.schema import FULL_TEXT_TABLE, read_content_hash, read_state
from ingest.text.detect import question_language
from ingest.text.languages import Language, language
from ingest.text.terms import ANY_END, Phrase, matches, question_phrases
from ingest.types import Passage

HEADING_WEIGHT, TEXT_WEIGHT = 0.5, 1.0  # of a match, in BM25
_WEIGHTS = {"context": HEADING_WEIGHT, "text": TEXT_WEIGHT}
#: Passages up to which FTS5 orders the hits; docs/performance.md has the measured curves.
FTS5_LIMIT = 10_000
_PARTS = 8  # sets of documents that were searched last


class LexicalSearch:
    """Search by words in a library, or in some of its documents as if it held no others.

    BM25 counts words over a whole table. So some documents get a table of their own in memory,
    which is filled at their first search and kept for the next ones. A library of more than `limit`
    passages is searched by `Postings`, with the same scores.
    """

    def __init__(self, database: Database, limit: int = FTS5_LIMIT) -> None:
        """Search the database's full-text table.

        Args:
            database: The library's.
            limit: Passages up to which FTS5 orders the hits.
        """
        self._database = database
        self._limit = limit
        self._large: _LargeTable | None = None
        self._parts: LruCache[tuple[str, frozenset[str]], sqlite3.Connection] = LruCache(_PARTS)
        self._lock = threading.Lock()

    def search(
        self, question: str, k: int, documents: frozenset[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest BM25 for a question's words; see `Store.search_lexical`.

        The words are alternatives, without stop words; a match in the headings counts half as much
        as one in the text. Passages are searched by the stems of their own language alone, since a
        word's stem in one language may be another word in the next (bother, both).

        Raises:
            ValueError: k < 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        db = self._database.connection()
        left_out = places.uncited(db)
        if documents is None:
            rows = self._best_of_all(question, k, left_out)
        else:
            with self._lock:  # the connection of a part is shared by all threads
                rows = _best_rows(self._part(documents), question, k, left_out)
        passages = select_passages_by_id(db, [id for id, _ in rows])
        return [(passages[id], score) for id, score in rows if id in passages]

    def _best_of_all(self, question: str, k: int, left_out: list[str]) -> list[tuple[str, float]]:
        with self._database.snapshot() as db:
            state = read_state(db)
            with self._lock:
                if self._large is None or self._large.state != state:
                    is_large = count_passages(db) > self._limit
                    self._large = _LargeTable(state, Postings(db, _WEIGHTS) if is_large else None)
                large = self._large
            if large.postings is None:
                return _best_rows(db, question, k, left_out)
            return large.best_rows(db, question, k, left_out)

    def _part(self, documents: frozenset[str]) -> sqlite3.Connection:
        """A database in memory that has what a search reads of these documents alone."""
        with self._database.snapshot() as db:
            key = read_content_hash(db), documents
            part = self._parts.get(key)
            if part is None:
                part = _copy_of(db, sorted(documents))
                self._parts.put(key, part)
            return part


class _LargeTable:
    """The postings of one state of a library, where it is large, and the rows of its languages."""

    def __init__(self, state: tuple[str, int], postings: Postings | None) -> None:
        self.state = state
        self.postings = postings
        self._rows: dict[tuple[str, ...], np.ndarray] = {}

    def best_rows(
        self, db: sqlite3.Connection, question: str, k: int, left_out: list[str]
    ) -> list[tuple[str, float]]:
        """As `_best_rows`."""
        assert self.postings is not None
        best: list[tuple[int, float]] = []
        languages = phrases_by_language(db, question)
        for codes, phrases in languages:
            is_all = len(languages) == 1 and not left_out
            among = None if is_all else self._rows_in(db, codes, left_out)
            best += _first_with_ties(self.postings.best(db, phrases, among), k)
        ids = db.execute(
            "SELECT row, id FROM passages WHERE row IN (SELECT value FROM json_each(?))",
            (json.dumps([row for row, _ in best]),),
        )
        id_of = dict(ids.fetchall())
        rows = [(id_of[row], score) for row, score in best]
        return sorted(rows, key=lambda row: (-row[1], row[0]))[:k]

    def _rows_in(self, db: sqlite3.Connection, codes: list[str], left_out: list[str]) -> np.ndarray:
        """The rows of the passages in languages with these codes; what is left out is the state's."""
        rows = self._rows.get(tuple(codes))
        if rows is None:
            rows = self._rows[tuple(codes)] = read_numbers(
                db,
                "SELECT group_concat(p.row) FROM documents d JOIN passages p ON p.document = d.id"
                f" WHERE d.language IN ({','.join('?' * len(codes))})"
                f" AND d.id NOT IN ({','.join('?' * len(left_out))})",
                (*codes, *left_out),
            )
        return rows


def _first_with_ties(ranked: Iterator[tuple[int, float]], k: int) -> list[tuple[int, float]]:
    """The first k hits, and those with the score of the last of them; equal scores are ordered by id."""
    first = list(islice(ranked, k))
    return first + list(takewhile(lambda hit: hit[1] == first[-1][1], ranked))


def _copy_of(db: sqlite3.Connection, documents: list[str]) -> sqlite3.Connection:
    part = sqlite3.connect(":memory:", check_same_thread=False)
    part.execute(FULL_TEXT_TABLE)
    part.execute("CREATE TABLE documents (id TEXT PRIMARY KEY, language TEXT)")
    part.execute("CREATE TABLE passages (row INTEGER PRIMARY KEY, id TEXT, document TEXT)")
    marks = ",".join("?" * len(documents))
    for table, query in (
        ("documents", f"SELECT id, language FROM documents WHERE id IN ({marks})"),
        ("passages", f"SELECT row, id, document FROM passages WHERE document IN ({marks})"),
        (
            "passage_terms (rowid, context, text)",
            "SELECT p.row, t.context, t.text FROM passages p JOIN passage_terms t"
            f" ON t.rowid = p.row WHERE p.document IN ({marks}) ORDER BY p.row",
        ),
    ):
        rows = db.execute(query, documents)
        values = ",".join("?" * len(rows.description))
        part.executemany(f"INSERT INTO {table} VALUES ({values})", rows)
    return part


def _best_rows(
    db: sqlite3.Connection, question: str, k: int, left_out: list[str]
) -> list[tuple[str, float]]:
    """The ids of the k best passages with their scores, without those of some documents."""
    rows: list[tuple[str, float]] = []
    for codes, phrases in phrases_by_language(db, question):
        if phrases:
            rows += db.execute(
                f"SELECT p.id, -bm25(passage_terms, {HEADING_WEIGHT}, {TEXT_WEIGHT}) AS score"
                " FROM passage_terms AS t JOIN passages AS p ON p.row = t.rowid"
                " JOIN documents AS d ON d.id = p.document WHERE passage_terms MATCH ?"
                f" AND d.language IN ({','.join('?' * len(codes))})"
                f" AND d.id NOT IN ({','.join('?' * len(left_out))})"
                " ORDER BY score DESC, p.id LIMIT ?",
                (fts_expression(phrases), *codes, *left_out, k),
            ).fetchall()
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:k]


def highlight(db: sqlite3.Connection, question: str, passage: str) -> list[tuple[int, int]]:
    """(start, end) of each word in the text of the passage with this id that the search matches."""
    row = db.execute(
        "SELECT p.text, d.language FROM passages p JOIN documents d ON d.id = p.document WHERE p.id = ?",
        (passage,),
    ).fetchone()
    if row is None:
        return []
    text, code = row
    for codes, phrases in phrases_by_language(db, question):
        if code in codes:
            return matches(text, language(code), phrases)
    return []


def fts_expression(phrases: list[Phrase]) -> str:
    """Phrases as alternatives in FTS5's query language; "" for none."""
    return " OR ".join(
        f'"{" ".join(phrase).removesuffix(ANY_END)}"{ANY_END if phrase[-1].endswith(ANY_END) else ""}'
        for phrase in phrases
    )


_CODES: LruCache[tuple[object, ...], tuple[str, ...]] = LruCache(16)


def _language_codes(db: sqlite3.Connection) -> tuple[str, ...]:
    """Those of the documents, in order; they are read once for each state of a file, since that reads all documents."""
    file = db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
    # A library that is rebuilt may have another language in the same state, but is another file.
    key = (file, os.stat(file).st_ino, read_state(db)) if file else None
    codes = _CODES.get(key) if key else None
    if codes is None:
        rows = db.execute("SELECT DISTINCT language FROM documents ORDER BY 1")
        codes = tuple(code for (code,) in rows)
        if key:
            _CODES.put(key, codes)
    return codes


def phrases_by_language(
    db: sqlite3.Connection, question: str
) -> list[tuple[list[str], list[Phrase]]]:
    """For each language of the documents: its codes in the library, and what to search there."""
    codes: dict[Language, list[str]] = {}
    for code in _language_codes(db):
        codes.setdefault(language(code), []).append(code)
    spoken = question_language(question, [value.code for value in codes])
    return [(names, question_phrases(question, spoken, value)) for value, names in codes.items()]
