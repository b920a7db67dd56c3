"""What became of a library's files: moved, changed, deleted or come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ingest.chunk import embedding_text
from ingest.embed import Encoder
from ingest.store import Library
from ingest.types import Document, ParsedDocument, Passage


def mark_gone(library: Library, paths: Iterable[Path], *, keep: bool = False) -> list[Document]:
    """Mark the documents whose files are gone from some folders, so that no search finds them.

    A document whose file is back loses its mark. A folder that is gone itself, as a disk that is
    not connected, says nothing of its files.

    Args:
        library: Whose documents are compared with their files.
        paths: The folders that were read; a path that is no folder says nothing.
        keep: Go on citing them, now and after later calls.

    Returns:
        Those of the documents below these folders whose files are gone and were not kept before.
    """
    roots = [path.resolve() for path in paths if path.is_dir()]
    before = library.gone()
    marks, gone = {}, []
    for document in library.documents():
        file = Path(document.path)
        if file.exists():
            continue
        if any(file.is_relative_to(root) for root in roots):
            marks[document.id] = before.get(document.id, "gone")
            if keep:
                marks[document.id] = "kept"
            if before.get(document.id) != "kept":
                gone.append(document)
        elif document.id in before:
            marks[document.id] = before[document.id]
    library.set_gone(marks)
    return gone


def vectors_of(
    library: Library, encoder: Encoder, passages: Sequence[Passage], path: str
) -> tuple[np.ndarray, int]:
    """The passages' vectors; those whose text the library holds already are not computed again.

    Args:
        library: Where an earlier version of the document may be.
        encoder: Gives the vectors of the others.
        passages: N passages of one document.
        path: The document's file.

    Returns:
        Vectors, shape (N, dimension), and how many of them are from the library.
    """
    texts = [embedding_text(passage) for passage in passages]
    ids = {passage.document for passage in passages}
    stored: dict[str, np.ndarray] = {}
    for old in library.documents():
        if old.path == path or old.id in ids:
            vectors = library.stored_vectors(old.id)
            for passage, vector in zip(library.passages(old.id), vectors, strict=True):
                stored[embedding_text(passage)] = vector
    new = [row for row, text in enumerate(texts) if text not in stored]
    if len(new) == len(texts):
        return encoder.encode(texts), 0
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    for row, text in enumerate(texts):
        if text in stored:
            vectors[row] = stored[text]
    if new:
        vectors[new] = encoder.encode([texts[row] for row in new])
    return vectors, len(texts) - len(new)


def parted_by_file(library: Library) -> tuple[list[Document], list[Document]]:
    """The documents whose files exist, and those whose files are gone."""
    documents = library.documents()
    present = [document for document in documents if Path(document.path).exists()]
    return present, [document for document in documents if document not in present]


def copy_courses(library: Library, other: Library) -> None:
    """Give another library the same courses; documents are the same by content or by file."""
    present = {document.id: document.id for document in other.documents()}
    present |= {document.path: document.id for document in other.documents()}
    paths = {document.id: document.path for document in library.documents()}
    for course in library.courses():
        other.add_course(course.name)
        ids = [present.get(id) or present.get(paths[id]) for id in course.documents]
        other.set_course(course.name, list(dict.fromkeys(filter(None, ids))))


def stored_document(library: Library, document: Document) -> ParsedDocument:
    """A document as its reader returned it, from what the library holds; without its outline.

    Pages that persons corrected are as they were read.
    """
    plain = replace(document, folder="", gone=False)
    corrections = library.corrections(document.id)
    return ParsedDocument(
        plain,
        tuple(
            corrections[page.number].original if page.number in corrections else page
            for page in library.pages(document.id)
        ),
    )
