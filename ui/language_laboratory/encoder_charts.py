"""Charts of the room Encoders at work, for the page and the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np

from ui.language_laboratory.vector_charts import COLOURS, Chart

if TYPE_CHECKING:
    from language.classify import Progress

Text = Callable[[str], str]


def candidate_bars(rows: Sequence[Mapping[str, Any]], text: Text = str) -> Chart:
    """Bars of `probability` for each `token`; several `mask`s are below each other."""
    values = [
        {
            **row,
            "place": n,
            "name": f"{row['mask']}: {row['token']}" if row["mask"] > 1 else row["token"],
        }
        for n, row in enumerate(rows)
    ]
    largest = max((row["probability"] for row in rows), default=1.0)
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X(
            "probability:Q",
            title=text("Probability"),
            axis=alt.Axis(format="%", tickCount=4),
            scale=alt.Scale(domain=[0, 1.2 * largest]),  # room for the label of the longest bar
        ),
        y=alt.Y(
            "name:N", sort=alt.SortField("place"), title=None, axis=alt.Axis(labelOverlap=False)
        ),
        tooltip=["token:N", "id:Q", alt.Tooltip("probability:Q", format=".4f")],
    )
    return alt.layer(
        base.mark_bar(color=COLOURS[0]),
        base.mark_text(align="left", dx=4, color="#808495").encode(
            text=alt.Text("probability:Q", format=".1%")
        ),
    ).properties(height=24 * len(rows) + 60, width="container")


def training_chart(states: Sequence[Progress], measure: str, text: Text = str) -> Chart:
    """The loss of each batch, and accuracy or F1 on the test part after each epoch."""
    losses = [{"epoch": s.epoch, "loss": s.loss} for s in states]
    measures = [{"epoch": s.epoch, "measure": s.measure} for s in states if s.measure is not None]
    x = alt.X("epoch:Q", title=text("Epoch"), axis=alt.Axis(format="d", tickMinStep=1))
    loss = (
        alt.Chart(alt.Data(values=losses))
        .mark_line(color=COLOURS[0], opacity=0.8)
        .encode(x=x, y=alt.Y("loss:Q", title=text("Training loss in nats"),
                             axis=alt.Axis(titleColor=COLOURS[0])))
    )  # fmt: skip
    line = (
        alt.Chart(alt.Data(values=measures))
        .mark_line(color=COLOURS[1], strokeDash=[6, 3], point=alt.OverlayMarkDef(color=COLOURS[1]))
        .encode(
            x=x,
            y=alt.Y("measure:Q", title=f"{text(measure)} ({text('test part')})",
                    scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(titleColor=COLOURS[1])),
            tooltip=["epoch:Q", alt.Tooltip("measure:Q", format=".3f")],
        )
    )  # fmt: skip
    return (
        alt.layer(loss, line)
        .resolve_scale(y="independent")
        .properties(height=260, width="container")
    )


def confusion_chart(table: np.ndarray, labels: Sequence[str], text: Text = str) -> Chart:
    """Counts (labels, labels): row the right label, column the predicted one."""
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    values = [
        {
            "right": labels[r],
            "predicted": labels[c],
            "count": int(table[r, c]),
            "share": float(shares[r, c]),
        }
        for r in range(len(labels))
        for c in range(len(labels))
    ]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("predicted:N", sort=list(labels), title=text("Predicted"),
                axis=alt.Axis(orient="top", labelAngle=-35)),
        y=alt.Y("right:N", sort=list(labels), title=text("Right label")),
        tooltip=["right:N", "predicted:N", "count:Q", alt.Tooltip("share:Q", format=".0%")],
    )  # fmt: skip
    squares = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], scheme="blues"), legend=None)
    )
    counts = base.mark_text(fontSize=13).encode(
        text="count:Q",
        color=alt.condition("datum.share > 0.5", alt.value("#ffffff"), alt.value("#0b161e")),
    )
    return (squares + counts).properties(height=38 * len(labels) + 90, width="container")


def curve_chart(points: Sequence[Mapping[str, Any]], measure: str, text: Text = str) -> Chart:
    """`value` over `examples` for each `kind`; where there is `low`, up to `high`, as a band."""
    base = alt.Chart(alt.Data(values=list(points))).encode(
        x=alt.X("examples:Q", title=text("Training sentences"), scale=alt.Scale(type="log")),
        color=alt.Color("kind:N", title=None, scale=alt.Scale(range=list(COLOURS)),
                        legend=alt.Legend(orient="bottom", columns=1, labelLimit=300, symbolDash=[1, 0])),
    )  # fmt: skip
    line = base.mark_line(point=True).encode(
        y=alt.Y("value:Q", title=text(measure), scale=alt.Scale(domain=[0, 1])),
        strokeDash=alt.StrokeDash("kind:N", legend=None),
        tooltip=["kind:N", "examples:Q", alt.Tooltip("value:Q", format=".3f")],
    )
    band = base.mark_area(opacity=0.2).encode(y="low:Q", y2="high:Q")
    return alt.layer(band, line).properties(height=360, width="container")


def growth_chart(points: Sequence[Mapping[str, Any]], text: Text = str) -> alt.Chart:
    """`seconds` for a question over `documents`, for each `kind`, both logarithmic."""
    return (
        alt.Chart(alt.Data(values=list(points)))
        .mark_line(point=True)
        .encode(
            x=alt.X("documents:Q", title=text("Documents"), scale=alt.Scale(type="log"),
                    axis=alt.Axis(format="~s")),
            y=alt.Y("seconds:Q", title=text("Seconds"), scale=alt.Scale(type="log"),
                    axis=alt.Axis(format="~g", tickCount=6)),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(range=list(COLOURS)),
                            legend=alt.Legend(orient="bottom", columns=1, labelLimit=400, symbolDash=[1, 0])),
            strokeDash=alt.StrokeDash("kind:N", legend=None),
            tooltip=["kind:N", "documents:Q", alt.Tooltip("seconds:Q", format=".3g")],
        )
        .properties(height=400, width="container")
    )  # fmt: skip
