"""rag.confidence: the fit, held against scikit-learn, and the threshold, worked by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from tiny_models import hit

from rag.confidence import FILE, Calibration, _threshold, find, fit, signals
from rag.errors import BadCalibration
from rag.types import Source

KEY = "encoder reranker"


def test_confidence_is_the_logistic_function_of_the_weighted_sum():
    calibration = Calibration((1.0, 0.0, -2.0, 0.0, 0.0), 0.5, 0.5, KEY)
    assert calibration.confidence([0.5, 9, 0.5, 9, 9]) == pytest.approx(0.5)  # 0.5 - 1 + 0.5
    assert calibration.confidence([3, 0, 0, 0, 0]) == pytest.approx(1 / (1 + math.exp(-3.5)))


def test_the_fit_is_that_of_scikit_learn_on_standardised_signals():
    generator = np.random.default_rng(0)
    rows = generator.normal(3, 2, size=(80, 5))
    wanted = rows[:, 0] + generator.normal(size=80) > 2
    found = fit(rows.tolist(), wanted.tolist(), KEY)
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(class_weight="balanced", C=0.3).fit(scaler.transform(rows), wanted)
    expected = model.predict_proba(scaler.transform(rows))[:, 1]
    assert [found.confidence(row) for row in rows] == pytest.approx(expected.tolist())
    assert (found.models, found.questions) == (KEY, 80)


def test_the_threshold_has_the_largest_f1_and_lies_in_its_gap():
    """Below 0.35 are both hopeless ones and one other: F1 = 4 / 5; below 0.25, F1 = 2 / 3."""
    confidences = np.array([0.2, 0.3, 0.1, 0.4, 0.9])
    answerable = np.array([True, False, False, True, True])
    assert _threshold(confidences, answerable) == pytest.approx(0.35)
    apart = _threshold(np.array([0.1, 0.2, 0.7]), np.array([False, False, True]))
    assert apart == pytest.approx(0.45)


def test_both_kinds_of_questions_are_needed():
    with pytest.raises(BadCalibration, match="2 questions 2 are answerable"):
        fit([[0.0] * 5, [1.0] * 5], [True, True], KEY)


def test_signals_by_hand():
    hits = [
        hit("a").with_stage("reranked", 0.9, 1).with_stage("lexical", 7.0, 4),
        hit("b").with_stage("reranked", 0.5, 2),
        hit("c").with_stage("reranked", 0.5, 3),
    ]
    found = signals(hits, [Source(1, "x", hits[0], 0.8), Source(2, "y", hits[1], 0.6)])
    nine = math.log(9)
    cosine = hits[0].score("dense")
    rank = hits[0].stages["dense"].rank
    assert found == pytest.approx([math.log(4), nine, nine, cosine, (1 / rank + 1 / 4) / 2])
    assert all(math.isfinite(value) for value in signals([], []))


def test_a_calibration_is_read_as_it_was_saved_and_only_for_its_models(tmp_path):
    saved = Calibration((1.0, 2.0, 3.0, 4.0, 5.0), -1.0, 0.25, KEY, 7)
    saved.save(tmp_path / FILE)
    assert find(tmp_path, KEY) == saved
    assert find(tmp_path, "another encoder") is None
    assert find(None, KEY) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"signals": ["a"]}'])
def test_a_broken_calibration_is_named_with_the_next_step(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BadCalibration, match="katheder calibrate"):
        find(tmp_path, KEY)


def test_the_file_names_its_signals(tmp_path):
    Calibration((0.0,) * 5, 0.0, 0.5, KEY).save(tmp_path / FILE)
    assert json.loads((tmp_path / FILE).read_text())["signals"][0] == "evidence"
