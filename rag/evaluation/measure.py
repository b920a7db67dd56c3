"""What a run is worth: retrieval, answers, abstention and speed, each with its 95 % interval.

**Which questions count.** Retrieval and what an answer contains are measured on the questions
that the lectures answer; abstention and its risk on all; what an answer cites on those that
cite something. A question that is not in the run is left out; one that failed counts as having
retrieved nothing.

**Intervals** are percentile bootstraps over questions (`rag.evaluation.bootstrap`). All measures
of a group are taken on the same resamples. `rag.evaluation.retrieval` says what counts as right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import ir_measures
import numpy as np

from rag.evaluation.abstention import (
    RiskPoint,
    areas_under_risk,
    calibration_errors,
    risk_coverage,
)
from rag.evaluation.answers import answer_values
from rag.evaluation.bootstrap import RESAMPLES, Statistic, bootstrap_interval
from rag.evaluation.measures import (
    ABSTENTION_ACCURACY,
    ANSWER_NAMES,
    CALIBRATION_ERROR,
    DOUBTED,
    JUDGED,
    MEDIANS,
    NOTICED,
    REFUSED,
    RETRIEVAL,
    RETRIEVAL_NAMES,
    STAGES,
    SUCCESS,
    Figure,
    figure,
)
from rag.evaluation.questions import Question, check_grouping, grouped
from rag.evaluation.retrieval import ranked_items
from rag.evaluation.run_file import Run, RunLine

GROUP_BY = ("type", "lang")

#: Values of each question by the name of the measure, by question id.
PerQuestion = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class RunFigures:
    """All figures of a run. Groups are "all" and, as "type: how", those of the fields grouped by."""

    figures: tuple[Figure, ...]
    per_question: PerQuestion
    risk_coverage: tuple[RiskPoint, ...] = ()

    def get(self, metric: str, group: str = "all") -> Figure | None:
        """One figure; None where the run does not have it."""
        return next((f for f in self.figures if (f.metric, f.group) == (metric, group)), None)

    def figure(self, metric: str, group: str = "all") -> Figure:
        """One figure; raises KeyError where the run does not have it."""
        if (one := self.get(metric, group)) is None:
            raise KeyError(f"no {metric!r} for {group!r}")
        return one

    def value(self, metric: str, group: str = "all") -> float:
        """One value; raises KeyError where the run does not have it."""
        return self.figure(metric, group).value

    @property
    def groups(self) -> list[str]:
        """The groups in order."""
        return list(dict.fromkeys(one.group for one in self.figures))

    @property
    def stages(self) -> list[str]:
        """What seconds were taken of, as "seconds rerank", in pipeline order; the whole last."""
        timed = dict.fromkeys(
            one.metric.removesuffix(" p50")
            for one in self.figures
            if one.group == "all" and one.metric.endswith(" p50")
        )
        ordered = [f"seconds {stage}" for stage in _STAGE_ORDER if f"seconds {stage}" in timed]
        others = [stage for stage in timed if stage not in ordered and stage != "seconds"]
        return ordered + others + (["seconds"] if "seconds" in timed else [])

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that `json.dumps` takes; figures are called rows."""
        values = asdict(self)
        return {"rows": values.pop("figures")} | values


_STAGE_ORDER = ("encode", "retrieve", "rerank", "evidence", "first words", "generate", "ground")


def measure_run(
    questions: Sequence[Question],
    run: Run,
    *,
    by: Sequence[str] = GROUP_BY,
    verdicts: Mapping[str, bool] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> RunFigures:
    """Measure a run; see the module for what counts.

    Args:
        questions: With their gold pages; those that the run does not hold are left out.
        run: As read; measures of answers are left out where it has none.
        by: Fields of the questions whose values are measured as groups.
        verdicts: A judge's, by question id; they become the measure "judged right".
        resamples: How many bootstrap resamples the intervals are taken of.
        seed: The same run and seed give the same intervals.

    Raises:
        BadQuestionFile: no question has one of the fields in `by`.
    """
    questions = [question for question in questions if question.id in run.lines]
    check_grouping(questions, by)
    per_question = question_values(questions, run, verdicts or {})
    curve = risk_coverage(
        {q.id: score for q in questions if (score := run.lines[q.id].score) is not None},
        {q.id for q in questions if per_question[q.id].get(SUCCESS, 0) > 0},
    )
    figures: list[Figure] = []
    for name, members in grouped(questions, by).items():
        group = _Group(name, members, run, per_question, resamples, seed)
        figures += group.figures()
    return RunFigures(tuple(figures), per_question, tuple(curve))


def question_values(
    questions: Sequence[Question], run: Run, verdicts: Mapping[str, bool]
) -> PerQuestion:
    """The value of every measure that is defined on a single question."""
    per_question: PerQuestion = {question.id: {} for question in questions}
    for stage in STAGES:
        judgements, rankings = ranked_items(questions, run, stage)
        for metric in ir_measures.iter_calc(list(RETRIEVAL), judgements, rankings):
            name = f"{stage} {metric.measure}"
            per_question[metric.query_id][name] = float(metric.value)
    for question in questions:
        line = run.lines[question.id]
        values = per_question[question.id]
        if run.generated:
            values.update(answer_values(question, line))
        if question.id in verdicts:
            values[JUDGED] = float(verdicts[question.id])
        if not line.error:
            if run.generated:
                values[ABSTENTION_ACCURACY] = float(line.abstained != question.answerable)
                unsure = float(line.grade != "answered")
                if question.answerable:
                    values |= {REFUSED: float(line.abstained), DOUBTED: unsure}
                else:
                    values[NOTICED] = unsure
            values["seconds"] = line.seconds
            values.update({f"seconds {stage}": value for stage, value in line.stages.items()})
    return per_question


@dataclass(frozen=True)
class _Group:
    """Questions that are measured together, on the same resamples."""

    name: str
    questions: Sequence[Question]
    run: Run
    per_question: PerQuestion
    resamples: int
    seed: int

    @property
    def lines(self) -> list[RunLine]:
        return [self.run.lines[question.id] for question in self.questions]

    @property
    def succeeded(self) -> np.ndarray:
        return np.array([not line.error for line in self.lines])

    def figures(self) -> list[Figure]:
        """All figures of the group; risk and times are those of all questions alone."""
        figures = [
            *(
                self._mean(name, self._column(name))
                for name in (*RETRIEVAL_NAMES, *ANSWER_NAMES, JUDGED, ABSTENTION_ACCURACY)
            ),
            *self._abstention(),
            *(self._mean(name, self._column(name)) for name in (NOTICED, REFUSED, DOUBTED)),
        ]
        if self.name == "all":
            figures += [
                *self._of_scores(),
                self._mean("failed", (~self.succeeded).astype(float)),
                *self._times(),
                self._speed(),
            ]
        return [one for one in figures if one is not None]

    def _figure(self, name: str, counted: np.ndarray, statistic: Statistic) -> Figure | None:
        """A figure of the questions for which `counted` is true; None where it is undefined."""
        n = len(self.questions)
        value = float(statistic(np.arange(n)[None, :])[0])
        if np.isnan(value):
            return None
        interval = bootstrap_interval(n, statistic, resamples=self.resamples, seed=self.seed)
        if np.isnan(interval[0]):
            interval = (value, value)
        return figure(self.name, name, value, interval, int(counted.sum()))

    def _column(self, name: str) -> np.ndarray:
        """A measure's value by question, shape (n,); NaN where it does not apply."""
        return np.array([self.per_question[q.id].get(name, np.nan) for q in self.questions])

    def _mean(self, name: str, values: np.ndarray) -> Figure | None:
        """The mean, or the median, over the questions to which a measure applies."""
        applies = ~np.isnan(values)
        if name in MEDIANS:
            return self._figure(name, applies, _percentile(values, 50))
        return self._figure(name, applies, _ratio_of_sums(np.where(applies, values, 0.0), applies))

    def _abstention(self) -> list[Figure | None]:
        """Precision, recall and F1 of abstaining."""
        succeeded = self.succeeded
        abstained = succeeded & np.array([line.abstained for line in self.lines])
        unanswerable = succeeded & np.array([not q.answerable for q in self.questions])
        if not (self.run.generated and unanswerable.any()):
            return []
        right = abstained & unanswerable
        both = abstained.astype(int) + unanswerable.astype(int)
        return [
            self._figure("abstention precision", abstained, _ratio_of_sums(right, abstained)),
            self._figure("abstention recall", unanswerable, _ratio_of_sums(right, unanswerable)),
            self._figure(
                "abstention F1", abstained | unanswerable, _ratio_of_sums(2 * right, both)
            ),
        ]

    def _of_scores(self) -> list[Figure | None]:
        """The area under the risk-coverage curve, and the confidence's calibration error."""
        scores = np.array([np.nan if line.score is None else line.score for line in self.lines])
        right = np.nan_to_num(self._column(SUCCESS)) > 0
        answerable = np.array([question.answerable for question in self.questions])
        area = self._figure(
            "area under risk",
            ~np.isnan(scores),
            lambda positions: areas_under_risk(scores, right, positions),
        )
        if answerable.all():  # nothing that the confidence could tell apart
            return [area]
        error = self._figure(
            CALIBRATION_ERROR,
            ~np.isnan(scores),
            lambda positions: calibration_errors(scores, answerable, positions),
        )
        return [area, error]

    def _times(self) -> list[Figure | None]:
        """Median and 95th percentile of the whole time and of each stage's, in seconds."""
        names = dict.fromkeys(
            name
            for question in self.questions
            for name in self.per_question[question.id]
            if name.startswith("seconds")
        )
        figures = []
        for name in names:
            seconds = self._column(name)
            for percent in (50, 95):
                statistic = _percentile(seconds, percent)
                figures.append(self._figure(f"{name} p{percent}", ~np.isnan(seconds), statistic))
        return figures

    def _speed(self) -> Figure | None:
        """Tokens that the language model wrote in a second."""
        tokens = np.array([float(line.tokens) for line in self.lines])
        if not tokens.any():
            return None
        writing = np.array([line.stages.get("generate", 0.0) for line in self.lines])
        return self._figure("tokens per second", tokens > 0, _ratio_of_sums(tokens, writing))


def _ratio_of_sums(above: np.ndarray, below: np.ndarray) -> Statistic:
    """The sum of one value a question over that of another; NaN where the second is 0."""

    def statistic(positions: np.ndarray) -> np.ndarray:
        sums, divisors = above[positions].sum(axis=1), below[positions].sum(axis=1)
        undefined = np.full(len(positions), np.nan)
        return np.divide(sums, divisors, out=undefined, where=divisors > 0)

    return statistic


def _percentile(values: np.ndarray, percent: float) -> Statistic:
    """A percentile of the values that are not NaN, linear between neighbours."""
    if np.isnan(values).any():
        return lambda positions: _nan_percentile(values[positions], percent)
    return lambda positions: np.percentile(values[positions], percent, axis=1)


def _nan_percentile(values: np.ndarray, percent: float) -> np.ndarray:
    result: np.ndarray = np.full(len(values), np.nan)
    defined = ~np.isnan(values).all(axis=1)
    if defined.any():
        result[defined] = np.nanpercentile(values[defined], percent, axis=1)
    return result
