"""rag.confidence: the fit, held against scikit-learn, and the threshold, worked by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from tiny_models import hit

from ingest.text.languages import language
from rag.confidence import (
    CALIBRATION_FILE,
    Calibration,
    features,
    fit_calibration,
    load_calibration,
    threshold,
)
from rag.errors import BadCalibration
from rag.types import Source

KEY = "encoder reranker"
ENGLISH = language("en")


def test_confidence_is_the_logistic_function_of_the_weighted_sum():
    calibration = Calibration((1.0, 0.0, -2.0, 0.0, 0.0), 0.5, 0.5, KEY)
    assert calibration.confidence([0.5, 9, 0.5, 9, 9]) == pytest.approx(0.5)  # 0.5 - 1 + 0.5
    assert calibration.confidence([3, 0, 0, 0, 0]) == pytest.approx(1 / (1 + math.exp(-3.5)))


def test_the_fit_is_that_of_scikit_learn_on_standardised_signals():
    generator = np.random.default_rng(0)
    rows = generator.normal(3, 2, size=(80, 5))
    wanted = rows[:, 0] + generator.normal(size=80) > 2
    found = fit_calibration(rows.tolist(), wanted.tolist(), KEY)
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression().fit(scaler.transform(rows), wanted)
    expected = model.predict_proba(scaler.transform(rows))[:, 1]
    assert [found.confidence(row) for row in rows] == pytest.approx(expected.tolist())
    assert (found.models, found.questions) == (KEY, 80)


def test_the_threshold_has_the_largest_expected_f1_and_lies_in_its_gap():
    """Doubts .9, .6 and .1 add up to 1.6: F1 is 1.8/2.6 below the first cut, 3/3.6 below the next."""
    assert threshold(np.array([0.4, 0.9, 0.1])) == pytest.approx(0.65)
    assert threshold(np.array([0.1, 0.95, 0.97])) == pytest.approx(0.525)


def test_no_other_threshold_abstains_better_where_the_confidences_are_true():
    """Questions drawn with their own confidence as the chance of being answerable."""
    generator = np.random.default_rng(3)
    confidences = generator.beta(2, 1, size=40_000)
    hopeless = generator.random(len(confidences)) > confidences

    def f1(cut):
        silent = confidences < cut
        return 2 * (silent & hopeless).sum() / (silent.sum() + hopeless.sum())

    best = max(f1(cut) for cut in np.linspace(0, 1, 101))
    assert f1(threshold(confidences)) > best - 0.005


def test_both_kinds_of_questions_are_needed():
    with pytest.raises(BadCalibration, match="2 questions 2 are answerable"):
        fit_calibration([[0.0] * 5, [1.0] * 5], [True, True], KEY)


def test_signals_by_hand():
    hits = [
        hit("a").with_stage("reranked", 0.9, 1).with_stage("lexical", 7.0, 4),
        hit("b").with_stage("reranked", 0.5, 2),
        hit("c").with_stage("reranked", 0.5, 3),
    ]
    question = "Is light slower than neutrinos in GPT-4 and VAEs?"  # the text holds none of them
    found = features(
        question, hits, [Source(1, "x", hits[0], 0.8), Source(2, "y", hits[1], 0.6)], ENGLISH
    )
    nine = math.log(9)
    rank = hits[0].stages["dense"].rank
    assert found == pytest.approx([math.log(4), nine, nine, (1 / rank + 1 / 4) / 2, 3])
    assert all(math.isfinite(value) for value in features("", [], [], ENGLISH))


def test_a_name_is_missing_only_where_the_first_passage_does_not_hold_it():
    told = hit("a", "A VAE learns what GPT-4 does not.").with_stage("reranked", 0.5, 1)
    for question, missing in (("do VAEs learn GPT-4", 0), ("do VAEs learn GPT-3", 1)):
        assert features(question, [told], [], ENGLISH)[-1] == missing


def test_a_calibration_is_read_as_it_was_saved_and_only_for_its_models(tmp_path):
    saved = Calibration((1.0, 2.0, 3.0, 4.0, 5.0), -1.0, 0.25, KEY, 7)
    saved.save(tmp_path / CALIBRATION_FILE)
    assert load_calibration(tmp_path, KEY) == saved
    assert load_calibration(tmp_path, "another encoder") is None
    assert load_calibration(None, KEY) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"signals": ["a"]}'])
def test_a_broken_calibration_is_named_with_the_next_step(tmp_path, text):
    (tmp_path / CALIBRATION_FILE).write_text(text)
    with pytest.raises(BadCalibration, match="katheder calibrate"):
        load_calibration(tmp_path, KEY)


def test_the_file_names_its_signals(tmp_path):
    Calibration((0.0,) * 5, 0.0, 0.5, KEY).save(tmp_path / CALIBRATION_FILE)
    assert json.loads((tmp_path / CALIBRATION_FILE).read_text())["signals"][0] == "evidence"
