from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.significance import holm, paired_permutation_test


def test_the_test_agrees_with_every_sign_pattern():
    differences = np.array([0.5, 0.25, -0.1, 0.4, 0.3, -0.05, 0.2, 0.0])
    sums = [abs(np.dot(signs, differences)) for signs in itertools.product((1, -1), repeat=8)]
    exact = np.mean(np.array(sums) >= abs(differences.sum()) - 1e-12)
    assert paired_permutation_test(differences) == pytest.approx(exact)


def test_it_agrees_with_the_definition_on_random_sign_patterns():
    """The share of sign patterns, the observed one included, whose sum is as far from 0."""
    generator = np.random.default_rng(4)
    differences = generator.normal(0.1, 0.5, size=60)
    signs = generator.choice([-1.0, 1.0], size=(40_000, 60))
    extreme = (np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9).sum()
    p = (1 + extreme) / (1 + len(signs))
    assert paired_permutation_test(differences, 20_000) == pytest.approx(p, abs=0.012)


def test_of_all_wins_only_two_sign_patterns_are_as_far():
    assert paired_permutation_test(np.ones(10)) == pytest.approx(2 / 1024)


def test_equal_runs_differ_by_chance_alone():
    assert paired_permutation_test(np.zeros(5)) == 1.0
    assert paired_permutation_test(np.array([0.3, -0.3])) == 1.0


def test_p_is_uniform_where_there_is_no_difference():
    """Of 200 comparisons of nothing about 5 % fall below 0.05; the binomial allows up to 10 %."""
    draws = np.random.default_rng(0).normal(size=(200, 30))
    below = sum(paired_permutation_test(row, 1000) < 0.05 for row in draws)
    assert 2 <= below <= 20


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_p_lies_in_0_to_1_and_does_not_know_which_run_is_which(values):
    differences = np.array(values)
    p = paired_permutation_test(differences, 200)
    assert 0 < p <= 1
    assert p == paired_permutation_test(-differences, 200)


def test_holm_worked_by_hand():
    # Sorted 0.01, 0.02, 0.04 times 3, 2, 1; the last may not be below the one before.
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []
