from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.compare import bootstrap_mean, compare, holm, randomisation_test
from rag.evaluation.questions import Gold, Question
from rag.evaluation.run import Place, Run, RunLine

QUESTIONS = [
    Question(f"q{n}", f"Question {n}?", "factoid" if n % 2 else "why", "en", (Gold("a.pdf", (n,)),))
    for n in range(1, 13)
]


def ranking(right: int, rank: int | None, length: int = 10) -> tuple[Place, ...]:
    """Ten pages of another file, with page `right` of a.pdf at a rank, or nowhere."""
    places = [Place("b.pdf", (number,)) for number in range(1, length + 1)]
    if rank:
        places[rank - 1] = Place("a.pdf", (right,))
    return tuple(places)


def make_run(name: str, ranks: dict[str, int | None], **meta: object) -> Run:
    """A run without answers that shows each question's right page at the rank given."""
    lines = {}
    for id, rank in ranks.items():
        found = ranking(int(id[1:]), rank)
        lines[id] = RunLine(id, found, found, seconds=0.1 * (rank or 10))
    return Run(Path(f"{name}.jsonl"), {"generate": False, **meta}, lines)


def test_randomisation_agrees_with_every_sign_pattern():
    differences = np.array([0.5, 0.25, -0.1, 0.4, 0.3, -0.05, 0.2, 0.0])
    sums = [abs(np.dot(signs, differences)) for signs in itertools.product((1, -1), repeat=8)]
    exact = np.mean(np.array(sums) >= abs(differences.sum()) - 1e-12)
    assert randomisation_test(differences, resamples=20_000) == pytest.approx(exact, abs=0.01)


def test_randomisation_agrees_with_scipy():
    differences = np.random.default_rng(4).normal(0.1, 0.5, size=60)
    other = scipy.stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1
    )
    assert randomisation_test(differences, 20_000) == pytest.approx(other.pvalue, abs=0.012)


def test_of_all_wins_only_two_sign_patterns_are_as_far():
    # 2 of 2**10 patterns; of 10,000 draws about 20 are among them.
    assert randomisation_test(np.ones(10)) == pytest.approx(2 / 1024, abs=0.0015)


def test_equal_runs_differ_by_chance_alone():
    assert randomisation_test(np.zeros(5)) == 1.0
    assert randomisation_test(np.array([0.3, -0.3])) == 1.0


def test_p_is_uniform_where_there_is_no_difference():
    """Of 200 comparisons of nothing about 5 % fall below 0.05; the binomial allows up to 10 %."""
    draws = np.random.default_rng(0).normal(size=(200, 30))
    below = sum(randomisation_test(row, 1000) < 0.05 for row in draws)
    assert 2 <= below <= 20


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_p_lies_in_0_to_1_and_does_not_know_which_run_is_which(values):
    differences = np.array(values)
    p = randomisation_test(differences, 200)
    assert 0 < p <= 1
    assert p == randomisation_test(-differences, 200)


def test_bootstrap_agrees_with_scipy():
    values = np.random.default_rng(1).beta(2, 5, size=80)
    other = scipy.stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=10_000, rng=2
    ).confidence_interval
    assert bootstrap_mean(values) == pytest.approx((other.low, other.high), abs=0.003)


def test_bootstrap_is_seeded_and_of_a_constant_a_point():
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3)
    assert bootstrap_mean(np.full(7, 0.25)) == (0.25, 0.25)


def test_holm_worked_by_hand():
    # Sorted 0.01, 0.02, 0.04 times 3, 2, 1; the last may not be below the one before.
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_differences_wins_and_losses_worked_by_hand():
    a = make_run("base", {"q1": 1, "q2": 2, "q3": None, "q4": 4})
    b = make_run("new", {"q1": 1, "q2": 1, "q3": 5, "q4": None})
    row = compare(QUESTIONS, a, b).row("reranked RR@10")
    assert row.n == 4
    assert row.a == pytest.approx((1 + 1 / 2 + 0 + 1 / 4) / 4)
    assert row.b == pytest.approx((1 + 1 + 1 / 5 + 0) / 4)
    assert row.difference == pytest.approx((0.5 + 0.2 - 0.25) / 4)
    assert (row.wins, row.losses, row.ties) == (2, 1, 1)
    assert row.low < row.difference < row.high


def test_of_seconds_the_smaller_wins():
    a = make_run("base", {"q1": 1, "q2": 2})
    b = make_run("new", {"q1": 2, "q2": 1})
    b = replace(b, lines={**b.lines, "q1": replace(b.lines["q1"], seconds=9.0)})
    row = compare(QUESTIONS, a, b).row("seconds")
    assert (row.wins, row.losses) == (1, 1)
    assert row.difference == pytest.approx((8.9 - 0.1) / 2)


def test_swapping_the_runs_swaps_the_signs():
    a = make_run("base", {q.id: n % 7 + 1 for n, q in enumerate(QUESTIONS)})
    b = make_run("new", {q.id: (n * 5) % 9 + 1 for n, q in enumerate(QUESTIONS)})
    forth, back = compare(QUESTIONS, a, b), compare(QUESTIONS, b, a)
    for row in forth.rows:
        other = back.row(row.metric, row.group)
        assert other.difference == pytest.approx(-row.difference)
        assert (other.wins, other.losses, other.p) == (row.losses, row.wins, row.p)
        assert (other.low, other.high) == pytest.approx((-row.high, -row.low), abs=1e-9)


def test_a_run_equals_itself():
    a = make_run("base", {"q1": 1, "q2": 3})
    comparison = compare(QUESTIONS, a, a)
    assert all((row.difference, row.p, row.wins, row.losses) == (0, 1, 0, 0) for row in comparison.rows)  # fmt: skip
    assert comparison.changes == ()


def test_only_questions_of_both_runs_count():
    a = make_run("base", {"q1": 1, "q2": 1, "q3": 1})
    b = make_run("new", {"q2": 2, "q3": 2, "q4": 2, "q5": 2})
    comparison = compare(QUESTIONS, a, b)
    assert comparison.shared == 2
    assert comparison.only_a == ("q1",)
    assert comparison.only_b == ("q4", "q5")
    assert comparison.row("reranked Success@1").n == 2
    assert "1 left out, since only A has them" in comparison.render()


def test_a_better_run_is_told_from_a_lucky_one():
    base = make_run("base", dict.fromkeys([q.id for q in QUESTIONS], 3))
    better = make_run("better", dict.fromkeys([q.id for q in QUESTIONS], 1))
    lucky = make_run("lucky", {q.id: 1 if q.id == "q1" else 3 for q in QUESTIONS})
    row = compare(QUESTIONS, base, better).row("reranked RR@10")
    assert row.p < 0.002
    assert row.low > 0
    row = compare(QUESTIONS, base, lucky).row("reranked RR@10")
    assert row.p == 1.0  # one difference: each of the two sign patterns is as far
    assert row.low == 0


def test_the_questions_that_changed_most_come_first():
    a = make_run("base", {"q1": 1, "q2": None, "q3": 3, "q4": 2})
    b = make_run("new", {"q1": 2, "q2": 1, "q3": 3, "q4": 2})
    comparison = compare(QUESTIONS, a, b)
    assert [change.id for change in comparison.changes] == ["q2", "q1"]
    assert comparison.changes[0].values["reranked nDCG@10"] == (0.0, 1.0)
    shown = comparison.render()
    assert shown.index("q2  Question 2?") < shown.index("q1  Question 1?")
    assert "reranked nDCG@10 0.00 > 1.00" in shown
    assert "q1" not in comparison.render(changes=1)


def test_groups_and_conditions_are_shown():
    a = make_run("base", {"q1": 1, "q2": 1}, settings={"retrieval": {"candidates": 50}})
    b = make_run("new", {"q1": 1, "q2": 2}, settings={"retrieval": {"candidates": 10}})
    comparison = compare(QUESTIONS, a, b)
    assert comparison.row("reranked nDCG@10", "type: why").n == 1
    assert comparison.row("reranked nDCG@10", "type: factoid").difference == 0
    assert any("settings.retrieval.candidates" in line for line in comparison.conditions)
    assert "settings.retrieval.candidates" in comparison.render()
    json.dumps(comparison.as_dict())
