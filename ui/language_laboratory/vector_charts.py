"""Charts of the room Vectors, for the page and the commands; `text` translates their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import networkx
import numpy as np
import pandas  # noqa: F401  altair looks for it, while another thread may have half of it

Text = Callable[[str], str]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart
#: 3 : 1 and more on both themes.
COLOURS = ("#2f86a8", "#c77700", "#a05bb5", "#21906b", "#d0506f", "#7a8450", "#4f74d8", "#a8702f")


def neighbour_bars(
    rows: Sequence[Mapping[str, Any]], text: Text = str, colour: str = COLOURS[0]
) -> Chart:
    """Bars of `cosine` for each `neighbour`, in order; several `token`s are below each other."""
    values = [
        {**row, "place": n, "end": max(0.0, float(row["cosine"]))} for n, row in enumerate(rows)
    ]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("cosine:Q", title=text("Cosine"), scale=alt.Scale(domain=_domain(rows, "cosine"))),
        y=alt.Y(
            "neighbour:N",
            sort=alt.SortField("place"),
            title=None,
            axis=alt.Axis(labelLimit=220, labelOverlap=False),
        ),
        tooltip=["neighbour:N", alt.Tooltip("cosine:Q", format=".4f")],
    )
    bars = alt.layer(
        base.mark_bar(color=colour),
        base.mark_text(align="left", dx=4, color="#808495").encode(
            x="end:Q", text=alt.Text("cosine:Q", format=".3f")
        ),
    ).properties(width=320)
    tokens = list(dict.fromkeys(str(row.get("token", "")) for row in rows))
    if len(tokens) < 2:
        return bars.properties(width="container", height=24 * len(rows) + 60)
    return bars.facet(row=alt.Row("token:N", title=None, sort=tokens)).resolve_scale(
        y="independent"
    )


def _domain(rows: Sequence[Mapping[str, Any]], field: str) -> list[float]:
    values = [float(row[field]) for row in rows] or [0.0]
    return [min(0.0, *values, 0.0), max(1.0, *values)]


def similarity_map(sentences: Sequence[str], matrix: np.ndarray, text: Text = str) -> Chart:
    """The cosine of each pair (n, n) as a square, with its number."""
    values = [
        {"row": r + 1, "column": c + 1, "cosine": float(matrix[r, c]),
         "one": sentences[r], "other": sentences[c]}
        for r in range(len(sentences))
        for c in range(len(sentences))
    ]  # fmt: skip
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("column:O", title=text("Sentence"), axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("row:O", title=text("Sentence")),
        tooltip=["one:N", "other:N", alt.Tooltip("cosine:Q", format=".4f")],
    )
    squares = base.mark_rect().encode(
        color=alt.Color(
            "cosine:Q",
            title=text("Cosine"),
            scale=alt.Scale(domain=[-0.2, 1], scheme="blues", clamp=True),
            legend=None,
        )
    )
    numbers = base.mark_text(fontSize=13).encode(
        text=alt.Text("cosine:Q", format=".2f"),
        color=alt.condition("datum.cosine > 0.5", alt.value("#ffffff"), alt.value("#0b161e")),
    )
    return (squares + numbers).properties(height=42 * len(sentences) + 40, width="container")


def number_strip(vector: np.ndarray, text: Text = str, most: int = 48) -> alt.Chart:
    """The first numbers of a vector as bars up and down."""
    values = [{"place": n, "value": float(v)} for n, v in enumerate(vector[:most])]
    return (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            x=alt.X(
                "place:O",
                title=text("Number in the vector"),
                axis=alt.Axis(labels=False, ticks=False),
            ),
            y=alt.Y("value:Q", title=None),
            color=alt.condition("datum.value < 0", alt.value(COLOURS[1]), alt.value(COLOURS[0])),
            tooltip=["place:O", alt.Tooltip("value:Q", format=".4f")],
        )
        .properties(height=110, width="container")
    )


def loss_curve(points: Sequence[tuple[float, float]], text: Text = str) -> alt.Chart:
    """Loss in nats over the share of the work."""
    values = [{"share": share, "loss": loss} for share, loss in points]
    return (
        alt.Chart(alt.Data(values=values))
        .mark_line(color=COLOURS[0])
        .encode(
            x=alt.X("share:Q", title=text("Share of the training"), axis=alt.Axis(format="%"),
                    scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("loss:Q", title=text("Loss of a pair in nats"), scale=alt.Scale(zero=False)),
        )
        .properties(height=180, width="container")
    )  # fmt: skip


def graph_chart(
    graph: networkx.Graph,
    places: Mapping[Any, np.ndarray],
    names: Mapping[Any, str],
    groups: Mapping[Any, str],
    cluster: Mapping[Any, int] | None = None,
    text: Text = str,
) -> Chart:
    """Nodes and edges at given places; the colour is the cluster, the shape the group."""
    edges = [
        {"x": float(places[a][0]), "y": float(places[a][1]),
         "x2": float(places[b][0]), "y2": float(places[b][1])}
        for a, b in graph.edges
    ]  # fmt: skip
    nodes = [
        {"x": float(places[n][0]), "y": float(places[n][1]), "name": names[n], "group": groups[n],
         "cluster": groups[n] if cluster is None else str(cluster[n] + 1)}
        for n in graph
    ]  # fmt: skip
    blank = alt.Axis(labels=False, ticks=False, grid=False, domain=False)
    x, y = alt.X("x:Q", title=None, axis=blank), alt.Y("y:Q", title=None, axis=blank)
    lines = (
        alt.Chart(alt.Data(values=edges))
        .mark_rule(color="#808495", opacity=0.45)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
    )
    title = text("Group") if cluster is None else text("Cluster")
    shapes = alt.Legend(orient="bottom", columns=2, symbolFillColor="#808495") if cluster else None
    points = (
        alt.Chart(alt.Data(values=nodes))
        .mark_point(filled=True, size=110, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.Color("cluster:N", title=title, scale=alt.Scale(range=list(COLOURS)),
                            legend=alt.Legend(orient="bottom", columns=2)),
            shape=alt.Shape("group:N", title=text("Group"),
                            legend=shapes),
            tooltip=["name:N", "group:N", "cluster:N"],
        )
    )  # fmt: skip
    return alt.layer(lines, points).properties(height=420, width="container")
