"""Compare two runs on the questions that both answered, honestly: in pairs, with intervals.

A difference is run B less run A on one question. Its mean has a percentile bootstrap interval
over questions and a two-sided paired randomisation test; the p values of one comparison are
also given after Holm's correction, since many metrics are looked at together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rag.evaluation.metrics import ANSWER_METRICS, Report, measure
from rag.evaluation.questions import Question
from rag.evaluation.run import Run, differences

RESAMPLES = 10_000
_BLOCK = 1_000  # resamples held in memory at once

#: What is compared on all questions; seconds, which fall when they get better, come behind.
COMPARED = (
    "retrieved Success@5",
    "retrieved nDCG@10",
    *(f"reranked {name}" for name in ("Success@1", "Success@5", "R@10", "RR@10", "nDCG@10")),
    *ANSWER_METRICS,
    "judged right",
    "abstention accuracy",
)
#: What is compared by type and by language, and decides which questions changed most.
MAIN = ("reranked nDCG@10", "keywords", "judged right", "abstention accuracy")


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric on the `n` questions of a group for which both runs have it.

    `a` and `b` are means, `difference` is b - a with its interval from `low` to `high`; `p` is
    of the randomisation test, `holm` the same after the correction over the group. A win is a
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

    @property
    def ties(self) -> int:
        """Questions on which the runs are equal."""
        return self.n - self.wins - self.losses


@dataclass(frozen=True, slots=True)
class Change:
    """A question and how far B is from A on it: the mean over the main metrics it has."""

    id: str
    question: str
    change: float
    values: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run B against run A; `changes` are those above 0 in size, largest first."""

    a: str
    b: str
    shared: int
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    conditions: tuple[str, ...]
    rows: tuple[Difference, ...]
    changes: tuple[Change, ...]

    def row(self, metric: str, group: str = "all") -> Difference:
        """One row; raises KeyError where the runs do not have it."""
        for row in self.rows:
            if (row.metric, row.group) == (metric, group):
                return row
        raise KeyError(f"no {metric!r} for {group!r}")

    def render(self, changes: int = 20) -> str:
        """The table, what differed between the runs, and the questions that changed most."""
        lines = [f"A {self.a}", f"B {self.b}", f"{self.shared} questions in both"]
        for name, only in (("A", self.only_a), ("B", self.only_b)):
            if only:
                lines.append(f"{len(only)} left out, since only {name} has them")
        lines += [f"differs  {condition}" for condition in self.conditions]
        for group in dict.fromkeys(row.group for row in self.rows):
            lines += ["", f"{group:<28}{_HEAD}"]
            lines += [_line(row) for row in self.rows if row.group == group]
        lines += [
            "",
            "B - A with its 95 % bootstrap interval; p of a paired randomisation test, two-sided; "
            "Holm: p corrected for the number of metrics of a group.",
        ]
        if self.changes:
            lines += ["", "Changed most"]
        for change in self.changes[:changes]:
            parts = ", ".join(
                f"{metric} {a:.2f} > {b:.2f}" for metric, (a, b) in change.values.items() if a != b
            )
            lines.append(f"  {change.change:+.2f}  {change.id}  {change.question}  ({parts})")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that `json.dumps` takes."""
        return asdict(self)


def compare(
    questions: Sequence[Question],
    run_a: Run,
    run_b: Run,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare run B with run A on the questions that both hold.

    Args:
        questions: With their gold pages.
        run_a: The one to be beaten.
        run_b: The one that may be better.
        resamples: Of the bootstrap and of the randomisation test.
        seed: The same runs and seed give the same figures.
    """
    asked = {q.id: q for q in questions if q.id in run_a.lines or q.id in run_b.lines}
    shared = [q for q in asked.values() if q.id in run_a.lines and q.id in run_b.lines]
    a, b = (measure(shared, run, resamples=1, seed=seed) for run in (run_a, run_b))
    seconds = sorted(
        {
            name
            for report in (a, b)
            for values in report.per_question.values()
            for name in values
            if name.startswith("seconds")
        }
    )
    rows: list[Difference] = []
    for group, members in _groups(shared).items():
        rows += _differences(
            group,
            [q.id for q in members],
            (*COMPARED, *seconds) if group == "all" else MAIN,
            (a, b),
            resamples,
            seed,
        )
    changes = [_change(question, a, b) for question in shared]
    return Comparison(
        run_a.name,
        run_b.name,
        len(shared),
        tuple(id for id in asked if id not in run_b.lines),
        tuple(id for id in asked if id not in run_a.lines),
        tuple(differences(run_a.meta, run_b.meta)),
        tuple(rows),
        tuple(sorted((c for c in changes if c.change), key=lambda c: (-abs(c.change), c.id))),
    )


def bootstrap_mean(
    values: np.ndarray, resamples: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """The percentile bootstrap interval of a mean: resample with replacement, take the quantiles.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Args:
        values: One value a question, shape (n,), at least one.
        resamples: How many means the quantiles are taken of.
        seed: The same values and seed give the same interval.
        level: The share of means inside.
    """
    generator = np.random.default_rng(seed)
    means = np.empty(resamples)
    for start in range(0, resamples, _BLOCK):
        count = min(_BLOCK, resamples - start)
        rows = generator.integers(0, len(values), size=(count, len(values)))
        means[start : start + count] = values[rows].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def randomisation_test(differences: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> float:
    """The two-sided p value of a paired randomisation (sign-flipping) test of the mean.

    If the runs did not differ, each difference would as well have the other sign. p is the
    share of random sign patterns, the one seen included, whose mean is as far from 0.
    Sources: Smucker, Allan and Carterette, CIKM 2007; Phipson and Smyth (2010) for "included".

    Args:
        differences: One a question, shape (n,).
        resamples: How many sign patterns are drawn.
        seed: The same differences and seed give the same p.
    """
    told = differences[differences != 0]  # a sign does nothing to the others
    if not len(told):
        return 1.0
    generator = np.random.default_rng(seed)
    seen = abs(float(told.sum()))
    extreme = 0
    for start in range(0, resamples, _BLOCK):
        count = min(_BLOCK, resamples - start)
        signs = 2.0 * generator.integers(0, 2, size=(count, len(told)), dtype=np.int8) - 1.0
        extreme += int((np.abs(signs @ told) >= seen - 1e-9).sum())
    return (1 + extreme) / (1 + resamples)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p values that keep the family's error below the level.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for step, position in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - step) * p_values[position]))
        adjusted[position] = largest
    return adjusted


_HEAD = f"{'A':>8}{'B':>8}{'B - A':>9}  {'95 % interval':<18}{'p':>7}{'Holm':>7}  won/lost/same"


def _line(row: Difference) -> str:
    interval = f"[{row.low:+.3f}, {row.high:+.3f}]"
    return (
        f"  {row.metric:<26}{row.a:>8.3f}{row.b:>8.3f}{row.difference:>+9.3f}  {interval:<18}"
        f"{row.p:>7.4f}{row.holm:>7.3f}  {row.wins}/{row.losses}/{row.ties}"
    )


def _groups(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """All questions, and those of each type and language where there are several."""
    groups = {"all": list(questions)}
    for name, of in (("type", "type"), ("lang", "lang")):
        kinds = sorted({getattr(question, of) for question in questions})
        if len(kinds) > 1:
            groups |= {f"{name}: {k}": [q for q in questions if getattr(q, of) == k] for k in kinds}
    return groups


def _differences(
    group: str,
    ids: Sequence[str],
    metrics: Sequence[str],
    reports: tuple[Report, Report],
    resamples: int,
    seed: int,
) -> list[Difference]:
    found: list[tuple[str, np.ndarray, np.ndarray]] = []
    for metric in metrics:
        pairs = [
            tuple(report.per_question[id][metric] for report in reports)
            for id in ids
            if all(metric in report.per_question[id] for report in reports)
        ]
        if pairs:
            a, b = np.array(pairs).T
            found.append((metric, a, b))
    p_values = [randomisation_test(b - a, resamples, seed) for _, a, b in found]
    corrected = holm(p_values)
    rows = []
    for (metric, a, b), p, adjusted in zip(found, p_values, corrected, strict=True):
        low, high = bootstrap_mean(b - a, resamples, seed)
        better = (a - b if metric.startswith("seconds") else b - a).round(12)
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
                int((better > 0).sum()),
                int((better < 0).sum()),
            )
        )
    return rows


def _change(question: Question, a: Report, b: Report) -> Change:
    values_a, values_b = (report.per_question[question.id] for report in (a, b))
    values = {m: (values_a[m], values_b[m]) for m in MAIN if m in values_a and m in values_b}
    change = float(np.mean([after - before for before, after in values.values()] or [0.0]))
    return Change(question.id, question.question, change, values)
