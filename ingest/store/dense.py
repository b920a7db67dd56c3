"""The search of a library by vector, in a FAISS index."""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path

import numpy as np

from ingest.store import places
from ingest.store.database import Database
from ingest.store.rows import select_passages_by_id, select_vectors
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
        # content hash, index, and each row's passage and document
        self._current: tuple[str, DenseIndex, list[str], list[str]] | None = None

    def search(
        self, query: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine with a unit vector; see `Store.search_dense`."""
        index, ids, owners = self._opened()
        if not ids:
            return []
        db = self._database.connection()
        left_out = set(places.uncited(db))
        among = None
        if documents is not None or left_out:
            among = np.array(
                [
                    row
                    for row, owner in enumerate(owners)
                    if owner not in left_out and (documents is None or owner in documents)
                ],
                dtype=np.int64,
            )
        rows = index.search(query, k, among)
        passages = select_passages_by_id(db, [ids[row] for row, _ in rows])
        scored = [(passages[ids[row]], cosine) for row, cosine in rows if ids[row] in passages]
        return sorted(scored, key=lambda item: (-item[1], item[0].id))[:k]

    def _opened(self) -> tuple[DenseIndex, list[str], list[str]]:
        """The index of what the library holds now, and the passage and document of each row."""
        with self._lock, self._database.snapshot() as db:
            content_hash = read_content_hash(db)
            if self._current is None or self._current[0] != content_hash:
                rows = db.execute("SELECT id, document FROM passages ORDER BY id").fetchall()
                ids, owners = [id for id, _ in rows], [owner for _, owner in rows]
                index = DenseIndex.open(
                    self._folder,
                    content_hash,
                    len(ids),
                    lambda: select_vectors(db),
                    lambda rows: select_vectors(db, [ids[i] for i in rows]),
                )
                self._current = (content_hash, index, ids, owners)
            return self._current[1:]
