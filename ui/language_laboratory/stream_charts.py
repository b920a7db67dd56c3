"""Charts of the room Streams and size, for the page and the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from ui.language_laboratory.vector_charts import COLOURS, Chart

if TYPE_CHECKING:
    from language.power_law import PowerLaw
    from language.scaling import Curves

Text = Callable[[str], str]
_HEIGHT = 320


def bits_by_stream(rows: Sequence[Mapping[str, Any]], text: Text = str) -> Chart:
    """Bars of `bits` for each `model`, grouped by `stream`."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    base = alt.Chart(alt.Data(values=list(rows))).encode(
        y=alt.Y("stream:N", title=None, sort=None),
        yOffset=alt.YOffset("model:N", sort=models, scale=alt.Scale(paddingInner=0.15)),
        x=alt.X("bits:Q", title=text("Bits per token"), axis=alt.Axis(tickCount=8)),
        tooltip=["stream:N", "model:N", alt.Tooltip("bits:Q", format=".3f")],
    )
    bars = base.mark_bar().encode(
        color=alt.Color("model:N", title=None, sort=models, scale=alt.Scale(range=list(COLOURS)),
                        legend=alt.Legend(orient="bottom", columns=2)),
    )  # fmt: skip
    numbers = base.mark_text(dx=4, align="left", fontSize=10, color="#808495").encode(
        text=alt.Text("bits:Q", format=".2f")
    )
    return (bars + numbers).properties(height=_HEIGHT, width="container")


def loss_by_parameters(curves: Curves, law: PowerLaw, text: Text = str) -> Chart:
    """The loss of each training over its parameters, both logarithmic, and the law as a line."""
    points = [
        {"parameters": run["parameters"], "bits": run["curve"][-1]["bits"], "seed": run["seed"]}
        for run in curves.text
    ]
    sizes = [point["parameters"] for point in points]
    ends = [{"parameters": n, "bits": law.at(n)} for n in (min(sizes), max(sizes))]
    x = alt.X("parameters:Q", title=text("Parameters"), axis=alt.Axis(format="~s", tickCount=5),
              scale=alt.Scale(type="log"))  # fmt: skip
    y = _loss(text)
    dots = (
        alt.Chart(alt.Data(values=points))
        .mark_circle(size=90, color=COLOURS[0])
        .encode(x=x, y=y, tooltip=["parameters:Q", "bits:Q", "seed:Q"])
    )
    line = (
        alt.Chart(alt.Data(values=ends))
        .mark_line(color=COLOURS[1], strokeDash=[6, 4])
        .encode(x=x, y=y)
    )
    return (line + dots).properties(height=_HEIGHT, width="container")


def loss_by_tokens(curves: Curves, text: Text = str) -> Chart:
    """The loss of each training over the tokens that it saw, both logarithmic."""
    points = [
        {"tokens": point["tokens"], "bits": point["bits"], "size": run["size"],
         "run": f"{run['size']} {run['seed']}"}
        for run in curves.text
        for point in run["curve"]
    ]  # fmt: skip
    return (
        alt.Chart(alt.Data(values=points))
        .mark_line(point=True)
        .encode(
            x=alt.X("tokens:Q", title=text("Tokens seen"), scale=alt.Scale(type="log"),
                    axis=alt.Axis(format="~s", tickCount=5)),
            y=_loss(text),
            detail="run:N",
            color=alt.Color("size:N", title=text("Parameters"), sort=None,
                            scale=alt.Scale(range=list(COLOURS)),
                            legend=alt.Legend(orient="bottom", columns=5)),
            tooltip=["size:N", "tokens:Q", "bits:Q"],
        )
        .properties(height=_HEIGHT, width="container")
    )  # fmt: skip


def _loss(text: Text) -> alt.Y:
    return alt.Y(
        "bits:Q",
        title=text("Bits per letter"),
        scale=alt.Scale(type="log", zero=False, nice=False, padding=12),
        axis=alt.Axis(format=".2~f", tickCount=6),
    )


def marks_by_parameters(
    rows: Sequence[Mapping[str, Any]], measure: str, title: str, text: Text = str
) -> Chart:
    """One measure of sums by size, over the parameters."""
    points = [{"parameters": row["parameters"], "value": row[measure]} for row in rows]
    share = measure != "bits per digit"
    return (
        alt.Chart(alt.Data(values=points))
        .mark_line(point=True, color=COLOURS[0 if share else 1])
        .encode(
            x=alt.X("parameters:Q", title=text("Parameters"), scale=alt.Scale(type="log"),
                    axis=alt.Axis(format="~s", tickCount=5)),
            y=alt.Y("value:Q", title=title,
                    scale=alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=True)),
            tooltip=["parameters:Q", alt.Tooltip("value:Q", format=".3f")],
        )
        .properties(height=_HEIGHT, width="container")
    )  # fmt: skip
