"""What retrieval and ingest need of a store, wherever it keeps its documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ingest.types import ParsedDocument, Passage


class Store(Protocol):
    """Documents with their passages and vectors, searched by vector and by words."""

    def add(self, parsed: ParsedDocument, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Add a document with its N passages and their unit vectors, shape (N, dimension).

        It replaces the document of the same path and the one of the same content. All or nothing.
        """

    def remove(self, document: str) -> bool:
        """Remove a document by its id; False if there is none with that id."""

    def passages(self, document: str) -> list[Passage]:
        """A document's passages in reading order."""

    def search_dense(self, query: np.ndarray, k: int) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine with a unit vector, best first.

        Each comes with its cosine, in [-1, 1].
        """

    def search_lexical(self, question: str, k: int) -> list[tuple[Passage, float]]:
        """The k passages of the largest BM25 for a question's words, best first.

        Each comes with its BM25, at least 0 and without an upper bound.
        """

    def languages(self) -> set[str]:
        """The languages of the documents, as ISO 639-1 codes."""

    def pages_without_text(self) -> dict[str, list[int]]:
        """The pages, from 1, that hold only pictures or drawings, by the document's id."""

    def content_hash(self) -> str:
        """A hexadecimal hash that changes exactly when the contents change."""
