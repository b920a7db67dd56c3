"""BM25 over the postings of the full-text table, for libraries in which FTS5's own ranking is too slow.

FTS5 weighs every passage that has any word of a question, which takes it a microsecond each. Here the
postings of each phrase are read once, with what each adds to a passage's score, and are kept while the
library does not change; a question adds up those of its phrases. The scores are those of FTS5's
`bm25()` but for rounding. Source of the formula: https://sqlite.org/fts5.html#the_bm25_function.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

import numpy as np

from ingest.lru import LruCache
from ingest.store.schema import FULL_TEXT_TABLE
from ingest.text.terms import ANY_END, Phrase

_K1, _B = 1.2, 0.75  # FTS5's
_LEAST_WEIGHT = 1e-6  # of a phrase that more than half of the passages have
_MEMORY = 128_000_000  # bytes of postings that are kept, 8 for each word of a passage
_FIRST = 64  # rows that are ordered at first; four times as many each time these do not suffice
_OFFSETS = 31  # bits of a word's offset in its column

_Posting = tuple[np.ndarray, np.ndarray]  # row numbers, uint32, ascending; what each adds, float32


class Postings:
    """The postings of one state of a library."""

    def __init__(self, db: sqlite3.Connection, weights: Mapping[str, float]) -> None:
        """Read the lengths of all passages, which takes half a second for a million.

        Args:
            db: A connection to the library, on the state that is searched.
            weights: Of a match, by the name of its column.
        """
        self._weights = weights
        rows = read_numbers(db, "SELECT group_concat(id) FROM passage_terms_docsize", ())
        sizes = b"".join(size for (size,) in db.execute("SELECT sz FROM passage_terms_docsize"))
        lengths = _decode_varints(sizes).reshape(len(rows), -1).sum(axis=1)
        self._count = len(rows)
        mean = lengths.mean() if len(rows) else 1.0
        #: k1 (1 - b + b * length / mean length), by row number
        self._norms = np.zeros(int(rows.max(initial=0)) + 1, dtype=np.float32)
        self._norms[rows] = _K1 * (1 - _B + _B * lengths / mean)
        self._postings: LruCache[Phrase, _Posting] = LruCache(
            _MEMORY, lambda _, posting: posting[0].nbytes + posting[1].nbytes
        )

    def best(
        self, db: sqlite3.Connection, phrases: Sequence[Phrase], among: np.ndarray | None = None
    ) -> Iterator[tuple[int, float]]:
        """(row, BM25) of each passage that has one of the phrases, best first.

        Args:
            db: A connection to the library, on the state of these postings.
            phrases: Alternatives, as of `ingest.text.terms.question_phrases`.
            among: The rows to search, int64; None: all of them.
        """
        scores = np.zeros(len(self._norms), dtype=np.float32)
        for rows, parts in [self._posting(db, phrase) for phrase in phrases]:
            scores[rows] += parts
        if among is not None:
            allowed = np.zeros(len(scores), dtype=bool)
            allowed[among] = True
            scores *= allowed
        matches = np.flatnonzero(scores)
        done, count = 0, _FIRST
        while done < len(matches):
            count = min(count, len(matches))
            least = np.partition(scores[matches], -count)[-count]
            best = matches[scores[matches] >= least]  # with those that are as good as the last one
            best = best[np.lexsort((best, -scores[best]))]
            for row in best[done:]:
                yield int(row), float(scores[row])
            done, count = len(best), 4 * len(best)

    def _posting(self, db: sqlite3.Connection, phrase: Phrase) -> _Posting:
        posting = self._postings.get(phrase)
        if posting is None:
            posting = self._weighed(_instances(db, phrase))
            self._postings.put(phrase, posting)
        return posting

    def _weighed(self, instances: np.ndarray) -> _Posting:
        """The posting of a phrase that begins at these places, see `_instances`."""
        if not len(instances):
            return np.empty(0, np.uint32), np.empty(0, np.float32)
        rows = instances >> (_OFFSETS + 1)
        first = np.flatnonzero(np.diff(rows, prepend=-1))  # of each passage
        in_text = (instances >> _OFFSETS) & 1
        weights = np.where(in_text, self._weights["text"], self._weights["context"])
        frequencies = np.add.reduceat(weights, first)
        rows = rows[first]
        weight = math.log((self._count - len(rows) + 0.5) / (len(rows) + 0.5))
        parts = frequencies * (_K1 + 1) / (frequencies + self._norms[rows])
        return rows.astype(np.uint32), (max(weight, _LEAST_WEIGHT) * parts).astype(np.float32)


def _instances(db: sqlite3.Connection, phrase: Phrase) -> np.ndarray:
    """Where a phrase begins: row, column and offset as one number, int64, ascending."""
    db.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instances USING fts5vocab(main, passage_terms, instance)"
    )
    words = " ".join(phrase)
    tokens = _tokens(words.removesuffix(ANY_END))
    columns = f"doc * {2 << _OFFSETS} + (col = 'text') * {1 << _OFFSETS} + offset"
    select = f"SELECT group_concat({columns}) FROM instances WHERE "
    places = []
    for number, token in enumerate(tokens):
        if number == len(tokens) - 1 and words.endswith(ANY_END):
            condition, values = "term >= ? AND term < ?", (token, token + chr(0x10FFFF))
        else:
            condition, values = "term = ?", (token,)  # type: ignore[assignment]
        places.append(np.sort(read_numbers(db, select + condition, values)) - number)
    if not places:
        return np.empty(0, np.int64)
    return reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), places)


def _tokens(text: str) -> list[str]:
    """A text's words as the full-text table keeps them."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.execute(FULL_TEXT_TABLE)
        db.execute("CREATE VIRTUAL TABLE instances USING fts5vocab(passage_terms, instance)")
        db.execute("INSERT INTO passage_terms (text) VALUES (?)", (text,))
        return [token for (token,) in db.execute("SELECT term FROM instances ORDER BY offset")]


def read_numbers(db: sqlite3.Connection, query: str, values: Sequence[object]) -> np.ndarray:
    """The numbers of a query for one text of numbers with commas, int64."""
    # One text is read three times as fast as rows.
    (text,) = db.execute(query, values).fetchone()
    return np.fromstring(text, dtype=np.int64, sep=",") if text else np.empty(0, np.int64)


def _decode_varints(data: bytes) -> np.ndarray:
    """SQLite's numbers of 7 bits a byte, below 2^56, the highest bits first; int64."""
    values = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(values < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])
    numbers = np.zeros(len(ends), dtype=np.int64)
    for place in range(int((ends - starts).max(initial=-1)) + 1):
        longer = starts + place <= ends
        numbers[longer] = numbers[longer] << 7 | values[starts[longer] + place] & 127
    return numbers
