"""Pages about runs and sweeps that open anywhere: one file, no network, nothing beside it.

Templates escape all that comes from documents, questions or models, and a page's own policy
forbids it to load anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ingest.store import Library
from rag.evaluation.analysis import OUTCOMES, RunAnalysis, SourceTexts, analyse
from rag.evaluation.compare import RunComparison, compare
from rag.evaluation.measure import GROUP_BY
from rag.evaluation.measures import RETRIEVAL, STAGES
from rag.evaluation.questions import Question
from rag.evaluation.retrieval import first_right_rank
from rag.evaluation.run_file import PageReference, Run, RunLine
from rag.types import Grade
from ui.presentation import charts
from ui.presentation.formats import (
    interval_text,
    seconds_text,
    signed_interval_text,
    signed_text,
    value_text,
)
from ui.presentation.measures import compared_in_short, explained, in_short
from ui.presentation.svg import PAGE, to_svg
from ui.presentation.tables import risk_table, sweep_table

if TYPE_CHECKING:
    from rag.evaluation.sweep import SweepResult


LISTED_PASSAGES = 10  # of a question
_UNANSWERABLE_BADGES: dict[Grade, tuple[str, str]] = {
    "answered": ("answered", "bad"),
    "doubtful": ("doubtful", "middle"),
    "not_answered": ("abstained", "good"),
}
PASSAGES_WITH_TEXT = 5  # of these, those whose text is on the page
BY_GROUP = (
    "reranked Success@1",
    "reranked Success@5",
    "reranked R@10",
    "reranked nDCG@10",
    "lead keywords",
    "keywords",
    "citation precision",
    "abstention accuracy",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its title and what it shows."""

    title: str
    caption: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage of a question: `previous_rank` is that before reranking, where it was another."""

    reference: PageReference
    right: bool
    previous_rank: int | None
    text: str


@dataclass(frozen=True, slots=True)
class RunView:
    """What one run made of a question."""

    analysis: RunAnalysis
    line: RunLine
    badge: str
    quality: str  # "good", "middle" or "bad"
    passages: list[PassageView]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with its groups, outcomes by run name, gold pages and runs."""

    anchor: str
    question: Question
    groups: list[str]
    outcomes: list[tuple[str, str]]
    gold: list[tuple[str, int, str]]  # file, page, text
    runs: list[RunView]


def write_report(
    questions: Sequence[Question],
    runs: Sequence[Run],
    library: Library | None,
    path: Path,
    *,
    by: Sequence[str] = GROUP_BY,
) -> Path:
    """Measure runs and write the page.

    Args:
        questions: With their gold pages; those that no run holds are left out.
        runs: At least one; the others are compared with the first.
        library: Where the texts of passages and gold pages are read. Without it, or where it
            does not have them, the page names the pages alone.
        path: The HTML file; its folder is made.
        by: Fields of the questions whose groups are measured, and by which they are filtered.

    Raises:
        BadQuestionFile: no question has one of the fields in `by`.
    """
    if not runs:
        raise ValueError("a report needs at least one run")
    analyses = analyse(questions, runs, by)
    held = [q for q in questions if any(q.id in run.lines for run in runs)]
    texts = SourceTexts(library)
    views = _question_views(held, analyses, texts, by)
    comparisons = _comparisons(questions, analyses, by)
    page = _environment().get_template("report.html.jinja")
    html = page.render(
        title=f"Katheder: {', '.join(analysis.name for analysis in analyses)}",
        written=datetime.now(UTC),
        analyses=analyses,
        several=len(analyses) > 1,
        questions=views,
        unanswerable=sum(not question.answerable for question in held),
        stages=STAGES if any(run.reranks for run in runs) else STAGES[1:],
        retrieval=[str(measure) for measure in RETRIEVAL],
        answer_metrics=_answer_metrics(analyses),
        time_stages=list(dict.fromkeys(s for a in analyses for s in a.figures.stages)),
        groups=list(dict.fromkeys(g for a in analyses for g in a.figures.groups if g != "all")),
        group_metrics=[m for m in BY_GROUP if any(a.figures.get(m) for a in analyses)],
        charts=_figures(analyses),
        risks=[
            (a, risk_table(a.figures.risk_coverage)) for a in analyses if a.figures.risk_coverage
        ],
        comparisons=comparisons,
        short=in_short(analyses[0]),
        compared_short=[(other, compared_in_short(one)) for other, one in comparisons],
        explanations=explained([one.metric for a in analyses for one in a.figures.figures]),
        anchors={view.question.id: view.anchor for view in views},
        filters=_filters(held, by),
        outcomes=_outcomes(views),
        conditions=[(a, list(_flat({**a.run.meta, "questions": None}))) for a in analyses],
        listed=LISTED_PASSAGES,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")
    return path


def write_sweep_page(
    results: Sequence[SweepResult], quality: str, questions: str, path: Path
) -> Path:
    """Write the page of a sweep: quality over time, and the table.

    Args:
        results: As `rag.evaluation.sweep.sweep` gives them at its end.
        quality: The measure that they are sorted by.
        questions: The name of the question file.
        path: The HTML file.
    """
    chart = charts.sweep(results, quality, PAGE)
    html = _environment().get_template("sweep.html.jinja").render(
        title="Katheder: a sweep",
        count=len(results),
        questions=questions,
        chart=to_svg(chart, f"{quality} over seconds") if chart is not None else "",
        table=sweep_table(results, quality),
    )  # fmt: skip
    path.write_text(html, encoding="utf-8")
    return path


@cache
def _environment() -> Environment:
    """Templates of this package, escaping everything that is put into them."""
    environment = Environment(
        loader=PackageLoader("ui.presentation", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "value": value_text,
        "interval": interval_text,
        "signed": signed_text,
        "signed_interval": signed_interval_text,
        "seconds": seconds_text,
    }
    environment.globals["asset"] = _asset
    environment.globals["color"] = lambda number: f"s{number % len(PAGE.series)}"
    return environment


def _asset(name: str) -> Markup:
    """A style or script of this package, unescaped."""
    return Markup(files("ui.presentation").joinpath(name).read_text(encoding="utf-8"))


# ---- figures and charts ----


def _answer_metrics(analyses: Sequence[RunAnalysis]) -> list[str]:
    """All measures besides retrieval and time, in order."""
    names = dict.fromkeys(
        one.metric for a in analyses for one in a.figures.figures if one.group == "all"
    )
    return [name for name in names if not name.startswith((*STAGES, "seconds"))]


def _figures(analyses: Sequence[RunAnalysis]) -> list[Figure]:
    first = analyses[0]
    several = len(analyses) > 1
    of_first = f": {first.name}" if several else ""
    reranks = any(analysis.run.reranks for analysis in analyses)
    dashed = "; dashed is the first stage." if reranks else "."
    drawn = [
        (
            "Recall",
            f"Share of a question's gold passages among the first k. Bars are 95 % intervals{dashed}",
            charts.recall(analyses, PAGE),
        ),
        *(
            (
                f"Moved by reranking{f': {a.name}' if several else ''}",
                "Ranks by which the first right passage rose or fell, and for how many questions.",
                charts.rank_moves(a, PAGE),
            )
            for a in analyses
        ),
        (
            "Seconds by stage",
            "Bar to the median, line to the 95th percentile; logarithmic.",
            charts.stage_times(analyses, PAGE),
        ),
        (
            f"Abstention score{of_first}",
            "Confidence that the lectures answer: questions that they answer above, others "
            "below. The dotted lines are the thresholds below which the pipeline refuses, and "
            "doubts.",
            charts.abstention_scores(first, PAGE),
        ),
        (
            f"Calibration of the abstention score{of_first}",
            "Questions in tenths by their score: for how many the lectures have an answer, and "
            "how many have a right passage among five.",
            charts.calibration(first, PAGE),
        ),
        (
            "Risk and coverage",
            "If only the surest questions were answered: the share without a right passage among "
            "five. The dots are the run's own thresholds.",
            charts.risk_coverage(analyses, PAGE),
        ),
    ]
    return [
        Figure(title, caption, to_svg(chart, title))
        for title, caption, chart in drawn
        if chart is not None
    ]


def _comparisons(
    questions: Sequence[Question], analyses: Sequence[RunAnalysis], by: Sequence[str]
) -> list[tuple[RunAnalysis, RunComparison]]:
    first, *others = analyses
    return [(other, compare(questions, first.run, other.run, by=by)) for other in others]


# ---- questions ----


def _question_views(
    questions: Sequence[Question],
    analyses: Sequence[RunAnalysis],
    texts: SourceTexts,
    by: Sequence[str],
) -> list[QuestionView]:
    views: list[QuestionView] = []
    anchors: set[str] = set()
    for question in questions:
        anchor = _anchor(question.id, anchors)
        anchors.add(anchor)
        holding = [a for a in analyses if question.id in a.run.lines]
        views.append(
            QuestionView(
                anchor=anchor,
                question=question,
                groups=[f"{name}: {value}" for name in by for value in question.groups(name)],
                outcomes=[(a.name, outcome) for a in holding for outcome in a.outcomes(question)],
                gold=[(doc, page, texts.page(doc, page)) for doc, page in sorted(question.gold_pages)],
                runs=[_run_view(question, a, texts) for a in holding],
            )
        )  # fmt: skip
    return views


def _run_view(question: Question, analysis: RunAnalysis, texts: SourceTexts) -> RunView:
    line = analysis.run.lines[question.id]
    badge, quality = _badge(question, analysis.run, line)
    # A score is another one after reranking, so that passages are told by id and pages.
    ranks: dict[tuple[str, tuple[int, ...], str], int] = {}
    for rank, ref in enumerate(line.retrieved, start=1):
        ranks.setdefault((ref.doc, ref.pages, ref.passage), rank)
    passages = []
    for rank, ref in enumerate(line.reranked[:LISTED_PASSAGES], start=1):
        before = ranks.get((ref.doc, ref.pages, ref.passage))
        passages.append(
            PassageView(
                reference=ref,
                right=ref.shows(question.gold_pages),
                previous_rank=before if before != rank else None,
                text=texts.passage(ref, analysis.run.meta) if rank <= PASSAGES_WITH_TEXT else "",
            )
        )
    return RunView(analysis, line, badge, quality, passages)


def _badge(question: Question, run: Run, line: RunLine) -> tuple[str, str]:
    """A word or rank for the question's line, and whether it is good."""
    if line.error:
        return "failed", "bad"
    if not question.answerable:
        if not run.generated:
            return "–", "soft"
        return _UNANSWERABLE_BADGES[line.grade]
    rank = first_right_rank(question, line.reranked)
    if rank is None or rank > 5:
        return (str(rank) if rank else "–"), "bad"
    return str(rank), "good" if rank == 1 else "middle"


def _filters(questions: Sequence[Question], by: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The values that questions can be filtered by, for each field that has several."""
    values = [(name, sorted({v for q in questions for v in q.groups(name)})) for name in by]
    return [(name, options) for name, options in values if options]


def _outcomes(views: Sequence[QuestionView]) -> list[str]:
    present = {outcome for view in views for _, outcome in view.outcomes}
    return [outcome for outcome in OUTCOMES if outcome in present]


def _anchor(id: str, used: set[str]) -> str:
    base = "q-" + "".join(letter if letter.isalnum() else "-" for letter in id)
    anchor, number = base, 2
    while anchor in used:
        anchor, number = f"{base}-{number}", number + 1
    return anchor


def _flat(values: dict[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    """Nested values by dotted name; None is left out."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value
