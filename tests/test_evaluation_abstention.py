from __future__ import annotations

import numpy as np
import pytest
from run_builders import line, question, refs, run_of

from rag.evaluation.abstention import (
    area_under_risk,
    areas_under_risk,
    calibration_errors,
    risk_coverage,
)
from rag.evaluation.measure import measure_run
from rag.evaluation.run_file import RunLine


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


def test_the_three_grades_by_hand():
    """Of three unanswerable questions one is refused and one doubted; of five others two and one."""
    grades = {"a": "not_answered", "b": "doubtful", "c": "answered"}
    grades |= {"d": "not_answered", "e": "not_answered", "f": "doubtful"}
    questions = [question(id, gold=()) for id in "abc"] + [question(id) for id in "defgh"]
    run = run_of(*(line(id, grade=grades.get(id, "answered")) for id in "abcdefgh"))
    figures = measure_run(questions, run)
    assert figures.value("abstention recall") == pytest.approx(1 / 3)
    assert figures.value("noticed by refusing or doubting") == pytest.approx(2 / 3)
    assert figures.value("refused though answerable") == pytest.approx(2 / 5)
    assert figures.value("refused or doubted though answerable") == pytest.approx(3 / 5)
    assert figures.figure("noticed by refusing or doubting").n == 3
    assert figures.figure("refused though answerable").higher_is_better is False


def test_a_run_of_two_grades_is_measured_as_before():
    """A line of an older version says only whether the pipeline abstained."""
    stored = line("a", refs(1)).as_dict() | {"abstained": True}
    del stored["grade"]
    assert RunLine.from_dict(stored).grade == "not_answered"
    assert RunLine.from_dict(stored | {"abstained": False}).grade == "answered"
    with pytest.raises(ValueError, match="grade 'sure', expected one of answered, doubtful"):
        RunLine.from_dict(stored | {"grade": "sure"})


def test_the_calibration_error_by_hand_and_for_resamples():
    """Bins of .8 to .9 and of 0 to .1: (2 |.85 - .5| + 2 |.05 - 0|) / 4 = .2; NaN is left out."""
    scores = np.array([0.84, 0.86, 0.04, 0.06, np.nan])
    holds = np.array([True, False, False, False, True])
    assert calibration_errors(scores, holds, np.arange(5)[None]) == pytest.approx([0.2])
    drawn = np.array([[0, 0, 4, 4, 4], [4, 4, 4, 4, 4]])
    assert calibration_errors(scores, holds, drawn) == pytest.approx([0.16, np.nan], nan_ok=True)
    sure = calibration_errors(np.array([1.0, 0.0]), np.array([True, False]), np.array([[0, 1]]))
    assert sure == pytest.approx([0.0])  # a probability of 1 is in the last bin


def test_true_probabilities_have_hardly_any_calibration_error():
    generator = np.random.default_rng(2)
    scores = generator.random(50_000)
    holds = generator.random(50_000) < scores
    every = np.arange(50_000)[None]
    assert calibration_errors(scores, holds, every)[0] < 0.01
    assert calibration_errors(scores**2, holds, every)[0] > 0.1


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
