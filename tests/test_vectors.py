from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.vectors import DenseIndex

CONTENTS, OTHER = "a" * 64, "b" * 64


def unit_vectors(count: int, dimension: int = 8, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Counting:
    """Gives vectors and counts the calls: an index that was loaded makes none."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors, self.calls = vectors, 0

    def __call__(self) -> np.ndarray:
        self.calls += 1
        return self.vectors


def test_scores_are_cosines_best_first():  # rows: (1, 0), (0, 1) and (-1, 0)
    index = DenseIndex(np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32))
    hits = index.search(np.array([0.6, 0.8], dtype=np.float32), 9)
    assert [row for row, _ in hits] == [1, 0, 2]
    assert [cosine for _, cosine in hits] == pytest.approx([0.8, 0.6, -0.6])


@pytest.mark.parametrize("k", [1, 7, 200, 500])
def test_search_equals_brute_force(k):
    vectors = unit_vectors(200)
    for query in unit_vectors(5, seed=1):
        hits = DenseIndex(vectors).search(query, k)
        cosines = vectors @ query
        assert [row for row, _ in hits] == list(np.argsort(-cosines)[:k])
        assert [cosine for _, cosine in hits] == pytest.approx(
            sorted(cosines, reverse=True)[:k], abs=1e-6
        )


def test_an_empty_index_finds_nothing():
    assert DenseIndex(np.zeros((0, 8), np.float32)).search(unit_vectors(1)[0], 3) == []


def test_wrong_questions_are_refused():
    index = DenseIndex(unit_vectors(4))
    with pytest.raises(ValueError, match="at least 1, got 0"):
        index.search(unit_vectors(1)[0], 0)
    with pytest.raises(ValueError, match=r"\(5,\), expected \(8,\)"):
        index.search(np.ones(5, np.float32), 1)


def test_an_index_is_built_once_and_then_loaded(tmp_path):
    give = Counting(unit_vectors(10))
    first = DenseIndex.open(tmp_path, CONTENTS, 10, give)
    second = DenseIndex.open(tmp_path, CONTENTS, 10, give)
    assert give.calls == 1
    assert np.array_equal(first.vectors(), give.vectors)
    assert np.array_equal(second.vectors(), give.vectors)
    query = unit_vectors(1, seed=2)[0]
    assert first.search(query, 5) == second.search(query, 5)


def test_other_contents_build_a_new_file_and_delete_the_old_one(tmp_path):
    DenseIndex.open(tmp_path, CONTENTS, 10, Counting(unit_vectors(10)))
    give = Counting(unit_vectors(12, seed=3))
    assert np.array_equal(DenseIndex.open(tmp_path, OTHER, 12, give).vectors(), give.vectors)
    assert [file.name for file in tmp_path.iterdir()] == [f"index-{OTHER[:24]}.faiss"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"not an index at all"),
        lambda file: file.write_bytes(file.read_bytes()[:-40]),
        lambda file: file.write_bytes(file.read_bytes()[:10]),
        lambda file: file.unlink(),
        lambda file: DenseIndex.open(file.parent, CONTENTS, 3, Counting(unit_vectors(3))),
    ],
    ids=["empty", "foreign", "truncated", "head only", "missing", "too few rows"],
)
def test_a_damaged_file_is_built_again(tmp_path, damage):
    give = Counting(unit_vectors(10))
    DenseIndex.open(tmp_path, CONTENTS, 10, give)
    damage(tmp_path / f"index-{CONTENTS[:24]}.faiss")
    index = DenseIndex.open(tmp_path, CONTENTS, 10, give)
    assert give.calls == 2
    assert np.array_equal(index.vectors(), give.vectors)


def test_a_file_of_another_kind_of_index_is_built_again(tmp_path):
    import faiss

    give = Counting(unit_vectors(10))
    euclidean = faiss.IndexFlatL2(8)
    euclidean.add(give.vectors)
    faiss.write_index(euclidean, str(tmp_path / f"index-{CONTENTS[:24]}.faiss"))
    hits = DenseIndex.open(tmp_path, CONTENTS, 10, give).search(give.vectors[4], 1)
    assert hits == [(4, pytest.approx(1.0, abs=1e-6))]


def test_where_nothing_can_be_saved_the_index_answers_from_memory(tmp_path: Path, caplog):
    give = Counting(unit_vectors(10))
    index = DenseIndex.open(tmp_path / "nowhere", CONTENTS, 10, give)
    assert len(index) == 10
    assert "not saved" in caplog.text
