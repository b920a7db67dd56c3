"""The search of a library by vector: exact up to a size, in partitions above it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.store import places
from ingest.store.database import Database
from ingest.store.partitioned import (
    MERGED_FROM,
    PartitionedSearch,
    merge,
    open_partitions,
    read_extents,
)
from ingest.store.rows import count_passages, select_passages_by_id, select_vectors
from ingest.store.schema import read_state
from ingest.types import Passage
from ingest.vectors import DenseIndex

logger = logging.getLogger(__name__)

#: Passages up to which every vector is compared with the query; docs/performance.md has the measured curve.
EXACT_LIMIT = 100_000
_PAUSE = 30.0  # seconds after which new partitions are written, longer than one search from the command line


@dataclass(frozen=True, slots=True)
class _Flat:
    """A flat index, and the passage and document of each of its rows."""

    index: DenseIndex
    ids: list[str]
    owners: list[str]


class DenseSearch:
    """Search by vector. The index is derived from the stored vectors, and follows them.

    A library of more than `limit` passages is searched in partitions once a file of them is there;
    until then it is searched exactly, while the file is written in the background.
    """

    def __init__(
        self, database: Database, folder: Path, limit: int = EXACT_LIMIT, pause: float = _PAUSE
    ) -> None:
        """Search the database's vectors; index files are kept in the folder.

        Args:
            database: The library's.
            folder: Where index files are kept.
            limit: Passages up to which the search is exact.
            pause: Seconds from the search that finds partitions old until new ones are written.
        """
        self._database = database
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._pause = pause
        self._merging = threading.Lock()
        self._current: tuple[tuple[str, int], _Flat | PartitionedSearch] | None = None

    def search(
        self, query: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine with a unit vector; see `Store.search_dense`."""
        index = self._opened()
        db = self._database.connection()
        left_out = set(places.uncited(db))
        if isinstance(index, PartitionedSearch):
            hits = index.search(db, query, k, documents, left_out)
        else:
            hits = _search_flat(index, query, k, documents, left_out)
        passages = select_passages_by_id(db, [id for id, _ in hits])
        scored = [(passages[id], cosine) for id, cosine in hits if id in passages]
        return sorted(scored, key=lambda item: (-item[1], item[0].id))[:k]

    def merge(self) -> bool:
        """Write partitions if the library is large and they are missing or old; whether it did.

        It takes minutes for a million passages; searches go on meanwhile.
        """
        if not self._merging.acquire(blocking=False):
            return False
        try:
            with self._database.snapshot() as db:
                if not self._must_merge(db):
                    return False
                merge(self._folder, db)
            with self._lock:
                self._current = None
            return True
        except OSError as error:  # read-only, or a full disk: search exactly
            logger.warning("the index was not saved: %s", error)
            return False
        finally:
            self._merging.release()

    def _must_merge(self, db: sqlite3.Connection) -> bool:
        if count_passages(db) <= self._limit:
            return False
        index = self._partitioned(db)
        return index is None or index.unmerged > MERGED_FROM

    def _opened(self) -> _Flat | PartitionedSearch:
        """The index of what the library holds now."""
        with self._lock, self._database.snapshot() as db:
            state = read_state(db)
            if self._current is None or self._current[0] != state:
                index: _Flat | PartitionedSearch | None = None
                if count_passages(db) > self._limit:
                    index = self._partitioned(db)
                    if index is None or index.unmerged > MERGED_FROM:
                        self._merge_later()
                self._current = (state, index or self._flat(db, state[0]))
            return self._current[1]

    def _merge_later(self) -> None:
        def merge_apart() -> None:
            self.merge()
            self._database.close()  # this thread's connection

        timer = threading.Timer(self._pause, merge_apart)
        timer.daemon = True
        timer.start()

    def _partitioned(self, db: sqlite3.Connection) -> PartitionedSearch | None:
        """The library in partitions; None where there is no file of them that can be used."""
        opened, extents = open_partitions(self._folder, db), read_extents(db)
        if opened is None or extents is None:
            return None
        current = self._current[1] if self._current else None
        earlier = current if isinstance(current, PartitionedSearch) else None
        return PartitionedSearch(db, *opened, extents, earlier)

    def _flat(self, db: sqlite3.Connection, content_hash: str) -> _Flat:
        rows = db.execute("SELECT id, document FROM passages ORDER BY id").fetchall()
        ids, owners = [id for id, _ in rows], [owner for _, owner in rows]
        index = DenseIndex.open(
            self._folder,
            content_hash,
            len(ids),
            lambda: select_vectors(db),
            lambda rows: select_vectors(db, [ids[i] for i in rows]),
        )
        return _Flat(index, ids, owners)


def _search_flat(
    flat: _Flat,
    query: np.ndarray,
    k: int,
    documents: Collection[str] | None,
    left_out: Collection[str],
) -> list[tuple[str, float]]:
    if not flat.ids:
        return []
    among = None
    if documents is not None or left_out:
        among = np.array(
            [
                row
                for row, owner in enumerate(flat.owners)
                if owner not in left_out and (documents is None or owner in documents)
            ],
            dtype=np.int64,
        )
    return [(flat.ids[row], cosine) for row, cosine in flat.index.search(query, k, among)]
