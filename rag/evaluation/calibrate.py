"""Fit the confidence below which the program abstains, on questions with known answers.

Questions that the lectures do not answer have no gold pages; both kinds are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rag.confidence import Calibration, features, fit_calibration, models_key
from rag.evaluation.abstention import RiskPoint, risk_coverage
from rag.evaluation.questions import Question, history_of
from rag.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """A fitted calibration and how it does on the questions that it was fitted on.

    `recall` and `precision` are those of abstaining, each in [0, 1]; `curve` is the share of
    unanswerable questions among those answered, at every threshold. `held_out_f1` is the F1 of
    abstaining when every fifth of the questions is judged by a fit on the others.
    """

    calibration: Calibration
    precision: float
    recall: float
    held_out_f1: float
    curve: tuple[RiskPoint, ...]


def calibrate(
    questions: Sequence[Question],
    pipeline: Pipeline,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CalibrationResult:
    """Collect the evidence for every question, and fit; no answer is written and nothing saved.

    Raises:
        BadCalibration: all questions, or none, are answerable.
    """
    rows: list[list[float]] = []
    for number, question in enumerate(questions, start=1):
        history = history_of(question, questions)
        hits = pipeline.search(question.question, history)
        query = pipeline.query(question.question, history)
        evidence = pipeline.evidence(query, hits)
        rows.append(features(query, hits, evidence, pipeline.language(query)))
        progress(number, len(questions))
    answerable = [question.answerable for question in questions]
    key = models_key(pipeline.encoder, pipeline.reranker)
    fitted = fit_calibration(rows, answerable, key)
    confidences = np.array([fitted.confidence(row) for row in rows])
    abstained, unanswerable = confidences < fitted.threshold, ~np.array(answerable)
    both = int((abstained & unanswerable).sum())
    curve = risk_coverage(
        {question.id: float(c) for question, c in zip(questions, confidences, strict=True)},
        {question.id for question in questions if question.answerable},
    )
    return CalibrationResult(
        fitted,
        precision=both / max(int(abstained.sum()), 1),
        recall=both / int(unanswerable.sum()),
        held_out_f1=_held_out_f1(rows, np.array(answerable), key),
        curve=tuple(curve),
    )


def _held_out_f1(rows: Sequence[Sequence[float]], answerable: np.ndarray, key: str) -> float:
    """F1 of abstaining over fifths, each judged by the fit on the other four."""
    fold = np.zeros(len(rows), dtype=int)
    for kind in (True, False):  # every fifth has its share of both kinds
        members = np.flatnonzero(answerable == kind)
        fold[members] = np.arange(len(members)) % 5
    abstained = np.zeros(len(rows), dtype=bool)
    for number in range(5):
        learn = [n for n in range(len(rows)) if fold[n] != number]
        judged = [n for n in range(len(rows)) if fold[n] == number]
        if answerable[learn].all() or not answerable[learn].any():
            continue
        fitted = fit_calibration([rows[n] for n in learn], answerable[learn].tolist(), key)
        abstained[judged] = [fitted.confidence(rows[n]) < fitted.threshold for n in judged]
    right = int((abstained & ~answerable).sum())
    return 2 * right / max(int(abstained.sum() + (~answerable).sum()), 1)
