"""Compare two runs on the questions that both hold: in pairs, with intervals and a test.

A difference is run B less run A on one question. Its mean has a percentile bootstrap interval
over questions and a two-sided paired permutation test; the p values of one comparison are also
given after Holm's correction, since many measures are looked at together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rag.evaluation.bootstrap import mean_interval
from rag.evaluation.measure import GROUP_BY, PerQuestion, question_values
from rag.evaluation.measures import ABSTENTION_ACCURACY, ANSWER_NAMES, JUDGED, measure_of
from rag.evaluation.questions import Question, check_grouping, grouped
from rag.evaluation.run_file import Run, differences
from rag.evaluation.significance import RESAMPLES, holm, paired_permutation_test

#: What is compared on all questions, before the seconds of each stage.
COMPARED = (
    "retrieved Success@5",
    "retrieved nDCG@10",
    *(f"reranked {name}" for name in ("Success@1", "Success@5", "R@10", "RR@10", "nDCG@10")),
    *ANSWER_NAMES,
    JUDGED,
    ABSTENTION_ACCURACY,
)
#: What is compared by group, and decides which questions changed most.
MAIN = ("reranked nDCG@10", "keywords", JUDGED, ABSTENTION_ACCURACY)


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure on the `n` questions of a group for which both runs have it.

    `a` and `b` are means, `difference` is b - a with its interval from `low` to `high`; `p` is
    of the permutation test, `holm` the same after the correction over the group. A win is a
    question on which B is better: higher, or faster.
    """

    group: str
    metric: str
    n: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    holm: float
    wins: int
    losses: int
    unit: str = "share"
    higher_is_better: bool | None = True

    @property
    def ties(self) -> int:
        """Questions on which the runs are equal."""
        return self.n - self.wins - self.losses

    @property
    def better(self) -> bool | None:
        """Whether B is better; None where the interval holds 0 or the measure has no direction."""
        if self.low <= 0 <= self.high or self.higher_is_better is None:
            return None
        return (self.low > 0) == self.higher_is_better


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """A question and how far B is from A on it: the mean over the main measures it has.

    `values` are those of A and B by measure.
    """

    id: str
    question: str
    change: float
    values: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Run B against run A; `changes` are those above 0 in size, largest first.

    `shared` counts the questions of both, `only_a` and `only_b` are the ids of the others.
    `conditions` names where the runs' sidecars differ.
    """

    a: str
    b: str
    shared: int
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    conditions: tuple[str, ...]
    rows: tuple[Difference, ...]
    changes: tuple[QuestionChange, ...]

    def row(self, metric: str, group: str = "all") -> Difference:
        """One row; raises KeyError where the runs do not have it."""
        for row in self.rows:
            if (row.metric, row.group) == (metric, group):
                return row
        raise KeyError(f"no {metric!r} for {group!r}")

    @property
    def groups(self) -> list[str]:
        """The groups in order."""
        return list(dict.fromkeys(row.group for row in self.rows))

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that `json.dumps` takes."""
        return asdict(self)


def compare(
    questions: Sequence[Question],
    run_a: Run,
    run_b: Run,
    *,
    by: Sequence[str] = GROUP_BY,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> RunComparison:
    """Compare run B with run A on the questions that both hold.

    Args:
        questions: With their gold pages.
        run_a: The one to be beaten.
        run_b: The one that may be better.
        by: Fields of the questions whose groups are compared, where they have several values.
        resamples: Of the bootstrap and of the permutation test.
        seed: The same runs and seed give the same figures.

    Raises:
        BadQuestionFile: no question has one of the fields in `by`.
    """
    either = {q.id: q for q in questions if q.id in run_a.lines or q.id in run_b.lines}
    shared = [q for q in either.values() if q.id in run_a.lines and q.id in run_b.lines]
    check_grouping(shared, by)
    values = tuple(question_values(shared, run, {}) for run in (run_a, run_b))
    seconds = sorted(
        {
            name
            for per_question in values
            for of_question in per_question.values()
            for name in of_question
            if name.startswith("seconds")
        }
    )
    fields = [name for name in by if len({g for q in shared for g in q.groups(name)}) > 1]
    rows: list[Difference] = []
    for group, members in grouped(shared, fields).items():
        metrics = (*COMPARED, *seconds) if group == "all" else MAIN
        rows += _differences(group, [q.id for q in members], metrics, values, resamples, seed)
    changes = [_change(question, *values) for question in shared]
    return RunComparison(
        run_a.name,
        run_b.name,
        len(shared),
        tuple(id for id in either if id not in run_b.lines),
        tuple(id for id in either if id not in run_a.lines),
        tuple(differences(run_a.meta, run_b.meta)),
        tuple(rows),
        tuple(sorted((c for c in changes if c.change), key=lambda c: (-abs(c.change), c.id))),
    )


def paired_values(
    a: PerQuestion, b: PerQuestion, metric: str, ids: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The values of a measure on the questions for which both runs have it, each shape (n,)."""
    pairs = [
        (a[id][metric], b[id][metric])
        for id in ids
        if metric in a.get(id, {}) and metric in b.get(id, {})
    ]
    before, after = np.array(pairs, dtype=float).reshape(-1, 2).T
    return before, after


def _differences(
    group: str,
    ids: Sequence[str],
    metrics: Sequence[str],
    values: tuple[PerQuestion, ...],
    resamples: int,
    seed: int,
) -> list[Difference]:
    pairs = {metric: paired_values(values[0], values[1], metric, ids) for metric in metrics}
    pairs = {metric: (a, b) for metric, (a, b) in pairs.items() if len(a)}
    p_values = [paired_permutation_test(b - a, resamples, seed) for a, b in pairs.values()]
    rows = []
    for (metric, (a, b)), p, adjusted in zip(pairs.items(), p_values, holm(p_values), strict=True):
        low, high = mean_interval(b - a, resamples, seed)
        measure = measure_of(metric)
        gains = (a - b if measure.higher_is_better is False else b - a).round(12)
        rows.append(
            Difference(
                group,
                metric,
                len(a),
                float(a.mean()),
                float(b.mean()),
                float((b - a).mean()),
                low,
                high,
                p,
                adjusted,
                int((gains > 0).sum()),
                int((gains < 0).sum()),
                measure.unit,
                measure.higher_is_better,
            )
        )
    return rows


def _change(question: Question, a: PerQuestion, b: PerQuestion) -> QuestionChange:
    values_a, values_b = a[question.id], b[question.id]
    values = {m: (values_a[m], values_b[m]) for m in MAIN if m in values_a and m in values_b}
    change = float(np.mean([after - before for before, after in values.values()] or [0.0]))
    return QuestionChange(question.id, question.question, change, values)
