"""What retrieval and ingest need of a store, wherever it keeps its documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np

from ingest.types import Course, Document, Page, ParsedDocument, Passage


class Store(Protocol):
    """Documents with their passages and vectors, searched by vector and by words."""

    def add(self, parsed: ParsedDocument, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Add a document with its N passages and their unit vectors, shape (N, dimension).

        It replaces the document of the same path and the one of the same content. All or nothing.
        """

    def remove(self, document: str) -> bool:
        """Remove a document by its id; False if there is none with that id."""

    def documents(self) -> list[Document]:
        """All documents, by file name."""

    def page(self, document: str, number: int) -> Page | None:
        """One page of a document, by its number from 1; None if there is no such page."""

    def passages(self, document: str) -> list[Passage]:
        """A document's passages in reading order."""

    def courses(self) -> list[Course]:
        """All courses in order, each with the ids of its documents in order."""

    def stored_vectors(self, document: str) -> np.ndarray:
        """A document's vectors as they are stored, float16, shape (N, dimension), in order."""

    def course(self, name: str) -> Course:
        """The course of a name, whatever its capitals; BadCourse names those that exist."""

    def search_dense(
        self, query: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine with a unit vector, best first.

        Each comes with its cosine, in [-1, 1]. With the ids of some documents, the passages and
        their order are those of a library of these documents alone; so are those of
        `search_lexical`.
        """

    def search_lexical(
        self, question: str, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest BM25 for a question's words, best first.

        Each comes with its BM25, at least 0 and without an upper bound.
        """

    def languages(self, documents: Collection[str] | None = None) -> set[str]:
        """The languages of all documents, or of those with these ids, as ISO 639-1 codes."""

    def pages_without_text(self, documents: Collection[str] | None = None) -> dict[str, list[int]]:
        """The pages, from 1, that hold only pictures or drawings, by the document's id."""

    def content_hash(self) -> str:
        """A hexadecimal hash that changes exactly when the contents change."""
