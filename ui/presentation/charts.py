"""The charts of an evaluation, drawn with altair: one set for report, sweep page and app.

Each function takes values of `rag.evaluation` and gives a chart without size or theme; None
where there is nothing to draw. `text` translates the words of a chart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt

from rag.evaluation.analysis import RunAnalysis
from rag.evaluation.measures import CUTOFFS
from ui.presentation.formats import seconds_text, value_text

if TYPE_CHECKING:
    from rag.evaluation.sweep import SweepResult


Text = Callable[[str], str]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart

_LEAST_SECONDS = 1e-5  # a logarithmic axis has no 0
_SECONDS_LABEL = (
    "datum.value >= 1 ? format(datum.value, '.12~g') + ' s' : datum.value >= 0.00099"
    " ? format(datum.value * 1000, '.3~g') + ' ms' : format(datum.value * 1e6, '.3~g') + ' µs'"
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours: of series in turn (empty: those of the theme), of better, worse and neither."""

    series: tuple[str, ...]
    good: str
    bad: str
    neutral: str


#: Colours that can be read on a light and on a dark ground.
APP = Palette((), good="#21a06b", bad="#e0506f", neutral="#808495")


def recall(
    analyses: Sequence[RunAnalysis], palette: Palette = APP, text: Text = str
) -> Chart | None:
    """Recall over the number of passages looked at; dashed is the first stage."""
    labels = {"reranked": text("last stage"), "retrieved": text("first stage")}
    curves = [
        {"run": a.name, "stage": labels[p.stage], "k": p.cutoff, "recall": p.recall}
        for a in analyses
        for p in a.recall
    ]
    if not curves:
        return None
    points = []
    for number, analysis in enumerate(analyses):
        aside = 0.25 * (number - (len(analyses) - 1) / 2)  # intervals beside each other
        for k in CUTOFFS:
            if (one := analysis.figures.get(f"reranked R@{k}")) is not None:
                interval = f"{value_text(one.low)} – {value_text(one.high)}"
                tip = f"{analysis.name}: R@{k} {value_text(one.value)} ({interval})"
                row = {"run": analysis.name, "k": k + aside, "recall": one.value, "tip": tip}
                points.append(row | {"low": one.low, "high": one.high})
    color = _by_run(analyses, palette)
    x = alt.X(
        "k:Q",
        title=text("passages looked at"),
        scale=alt.Scale(domain=[0, 20.5], nice=False),
        axis=alt.Axis(values=[1, 3, 5, 10, 15, 20], grid=False),
    )
    y = alt.Y("recall:Q", title=text("recall"), scale=alt.Scale(domain=[0, 1]))
    both = any(analysis.run.reranks for analysis in analyses)
    dash = alt.StrokeDash(
        "stage:N",
        title=None,
        sort=list(labels.values()),
        scale=alt.Scale(domain=list(labels.values()), range=[[1, 0], [4, 3]]),
        legend=alt.Legend(orient="bottom") if both else None,
    )
    lines = _chart(curves).mark_line(strokeWidth=2).encode(x=x, y=y, color=color, strokeDash=dash)
    whiskers = _chart(points).mark_rule(opacity=0.6).encode(
        x="k:Q", y="low:Q", y2="high:Q", color=color
    )  # fmt: skip
    dots = _chart(points).mark_circle(size=40, opacity=1).encode(
        x="k:Q", y="recall:Q", color=color, tooltip="tip:N", description="tip:N"
    )  # fmt: skip
    return alt.layer(lines, whiskers, dots)


def rank_moves(analysis: RunAnalysis, palette: Palette = APP, text: Text = str) -> Chart | None:
    """By how many ranks the first right passage rose or fell in reranking, in questions."""
    if not analysis.run.reranks:
        return None
    rows = []
    for label, count in analysis.moves.items():
        direction = label.split()[0] if label.startswith(("up", "down")) else "none"
        rows.append({"move": text(label), "direction": direction, "questions": count})
    y = alt.Y("move:N", sort=None, title=None)
    x = alt.X("questions:Q", title=text("questions"), axis=alt.Axis(grid=False, tickMinStep=1))
    colors = [palette.good, palette.bad, palette.neutral]
    bars = _chart(rows).mark_bar().encode(
        y=y,
        x=x,
        color=alt.Color(
            "direction:N",
            legend=None,
            scale=alt.Scale(domain=["up", "down", "none"], range=colors),
        ),
        opacity=alt.condition("datum.direction == 'none'", alt.value(0.45), alt.value(1)),
        tooltip=["move:N", "questions:Q"],
    )  # fmt: skip
    counts = (
        _chart(rows)
        .mark_text(align="left", dx=4, color=palette.neutral)
        .encode(y=y, x="questions:Q", text="questions:Q")
    )
    return alt.layer(bars, counts).properties(height=240)


def stage_times(
    analyses: Sequence[RunAnalysis], palette: Palette = APP, text: Text = str
) -> Chart | None:
    """Seconds of each stage: a bar to the median, a line to the 95th percentile."""
    rows: list[dict[str, Any]] = []
    stages: dict[str, None] = {}
    for analysis in analyses:
        for time in analysis.times:
            stage = text("total") if time.stage == "total" else time.stage  # names of the pipeline
            stages.setdefault(stage)
            tip = f"{analysis.name}, {stage}: p50 {seconds_text(time.median)}"
            row: dict[str, Any] = {"run": analysis.name, "stage": stage}
            row["tip"] = f"{tip}, p95 {seconds_text(time.p95)}"
            seconds = (max(time.median, _LEAST_SECONDS), max(time.p95, _LEAST_SECONDS))
            rows.append(row | {"median": seconds[0], "p95": seconds[1]})
    if not rows:
        return None
    low = 10.0 ** math.floor(math.log10(min(row["median"] for row in rows)) - 0.01)
    high = 10.0 ** math.ceil(math.log10(max(row["p95"] for row in rows)) + 0.01)
    total = text("total")
    order = [stage for stage in stages if stage != total] + [total]
    chart = _chart([row | {"low": low} for row in rows])
    y = alt.Y("stage:N", sort=order, title=None)
    x = alt.X(
        "low:Q",
        title=None,
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(values=_decades(low, high), labelExpr=_SECONDS_LABEL),
    )
    offset = alt.YOffset("run:N", sort=[analysis.name for analysis in analyses])
    color = _by_run(analyses, palette)
    bars = chart.mark_bar().encode(
        y=y, yOffset=offset, x=x, x2="median:Q", color=color, tooltip="tip:N", description="tip:N"
    )
    lines = chart.mark_rule().encode(y=y, yOffset=offset, x="median:Q", x2="p95:Q", color=color)
    height = 70 + max(len(order) * (14 * len(analyses) + 8), 120)
    return alt.layer(bars, lines).properties(height=height)


def abstention_scores(
    analysis: RunAnalysis, palette: Palette = APP, text: Text = str
) -> Chart | None:
    """Histogram of the score: questions that the lectures answer above 0, others below."""
    kinds = (text("answerable"), text("not answerable"))
    rows = []
    for scores in analysis.scores:
        for kind, count, sign in (
            (kinds[0], scores.answerable, 1),
            (kinds[1], scores.unanswerable, -1),
        ):
            if count:
                tip = f"{scores.low:.2f} – {scores.high:.2f}: {count} {kind}"
                row = {"low": scores.low, "high": scores.high, "kind": kind, "tip": tip}
                rows.append(row | {"questions": sign * count})
    if not rows:
        return None
    left = analysis.scores[0].low
    bars = _chart(rows).mark_bar(binSpacing=1).encode(
        x=alt.X(
            "low:Q", title=text("confidence"), bin="binned", scale=alt.Scale(domain=[left, 1])
        ),
        x2="high:Q",
        y=alt.Y(
            "questions:Q",
            title=text("questions"),
            axis=alt.Axis(labelExpr="abs(datum.value)", tickMinStep=1),
        ),
        color=alt.Color(
            "kind:N",
            title=None,
            legend=alt.Legend(orient="bottom"),
            scale=alt.Scale(domain=list(kinds), range=[palette.good, palette.bad]),
        ),
        tooltip="tip:N",
        description="tip:N",
    )  # fmt: skip
    return _with_threshold([bars], analysis, palette)


def calibration(analysis: RunAnalysis, palette: Palette = APP, text: Text = str) -> Chart | None:
    """How often the lectures answer, and a passage is right, in tenths of the questions by score."""
    rows = []
    for kind, bins in analysis.calibration.items():
        for one in bins:
            tip = f"{text(kind)}: {one.share:.0%} / {one.n} ({one.low:.0%} – {one.high:.0%})"
            row = {"kind": text(kind), "score": one.score, "share": one.share, "tip": tip}
            rows.append(row | {"low": one.low, "high": one.high})
    if not rows:
        return None
    kinds = [text(kind) for kind in analysis.calibration]
    answerable = analysis.calibration["answerable"]
    color = alt.Color(
        "kind:N",
        title=None,
        legend=alt.Legend(orient="bottom"),
        scale=_colors(kinds, palette),
    )
    x = alt.X(
        "score:Q",
        title=text("confidence, mean of a tenth"),
        scale=alt.Scale(domain=[min([0.0, *(one.score for one in answerable)]), 1]),
    )
    y = alt.Y("share:Q", title=text("share of questions"), scale=alt.Scale(domain=[0, 1]))
    lines = _chart(rows).mark_line(strokeWidth=1.6).encode(x=x, y=y, color=color)
    whiskers = _chart(rows).mark_rule(opacity=0.6).encode(
        x=x, y="low:Q", y2="high:Q", color=color
    )  # fmt: skip
    dots = _chart(rows).mark_circle(size=40, opacity=1).encode(
        x=x, y=y, color=color, tooltip="tip:N", description="tip:N"
    )  # fmt: skip
    return _with_threshold([lines, whiskers, dots], analysis, palette)


def risk_coverage(
    analyses: Sequence[RunAnalysis], palette: Palette = APP, text: Text = str
) -> Chart | None:
    """Error over coverage as the threshold falls; the dots are the run's own thresholds."""
    rows, dots = [], []
    for analysis in analyses:
        curve = analysis.figures.risk_coverage
        if curve:
            rows.append({"run": analysis.name, "coverage": 0.0, "risk": curve[0].risk})
        rows += [{"run": analysis.name, "coverage": p.coverage, "risk": p.risk} for p in curve]
        for point in analysis.operating_points:
            tip = f"{analysis.name}: {point.coverage:.0%} / {point.risk:.0%}"
            row = {"run": analysis.name, "coverage": point.coverage, "risk": point.risk}
            dots.append(row | {"tip": tip})
    if not rows:
        return None
    color = _by_run(analyses, palette)
    unit = alt.Scale(domain=[0, 1])
    x = alt.X("coverage:Q", title=text("share of questions answered"), scale=unit)
    y = alt.Y("risk:Q", title=text("share of them wrong"), scale=unit)
    lines = _chart(rows).mark_line(strokeWidth=2).encode(x=x, y=y, color=color, order="coverage:Q")
    points = _chart(dots).mark_circle(size=70, opacity=1).encode(
        x=x, y=y, color=color, tooltip="tip:N", description="tip:N"
    )  # fmt: skip
    return alt.layer(lines, points) if dots else lines


def sweep(
    results: Sequence[SweepResult], quality: str, palette: Palette = APP, text: Text = str
) -> Chart | None:
    """Quality over seconds, each point with its number; the Pareto front is joined."""
    if not results:
        return None
    rows = []
    for result in results:
        values = ", ".join(f"{name} = {value}" for name, value in result.point.items())
        row: dict[str, Any] = {"number": str(result.number), "best": result.best}
        row["tip"] = f"{result.number}: {values}; {value_text(result.quality)}"
        row["seconds"] = max(result.seconds, 1e-6)
        rows.append(row | {"quality": result.quality, "low": result.low, "high": result.high})
    low, high = (pick(row["seconds"] for row in rows) for pick in (min, max))
    x = alt.X(
        "seconds:Q",
        title=text("median seconds of a question"),
        scale=alt.Scale(type="log", domain=[low * 0.8, high * 1.25], nice=False),
        axis=alt.Axis(labelExpr=_SECONDS_LABEL, tickCount=6),
    )
    y = alt.Y("quality:Q", title=quality, scale=alt.Scale(zero=False))
    first = alt.value(palette.series[0]) if palette.series else alt.value(palette.good)
    color = alt.condition("datum.best", first, alt.value(palette.neutral))
    front = _chart([row for row in rows if row["best"]]).mark_line(strokeWidth=1.6).encode(
        x=x, y=y, color=first
    )  # fmt: skip
    whiskers = _chart(rows).mark_rule(opacity=0.6).encode(
        x=x, y="low:Q", y2="high:Q", color=color
    )  # fmt: skip
    dots = _chart(rows).mark_circle(size=70, opacity=1).encode(
        x=x, y=y, color=color, tooltip="tip:N", description="tip:N"
    )  # fmt: skip
    numbers = (
        _chart(rows)
        .mark_text(align="left", dx=7, dy=-7)
        .encode(x=x, y=y, text="number:N", color=color)
    )
    return alt.layer(front, whiskers, dots, numbers)


def legible(chart: Chart) -> Chart:
    """A chart whose labels are not cut: those of axes stand whole, a legend's fill its width."""
    room = alt.expr("max(width - 40, 120)")
    return chart.configure_axis(labelLimit=0, titleLimit=0).configure_legend(
        labelLimit=room, symbolLimit=0, columns=1
    )


def _chart(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.Data(values=list(rows)))


def _by_run(analyses: Sequence[RunAnalysis], palette: Palette) -> alt.Color:
    """The colour of a run, the same in every chart; a legend where there are several."""
    names = [analysis.name for analysis in analyses]
    legend = alt.Legend(orient="bottom") if len(names) > 1 else None
    return alt.Color("run:N", title=None, legend=legend, scale=_colors(names, palette))


def _colors(names: Sequence[str], palette: Palette) -> alt.Scale:
    """A colour of the palette for each name, those of the theme where it has none."""
    count = len(palette.series)
    if not count:
        return alt.Scale(domain=list(names))
    return alt.Scale(
        domain=list(names), range=[palette.series[n % count] for n in range(len(names))]
    )


def _with_threshold(layers: Sequence[alt.Chart], analysis: RunAnalysis, palette: Palette) -> Chart:
    """A chart over the score, with dotted lines at the thresholds of refusal and of doubt."""
    marks = []
    for threshold in analysis.thresholds:
        row = [{"threshold": threshold, "label": f"{threshold:.2f}"}]
        line = (
            _chart(row)
            .mark_rule(strokeDash=[2, 3], color=palette.neutral)
            .encode(x="threshold:Q", tooltip="label:N")
        )
        # The lower label is left of its line and the upper one right, so that they stay apart.
        left = threshold > 0.9 or (threshold > 0.1 and threshold == analysis.thresholds[0])
        label = (
            _chart(row)
            .mark_text(
                align="right" if left else "left", dx=-4 if left else 4, color=palette.neutral
            )
            .encode(x="threshold:Q", y=alt.value(8), text="label:N")
        )
        marks += [line, label]
    return alt.layer(*layers, *marks)


def _decades(low: float, high: float) -> list[float]:
    """The powers of ten in a range that begins and ends with one."""
    first, last = round(math.log10(low)), round(math.log10(high))
    return [10.0**power for power in range(first, last + 1)]
