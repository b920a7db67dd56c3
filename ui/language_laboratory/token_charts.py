"""The charts of the rooms about tokens, for the page and the command line.

Each function gives a chart without size or theme. `text` translates the words of a chart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt

Text = Callable[[str], str]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart
COLOUR, ACCENT = "#2f86a8", "#c77700"  # 3 : 1 and more on both themes
NAMES = "#6f7f87"  # text beside points
_WHOLE = "~s"  # 49k


def token_counts(rows: Sequence[Mapping[str, Any]], text: Text = str) -> alt.Chart:
    """Bars: the length of one text in tokens; rows have `tokenizer`, `tokens`, `bytes per token`."""
    return (
        alt.Chart(alt.Data(values=[dict(row) for row in rows]))
        .mark_bar(color=COLOUR)
        .encode(
            x=alt.X("tokens:Q", title=text("Tokens"), axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("tokenizer:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            tooltip=[
                alt.Tooltip("tokenizer:N", title=text("Tokeniser")),
                alt.Tooltip("tokens:Q", title=text("Tokens")),
                alt.Tooltip("bytes per token:Q", title=text("Bytes per token"), format=".2f"),
            ],
        )
    )


def merge_curve(lengths: Sequence[int], step: int | None = None, text: Text = str) -> Chart:
    """Vocabulary size against text length in tokens; `lengths[n]` is the length after n merges."""
    values = [{"size": 256 + n, "length": length} for n, length in enumerate(lengths)]
    x = alt.X(
        "size:Q",
        title=text("Vocabulary size"),
        scale=alt.Scale(zero=False, nice=False),
        axis=alt.Axis(format="d", tickMinStep=1),
    )
    y = alt.Y("length:Q", title=text("Length of the text in tokens"))
    tooltip = [
        alt.Tooltip("size:Q", title=text("Vocabulary size")),
        alt.Tooltip("length:Q", title=text("Tokens")),
    ]
    line = alt.Chart(alt.Data(values=values)).mark_line(
        color=COLOUR, interpolate="step-after", point=len(values) < 40
    )
    layers = [line.encode(x=x, y=y, tooltip=tooltip)]
    if step is not None:
        here = alt.Chart(alt.Data(values=[values[step]])).mark_point(
            color=ACCENT, size=120, filled=True, opacity=1
        )
        layers.append(here.encode(x=x, y=y, tooltip=tooltip))
    return alt.layer(*layers)


def ratios(rows: Sequence[Mapping[str, Any]], text: Text = str) -> Chart:
    """Bars: German over English in tokens; rows have `tokenizer`, `ratio`, `english`, `german`."""
    bars = (
        alt.Chart(alt.Data(values=[dict(row) for row in rows]))
        .mark_bar(color=COLOUR)
        .encode(
            x=alt.X("ratio:Q", title=text("German / English, in tokens")),
            y=alt.Y("tokenizer:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            tooltip=[
                alt.Tooltip("tokenizer:N", title=text("Tokeniser")),
                alt.Tooltip("ratio:Q", title=text("German / English"), format=".2f"),
                alt.Tooltip("english:Q", title=text("English tokens")),
                alt.Tooltip("german:Q", title=text("German tokens")),
            ],
        )
    )
    equal = alt.Chart(alt.Data(values=[{"ratio": 1}])).mark_rule(
        color=ACCENT, strokeDash=[6, 4], strokeWidth=2
    )
    return alt.layer(bars, equal.encode(x="ratio:Q"))


def trade_off(rows: Sequence[Mapping[str, Any]], text: Text = str) -> Chart:
    """Vocabulary size against tokens per word; rows have `tokenizer`, `vocabulary`,
    `tokens per word`, `parameters`, `unknown`.
    """
    base = alt.Chart(alt.Data(values=[dict(row) for row in rows])).encode(
        x=alt.X(
            "vocabulary:Q",
            title=text("Vocabulary size (logarithmic)"),
            scale=alt.Scale(type="log", domain=[80, 600_000]),
            axis=alt.Axis(format=_WHOLE, values=[100, 1_000, 10_000, 100_000]),
        ),
        y=alt.Y("tokens per word:Q", title=text("Tokens per word"), scale=alt.Scale(zero=True)),
        tooltip=[
            alt.Tooltip("tokenizer:N", title=text("Tokeniser")),
            alt.Tooltip("vocabulary:Q", title=text("Vocabulary size")),
            alt.Tooltip("tokens per word:Q", title=text("Tokens per word"), format=".2f"),
            alt.Tooltip("parameters:Q", title=text("Embedding parameters"), format=_WHOLE),
            alt.Tooltip("unknown:Q", title=text("Unknown tokens")),
        ],
    )
    points = base.mark_point(filled=True, size=110, opacity=1, color=COLOUR)
    names = base.mark_text(align="left", dx=9, dy=-3, angle=300, fontSize=12, color=NAMES)
    return alt.layer(points, names.encode(text="tokenizer:N"))


def bits_per_character(rows: Sequence[Mapping[str, Any]], text: Text = str) -> Chart:
    """Bars: bits per character; rows have `model`, `unit`, `bits per token`, `perplexity` too."""
    values = [
        {**row, "name": f"{text(row['model'])}, {text(row['unit'])}", "unit": text(row["unit"])}
        for row in rows
    ]
    bars = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("bits per character:Q", title=text("Bits per character")),
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        tooltip=[
            alt.Tooltip("name:N", title=text("Model")),
            alt.Tooltip("bits per character:Q", title=text("Bits per character"), format=".2f"),
            alt.Tooltip("bits per token:Q", title=text("Bits per token"), format=".2f"),
            alt.Tooltip("perplexity:Q", title=text("Perplexity"), format=",.0f"),
        ],
    )
    colour = alt.Color(
        "unit:N", title=None, sort=None, scale=alt.Scale(range=[COLOUR, ACCENT]), legend=None
    )
    return bars.mark_bar().encode(color=colour)


def magnitudes(rows: Sequence[Mapping[str, Any]], text: Text = str) -> Chart:
    """Bars: powers of ten; rows have `what` and `log10`."""
    base = alt.Chart(alt.Data(values=[dict(row) for row in rows])).encode(
        x=alt.X("log10:Q", title=text("Power of ten")),
        y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
        tooltip=[
            alt.Tooltip("what:N", title=text("What")),
            alt.Tooltip("log10:Q", title=text("Power of ten"), format=".1f"),
        ],
    )
    return base.mark_bar(color=COLOUR)
