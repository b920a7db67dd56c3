"""rag.library_map: the projection of all passages, and pairs of near-duplicates."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.pipeline import ingest
from rag.library_map import library_map, near_duplicates


def test_the_map_holds_every_passage_once(library):
    plane = library_map(library)
    assert len({passage.id for passage in plane.passages}) == library.count()
    assert plane.axes.T @ plane.axes == pytest.approx(np.eye(2), abs=1e-5)
    assert plane.points.mean(axis=0) == pytest.approx(np.zeros(2), abs=1e-5)


def test_a_vector_is_projected_to_the_point_of_its_passage(library):
    plane = library_map(library)
    assert plane.points[0] == pytest.approx(plane.project(library.vectors()[0]), abs=1e-5)
    variance = library.vectors().var(axis=0, ddof=1).sum()
    assert 0 < plane.points.var(axis=0, ddof=1).sum() <= variance


def test_near_duplicates_across_documents(library, encoder, make_pdf):
    assert near_duplicates(library) == []
    copy = make_pdf(
        "copy.pdf",
        """
        #slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night.]
        #slide("Birds")[A bird sings in the morning and builds a nest.]
        """,
    )
    list(ingest([copy], library, encoder, passage_tokens=40))
    [(cosine, first, second)] = near_duplicates(library)
    assert cosine > 0.95
    assert {first.file, second.file} == {"animals.pdf", "copy.pdf"}


def test_near_duplicates_by_threshold_and_limit(library):
    pairs = near_duplicates(library, threshold=-1.0)
    count = library.count()
    assert len(pairs) == count * (count - 1) // 2
    cosines = [cosine for cosine, _, _ in pairs]
    assert cosines == sorted(cosines, reverse=True)
    assert near_duplicates(library, threshold=-1.0, limit=2) == pairs[:2]
