"""Fit the confidence below which an answer is doubtful, or not shown, on questions with known answers.

Questions that the lectures do not answer have no gold pages; both kinds are needed. What a fit
is worth on lectures that it has not seen is judged by leaving one document out at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from rag.confidence import (
    Calibration,
    features,
    fit_calibration,
    held_out_confidences,
    models_key,
)
from rag.evaluation.abstention import (
    RiskPoint,
    area_under_risk,
    calibration_errors,
    risk_coverage,
)
from rag.evaluation.questions import Question, history_of
from rag.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions, and the pipeline over the library that they are about."""

    name: str
    questions: Sequence[Question]
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """How a set's questions are graded by confidences that were fitted without their document.

    `auc` is the probability that an answerable question has more confidence than one that is
    not; `curve` holds the share of unanswerable questions among those answered, at every
    threshold, and `area` is the area under it; `error` is the expected calibration error.
    `refused` and `doubted` (refused or doubtful) are shares of the answerable questions,
    `noticed_by_refusing` and `noticed` of the others. `auc` and the shares are NaN where the set
    has only one kind.
    """

    name: str
    questions: int
    unanswerable: int
    auc: float
    error: float
    area: float
    refused: float
    doubted: float
    noticed_by_refusing: float
    noticed: float
    curve: tuple[RiskPoint, ...]


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """A fitted calibration, and what it is worth on each set and, last, on all where there are several."""

    calibration: Calibration
    figures: tuple[HeldOutFigures, ...]


def calibrate(
    sets: Sequence[QuestionSet],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CalibrationResult:
    """Collect the evidence for every question, and fit; no answer is written and nothing saved.

    A question's group, which is left out to judge it, is the document of its first gold page; one
    without gold pages is a group of its own.

    Args:
        sets: At least one; the models of all pipelines must be the same.
        progress: Called with the questions done and their total.

    Raises:
        BadCalibration: all questions, or none, are answerable.
    """
    rows: list[list[float]] = []
    answerable: list[bool] = []
    groups: list[tuple[int, str]] = []
    total = sum(len(one.questions) for one in sets)
    for number, one in enumerate(sets):
        for question in one.questions:
            rows.append(signals_of(question, one.questions, one.pipeline))
            answerable.append(question.answerable)
            groups.append((number, question.gold[0].doc if question.gold else f"id {question.id}"))
            progress(len(rows), total)
    pipeline = sets[0].pipeline
    key = models_key(pipeline.encoder, pipeline.reranker)
    fitted = fit_calibration(rows, answerable, groups, key)
    confidences = held_out_confidences(rows, answerable, groups)
    labels, numbers = np.array(answerable), np.array([number for number, _ in groups])
    members = {one.name: numbers == number for number, one in enumerate(sets)}
    if len(sets) > 1:
        members["all"] = numbers >= 0
    return CalibrationResult(
        fitted,
        tuple(
            _held_out_figures(name, confidences[rows_of], labels[rows_of], fitted)
            for name, rows_of in members.items()
        ),
    )


def signals_of(
    question: Question, questions: Sequence[Question], pipeline: Pipeline
) -> list[float]:
    """The signals of a question, asked in its conversation."""
    history = history_of(question, questions)
    query, *beside = pipeline.queries(question.question, history)
    hits = pipeline.candidates(query, *beside)[: pipeline.settings.retrieval.top_k]
    return features(query, hits, pipeline.evidence(query, hits), pipeline.language(query))


def _held_out_figures(
    name: str, confidences: np.ndarray, answerable: np.ndarray, calibration: Calibration
) -> HeldOutFigures:
    n = len(confidences)
    names = [str(position) for position in range(n)]
    curve = risk_coverage(
        dict(zip(names, map(float, confidences), strict=True)),
        {name for name, holds in zip(names, answerable, strict=True) if holds},
    )

    def share_below(threshold: float, members: np.ndarray) -> float:
        return float((confidences[members] < threshold).mean()) if members.any() else float("nan")

    both = 0 < answerable.mean() < 1
    return HeldOutFigures(
        name,
        n,
        int((~answerable).sum()),
        auc=float(roc_auc_score(answerable, confidences)) if both else float("nan"),
        error=float(calibration_errors(confidences, answerable, np.arange(n)[None])[0]),
        area=area_under_risk(curve),
        refused=share_below(calibration.threshold, answerable),
        doubted=share_below(calibration.doubt_threshold, answerable),
        noticed_by_refusing=share_below(calibration.threshold, ~answerable),
        noticed=share_below(calibration.doubt_threshold, ~answerable),
        curve=tuple(curve),
    )
