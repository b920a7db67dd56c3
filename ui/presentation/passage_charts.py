"""Charts of one question's candidates: the ranks by stage, and the scores of each stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import altair as alt

from ingest.types import Passage
from rag.trace import ORDER, Trace
from rag.types import Stage
from ui.presentation.labels import OUTCOMES, STAGES

Text = Callable[[str], str]  # translates the words of a chart

TOOLTIP = {  # field: its title
    "citation": "Page",
    "heading": "Heading",
    "stage": "Stage",
    "rank": "Rank",
    "score": "Score",
    "outcome": "Outcome",
}
COLOURS = {  # by theme, in the order of OUTCOMES; what was not retrieved recedes
    "light": ("#b06000", "#1a5f7a", "#5a7686", "#84919a"),
    "dark": ("#e6a23c", "#6fb7cf", "#9fb4c0", "#65747d"),
}
RANKS_AXIS = "Rank (best at the top)"
LABELLED = 8  # passages with a label at the end of their line
_LETTER_WIDTH = 6.4  # points, of a label's average letter
_STAGE_WIDTH = 105  # points; where the labels would leave a stage less, they are the numbers alone

_IS_NARROW = "width < 560"  # names of stages take two lines there


def rank_chart(
    traces: Sequence[Trace],
    citation: Callable[[Passage], str],
    label: Callable[[Passage], str],
    *,
    dark: bool = False,
    text: Text = str,
) -> alt.LayerChart | alt.FacetChart:
    """One line per passage through the ranks of the stages, rank 1 at the top.

    Args:
        traces: The passages in their final order, as `rag.trace.trace` gives them.
        citation: How a passage's file and pages are written.
        label: The same for the end of a line; a narrow chart has the final ranks in its place.
        dark: Whether the ground is dark.
        text: Translates the words of the chart.
    """
    stages = [stage for stage in ORDER if any(stage in one.hit.stages for one in traces)]
    points = [
        {
            "passage": one.hit.passage.id,
            "citation": citation(one.hit.passage),
            "label": f"{one.rank}  {label(one.hit.passage)}",
            "number": str(one.rank),
            "heading": (one.hit.passage.headings or ("",))[-1],
            "stage": text(STAGES[stage]),
            "rank": one.hit.stages[stage].rank,
            "score": round(one.hit.stages[stage].score, 4),
            "outcome": text(one.outcome),
            "width": 1 if one.outcome == "not retrieved" else 3,
        }
        for one in traces
        for stage in stages
        if stage in one.hit.stages
    ]
    labelled = {one.hit.passage.id for one in traces if one.rank <= LABELLED}
    last = text(STAGES[stages[-1]]) if stages else ""
    labels = [p for p in points if p["stage"] == last and p["passage"] in labelled]
    longest = max((len(str(p["label"])) for p in labels), default=0) * _LETTER_WIDTH + 24
    is_wide = f"width - {longest:.0f} > {_STAGE_WIDTH * len(stages)}"
    end = alt.expr(f"width - ({is_wide} ? {longest:.0f} : 36)")
    pointed = alt.selection_point(
        name="pointed", fields=["passage"], on="pointerover", clear="pointerout"
    )
    base = alt.Chart().encode(
        x=alt.X(
            "stage:N",
            scale=alt.Scale(
                type="point",
                domain=[text(STAGES[stage]) for stage in stages],
                range=[alt.expr(f"{is_wide} ? 60 : 36"), end],
                padding=0,
            ),
            title=None,
            axis=alt.Axis(
                labelAngle=0,
                orient="top",
                ticks=False,
                domain=False,
                labelLimit=0,
                labelOverlap=False,
                labelFlush=False,
                labelExpr=f"{_IS_NARROW} ? split(datum.label, ' ') : datum.label",
                labelPadding=alt.expr(f"{_IS_NARROW} ? 20 : 4"),
            ),
        ),
        y=alt.Y(
            "rank:Q",
            scale=alt.Scale(type="sqrt", reverse=True, zero=False, nice=False),
            title=text(RANKS_AXIS),
            axis=alt.Axis(values=[1, 2, 3, 5, 8, 12, 20, 30, 50], format="d", grid=False),
        ),
        color=_outcome_colour(dark, text),
        detail="passage:N",
        opacity=alt.condition(pointed, alt.value(1), alt.value(0.15)),
        tooltip=[alt.Tooltip(field, title=text(title)) for field, title in _tooltips()],
    )
    data = alt.Data(values=points)
    width = alt.Size("width:Q", scale=None, legend=None)
    lines = base.mark_line(interpolate="monotone").encode(size=width).properties(data=data)
    dots = base.mark_point(filled=True, size=80).properties(data=data)
    names = base.mark_text(
        align="left", dx=12, fontSize=12, text=alt.expr(f"{is_wide} ? datum.label : datum.number")
    ).properties(data=alt.Data(values=labels))
    chart = alt.layer(lines.add_params(pointed), dots, names)
    return chart.properties(height=480)


def _tooltips() -> list[tuple[str, str]]:
    kinds = {"rank": "Q", "score": "Q"}
    return [(f"{field}:{kinds.get(field, 'N')}", title) for field, title in TOOLTIP.items()]


def score_chart(
    traces: Sequence[Trace],
    stage: Stage,
    citation: Callable[[Passage], str],
    *,
    dark: bool = False,
    text: Text = str,
) -> alt.Chart | None:
    """One tick per candidate at its score of a stage; None if the stage scored none."""
    ticks = [
        {
            "score": one.hit.stages[stage].score,
            "outcome": text(one.outcome),
            "citation": citation(one.hit.passage),
        }
        for one in traces
        if stage in one.hit.stages
    ]
    if not ticks:
        return None
    return (
        alt.Chart(alt.Data(values=ticks))
        .mark_tick(thickness=2, size=36)
        .encode(
            x=alt.X("score:Q", title=text(STAGES[stage]), scale=alt.Scale(zero=False)),
            color=_outcome_colour(dark, text),
            tooltip=[
                alt.Tooltip("citation:N", title=text(TOOLTIP["citation"])),
                alt.Tooltip("score:Q", title=text(TOOLTIP["score"])),
                alt.Tooltip("outcome:N", title=text(TOOLTIP["outcome"])),
            ],
        )
        .properties(height=70)
    )


def _outcome_colour(dark: bool, text: Text) -> alt.Color:
    return alt.Color(
        "outcome:N",
        title=None,
        scale=alt.Scale(
            domain=[text(name) for name in OUTCOMES],
            range=list(COLOURS["dark" if dark else "light"]),
        ),
        legend=alt.Legend(orient="bottom", columns=2, labelLimit=0),  # four do not fit a phone
    )
