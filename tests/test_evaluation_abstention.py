from __future__ import annotations

import numpy as np
import pytest
from run_builders import line, question, refs, run_of

from rag.evaluation.abstention import area_under_risk, areas_under_risk, risk_coverage
from rag.evaluation.measure import measure_run


def test_abstention_by_hand():
    """Silent on two of three unanswerable questions and on one that has an answer."""
    unanswerable = [question(id, gold=()) for id in "abc"]
    answerable = [question(id) for id in "defgh"]
    run = run_of(
        *(line(id, grade="not_answered" if id in "abd" else "answered") for id in "abcdefgh")
    )
    figures = measure_run([*unanswerable, *answerable], run)
    assert figures.value("abstention precision") == pytest.approx(2 / 3)
    assert figures.value("abstention recall") == pytest.approx(2 / 3)
    assert figures.value("abstention F1") == pytest.approx(2 / 3)
    assert figures.value("abstention accuracy") == pytest.approx(6 / 8)
    never = measure_run([*unanswerable, *answerable], run_of(*(line(id) for id in "abcdefgh")))
    assert never.value("abstention recall") == 0
    assert never.value("abstention F1") == 0
    with pytest.raises(KeyError):
        never.value("abstention precision")  # of nothing


def test_risk_and_coverage_by_hand():
    curve = risk_coverage({"a": 0.9, "b": 0.7, "c": 0.7, "d": 0.1}, {"a", "c"})
    points = [(point.threshold, point.coverage, point.risk) for point in curve]
    assert points == [
        (0.9, 0.25, 0.0),
        (0.7, 0.75, pytest.approx(1 / 3)),
        (0.1, 1.0, 0.5),
    ]
    assert area_under_risk(curve) == pytest.approx(0.5 / 3 + 0.25 / 2)
    assert risk_coverage({}, set()) == []


def test_the_area_agrees_with_a_direct_mean_and_row_by_row():
    generator = np.random.default_rng(1)
    scores = generator.permutation(40) / 40  # no ties: AURC is the mean of the selective risks
    right = generator.random(40) < scores
    wrong = ~right[np.argsort(-scores)]
    direct = np.mean([wrong[: k + 1].mean() for k in range(40)])
    names = {str(n): score for n, score in enumerate(scores)}
    chosen = {str(n) for n in range(40) if right[n]}
    assert area_under_risk(risk_coverage(names, chosen)) == pytest.approx(direct)
    drawn = generator.integers(0, 40, size=(5, 40))  # draws repeat questions: ties
    for row, area in zip(drawn, areas_under_risk(scores, right, drawn), strict=True):
        again = {str(n): scores[member] for n, member in enumerate(row)}
        good = {str(n) for n, member in enumerate(row) if right[member]}
        assert area == pytest.approx(area_under_risk(risk_coverage(again, good)))


def test_figures_have_the_curve_of_their_scores():
    questions = [question("a"), question("b"), question("c", gold=())]
    run = run_of(
        line("a", refs(1), score=0.9),
        line("b", refs(2), score=0.5),
        line("c", refs(1), score=0.7),  # found or not: there is nothing to find
    )
    figures = measure_run(questions, run)
    assert [point.risk for point in figures.risk_coverage] == pytest.approx([0, 1 / 2, 2 / 3])
    assert figures.value("area under risk") == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)
