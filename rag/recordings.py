"""Match what is said in a recording to the slides that it talks about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ingest.citations import is_recording
from ingest.store.protocol import Store
from ingest.types import Document, Passage
from rag.types import Source

_LEAST_COSINE = (
    0.3  # mean over the recording, of its passages and their slides; else no deck matches
)


def with_slides(sources: Sequence[Source], store: Store) -> tuple[Source, ...]:
    """The sources, those of a recording with the slide that is shown then as `also`."""
    return tuple(_with_slide(source, store) for source in sources)


def _with_slide(source: Source, store: Store) -> Source:
    passage = source.hit.passage
    if not is_recording(passage.file):
        return source
    slide = slide_of(passage, store)
    return replace(source, also=(*source.also, slide.citation)) if slide else source


def slide_of(passage: Passage, store: Store) -> Passage | None:
    """The passage of the slides that a recording's passage talks about; None where no deck matches.

    The deck is the one of the same course whose passages are nearest to the recording's; its
    passages are then matched in order (`align`).
    """
    said = store.passages(passage.document)
    own = store.stored_vectors(passage.document).astype(np.float32)
    best: tuple[float, list[Passage], np.ndarray] | None = None
    for document in neighbours(passage.document, store):
        slides = store.passages(document.id)
        if not slides:
            continue
        cosines = own @ store.stored_vectors(document.id).astype(np.float32).T
        near = float(cosines.max(axis=1).mean())
        if best is None or near > best[0]:
            best = (near, slides, cosines)
    if best is None or best[0] < _LEAST_COSINE:
        return None
    _, slides, cosines = best
    row = next((row for row, one in enumerate(said) if one.id == passage.id), None)
    return None if row is None else slides[align(cosines)[row]]


def neighbours(document: str, store: Store) -> list[Document]:
    """The documents with pages that share a course with a recording, or all where it is in none."""
    courses = [set(course.documents) for course in store.courses() if document in course.documents]
    shared = set().union(*courses)
    return [
        one
        for one in store.documents()
        if one.id != document and not is_recording(one.file) and (not shared or one.id in shared)
    ]


def align(cosines: np.ndarray) -> list[int]:
    """The column of each row, none before that of the row above, with the largest sum of cosines.

    Source: dynamic time warping's recursion for a monotone path (Sakoe and Chiba, 1978), without
    a penalty for columns that are skipped.

    Args:
        cosines: Shape (rows, columns), each at least 1.
    """
    rows, columns = cosines.shape
    best = np.zeros((rows, columns))
    origin = np.zeros((rows, columns), dtype=int)
    best[0] = cosines[0]
    for row in range(1, rows):
        before = np.maximum.accumulate(best[row - 1])
        places = np.where(best[row - 1] == before, np.arange(columns), 0)
        origin[row] = np.maximum.accumulate(places)
        best[row] = before + cosines[row]
    path = [int(best[-1].argmax())]
    for row in range(rows - 1, 0, -1):
        path.append(int(origin[row][path[-1]]))
    return path[::-1]
