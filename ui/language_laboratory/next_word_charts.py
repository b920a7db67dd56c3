"""Charts of the room "Next word", for the page and for the command line."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import altair as alt

from language.beam_search import BeamSearch
from language.causal import token_text

BLUE, ORANGE, PURPLE, GREY = (
    "#2f86a8",
    "#c77700",
    "#a05bb5",
    "#808a8f",
)  # 3 : 1 and more on both themes
TEXT_ON_LIGHT, TEXT_ON_DARK = "#0b161e", "#eef2f3"  # as in ui/.streamlit/config.toml
_COLUMN, _ROW = 124, 26  # pixels of one step and of one branch in the tree
_DROPPED = 3  # dropped branches that the tree draws below those that stay


def visible_token(text: str) -> str:
    """A token for a label: blanks, tabs and line breaks are seen, other control characters are �.

    A picture of a chart with a control character cannot be drawn.
    """
    text = text.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text) or "∅"


def probability_bars(
    rows: Sequence[Mapping[str, Any]],
    *,
    bars_after: bool,
    before: str = "softmax",
    after: str = "after the warpers",
) -> alt.LayerChart | alt.Chart:
    """Bars of the likeliest tokens before and, where asked for, after the warpers.

    Args:
        rows: With "rank", "id", "token", "probability" and "after the warpers".
        bars_after: Whether the warpers changed anything.
        before: Name of the distribution of the model.
        after: Name of the one after the warpers.
    """
    points = [
        {
            "token": f"{row['rank']}  {row['token']}",
            "id": row["id"],
            "distribution": name,
            "probability": row[key],
            "label": f"{100 * row[key]:.3g} %" if row[key] else "0",
        }
        for row in rows
        for name, key in ((before, "probability"), (after, "after the warpers"))
        if bars_after or key == "probability"
    ]
    names = [before, after] if bars_after else [before]
    base = alt.Chart(alt.Data(values=points)).encode(
        y=alt.Y("token:N", sort=None, title=None, axis=alt.Axis(labelLimit=160)),
        yOffset=alt.YOffset("distribution:N", sort=names),
        x=alt.X("probability:Q", title=None, axis=alt.Axis(format="%", tickCount=5)),
        tooltip=["token:N", "id:Q", "distribution:N", alt.Tooltip("probability:Q", format=".6f")],
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "distribution:N",
            title=None,
            scale=alt.Scale(domain=names, range=[GREY, BLUE] if bars_after else [BLUE]),
            legend=alt.Legend(orient="bottom", labelLimit=300) if bars_after else None,
        )
    )
    labels = base.mark_text(align="left", dx=4, color=GREY).encode(text="label:N")
    return (bars + labels).properties(height=alt.Step(11 if bars_after else 22))


def surprise_bars(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """The surprise of each token in the order of the text."""
    points = [{"place": place, **row} for place, row in enumerate(rows, start=1)]
    return (
        alt.Chart(alt.Data(values=points))
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X("place:O", title="token", axis=alt.Axis(labelOverlap=True)),
            y=alt.Y("surprise in bits:Q"),
            tooltip=["token:N", "rank:Q", alt.Tooltip("probability:Q", format=".4f")],
        )
    )


def chosen_probabilities(points: Sequence[Mapping[str, Any]], token: str, axis: str) -> alt.Chart:
    """The probability of each chosen token by its place, a line for each strategy.

    Args:
        points: With "token" (its place), "strategy", "text" and "probability".
        token: Title of the axis of places.
        axis: Title of the axis of probabilities.
    """
    names = list(dict.fromkeys(str(point["strategy"]) for point in points))
    return (
        alt.Chart(alt.Data(values=list(points)))
        .mark_line(point=True)
        .encode(
            x=alt.X("token:Q", title=token, axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("probability:Q", title=axis, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "strategy:N",
                title=None,
                scale=alt.Scale(domain=names, range=[ORANGE, BLUE, PURPLE]),
                legend=alt.Legend(orient="bottom", columns=1, labelLimit=300),
            ),
            strokeDash=alt.StrokeDash("strategy:N", sort=names, legend=None),
            tooltip=["token:Q", "text:N", "strategy:N", alt.Tooltip("probability:Q", format=".3f")],
        )
        .properties(height=290)
    )


def beam_tree(
    search: BeamSearch, tokenizer: Any, names: Mapping[str, str] | None = None
) -> alt.LayerChart:
    """The tree of a beam search from left to right, in each step the best branch at the top.

    A label is a token and minus the total, -ln p of the branch. Bold orange: the path of the best
    continuation. Blue: branches that run on. Grey: the best of those that were dropped; others are
    left out.

    Args:
        search: The tree.
        tokenizer: Of the model.
        names: What "best", "running", "complete" and "dropped" are called.
    """
    names = names or {name: name for name in ("best", "running", "complete", "dropped")}
    winner = set(search.path(search.leaves[0]))
    places = {-1: (0, 0)}  # row of the tree: step, and place among the branches of the step
    points: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    counts: dict[tuple[int, bool], int] = {}
    for row, branch in enumerate(search.tree):
        is_dropped = branch.state == "dropped"
        dropped = counts.get((branch.step, True), 0)
        if is_dropped and dropped == _DROPPED:
            continue
        place = dropped + counts.get((branch.step, False), 0)
        counts[branch.step, is_dropped] = counts.get((branch.step, is_dropped), 0) + 1
        places[row] = (branch.step, place)
        state = "best" if row in winner else branch.state
        token = visible_token(token_text(tokenizer, branch.token))
        points.append(
            {
                "step": branch.step,
                "place": place,
                "state": names[state],
                "label": f"{token[:11]}  {abs(branch.total):.1f}",
                "token": token,
                "id": branch.token,
                "total": round(branch.total, 4),
                "mean": round(branch.total / branch.step, 4),
                "probability": round(math.exp(branch.log_probability), 6),
            }
        )
        step, place_before = places[branch.parent]
        lines.append(
            {
                "x": step + 0.84,  # behind the label of the branch before
                "y": place_before,
                "x2": branch.step,
                "y2": place,
                "state": names[state],
            }
        )
    steps = max(point["step"] for point in points)
    rows = 1 + max(point["place"] for point in points)
    colour = alt.Color(
        "state:N",
        title=None,
        scale=alt.Scale(domain=list(names.values()), range=[ORANGE, BLUE, PURPLE, GREY]),
        legend=alt.Legend(orient="top", labelLimit=300),
    )
    x_scale = alt.Scale(domain=[0.8, steps + 0.9])
    y_scale = alt.Scale(domain=[rows - 0.4, -0.6])  # the best branch at the top
    edges = (
        alt.Chart(alt.Data(values=lines))
        .mark_rule()
        .encode(
            x=alt.X("x:Q", scale=x_scale, axis=None),
            y=alt.Y("y:Q", scale=y_scale, axis=None),
            x2="x2:Q",
            y2="y2:Q",
            color=colour,
            strokeDash=alt.condition(
                alt.datum.state == names["dropped"], alt.value([3, 3]), alt.value([1, 0])
            ),
            strokeWidth=alt.condition(
                alt.datum.state == names["best"], alt.value(2.5), alt.value(1)
            ),
            opacity=alt.value(0.7),
        )
    )
    nodes = (
        alt.Chart(alt.Data(values=points))
        .mark_text(align="left", dx=5, fontSize=12)
        .encode(
            x=alt.X("step:Q", scale=x_scale, axis=None),
            y=alt.Y("place:Q", scale=y_scale, axis=None),
            text="label:N",
            color=colour,
            tooltip=["token:N", "id:Q", "probability:Q", "total:Q", "mean:Q", "state:N"],
        )
    )
    return (edges + nodes).properties(width=(steps + 0.1) * _COLUMN, height=rows * _ROW)


def scrolling_picture(chart: alt.LayerChart, label: str, *, dark: bool) -> str:
    """A chart as HTML that scrolls sideways; its texts have the colour of the page's text.

    Args:
        chart: A chart of fixed width.
        label: What it shows, for readers who do not see it.
        dark: Whether the page has its dark theme.
    """
    import vl_convert

    bare = chart.configure(background="transparent").configure_view(stroke=None)
    svg: str = vl_convert.vegalite_to_svg(bare.to_json())
    fill = f'fill="{TEXT_ON_DARK if dark else TEXT_ON_LIGHT}"'
    svg = re.sub(r"<text[^>]*>", lambda tag: re.sub(r'fill="[^"]*"', fill, tag[0]), svg)
    data = b64encode(svg.encode()).decode()
    return (
        f'<div role="group" aria-label="{escape(label)}" tabindex="0" style="overflow-x:auto">'
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(label)}" '
        'style="max-width:none"></div>'
    )
