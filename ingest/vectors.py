"""The dense index: a flat FAISS index of unit vectors, in a file beside the library's database.

The file's name contains the content hash of the library that it was built from, and a rename puts
it in place. So an index either belongs to the library's contents of now, or it is built again.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

logger = logging.getLogger(__name__)

_SAMPLES = 32  # rows, about, by which a saved index is recognised
_ROUNDING = 1e-3  # of a unit vector's components


class DenseIndex:
    """Inner-product search over N unit vectors; row i belongs to the i-th passage."""

    def __init__(self, vectors: np.ndarray) -> None:
        """Index vectors, float32 of unit length, shape (N, dimension)."""
        import faiss

        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def vectors(self) -> np.ndarray:
        """The indexed vectors, float32, shape (N, dimension)."""
        return np.asarray(self._index.reconstruct_n(0, len(self)))

    def search(
        self, query: np.ndarray, k: int, among: np.ndarray | None = None
    ) -> list[tuple[int, float]]:
        """Return the min(k, N) rows closest to a query with their cosines, best first.

        Args:
            query: Unit vector, float32, shape (dimension,).
            k: Number of rows, at least 1.
            among: The N rows to search, int64, each once; None: all rows.

        Raises:
            ValueError: k < 1, or the query has another dimension.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        if query.shape != (self._index.d,):
            raise ValueError(f"the query has shape {query.shape}, expected ({self._index.d},)")
        count = len(self) if among is None else len(among)
        if count == 0:
            return []
        parameters = None
        if among is not None:
            import faiss

            selector = faiss.IDSelectorBatch(among)  # must outlive the search
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        cosines, rows = self._index.search(
            query[None, :].astype(np.float32), min(k, count), params=parameters
        )
        return [(int(row), float(cosine)) for row, cosine in zip(rows[0], cosines[0], strict=True)]

    def _has(self, rows: Sequence[int], vectors: np.ndarray) -> bool:
        """Whether these rows have these vectors, but for rounding."""
        if vectors.shape != (len(rows), self._index.d):
            return False
        saved = [self._index.reconstruct(row) for row in rows]
        return not rows or bool(np.allclose(saved, vectors, atol=_ROUNDING))

    @classmethod
    def open(
        cls,
        folder: Path,
        content_hash: str,
        count: int,
        vectors: Callable[[], np.ndarray],
        sample: Callable[[Sequence[int]], np.ndarray] | None = None,
    ) -> DenseIndex:
        """Load the index of these contents, or build it from `vectors()` and save it.

        Args:
            folder: Where index files are kept; those of other contents are deleted.
            content_hash: The store's content hash, hexadecimal.
            count: Rows that the index must have; another count means a broken file.
            vectors: Gives the (N, dimension) matrix if the index must be built.
            sample: Gives the vectors of some rows, with which the saved ones are compared.
        """
        import faiss

        file = index_file(folder, content_hash)
        if file.is_file():
            try:
                loaded = faiss.read_index(str(file))
                if isinstance(loaded, faiss.IndexFlatIP) and loaded.ntotal == count:
                    index = cls.__new__(cls)
                    index._index = loaded
                    rows = range(0, count, max(1, count // _SAMPLES))
                    if sample is None or index._has(rows, sample(rows)):
                        return index
                logger.warning("The vector index was of other contents and is built again.")
            except RuntimeError as error:
                logger.warning("The vector index was damaged and is built again.")
                logger.info("%s: %s", file.name, error)
        index = cls(vectors())
        draft = folder / f"draft-{os.getpid()}.faiss"
        try:
            faiss.write_index(index._index, str(draft))
            draft.replace(file)
            for other in folder.glob("index-*.faiss"):
                if other != file:
                    other.unlink(missing_ok=True)
        except (OSError, RuntimeError) as error:  # read-only, or a full disk: search from memory
            logger.warning("the index was not saved: %s", error)
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        return index


def index_file(folder: Path, content_hash: str) -> Path:
    """Where the index of a library with this content hash, hexadecimal, is kept."""
    return folder / f"index-{content_hash[:24]}.faiss"


def saved_index_fault(file: Path, vectors: np.ndarray) -> str:
    """What is wrong with a saved index, in a sentence; "" where nothing is, or none is saved.

    Args:
        file: Where it is.
        vectors: What it must hold, float32, shape (N, dimension).
    """
    import faiss

    if not file.is_file():
        return ""
    name = f"the vector file {file.name}"
    try:
        index = faiss.read_index(str(file))
    except RuntimeError:
        return f"{name} is cut off or damaged"
    size, expected = file.stat().st_size, faiss.serialize_index(index).nbytes
    if size != expected:
        return f"{name} has {size} bytes, expected {expected}"
    if (index.ntotal, index.d) != vectors.shape:
        count, dimension = vectors.shape
        return f"{name} holds {index.ntotal} vectors of {index.d} values, expected {count} of {dimension}"
    if not isinstance(index, faiss.IndexFlatIP):
        return f"{name} is an index of another kind ({type(index).__name__})"
    if not np.array_equal(index.reconstruct_n(0, index.ntotal), vectors):
        return f"{name} does not hold the library's vectors; it may be another library's"
    return ""
