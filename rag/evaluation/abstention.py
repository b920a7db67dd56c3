"""Whether a run abstains where it should: risk and coverage, and the calibration of its score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rag.evaluation.questions import Question
from rag.evaluation.run_file import Run


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """If questions of at least this score were answered: the share of them, and of errors."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Questions of similar score: their mean score, and the share for which something holds.

    `low` and `high` bound the share at 95 %.
    """

    score: float
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """How many questions with and without an answer in the lectures have a score in a range."""

    low: float
    high: float
    answerable: int
    unanswerable: int


def risk_coverage(scores: Mapping[str, float], right: set[str]) -> list[RiskPoint]:
    """The curve of error against coverage as the threshold on a score falls.

    At each threshold the questions of at least that score are answered; the risk is the share
    of them that is not right. Questions of one score come in together.
    Source: El-Yaniv and Wiener, JMLR 11 (2010), section 2.

    Args:
        scores: By question id; the higher, the surer.
        right: The ids that would be answered rightly; of the others an answer is an error.
    """
    curve = []
    order = sorted(scores, key=lambda key: -scores[key])
    wrong = 0
    for count, key in enumerate(order, start=1):
        wrong += key not in right
        if count == len(order) or scores[order[count]] != scores[key]:
            curve.append(RiskPoint(scores[key], count / len(order), wrong / count))
    return curve


def area_under_risk(curve: Sequence[RiskPoint]) -> float:
    """The mean risk over all coverages, each step at the risk that it ends with; 0 is best.

    Source: Geifman, Uziel and El-Yaniv, ICLR 2019 (AURC), the mean over questions in order.
    """
    area, before = 0.0, 0.0
    for point in curve:
        area += (point.coverage - before) * point.risk
        before = point.coverage
    return area


def areas_under_risk(scores: np.ndarray, right: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """What `area_under_risk` gives for resamples of questions.

    Args:
        scores: Shape (n,); NaN for a question without a score, which is left out.
        right: Shape (n,), bool.
        positions: Shape (m, n), one resample a row.

    Returns:
        Shape (m,); NaN for a resample without any score.
    """
    areas = np.full(len(positions), np.nan)
    for row, members in enumerate(positions):
        members = members[~np.isnan(scores[members])]
        if not len(members):
            continue
        order = members[np.argsort(-scores[members], kind="stable")]
        risks = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
        ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
        areas[row] = risks[ends] @ np.diff(ends, prepend=-1) / len(order)
    return areas


def calibration_errors(
    scores: np.ndarray, holds: np.ndarray, positions: np.ndarray, bins: int = 10
) -> np.ndarray:
    """The expected calibration error of a probability, for resamples of questions.

    The mean distance between the mean score and the share for which something holds, over bins
    of equal width weighted by their questions; 0 is best.
    Source: Guo, Pleiss, Sun and Weinberger, ICML 2017, equation 3.

    Args:
        scores: Probabilities, shape (n,); NaN for a question without one, which is left out.
        holds: Shape (n,), bool.
        positions: Shape (m, n), one resample a row.
        bins: How many ranges [0, 1] is cut into.

    Returns:
        Shape (m,); NaN for a resample without any score.
    """
    known = ~np.isnan(scores)
    distances = np.where(known, scores - holds, 0.0)
    numbers = np.where(known, np.clip(np.nan_to_num(scores) * bins, 0, bins - 1), -1).astype(int)
    total = sum(
        np.abs(np.where(numbers == number, distances, 0.0)[positions].sum(axis=1))
        for number in range(bins)
    )
    counts = known[positions].sum(axis=1)
    return np.divide(total, counts, out=np.full(len(positions), np.nan), where=counts > 0)


def risk_at(curve: Sequence[RiskPoint], threshold: float) -> RiskPoint | None:
    """The last point of a curve whose questions are answered at a threshold."""
    answered = [p for p in curve if p.threshold >= threshold]
    return answered[-1] if answered else None


def thresholds_of(run: Run) -> list[float]:
    """The confidences below which a run's pipeline refused, and doubted, ascending.

    Each once; none where its sidecar has none.
    """
    values = (run.meta.get(name) for name in ("least_confidence", "doubt_confidence"))
    return sorted({float(value) for value in values if isinstance(value, int | float)})


def scored_questions(questions: Iterable[Question], run: Run) -> list[tuple[float, Question]]:
    """Each question that has an abstention score, with it."""
    lines = ((run.lines[q.id], q) for q in questions if q.id in run.lines)
    return [(line.score, question) for line, question in lines if line.score is not None]


def calibration_curve(scored: Sequence[tuple[float, bool]], bins: int = 10) -> list[CalibrationBin]:
    """How often something holds over the score, in bins of equal count.

    The interval is Wilson's, by `scipy.stats.binomtest`. Source: Wilson, JASA 22 (1927).
    """
    import scipy.stats  # a second and 30 MB, for evaluations alone

    ordered = sorted(scored)
    curve = []
    for positions in np.array_split(np.arange(len(ordered)), min(bins, len(ordered)) or 1):
        members = [ordered[position] for position in positions]
        if not members:
            continue
        n = len(members)
        count = sum(holds for _, holds in members)
        interval = scipy.stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
        mean = sum(score for score, _ in members) / n
        curve.append(CalibrationBin(mean, count / n, float(interval.low), float(interval.high), n))
    return curve


def score_histogram(scored: Sequence[tuple[float, Question]], bins: int = 20) -> list[ScoreBin]:
    """Scores of questions with and without an answer, in ranges of equal width up to 1."""
    if not scored:
        return []
    edges = np.linspace(min(0.0, min(score for score, _ in scored)), 1, bins + 1)
    answerable, unanswerable = (
        np.histogram([min(s, 1.0) for s, q in scored if q.answerable == kind], bins=edges)[0]
        for kind in (True, False)
    )
    return [
        ScoreBin(float(low), float(high), int(answerable[n]), int(unanswerable[n]))
        for n, (low, high) in enumerate(pairwise(edges))
    ]
