"""Charts of the room "Attention"; without size or theme of their own, for page and command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
from PIL import Image
from torch import Tensor

from language.attention_maps import HeadChange

# From the ground of a cell that is not looked at to full attention; the two middle blues of the
# program's palette, so that light and dark pages both show the difference.
SCALE = ["#e4edf1", "#9cc6d6", "#4a93b0", "#1a5f7a", "#0c3444"]
PAIR = ["#2f86a8", "#c77700"]  # 3 : 1 and more on both themes, as those that follow
SLANTED = {"left": 0, "top": 0, "right": 16, "bottom": 0}  # room for the last of slanted labels
SERIES = [*PAIR, "#a05bb5", "#4f8f3f", "#7d8a8f", "#c2556a", "#8a7a2f", "#5c78c9"]


def heat(
    weights: Tensor,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    numbers: bool | None = None,
    most: float | None = 1.0,
    titles: tuple[str, str] = ("from", "to"),
    signed: bool = False,
) -> alt.LayerChart | alt.FacetChart:
    """A matrix as coloured cells; each row is a query, each column a key.

    Args:
        weights: (rows, columns).
        rows: Labels from top to bottom.
        columns: Labels from left to right.
        numbers: Write the values into the cells; None: if there are at most 10 columns.
        most: The value with the darkest colour; None: the largest one.
        titles: Names of the two axes, for tooltips too.
        signed: Values below 0 have a colour of their own.
    """
    numbers = len(columns) <= 10 if numbers is None else numbers
    row_labels, column_labels = labels(rows), labels(columns)
    values: list[dict[str, Any]] = [
        {"row": row, "column": column, "value": value}
        for row, line in zip(row_labels, weights.tolist(), strict=True)
        for column, value in zip(column_labels, line, strict=True)
        if value == value and abs(value) != float("inf")  # what the mask forbids stays empty
    ]
    high = most or max((abs(one["value"]) for one in values), default=1.0) or 1.0
    scale = (
        alt.Scale(domain=[-high, 0, high], range=["#c77700", "#f3f3ee", "#1a5f7a"], clamp=True)
        if signed
        else alt.Scale(domain=[high * step / 4 for step in range(5)], range=SCALE, clamp=True)
    )
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X(
            "column:N",
            sort=column_labels,
            title=titles[1],
            axis=_axis(top=True, crowded=len(columns) > 24, flat=_fit(columns)),
            scale=alt.Scale(domain=column_labels),
        ),
        y=alt.Y(
            "row:N",
            sort=row_labels,
            title=titles[0],
            axis=_axis(crowded=len(rows) > 24),
            scale=alt.Scale(domain=row_labels),
        ),
        tooltip=[
            alt.Tooltip("row:N", title=titles[0]),
            alt.Tooltip("column:N", title=titles[1]),
            alt.Tooltip("value:Q", title="", format=".3f"),
        ],
    )
    cells = base.mark_rect(stroke="#8884", strokeWidth=0.5).encode(
        color=alt.Color("value:Q", scale=scale, legend=None)
    )
    if not numbers:
        return alt.layer(cells)
    dark = f"abs(datum.value) > {0.5 * high}"
    text = base.mark_text(fontSize=12).encode(
        text=alt.Text("value:Q", format=".2f"),
        color=alt.condition(dark, alt.value("#fdfdfb"), alt.value("#0b161e")),
    )
    return alt.layer(cells, text)


def changes(
    heads: Sequence[HeadChange], targets: tuple[str, str], sentences: Sequence[str]
) -> alt.LayerChart | alt.FacetChart:
    """The first heads of a search: for each sentence where the head leans, from one target to the other.

    Args:
        heads: The heads, from top to bottom.
        targets: Full weight on the first one is 1, on the second -1.
        sentences: Names of the two sentences.
    """
    order = [f"{change.layer}.{change.head}" for change in heads]
    values: list[dict[str, Any]] = [
        {
            "head": name,
            "sentence": sentence,
            "lean": pair[0] - pair[1],
            "first": pair[0],
            "second": pair[1],
        }
        for name, change in zip(order, heads, strict=True)
        for sentence, pair in zip(sentences, (change.first, change.second), strict=True)
    ]
    y = alt.Y("head:N", sort=order, title=None, axis=alt.Axis(grid=True, labelOverlap=False))
    base = alt.Chart(alt.Data(values=values)).encode(y=y)
    ends = [
        {
            "head": name,
            "from": change.first[0] - change.first[1],
            "until": change.second[0] - change.second[1],
        }
        for name, change in zip(order, heads, strict=True)
    ]
    bars = (
        alt.Chart(alt.Data(values=ends))
        .mark_rule(strokeWidth=2, color="#8a8f93")
        .encode(y=y, x="from:Q", x2="until:Q")
    )
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=alt.X(
            "lean:Q", title=f"← {targets[1]}   |   {targets[0]} →", axis=alt.Axis(format=".1f")
        ),
        color=alt.Color(
            "sentence:N",
            sort=list(sentences),
            title=None,
            scale=alt.Scale(domain=list(sentences), range=PAIR),
            legend=alt.Legend(orient="top", labelLimit=400, columns=1),
        ),
        shape=alt.Shape("sentence:N", sort=list(sentences), legend=None),
        tooltip=[
            "head:N",
            "sentence:N",
            alt.Tooltip("first:Q", title=targets[0], format=".3f"),
            alt.Tooltip("second:Q", title=targets[1], format=".3f"),
        ],
    )
    zero = (
        alt.Chart(alt.Data(values=[{"zero": 0}]))
        .mark_rule(strokeDash=[4, 3], color="#8a8f93")
        .encode(x="zero:Q")
    )
    return alt.layer(zero, bars, dots)


def overview(weights: Tensor, cell: int = 4) -> Image.Image:
    """All maps of a model beside each other: a row a layer, a column a head.

    Args:
        weights: (layers, heads, from, to), in [0, 1].
        cell: Pixels of one weight.
    """
    layers, heads, length, _ = weights.shape
    ramp = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in SCALE], float)
    place = weights.sqrt().numpy() * (len(SCALE) - 1)  # the root makes small weights visible
    low = np.minimum(place.astype(int), len(SCALE) - 2)
    colours = ramp[low] + (ramp[low + 1] - ramp[low]) * (place - low)[..., None]
    colours = colours.astype(np.uint8).repeat(cell, 2).repeat(cell, 3)
    side, gap = length * cell, max(4, cell)
    picture = np.zeros((layers * (side + gap) - gap, heads * (side + gap) - gap, 4), np.uint8)
    for layer in range(layers):
        for head in range(heads):
            down, right = layer * (side + gap), head * (side + gap)
            picture[down : down + side, right : right + side, :3] = colours[layer, head]
            picture[down : down + side, right : right + side, 3] = 255
    return Image.fromarray(picture)


def parts(models: Mapping[str, Mapping[str, float]], *, percent: bool = False) -> alt.Chart:
    """Stacked bars: the parts of one or more models, as numbers or as shares of 1."""
    values: list[dict[str, Any]] = [
        {"model": model, "part": part, "value": value, "place": place}
        for model, shares in models.items()
        for place, (part, value) in enumerate(shares.items())
    ]
    names = list(dict.fromkeys(one["part"] for one in values))
    return (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("model:N", title=None, sort=list(models)),
            x=alt.X("value:Q", title=None, axis=alt.Axis(format="%" if percent else "~s")),
            order=alt.Order("place:Q"),
            color=alt.Color(
                "part:N",
                sort=names,
                title=None,
                scale=alt.Scale(domain=names, range=[SERIES[i % 8] for i in range(len(names))]),
                legend=alt.Legend(orient="bottom", columns=2, labelLimit=200),
            ),
            tooltip=[
                alt.Tooltip("model:N", title=""),
                alt.Tooltip("part:N", title=""),
                alt.Tooltip("value:Q", title="", format=".1%" if percent else ",.4~s"),
            ],
        )
    )


def lines(
    values: Sequence[Mapping[str, object]],
    x: str,
    y: str,
    *,
    log: bool = False,
    points: bool = True,
) -> alt.Chart:
    """Lines over x, one for each `series` in the order of the values, which have the keys series, x, y."""
    kind: Any = "log" if log else "linear"
    axis = alt.Axis(format="~s", grid=False, tickCount=6) if log else alt.Axis()
    return (
        alt.Chart(alt.Data(values=list(values)))
        .mark_line(point=points)
        .encode(
            x=alt.X("x:Q", title=x, scale=alt.Scale(type=kind, nice=False), axis=axis),
            y=alt.Y("y:Q", title=y or None, scale=alt.Scale(type=kind), axis=axis),
            color=alt.Color(
                "series:N",
                title=None,
                sort=None,  # as the values come
                scale=alt.Scale(range=SERIES[:4]),
                legend=alt.Legend(orient="bottom", labelLimit=300, symbolType="stroke"),
            ),
            tooltip=[
                alt.Tooltip("series:N", title=""),
                alt.Tooltip("x:Q", title=x, format="~s"),
                alt.Tooltip("y:Q", title=y, format=".4~s"),
            ],
        )
    )


def labels(tokens: Sequence[str]) -> list[str]:
    """Labels that differ: a token that stands twice gets an invisible mark the second time."""
    seen: dict[str, int] = {}
    unique = []
    for token in tokens:
        count = seen.get(token, 0)
        seen[token] = count + 1
        unique.append(token + "\u200b" * count)
    return unique


def _fit(columns: Sequence[str]) -> bool:
    """Whether the names of columns stand beside each other in a third of a page."""
    return len(columns) <= 4 and max(map(len, columns), default=0) <= 6


def _axis(*, top: bool = False, crowded: bool = False, flat: bool = False) -> alt.Axis:
    return alt.Axis(
        orient="top" if top else "left",
        labelAngle=-45 if top and not flat else 0,
        labelLimit=120,
        ticks=False,
        domain=False,
        labelOverlap=crowded,
    )
