"""The library that the curves of whole searches are measured with."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import growth_library
from ingest.store import Library
from ingest.store.rows import passage_terms


@pytest.fixture
def sources(library):
    return growth_library.read_sources([library.folder])


def test_a_grown_library_is_one_that_ingest_could_have_written(tmp_path, sources):
    vectors = np.random.default_rng(0).standard_normal((300, 768)).astype("<f2")
    growth_library.grow(tmp_path / "grown", 100, vectors, sources)
    growth_library.grow(tmp_path / "grown", 300, vectors, sources)
    grown = Library(tmp_path / "grown")
    assert grown.count() == 300
    (number,) = [n for n, d in enumerate(grown.documents()) if d.title == "Lecture 2"]
    document = grown.documents()[number]
    assert np.array_equal(grown.stored_vectors(document.id), vectors[200:])
    rows = grown.database.connection().execute(
        "SELECT p.id, t.context, t.text FROM passages p JOIN passage_terms t ON t.rowid = p.row"
    )
    stored = {id: terms for id, *terms in rows}
    for passage in grown.passages(document.id):
        assert stored[passage.id] == list(passage_terms(passage))


def test_questions_that_are_asked_before_are_not_measured(tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps({"question": f"question {n}"}) for n in range(300)))
    first, measured = growth_library.questions_of([file])
    assert (len(set(first)), len(set(measured))) == (200, 60)
    assert not set(first) & set(measured)


def test_what_is_measured_of_a_small_library_is_exact(tmp_path, sources):
    random = np.random.default_rng(0)
    vectors = random.standard_normal((300, 768)).astype("<f2")
    growth_library.grow(tmp_path / "grown", 300, vectors, sources)
    queries = random.standard_normal((4, 768)).astype(np.float32)
    stored = Library(tmp_path / "grown").vectors()
    expected = np.argsort(-queries @ stored.T, axis=1)[:, :10]
    ids = sorted(
        p.id
        for d in Library(tmp_path / "grown").documents()
        for p in Library(tmp_path / "grown").passages(d.id)
    )
    rows = {id: growth_library._row(Library(tmp_path / "grown"), id) for id in ids}
    expected = np.array([[rows[ids[place]] for place in best] for best in expected])
    row = growth_library.measure(tmp_path / "grown", ["light"], ["cat", "dog"], queries, expected)
    assert (row["recall"], row["equal"]) == (1.0, 2)
    assert Library(tmp_path / "grown").count() == 300
