"""The dense search of a large library: partitions on the disk, and what was added since in memory.

`partitions.json` says which documents the file of partitions has, and names it. A document that it
lacks, or that was stored again since, is searched in a small flat index beside it; one that left is
left out. So a change costs what changed. When more than a twentieth is in the small part, `merge`
writes new partitions, while searches go on with the old ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sqlite3
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.partitions import SAMPLES_A_LIST, Partitions, build_partitions, lists_for
from ingest.store.rows import vectors_of_blobs
from ingest.store.schema import read_config
from ingest.vectors import DenseIndex

logger = logging.getLogger(__name__)

_CONTENTS = "partitions.json"
_FORMAT = 1
_BLOCK = 10_000  # vectors that are read at once
_CANDIDATES = 100  # rows, at least, whose stored vectors are compared with the query
_EACH = 4  # times the hits
MERGED_FROM = 0.05  # share of the passages that the small part may have


@dataclass(frozen=True, slots=True)
class Extent:
    """The rows of a document's passages, `first` to `last`, and a hash of what else may change."""

    first: int
    last: int
    changes: str

    @property
    def rows(self) -> np.ndarray:
        """The row numbers, int64."""
        return np.arange(self.first, self.last + 1, dtype=np.int64)


Extents = Mapping[str, Extent]  # by the document's id


def read_extents(db: sqlite3.Connection) -> dict[str, Extent] | None:
    """The extent of each document that has passages; None where one's rows are not in one piece.

    They are, since one transaction writes them; but another program may have changed the file.
    """
    changes: dict[str, list[object]] = {}
    for document, *change in db.execute(
        "SELECT document, page, text, hidden FROM corrections ORDER BY 1, 2"
    ):
        changes.setdefault(document, []).append(change)
    extents = {}
    for document, first, last, count in db.execute(
        "SELECT document, min(row), max(row), count(*) FROM passages GROUP BY document"
    ):
        if count != last - first + 1:
            return None
        digest = hashlib.sha256(repr(changes.get(document)).encode()).hexdigest()[:16]
        extents[document] = Extent(first, last, digest)
    return extents


class PartitionedSearch:
    """A state of a large library that can be searched."""

    def __init__(
        self,
        db: sqlite3.Connection,
        partitions: Partitions,
        contents: Extents,
        extents: Extents,
        earlier: PartitionedSearch | None = None,
    ) -> None:
        """Join the parts.

        Args:
            db: A connection to the library, on the state that `extents` was read of.
            partitions: The file's.
            contents: The documents in it.
            extents: Those of the library.
            earlier: An earlier state, whose vectors in memory are not read again.
        """
        self._partitions = partitions
        self._extents = extents
        self._merged = {id for id, extent in extents.items() if contents.get(id) == extent}
        small = earlier._small if earlier else SmallPart()
        self._small: SmallPart = small.follow(
            db, {i: e for i, e in extents.items() if i not in self._merged}
        )
        gone = [extent for id, extent in contents.items() if id not in self._merged]
        self._gone = np.concatenate([e.rows for e in gone]) if gone else np.empty(0, np.int64)

    @property
    def unmerged(self) -> float:
        """Rows in the small part or gone from the file, as a share of the library's."""
        added = sum(len(e.rows) for id, e in self._extents.items() if id not in self._merged)
        return (added + len(self._gone)) / max(1, sum(len(e.rows) for e in self._extents.values()))

    def search(
        self,
        db: sqlite3.Connection,
        query: np.ndarray,
        k: int,
        documents: Collection[str] | None,
        left_out: Collection[str],
    ) -> list[tuple[str, float]]:
        """The ids of the k best passages with their inner products, best first; see `Store.search_dense`."""
        count = max(_CANDIDATES, _EACH * k)
        allowed = self._extents.keys() if documents is None else set(documents)
        allowed = (allowed & self._extents.keys()) - set(left_out)
        small = self._small.search(query, count, allowed - self._merged)
        merged = allowed & self._merged
        if documents is None and len(self._merged) - len(merged) < len(merged):
            hidden = [self._extents[id].rows for id in self._merged - merged]
            rows = self._partitions.search(
                query, count, without=np.concatenate([self._gone, *hidden])
            )
        else:
            among = [self._extents[id].rows for id in merged]
            rows = self._partitions.search(
                query, count, among=np.concatenate(among) if among else np.empty(0, np.int64)
            )
        scored = score(db, [*rows.tolist(), *small], query)
        hits = [(id, cosine) for id, document, cosine in scored if document in allowed]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]


class SmallPart:
    """The vectors of documents that no file has yet, in a flat index; changed in place of built again."""

    def __init__(self) -> None:
        """Begin with none."""
        self._extents: dict[str, Extent] = {}
        self._vectors: dict[str, np.ndarray] = {}
        self._index: DenseIndex | None = None
        self._rows = np.empty(0, np.int64)
        self._owners: list[str] = []

    def follow(self, db: sqlite3.Connection, extents: Extents) -> SmallPart:
        """The part for these documents; the vectors of those that are new are read."""
        part = SmallPart()
        for id, extent in extents.items():
            if self._extents.get(id) == extent:
                part._vectors[id] = self._vectors[id]
            else:
                blobs = db.execute(
                    "SELECT vector FROM passages WHERE row BETWEEN ? AND ? ORDER BY row",
                    (extent.first, extent.last),
                ).fetchall()
                part._vectors[id] = vectors_of_blobs(db, [blob for (blob,) in blobs])
        part._extents = dict(extents)
        if extents:
            part._rows = np.concatenate([extent.rows for extent in extents.values()])
            part._owners = [id for id, extent in extents.items() for _ in extent.rows]
            part._index = DenseIndex(np.concatenate(list(part._vectors.values())))
        return part

    def search(self, query: np.ndarray, k: int, documents: Collection[str]) -> list[int]:
        """The k rows of the largest inner products with a query among some documents."""
        if self._index is None or not documents:
            return []
        among = None
        if len(documents) < len(self._extents):
            places = [place for place, id in enumerate(self._owners) if id in documents]
            among = np.array(places, dtype=np.int64)
        return [int(self._rows[place]) for place, _ in self._index.search(query, k, among)]


def score(
    db: sqlite3.Connection, rows: Collection[int], query: np.ndarray
) -> list[tuple[str, str, float]]:
    """(id, document, inner product of the stored vector with a query) of the passages in these rows."""
    marks = ",".join("?" * len(rows))
    passages = db.execute(
        f"SELECT id, document, vector FROM passages WHERE row IN ({marks})", list(rows)
    ).fetchall()
    if not passages:
        return []
    products = vectors_of_blobs(db, [blob for *_, blob in passages]) @ query.astype(np.float32)
    return [(id, owner, float(p)) for (id, owner, _), p in zip(passages, products, strict=True)]


def open_partitions(folder: Path, db: sqlite3.Connection) -> tuple[Partitions, Extents] | None:
    """The partitions in a library's folder and the documents in them; None where they cannot be used."""
    try:
        values = json.loads((folder / _CONTENTS).read_text(encoding="utf-8"))
        if (values["format"], values["config"]) != (_FORMAT, repr(read_config(db))):
            return None
        contents = {id: Extent(*extent) for id, extent in values["documents"].items()}
        partitions = Partitions(folder / values["file"])
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        logger.warning("The vector index was damaged and is built again.")
        logger.info("%s: %s", _CONTENTS, error)
        return None
    if len(partitions) != sum(len(extent.rows) for extent in contents.values()):
        logger.warning("The vector index was of other contents and is built again.")
        return None
    return partitions, contents


def merge(folder: Path, db: sqlite3.Connection) -> None:
    """Write partitions of all passages; `db` is on one state of the library meanwhile.

    Raises:
        OSError: the folder cannot be written, or is full.
    """
    extents = read_extents(db)
    if extents is None:
        return
    count = sum(len(extent.rows) for extent in extents.values())
    file = folder / f"partitions-{uuid.uuid4().hex[:12]}.faiss"
    draft = folder / f"draft-partitions-{os.getpid()}.faiss"
    try:
        build_partitions(draft, count, _sample(db, count), _blocks(db))
        draft.replace(file)
        documents = {id: (e.first, e.last, e.changes) for id, e in extents.items()}
        values = {"format": _FORMAT, "config": repr(read_config(db)), "file": file.name}
        listing = folder / f"draft-partitions-{os.getpid()}.json"
        listing.write_text(json.dumps({**values, "documents": documents}), encoding="utf-8")
        listing.replace(folder / _CONTENTS)
    finally:
        draft.unlink(missing_ok=True)
    remove_index_files(folder, but=file)


def remove_index_files(folder: Path, but: Path | None = None) -> None:
    """Delete the files of indexes in a library's folder, but one; searches build them again."""
    listing = [] if but else [folder / _CONTENTS]
    for file in (*listing, *folder.glob("index-*.faiss"), *folder.glob("partitions-*.faiss")):
        if file != but:
            with contextlib.suppress(OSError):  # another process may have it open
                file.unlink(missing_ok=True)


def partitions_fault(folder: Path, db: sqlite3.Connection) -> str:
    """What is wrong with the file of partitions, in a sentence; "" where nothing is, or there is none."""
    if (folder / _CONTENTS).is_file() and open_partitions(folder, db) is None:
        return f"the partitions of vectors that {_CONTENTS} names are damaged or of other contents"
    return ""


def _sample(db: sqlite3.Connection, count: int) -> np.ndarray:
    """Vectors of passages that are spread over the library, float32, shape (n, dimension)."""
    step = max(1, count // (SAMPLES_A_LIST * lists_for(count)))
    rows = [row for (row,) in db.execute("SELECT row FROM passages ORDER BY row")][::step]
    blobs = []
    for row in rows:
        (blob,) = db.execute("SELECT vector FROM passages WHERE row = ?", (row,)).fetchone()
        blobs.append(blob)
    return vectors_of_blobs(db, blobs)


def _blocks(db: sqlite3.Connection) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    cursor = db.execute("SELECT row, vector FROM passages ORDER BY row")
    while passages := cursor.fetchmany(_BLOCK):
        rows = np.array([row for row, _ in passages], dtype=np.int64)
        yield rows, vectors_of_blobs(db, [blob for _, blob in passages])
