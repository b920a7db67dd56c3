"""The dense index of a large library: an inverted file of coarse codes, mapped from the disk.

A search visits the lists whose centres are nearest to the query, and orders their vectors by codes
of 4 bits a value. Who searches takes more rows than are needed and orders them by the stored
vectors, so that cosines are exact; only what is not among the rows can be missed. Source: Jégou,
Douze and Schmid, Product Quantization for Nearest Neighbor Search (2011), section 4, with scalar
quantisation in place of product quantisation. docs/performance.md has the recall by size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

_LEAST_VISITS = 64  # lists
_CODES = "SQ4"
_ROUNDS = 6  # of k-means
SAMPLES_A_LIST = 40  # vectors that centres are fitted to


class Partitions:
    """An index file of `build_partitions`; each vector has the number of its passage's row."""

    def __init__(self, file: Path) -> None:
        """Map the file; what a search reads of it comes into memory then.

        Raises:
            RuntimeError: the file is damaged, or no such index.
        """
        import faiss

        index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
        if not isinstance(index, faiss.IndexIVFScalarQuantizer):
            raise RuntimeError(f"{file.name} is an index of another kind ({type(index).__name__})")
        # Threads that read lists ahead are started by each search, and cost more than they bring.
        lists: Any = faiss.downcast_InvertedLists(index.invlists)  # type: ignore[arg-type]
        lists.prefetch_nthread = 0
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Number of values of a vector."""
        return int(self._index.d)

    def search(
        self,
        query: np.ndarray,
        k: int,
        *,
        among: np.ndarray | None = None,
        without: np.ndarray | None = None,
    ) -> np.ndarray:
        """About the k rows of the largest inner products with a query, by their codes.

        Args:
            query: float32, shape (dimension,).
            k: Number of rows, at least 1.
            among: The rows to search, int64; None: all of them. The fewer they are, the more lists
                are visited.
            without: Rows that are left out, int64, where `among` is None.

        Returns:
            Row numbers, int64, at most k of them.
        """
        import faiss

        visits = visits_for(self._index.nlist)
        selector: Any = None
        if among is not None:
            if not len(among):
                return np.empty(0, np.int64)
            visits = math.ceil(visits * max(1.0, len(self) / len(among)))
            members = _bitmap(among)  # must outlive the search, as what is made of it
            selector = faiss.IDSelectorBitmap(len(members), faiss.swig_ptr(members))
        elif without is not None and len(without):
            members = _bitmap(without)
            excluded = faiss.IDSelectorBitmap(len(members), faiss.swig_ptr(members))
            selector = faiss.IDSelectorNot(excluded)
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = min(self._index.nlist, visits)
        if selector is not None:
            parameters.sel = selector
        rows = self._index.search(query[None].astype(np.float32), k, params=parameters)[1][0]
        return np.asarray(rows[rows >= 0])


def _bitmap(rows: np.ndarray) -> np.ndarray:
    """A bit for each row number, uint8, 1 for those of an array."""
    members = np.zeros(int(rows.max()) + 1, dtype=bool)
    members[rows] = True
    return np.packbits(members, bitorder="little")


def lists_for(count: int) -> int:
    """Number of lists for so many vectors: the power of two next to twice the square root."""
    return int(2 ** round(math.log2(2 * max(count, 1) ** 0.5)))


def visits_for(lists: int) -> int:
    """Number of lists that a search in all passages visits: 0.8 times their number to the power 2/3.

    For a recall@10 of .97, each doubling of the lists needs about half as many visits more.
    """
    return max(_LEAST_VISITS, round(0.8 * lists ** (2 / 3)))


def build_partitions(
    file: Path, count: int, sample: np.ndarray, blocks: Iterable[tuple[np.ndarray, np.ndarray]]
) -> None:
    """Build an index and write it to a file.

    Args:
        file: Where it goes.
        count: About how many vectors there will be.
        sample: Some of the vectors, float32, shape (n, dimension), about `SAMPLES_A_LIST` for each of
            `lists_for(count)` lists.
        blocks: Row numbers, int64, shape (n,), and their vectors, float32, shape (n, dimension).

    Raises:
        OSError: the file cannot be written.
    """
    import faiss

    lists = min(lists_for(count), max(1, len(sample)))
    index: Any = faiss.index_factory(
        sample.shape[1], f"IVF{lists},{_CODES}", faiss.METRIC_INNER_PRODUCT
    )
    index.cp.niter = _ROUNDS
    index.cp.min_points_per_centroid = 1
    index.train(np.ascontiguousarray(sample))
    for rows, vectors in blocks:
        index.add_with_ids(np.ascontiguousarray(vectors), rows)
    try:
        faiss.write_index(index, str(file))
    except RuntimeError as error:
        raise OSError(str(error)) from error
