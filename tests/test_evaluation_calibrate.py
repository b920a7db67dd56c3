"""rag.evaluation.calibrate on a small library: fitted, kept, and used by the pipeline."""

from __future__ import annotations

import pytest
from langchain_core.language_models import FakeListChatModel

from rag.confidence import CALIBRATION_FILE, load_calibration, models_key
from rag.errors import BadCalibration
from rag.evaluation.calibrate import calibrate
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


def test_foreign_questions_are_told_from_those_that_the_lectures_answer(pipeline, tmp_path):
    seen = []
    result = calibrate(QUESTIONS, pipeline, lambda done, total: seen.append((done, total)))
    assert result.recall == 1.0
    assert result.precision >= 0.8
    assert result.held_out_f1 >= 0.8
    assert seen[-1] == (10, 10)
    assert result.curve[-1].risk == pytest.approx(0.5)  # all answered: half of them unanswerable
    assert result.curve[0].risk == 0
    result.calibration.save(tmp_path / CALIBRATION_FILE)
    pipeline.calibration = load_calibration(tmp_path, models_key(pipeline.encoder, None))
    answers = [pipeline.ask(asked.question) for asked in QUESTIONS]
    abstained = [answer.abstained for answer in answers]
    assert all(abstained[5:])
    assert 5 / sum(abstained) == pytest.approx(result.precision)
    assert all(
        (answer.confidence < pipeline.least_confidence) == answer.abstained for answer in answers
    )


def test_a_setting_wins_over_the_calibration(pipeline):
    pipeline.calibration = calibrate(QUESTIONS, pipeline).calibration
    bold = pipeline.with_settings(pipeline.settings.with_changes(answer={"min_confidence": 0.0}))
    shy = pipeline.with_settings(pipeline.settings.with_changes(answer={"min_confidence": 1.0}))
    assert not bold.ask(ANSWERED[0]).abstained
    assert shy.ask(ANSWERED[0]).abstained


def test_one_kind_of_questions_is_not_enough(pipeline):
    with pytest.raises(BadCalibration, match="Of the 5 questions 5 are answerable"):
        calibrate(QUESTIONS[:5], pipeline)
