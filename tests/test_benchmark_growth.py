"""What the curves of growth are measured with: the mixture, the exact answers, the recall."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import growth


def test_recall_counts_the_rows_that_are_expected():
    rows, expected = np.array([[1, 2], [3, -1]]), np.array([[2, 1], [4, 5]])
    assert growth.recall(rows, expected) == 0.5
    assert growth.recall(np.array([[5]]), np.array([[5, 6, 7, 8]])) == 0.25


def test_exact_answers_go_across_blocks():
    random = np.random.default_rng(0)
    vectors, queries = random.standard_normal((40, 5)), random.standard_normal((3, 5))
    vectors, queries = vectors.astype(np.float16), queries.astype(np.float32)
    products = queries @ vectors.astype(np.float32).T
    expected = np.argsort(-products, axis=1)[:, :6]
    assert growth.exact(vectors, queries, 6, block_size=7).tolist() == expected.tolist()


def test_a_mixture_draws_around_the_real_vectors_and_the_same_again():
    random = np.random.default_rng(0)
    centres = np.eye(4, dtype=np.float32)[[0] * 300 + [1] * 100]
    real = centres + 0.05 * random.standard_normal((400, 4)).astype(np.float32)
    mixture = growth.Mixture(real, components=2)
    drawn = mixture.draw(2_000, seed=3)
    assert np.array_equal(drawn, mixture.draw(2_000, seed=3))
    assert np.linalg.norm(drawn, axis=1) == pytest.approx(1, abs=1e-5)
    near_first = drawn @ centres[0] > 0.9
    assert near_first.mean() == pytest.approx(0.75, abs=0.04)
    assert drawn[near_first].std(axis=0)[1:] == pytest.approx(0.05, abs=0.01)
