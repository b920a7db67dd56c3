"""rag.evaluation.calibrate on a small library: fitted, kept, and used by the pipeline."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from langchain_core.language_models import FakeListChatModel

from rag.confidence import CALIBRATION_FILE, load_calibration, models_key
from rag.errors import BadCalibration
from rag.evaluation.calibrate import QuestionSet, calibrate, signals_of
from rag.evaluation.questions import Gold, Question
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings

SILENT = FakeListChatModel(responses=["Nothing."])


def question(number, text, answerable):
    gold = (Gold("physics.pdf", (2,)),) if answerable else ()
    return Question(f"q{number}", text, "factoid", "en", gold)


ANSWERED = [
    "How many metres per second does light travel in vacuum?",
    "light in vacuum",
    "metres per second",
    "Does light travel in vacuum?",
    "how fast does light travel",
]
FOREIGN = [
    "Which operas did Beethoven compose?",
    "capital of Mongolia",
    "IndexConfig for apple pie please",
    "Who won yesterday?",
    "stock prices tomorrow",
]
QUESTIONS = [question(n, text, True) for n, text in enumerate(ANSWERED)] + [
    question(n + 10, text, False) for n, text in enumerate(FOREIGN)
]


@pytest.fixture
def pipeline(library, encoder):
    settings = Settings().with_changes(answer={"writer": False})
    return Pipeline(library, Models(NO_MODELS, encoder=encoder), settings)


def sets_of(pipeline, questions=QUESTIONS):
    return [QuestionSet("physics", questions, pipeline)]


def test_foreign_questions_are_told_from_those_that_the_lectures_answer(pipeline, tmp_path):
    seen = []
    result = calibrate(sets_of(pipeline), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (10, 10)
    [figures] = result.figures
    assert (figures.name, figures.questions, figures.unanswerable) == ("physics", 10, 5)
    assert figures.auc >= 0.8
    assert figures.curve[-1].risk == pytest.approx(0.5)  # all answered: half of them unanswerable
    assert figures.curve[0].risk == 0
    assert figures.refused <= figures.doubted <= 0.2
    assert figures.noticed_by_refusing <= figures.noticed
    result.calibration.save(tmp_path / CALIBRATION_FILE)
    pipeline.calibration = load_calibration(tmp_path, models_key(pipeline.encoder, None))
    answers = [pipeline.ask(asked.question) for asked in QUESTIONS]
    least, doubt = result.calibration.threshold, result.calibration.doubt_threshold
    for answer in answers:
        expected = "doubtful" if answer.confidence < doubt else "answered"
        assert answer.grade == ("not_answered" if answer.confidence < least else expected)
    assert all(answer.grade != "answered" for answer in answers[5:])
    grades = [signals_of(asked, QUESTIONS, pipeline) for asked in QUESTIONS]
    confidences = [result.calibration.confidence(row) for row in grades]
    assert [answer.confidence for answer in answers] == pytest.approx(confidences, abs=1e-4)


def test_several_sets_are_judged_one_by_one_and_together(pipeline):
    other = [replace(one, gold=one.gold and (Gold("animals.pdf", (1,)),)) for one in QUESTIONS]
    result = calibrate([*sets_of(pipeline), QuestionSet("animals", other, pipeline)])
    assert [one.name for one in result.figures] == ["physics", "animals", "all"]
    assert [one.questions for one in result.figures] == [10, 10, 20]
    assert result.calibration.questions == 20


def test_a_set_of_one_kind_has_no_auc(pipeline):
    foreign = [one for one in QUESTIONS if not one.answerable]
    result = calibrate([*sets_of(pipeline), QuestionSet("foreign", foreign, pipeline)])
    assert math.isnan(result.figures[1].auc)
    assert math.isnan(result.figures[1].refused)
    assert result.figures[1].noticed > 0.5


def test_a_setting_wins_over_the_calibration(pipeline):
    pipeline.calibration = calibrate(sets_of(pipeline)).calibration
    bold = pipeline.with_settings(pipeline.settings.with_changes(answer={"min_confidence": 0.0}))
    shy = pipeline.with_settings(pipeline.settings.with_changes(answer={"min_confidence": 1.0}))
    assert not bold.ask(ANSWERED[0]).abstained
    assert shy.ask(ANSWERED[0]).abstained


def test_one_kind_of_questions_is_not_enough(pipeline):
    with pytest.raises(BadCalibration, match="Of the 5 questions 5 are answerable"):
        calibrate(sets_of(pipeline, QUESTIONS[:5]))
