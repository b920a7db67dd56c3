"""The full-text table of a library: the terms of each passage, by its document's language."""

from __future__ import annotations

import sqlite3

from ingest.store import places
from ingest.store.rows import select_passages_by_id
from ingest.text.detect import question_language
from ingest.text.languages import Language, language
from ingest.text.terms import ANY_END, Phrase, matches, question_phrases
from ingest.types import Passage

HEADING_WEIGHT, TEXT_WEIGHT = 0.5, 1.0  # of a match, in BM25


def search_lexical(db: sqlite3.Connection, question: str, k: int) -> list[tuple[Passage, float]]:
    """The k passages of the largest BM25 for a question's words; see `Store.search_lexical`.

    The words are alternatives, without stop words; a match in the headings counts half as much
    as one in the text. Passages are searched by the stems of their own language alone, since a
    word's stem in one language may be another word in the next (bother, both).

    Raises:
        ValueError: k < 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    rows: list[tuple[str, float]] = []
    left_out = places.uncited(db)
    for codes, phrases in _phrases_by_language(db, question):
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
    rows = sorted(rows, key=lambda row: (-row[1], row[0]))[:k]
    passages = select_passages_by_id(db, [id for id, _ in rows])
    return [(passages[id], score) for id, score in rows if id in passages]


def highlight(db: sqlite3.Connection, question: str, passage: str) -> list[tuple[int, int]]:
    """(start, end) of each word in the text of the passage with this id that the search matches."""
    passages = select_passages_by_id(db, [passage])
    if passage not in passages:
        return []
    text, code = passages[passage].text, passages[passage].language
    for codes, phrases in _phrases_by_language(db, question):
        if code in codes:
            return matches(text, language(code), phrases)
    return []


def fts_expression(phrases: list[Phrase]) -> str:
    """Phrases as alternatives in FTS5's query language; "" for none."""
    return " OR ".join(
        f'"{" ".join(phrase).removesuffix(ANY_END)}"{ANY_END if phrase[-1].endswith(ANY_END) else ""}'
        for phrase in phrases
    )


def _phrases_by_language(
    db: sqlite3.Connection, question: str
) -> list[tuple[list[str], list[Phrase]]]:
    """For each language of the documents: its codes in the library, and what to search there."""
    codes: dict[Language, list[str]] = {}
    for (code,) in db.execute("SELECT DISTINCT language FROM documents ORDER BY 1"):
        codes.setdefault(language(code), []).append(code)
    spoken = question_language(question, [value.code for value in codes])
    return [(names, question_phrases(question, spoken, value)) for value, names in codes.items()]
