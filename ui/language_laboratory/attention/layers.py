"""Positions, residuals and norms: what a block needs besides attention."""

from __future__ import annotations

import altair as alt
import streamlit as st
import torch

from language.errors import LanguageError
from language.norms import layer_norm, rms_norm
from language.positions import rotate, rotations, sinusoids
from ui.language_laboratory.attention import models
from ui.language_laboratory.attention.maps import SENTENCE
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import heat, lines
from ui.session import error_text
from ui.text import escape, t

_WIDTH, _LENGTH = 32, 40
_BASES = (100, 10_000, 100_000)
_VIEWS = {"positions": "Positions", "norms": "Norms", "residuals": "Residuals"}


def show() -> None:
    """Three views, each with its control."""
    notice(
        "Without positions a sentence is a bag of words; residuals let each block add to what is "
        "there, and norms keep the numbers in a range that the next block can read."
    )
    view = st.segmented_control(
        t("View"),
        list(_VIEWS),
        default="positions",
        required=True,
        format_func=lambda view: t(_VIEWS[view]),
        key="layers_view",
        label_visibility="collapsed",
    )
    {"positions": _positions, "norms": _norms, "residuals": _residuals}[view]()
    think(
        "What happens to “dog bites man” and “man bites dog” in a model without positions?",
        "Attention and feed-forward treat all positions alike, so each word gets the same vector "
        "in both sentences: they cannot be told apart.",
    )


def _positions() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(escape(t("Sinusoids: each position is a pattern of 32 numbers")))
        chart = heat(
            sinusoids(_LENGTH, _WIDTH),
            [str(place) for place in range(_LENGTH)],
            [str(column) for column in range(_WIDTH)],
            numbers=False,
            signed=True,
            titles=(t("Position"), t("Column")),
        )
        st.altair_chart(
            chart.properties(height=380), width="stretch", alt=t("Sinusoids by position")
        )
    with right:
        query = st.slider(t("Position of the query"), 0, _LENGTH - 1, 10, key="layers_position")
        values = [
            {
                "series": t("Base {base}", base=f"{base:,}".replace(",", "\u202f")),
                "x": place,
                "y": similarity,
            }
            for base in _BASES
            for place, similarity in enumerate(similarities(query, base).tolist())
        ]
        title = t(
            "Similarity of two positions with the same word, rotary. Added sinusoids give the "
            "curve of base 10,000; SmolLM2 has base 100,000."
        )
        st.caption(escape(title))
        curves = lines(values, t("Position of the key"), "", points=False)
        st.altair_chart(curves.properties(height=290), width="stretch", alt=title)


def similarities(query: int, base: int) -> torch.Tensor:
    """(length,): a turned vector of ones at each position times that at the query's, from -1 to 1."""
    turned = rotate(torch.ones(_LENGTH, _WIDTH), *rotations(_LENGTH, _WIDTH, base))
    return turned @ turned[query] / _WIDTH


def _norms() -> None:
    left, right = st.columns([1, 2], gap="large")
    with left:
        numbers = [
            st.slider(
                t("Number {place}", place=place + 1), -10.0, 10.0, value, 0.5, key=f"norm_{place}"
            )
            for place, value in enumerate((4.0, 8.0, -1.0, 1.0))
        ]
    x, one = torch.tensor(numbers), torch.ones(4)
    rows = torch.stack([x, layer_norm(x, one, one * 0), rms_norm(x, one)])
    with right:
        chart = heat(
            rows,
            [t("Vector"), "LayerNorm", "RMSNorm"],
            [str(column + 1) for column in range(4)],
            most=None,
            signed=True,
            titles=("", ""),
        )
        st.altair_chart(
            chart.properties(height=200), width="stretch", alt=t("A vector before and after norms")
        )
        st.markdown(
            escape(
                t(
                    "Mean {mean}, standard deviation {deviation}, root of the mean square {root}. "
                    "LayerNorm subtracts the mean and divides by the deviation; RMSNorm only "
                    "divides by the root of the mean square.",
                    mean=f"{float(x.mean()):.2f}",
                    deviation=f"{float(x.std(correction=0)):.2f}",
                    root=f"{float(x.square().mean().sqrt()):.2f}",
                )
            )
        )


def _residuals() -> None:
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        name = models.choose("residual_model")
    text = right.text_input(t("Sentence"), SENTENCE, key="residual_text")
    try:
        with st.spinner(t("Loading …")):
            maps = models.maps(name, text)
    except LanguageError as error:
        st.error(error_text(error))
        return
    values = [
        {"series": f"{place + 1} {token}", "x": layer, "y": length}
        for layer, lengths in enumerate(maps.norms.tolist())
        for place, (token, length) in enumerate(zip(maps.tokens, lengths, strict=True))
    ]
    title = t("Length of each token's vector, from layer to layer")
    st.caption(escape(title))
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_line(color="#2f86a8", opacity=0.75)
        .encode(
            x=alt.X("x:Q", title=t("Layer"), axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("y:Q", title=None, scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")),
            detail="series:N",
            tooltip=[
                alt.Tooltip("series:N", title=t("Token")),
                alt.Tooltip("x:Q", title=t("Layer")),
                alt.Tooltip("y:Q", title=t("Length"), format=".4~s"),
            ],
        )
    )
    st.altair_chart(chart.properties(height=320), width="stretch", alt=title)
    st.caption(
        escape(
            t(
                "The encoder norms each sum, so its vectors keep their size. In the decoder the "
                "sums grow, and the first token grows to thousands: the place where heads rest. "
                "Only the last norm brings all of them back."
            )
        )
    )
