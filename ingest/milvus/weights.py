"""A question as a query for BM25 in Milvus that weighs its words as SQLite's full-text search does.

Of N passages of which n have a word, SQLite weighs it by ln((N - n + 0.5) / (n + 0.5)), at least
1e-6, and Milvus by ln(1 + (N - n + 0.5) / (n + 0.5)), which makes frequent words count for more.
Milvus multiplies a word's weight by how often it stands in the query. So each word stands there in
proportion to the quotient of the two weights, which is at most 1.
"""

from __future__ import annotations

import math
import sqlite3

from ingest.milvus.collections import K1, safe_term
from ingest.store.lexical import fts_expression
from ingest.text.languages import language
from ingest.text.terms import ANY_END, Phrase

_REPEATS = 200  # of a word for a quotient of 1
_LEAST = 1e-6  # weight of a word in SQLite
_ENDINGS = 50  # terms that one beginning stands for, at most
#: From a score of Milvus to one of SQLite. There a term counts twice, which leaves k1 + 1 different.
SCALE = (K1 + 1) / (2 * K1 + 1) / _REPEATS


def query_text(db: sqlite3.Connection, languages: list[tuple[list[str], list[Phrase]]]) -> str:
    """The text to search for; "" where nothing is searched.

    Args:
        db: A connection to the library's copy, which knows how many passages have a word.
        languages: For each language of the documents, its codes there and what to search.
    """
    (passages,) = db.execute("SELECT count(*) FROM passages").fetchone()
    words: list[str] = []
    for codes, phrases in languages:
        for term in dict.fromkeys(term for phrase in phrases for term in _terms(db, phrase)):
            everywhere = _count(db, term)
            here = _count(db, term, codes) if len(languages) > 1 else everywhere
            if here:
                quotient = _sqlite_weight(passages, everywhere) / _milvus_weight(passages, here)
                repeats = max(1, round(_REPEATS * quotient))
                words += [safe_term(term, language(codes[0]).code)] * repeats
    return " ".join(words)


def _terms(db: sqlite3.Connection, phrase: Phrase) -> list[str]:
    """The terms of a phrase, which Milvus searches one by one; a beginning becomes whole terms."""
    *first, last = phrase
    if not last.endswith(ANY_END):
        return list(phrase)
    start = last.removesuffix(ANY_END)
    db.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, passage_terms, row)"
    )
    endings = db.execute(
        "SELECT term FROM vocabulary WHERE term >= ? AND term < ? ORDER BY doc DESC LIMIT ?",
        (start, start + chr(0x10FFFF), _ENDINGS),
    )
    return [*first, *(term for (term,) in endings)]


def _count(db: sqlite3.Connection, term: str, codes: list[str] | None = None) -> int:
    """Number of passages that have a term, of all or of those in languages with these codes."""
    expression = fts_expression([(term,)])
    if codes is None:
        query = "SELECT count(*) FROM passage_terms WHERE passage_terms MATCH ?"
        return int(db.execute(query, (expression,)).fetchone()[0])
    query = (
        "SELECT count(*) FROM passage_terms t JOIN passages p ON p.row = t.rowid"
        " JOIN documents d ON d.id = p.document WHERE passage_terms MATCH ?"
        f" AND d.language IN ({','.join('?' * len(codes))})"
    )
    return int(db.execute(query, (expression, *codes)).fetchone()[0])


def _sqlite_weight(passages: int, count: int) -> float:
    return max(_LEAST, math.log((passages - count + 0.5) / (count + 0.5)))


def _milvus_weight(passages: int, count: int) -> float:
    return math.log(1 + (passages - count + 0.5) / (count + 0.5))
