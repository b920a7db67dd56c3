"""A run analysed: its figures, and the curves, counts and outcomes that charts and pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.store import Library
from rag.evaluation.abstention import (
    CalibrationBin,
    RiskPoint,
    ScoreBin,
    calibration_curve,
    risk_at,
    score_histogram,
    scored_questions,
    thresholds_of,
)
from rag.evaluation.measure import GROUP_BY, RunFigures, measure_run
from rag.evaluation.measures import STAGES, SUCCESS
from rag.evaluation.questions import Question
from rag.evaluation.retrieval import RecallPoint, first_right_rank, rank_moves, recall_curve
from rag.evaluation.run_file import PageReference, Run
from rag.types import Grade

#: What can become of a question, worst first.
OUTCOMES = (
    "failed",
    "no right passage among 10",
    "no right passage among 5",
    "first passage wrong",
    "first passage right",
    "keywords missing",
    "keywords matched",
    "abstained wrongly",
    "doubted wrongly",
    "answered wrongly",
    "doubted rightly",
    "abstained rightly",
)
_VERBS: dict[Grade, str] = {
    "answered": "answered",
    "doubtful": "doubted",
    "not_answered": "abstained",
}


@dataclass(frozen=True, slots=True)
class StageTime:
    """Seconds of a stage, or of the whole pipeline ("total"): median and 95th percentile."""

    stage: str
    median: float
    p95: float


@dataclass(frozen=True)
class RunAnalysis:
    """A run under a name of its own, with what there is to show of it."""

    name: str
    run: Run
    questions: tuple[Question, ...]
    figures: RunFigures

    @cached_property
    def recall(self) -> list[RecallPoint]:
        """Recall over the passages looked at, of both stages where they differ."""
        stages = STAGES if self.run.reranks else STAGES[1:]
        return [p for stage in stages for p in recall_curve(self.questions, self.run, stage)]

    @cached_property
    def moves(self) -> dict[str, int]:
        """How many questions reranking moved by how much; see `rank_moves`."""
        return rank_moves(self.questions, self.run)

    @cached_property
    def times(self) -> list[StageTime]:
        """Seconds of each stage, the whole last."""
        return [
            StageTime(
                stage.removeprefix("seconds ") if stage != "seconds" else "total",
                self.figures.value(f"{stage} p50"),
                self.figures.value(f"{stage} p95"),
            )
            for stage in self.figures.stages
        ]

    @cached_property
    def scores(self) -> list[ScoreBin]:
        """Abstention scores of questions with and without an answer."""
        return score_histogram(scored_questions(self.questions, self.run))

    @cached_property
    def calibration(self) -> dict[str, list[CalibrationBin]]:
        """Over the abstention score: how often the lectures answer, and how often a passage is right."""
        scored = scored_questions(self.questions, self.run)
        values = self.figures.per_question
        return {
            "answerable": calibration_curve([(s, q.answerable) for s, q in scored]),
            "right passage among five": calibration_curve(
                [(s, values[q.id].get(SUCCESS, 0.0) > 0) for s, q in scored]
            ),
        }

    @property
    def thresholds(self) -> list[float]:
        """The scores below which the pipeline refused, and doubted, ascending."""
        return thresholds_of(self.run)

    @property
    def operating_points(self) -> list[RiskPoint]:
        """Where the thresholds are on the risk-coverage curve; those that no score reaches are left out."""
        points = (risk_at(self.figures.risk_coverage, one) for one in self.thresholds)
        return [point for point in points if point is not None]

    def outcomes(self, question: Question) -> list[str]:
        """What became of a question, of `OUTCOMES`; empty where the run does not hold it."""
        line = self.run.lines.get(question.id)
        if line is None:
            return []
        outcomes = ["failed"] if line.error else []
        if question.answerable:
            rank = first_right_rank(question, line.reranked)
            outcomes.append("first passage right" if rank == 1 else "first passage wrong")
            outcomes += [
                f"no right passage among {limit}"
                for limit in (5, 10)
                if rank is None or rank > limit
            ]
            keywords = self.figures.per_question[question.id].get("keywords")
            if keywords is not None:
                outcomes.append("keywords matched" if keywords else "keywords missing")
            if line.grade != "answered":
                outcomes.append(f"{_VERBS[line.grade]} wrongly")
        elif self.run.generated and not line.error:
            right = "wrongly" if line.grade == "answered" else "rightly"
            outcomes.append(f"{_VERBS[line.grade]} {right}")
        return outcomes


def analyse(
    questions: Sequence[Question], runs: Sequence[Run], by: Sequence[str] = GROUP_BY
) -> list[RunAnalysis]:
    """Measure runs; those of one name get a number behind it.

    Raises:
        BadQuestionFile: no question has one of the fields in `by`.
    """
    return [
        RunAnalysis(
            name,
            run,
            tuple(q for q in questions if q.id in run.lines),
            measure_run(questions, run, by=by),
        )
        for name, run in zip(unique_names(runs), runs, strict=True)
    ]


def unique_names(runs: Sequence[Run]) -> list[str]:
    """Names of runs, with a number behind those that another one before has."""
    names: list[str] = []
    for run in runs:
        name, number = run.name, 2
        while name in names:
            name, number = f"{run.name} {number}", number + 1
        names.append(name)
    return names


class SourceTexts:
    """The texts of passages and pages, where a library has them."""

    def __init__(self, library: Library | None) -> None:
        """Read all texts of a library; none without one."""
        self._content_hash = library.content_hash() if library else ""
        self._passages: dict[str, str] = {}
        self._pages: dict[tuple[str, int], str] = {}
        for document in library.documents() if library else ():
            for passage in library.passages(document.id) if library else ():
                self._passages[passage.id] = passage.text
            for page in library.pages(document.id) if library else ():
                self._pages[document.file, page.number] = page.text

    def passage(self, reference: PageReference, meta: Mapping[str, object]) -> str:
        """The passage; of a run that was made with another library, the last of its pages."""
        same_library = meta.get("library") == self._content_hash
        if same_library and reference.passage in self._passages:
            return self._passages[reference.passage]
        return self.page(reference.doc, reference.pages[-1])

    def page(self, doc: str, page: int) -> str:
        """A page's text; "" where the library does not have it."""
        return self._pages.get((doc, page), "").strip()
