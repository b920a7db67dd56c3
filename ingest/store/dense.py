"""The search of a library by vector, in a FAISS index."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from ingest.store import places
from ingest.store.database import Database
from ingest.store.rows import count_passages, select_passages_by_id, select_vectors
from ingest.store.schema import read_content_hash
from ingest.types import Passage
from ingest.vectors import DenseIndex


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
        db = self._database.connection()
        left_out = set(places.uncited(db))
        more = count_passages(db, sorted(left_out)) if left_out else 0
        rows = index.search(query, k + more) if ids else []
        passages = select_passages_by_id(db, [ids[row] for row, _ in rows])
        passages = {id: p for id, p in passages.items() if p.document not in left_out}
        scored = [(passages[ids[row]], cosine) for row, cosine in rows if ids[row] in passages]
        return sorted(scored, key=lambda item: (-item[1], item[0].id))[:k]

    def index(self, *, as_saved: bool = False) -> tuple[DenseIndex, list[str]]:
        """The index of what the library holds now, and the passage id of each of its rows.

        One that was saved with other vectors is built again, unless `as_saved`.
        """
        with self._lock, self._database.snapshot() as db:
            content_hash = read_content_hash(db)
            if as_saved or self._current is None or self._current[0] != content_hash:
                ids = [id for (id,) in db.execute("SELECT id FROM passages ORDER BY id")]
                index = DenseIndex.open(
                    self._folder,
                    content_hash,
                    len(ids),
                    lambda: select_vectors(db),
                    None if as_saved else lambda rows: select_vectors(db, [ids[i] for i in rows]),
                )
                if as_saved:
                    return index, ids
                self._current = (content_hash, index, ids)
            return self._current[1], self._current[2]
