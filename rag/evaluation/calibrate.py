"""Fit the confidence below which the program abstains, on questions with known answers.

Questions that the lectures do not answer have no gold pages; both kinds are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rag.confidence import Calibration, features, fit_calibration, models_key
from rag.evaluation.metrics import Risk, risk_coverage
from rag.evaluation.questions import Question, history_of
from rag.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted calibration and how it does on the questions that it was fitted on.

    `recall` and `precision` are those of abstaining, each in [0, 1]; `curve` is the share of
    unanswerable questions among those answered, at every threshold. `held_out_f1` is the F1 of
    abstaining when every fifth of the questions is judged by a fit on the others.
    """

    calibration: Calibration
    precision: float
    recall: float
    held_out_f1: float
    curve: tuple[Risk, ...]

    def render(self) -> str:
        """A few lines to print."""
        found = self.calibration
        lines = [
            f"Abstains below a confidence of {found.threshold:.3f}: on {found.questions} questions "
            f"precision {self.precision:.2f}, recall {self.recall:.2f}; "
            f"F1 {self.held_out_f1:.2f} on fifths that the fit did not see.",
            "answered  unanswerable among them  from a confidence of",
        ]
        for share in (0.25, 0.5, 0.75, 0.9, 1.0):
            point = next(risk for risk in self.curve if risk.coverage >= share - 1e-9)
            lines.append(f"{point.coverage:>8.0%}  {point.risk:>23.1%}  {point.threshold:>20.3f}")
        return "\n".join(lines)


def calibrate(
    questions: Sequence[Question],
    pipeline: Pipeline,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Calibrated:
    """Ask every question as far as its evidence, and fit; nothing is written or saved.

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
    silent, hopeless = confidences < fitted.threshold, ~np.array(answerable)
    both = int((silent & hopeless).sum())
    curve = risk_coverage(
        {question.id: float(c) for question, c in zip(questions, confidences, strict=True)},
        {question.id for question in questions if question.answerable},
    )
    return Calibrated(
        fitted,
        precision=both / max(int(silent.sum()), 1),
        recall=both / int(hopeless.sum()),
        held_out_f1=_held_out_f1(rows, np.array(answerable), key),
        curve=tuple(curve),
    )


def _held_out_f1(rows: Sequence[Sequence[float]], answerable: np.ndarray, key: str) -> float:
    """F1 of abstaining over fifths, each judged by the fit on the other four."""
    fold = np.zeros(len(rows), dtype=int)
    for kind in (True, False):  # every fifth has its share of both kinds
        members = np.flatnonzero(answerable == kind)
        fold[members] = np.arange(len(members)) % 5
    silent = np.zeros(len(rows), dtype=bool)
    for number in range(5):
        learn = [n for n in range(len(rows)) if fold[n] != number]
        judged = [n for n in range(len(rows)) if fold[n] == number]
        if answerable[learn].all() or not answerable[learn].any():
            continue
        fitted = fit_calibration([rows[n] for n in learn], answerable[learn].tolist(), key)
        silent[judged] = [fitted.confidence(rows[n]) < fitted.threshold for n in judged]
    right = int((silent & ~answerable).sum())
    return 2 * right / max(int(silent.sum() + (~answerable).sum()), 1)
