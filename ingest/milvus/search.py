"""The two searches of a library in Milvus, with the documents to search as a filter there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any

import numpy as np

from ingest.milvus.database import MilvusDatabase
from ingest.milvus.weights import SCALE, query_text
from ingest.store import places
from ingest.store.lexical import phrases_by_language
from ingest.store.rows import select_passages_by_id
from ingest.types import Passage

_MOST = 16_384  # rows that Milvus returns
_SPARE = 10  # hits for passages of a document that is being written, which the copy lacks


class MilvusDenseSearch:
    """Search by vector, exact: the index is flat."""

    def __init__(self, database: MilvusDatabase) -> None:
        """Search a library in Milvus."""
        self._database = database

    def search(
        self, query: np.ndarray, k: int, documents: frozenset[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine with a unit vector; see `Store.search_dense`.

        Raises:
            ValueError: k < 1.
        """
        condition = _condition(self._database.connection(), documents)
        vector = np.asarray(query, dtype=np.float32)
        hits = _search(self._database, "vector", vector.tolist(), k, condition)
        length = float(np.linalg.norm(vector))  # Milvus divides by it; it is 1 but for rounding,
        return [(passage, cosine * length) for passage, cosine in hits]  # or across languages

    def merge(self) -> bool:
        """Nothing: Milvus keeps its index."""
        return False


class MilvusLexicalSearch:
    """Search by words, with BM25 in Milvus, whose scores are those of the library in a folder.

    Terms, lengths and constants are the same, see `collections`. Milvus weighs a word by another
    formula, which `weights.query_text` corrects by how often the word stands in the query.
    """

    def __init__(self, database: MilvusDatabase) -> None:
        """Search a library in Milvus."""
        self._database = database

    def search(
        self, question: str, k: int, documents: frozenset[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest BM25 for a question's words; see `Store.search_lexical`.

        The weights of the words are those in all documents, whichever are searched.

        Raises:
            ValueError: k < 1.
        """
        db = self._database.connection()
        text = query_text(db, phrases_by_language(db, question))
        hits = _search(self._database, "sparse", text, k, _condition(db, documents))
        return [(passage, score * SCALE) for passage, score in hits]


def _condition(db: sqlite3.Connection, documents: Collection[str] | None) -> str | None:
    """The filter for some documents, or all, without those whose files are gone; None for none."""
    if documents is not None and not documents:
        return None
    parts = []
    if documents is not None:
        parts.append(f"document in {json.dumps(sorted(documents))}")
    if left_out := places.uncited(db):
        parts.append(f"document not in {json.dumps(left_out)}")
    return " and ".join(parts)


def _search(
    database: MilvusDatabase, field: str, query: Any, k: int, condition: str | None
) -> list[tuple[Passage, float]]:
    """The k best passages for a vector or for terms, best first."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    target = database.collections
    if len(query) == 0 or condition is None or not target.has(target.passages):
        return []
    (answer,) = target.connection.call(
        "search",
        target.passages,
        data=[query],
        anns_field=field,
        limit=min(k + _SPARE, _MOST),
        filter=condition,
        output_fields=["id"],
    )
    scores = {
        hit["id"]: abs(hit["distance"]) if field == "sparse" else hit["distance"] for hit in answer
    }
    passages = select_passages_by_id(database.connection(), list(scores))
    hits = [(passages[id], float(score)) for id, score in scores.items() if id in passages]
    return sorted(hits, key=lambda hit: (-hit[1], hit[0].id))[:k]
