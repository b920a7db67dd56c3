"""What keeps and searches a library: SQLite and FAISS in its folder, or Milvus."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from ingest.milvus.address import address_of
from ingest.store.database import Database
from ingest.store.dense import DenseSearch
from ingest.store.lexical import LexicalSearch
from ingest.store.schema import DATABASE
from ingest.types import Passage


class Dense(Protocol):
    """The search by vector."""

    def search(
        self, query: np.ndarray, k: int, documents: frozenset[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """See `Store.search_dense`."""

    def merge(self) -> bool:
        """Bring the index of a large library up to date; whether there was something to do."""


class Lexical(Protocol):
    """The search by words."""

    def search(
        self, question: str, k: int, documents: frozenset[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """See `Store.search_lexical`."""


class Engine(NamedTuple):
    """The database of a library, and its two searches."""

    database: Database
    dense: Dense
    lexical: Lexical


def open_engine(folder: Path) -> Engine:
    """The engine of the library in a folder, or at the address that the folder belongs to.

    Raises:
        LibraryUnusable: nothing answers at the address.
    """
    address = address_of(folder)
    if address is None:
        database = Database(folder / DATABASE)
        return Engine(database, DenseSearch(database, folder), LexicalSearch(database))
    from ingest.milvus.database import MilvusDatabase
    from ingest.milvus.search import MilvusDenseSearch, MilvusLexicalSearch

    shared = MilvusDatabase(folder / DATABASE, address)
    lexical = MilvusLexicalSearch(shared) if shared.collections.connection.has_bm25 else None
    return Engine(shared, MilvusDenseSearch(shared), lexical or LexicalSearch(shared))
