"""rag.confidence: the fit, held against scikit-learn, and the signals, worked by hand."""

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
    DOUBTED,
    FEATURES,
    REFUSED,
    Calibration,
    features,
    fit_calibration,
    held_out_confidences,
    load_calibration,
    missing_names,
)
from rag.errors import BadCalibration
from rag.types import Source

KEY = "encoder reranker"
ENGLISH = language("en")


def test_confidence_is_the_logistic_function_of_the_weighted_sum():
    calibration = Calibration((1.0, 0.0, -2.0, 0.0), 0.5, 0.5, 0.8, KEY)
    assert calibration.confidence([0.5, 9, 0.5, 9]) == pytest.approx(0.5)  # 0.5 - 1 + 0.5
    assert calibration.confidence([3, 0, 0, 0]) == pytest.approx(1 / (1 + math.exp(-3.5)))


def questions_of_random_lectures(n=200):
    """Signals, whether they are answerable (by the first signal and noise), and their documents."""
    generator = np.random.default_rng(0)
    rows = generator.normal(3, 2, size=(n, 4))
    answerable = rows[:, 0] + generator.normal(size=n) > 1
    return rows, answerable, [f"d{n % 10}" for n in range(n)]


def expected_confidences(learned, judged, answerable):
    """By scikit-learn, on standardised signals."""
    scaler = StandardScaler().fit(learned)
    model = LogisticRegression().fit(scaler.transform(learned), answerable)
    return model.predict_proba(scaler.transform(judged))[:, 1]


def test_the_fit_is_that_of_scikit_learn_on_standardised_signals():
    rows, answerable, groups = questions_of_random_lectures()
    found = fit_calibration(rows.tolist(), answerable.tolist(), groups, KEY)
    expected = expected_confidences(rows, rows, answerable)
    assert [found.confidence(row) for row in rows] == pytest.approx(expected.tolist())
    assert (found.models, found.questions) == (KEY, 200)


def test_a_held_out_confidence_is_by_a_fit_without_the_group():
    rows, answerable, groups = questions_of_random_lectures()
    confidences = held_out_confidences(rows.tolist(), answerable.tolist(), groups)
    for group in ("d0", "d7"):
        judged = np.array([own == group for own in groups])
        expected = expected_confidences(rows[~judged], rows[judged], answerable[~judged])
        assert confidences[judged] == pytest.approx(expected)


def test_without_the_only_unanswerable_question_the_fit_is_on_all():
    rows, answerable = [[0.0] * 4, [1.0] * 4, [1.5] * 4], [False, True, True]
    confidences = held_out_confidences(rows, answerable, ["a", "b", "c"])
    everything = expected_confidences(np.array(rows), np.array(rows), answerable)
    assert confidences[0] == pytest.approx(everything[0])
    assert confidences[1] != pytest.approx(everything[1])


def test_the_thresholds_refuse_and_doubt_their_shares_of_the_answerable_questions():
    rows, answerable, groups = questions_of_random_lectures()
    found = fit_calibration(rows.tolist(), answerable.tolist(), groups, KEY)
    right = held_out_confidences(rows.tolist(), answerable.tolist(), groups)[answerable]
    assert (right < found.threshold).mean() == pytest.approx(REFUSED, abs=1 / len(right))
    assert (right < found.doubt_threshold).mean() == pytest.approx(DOUBTED, abs=1 / len(right))


def test_both_kinds_of_questions_are_needed():
    with pytest.raises(BadCalibration, match="2 questions 2 are answerable"):
        fit_calibration([[0.0] * 4, [1.0] * 4], [True, True], ["a", "b"], KEY)


def test_signals_by_hand():
    hits = [
        hit("a").with_stage("reranked", 0.9, 1),
        hit("b").with_stage("reranked", 0.75, 2),
    ]
    question = "Is light slower than neutrinos in GPT-4 and VAEs?"  # no passage holds the two names
    sources = [Source(1, "y", hits[1], 0.6), Source(2, "x", hits[0], 0.8)]
    found = features(question, hits, sources, ENGLISH)
    # Without is, than, in and and: light, slower, neutrinos, GPT, 4, VAEs.
    assert found == pytest.approx([math.log(4), math.log(3), 2, math.log(7)])
    assert all(math.isfinite(value) for value in features("", [], [], ENGLISH))


def test_text_in_another_language_than_an_english_question_is_scored_too_low():
    def signals(code, asked_in):
        only = hit("a", language=code).with_stage("reranked", 0.9, 1)
        return features("Is light slow?", [only], [Source(1, "y", only, 0.6)], asked_in)

    english = signals("en", ENGLISH)
    assert signals("", ENGLISH) == english
    more = np.subtract(signals("de", ENGLISH), english)
    assert more[0] == pytest.approx(more[1])
    assert more[0] > 0
    assert signals("en", language("de")) == pytest.approx(signals("de", language("de")))


def test_at_most_two_missing_names_count():
    many = features("Are BERT, GPT-4, T5 and RNNs better?", [hit("a")], [], ENGLISH)
    assert many[FEATURES.index("names")] == 2


def test_a_name_is_missing_only_where_no_passage_holds_all_of_it():
    first = hit("a", "A VAE learns what GPT does not.")
    second = hit("b", "There are 4 of them.")
    assert missing_names("do VAEs learn GPT-4", [first, second], ENGLISH) == []
    assert missing_names("do VAEs learn GPT-4", [first], ENGLISH) == ["GPT-4"]
    assert missing_names("do VAEs learn GPT-3", [first, second], ENGLISH) == ["GPT-3"]
    assert missing_names("do VAEs learn GPT-3", [], ENGLISH) == ["VAEs", "GPT-3"]


def test_an_abbreviation_of_a_title_is_not_missing():
    below = hit("a", "It searches.", headings=("Artificial intelligence notes", "The L"))
    assert missing_names("Which search do the AI notes have?", [below], ENGLISH) == []
    assert missing_names("Which search do the NLP notes have?", [below], ENGLISH) == ["NLP"]
    assert missing_names("Which search do the IA notes have?", [below], ENGLISH) == ["IA"]


def test_a_symbol_is_not_missing_for_the_mark_of_its_index():
    below = hit("a", "Let R_0 be the number of cases.")
    assert missing_names("What is R0?", [below], ENGLISH) == []
    assert missing_names("What is R1?", [below], ENGLISH) == ["R1"]


def test_a_calibration_is_read_as_it_was_saved_and_only_for_its_models(tmp_path):
    saved = Calibration((1.0, 2.0, 3.0, 4.0), -1.0, 0.25, 0.5, KEY, 7)
    saved.save(tmp_path / CALIBRATION_FILE)
    assert load_calibration(tmp_path, KEY) == saved
    assert load_calibration(tmp_path, "another encoder") is None
    assert load_calibration(None, KEY) is None


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"signals": 3}', '{"signals": ["evidence", "passage", "names", "words"]}'],
)
def test_a_broken_calibration_is_named_with_the_next_step(tmp_path, text):
    (tmp_path / CALIBRATION_FILE).write_text(text)
    with pytest.raises(BadCalibration, match="katheder calibrate"):
        load_calibration(tmp_path, KEY)


def test_a_calibration_of_an_older_version_is_ignored_with_a_warning(tmp_path, caplog):
    """As that version wrote it: other signals, one threshold."""
    old = {
        "weights": [0.5, 0.9, -0.6, 1.9, -1.2],
        "bias": 1.5,
        "threshold": 0.68,
        "models": KEY,
        "questions": 125,
        "signals": ["evidence", "passage", "margin", "agreement", "names"],
    }
    (tmp_path / CALIBRATION_FILE).write_text(json.dumps(old))
    assert load_calibration(tmp_path, KEY) is None
    assert "margin, agreement, names" in caplog.text
    assert "katheder calibrate" in caplog.text


def test_the_file_names_its_signals(tmp_path):
    Calibration((0.0,) * 4, 0.0, 0.5, 0.5, KEY).save(tmp_path / CALIBRATION_FILE)
    assert json.loads((tmp_path / CALIBRATION_FILE).read_text())["signals"][0] == "evidence"
