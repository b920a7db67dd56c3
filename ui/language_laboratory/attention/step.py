"""One step by hand: queries, keys and values of four words, with numbers that can be changed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from language.attention import Attention, attention, causal_mask, join_heads, split_heads
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import heat
from ui.text import escape, t

WORDS = ("cat", "drank", "milk", "it")
_COLUMNS = ("1", "2", "3", "4")
_EDITOR_WIDTH = 320  # pixels: four columns and the words
# The first two columns are the first head's: it asks for an animal. The other two are the second
# head's: each word asks for the one before it.
QUERY = [[1, 0, 2, 0], [0, 1, 0, 2], [0, 1, -2, 0], [3, 0, 0, -2]]
KEY = [[3, 0, 0, 2], [0, 0, -2, 0], [0, 3, 0, -2], [1, 1, 2, 0]]
VALUE = [[1, 0, 1, 0], [0, 1, 0, 1], [-1, 0, 1, 1], [0, 0, 0, 1]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a reader chooses beside the numbers."""

    heads: int
    scaled: bool
    causal: bool
    padding: bool  # whether the last word is padding


def compute(query: Tensor, key: Tensor, value: Tensor, settings: Settings) -> Attention:
    """Attention of four words, (heads, words, ...)."""
    mask = torch.ones(len(query), len(query), dtype=torch.bool)
    if settings.causal:
        mask &= causal_mask(len(query))
    if settings.padding:
        mask[:, -1] = False
    return attention(
        split_heads(query, settings.heads),
        split_heads(key, settings.heads),
        split_heads(value, settings.heads),
        mask,
        None if settings.scaled else 1.0,
    )


def show() -> None:
    """Three matrices to edit, and what attention makes of them."""
    notice(
        "A word looks where its query and a key point in the same direction; the softmax turns "
        "scores into shares of 1."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        heads = st.segmented_control(
            t("Heads"), [1, 2, 4], default=1, required=True, key="step_heads", width="content"
        )
        scaled = st.toggle(t("Divide by √d"), True, key="step_scaled")
        causal = st.toggle(t("Causal mask"), False, key="step_causal")
        padding = st.toggle(t("Last word is padding"), False, key="step_padding")
    settings = Settings(heads, scaled, causal, padding)
    matrices = []
    names = {"Q": t("Queries Q"), "K": t("Keys K"), "V": t("Values V")}
    with st.container(horizontal=True):  # a matrix that has no room goes to the next row
        for name, numbers in (("Q", QUERY), ("K", KEY), ("V", VALUE)):
            with st.container(width=_EDITOR_WIDTH):
                st.caption(escape(names[name]))
                matrices.append(_editor(name, numbers))
    query, key, value = matrices
    result = compute(query, key, value, settings)
    head = 0
    if heads > 1:
        head = st.segmented_control(
            t("Head"),
            list(range(heads)),
            default=0,
            required=True,
            format_func=lambda place: str(place + 1),
            key=f"step_head_{heads}",
        )
    output = join_heads(result.output)
    left, middle, right = st.columns(3)
    for column, title, matrix, labels, most in (
        (left, t("Attention scores"), result.scores[head], WORDS, None),
        (middle, t("Weights, softmax of each row"), result.weights[head], WORDS, 1.0),
        (right, t("Output, the weights times V"), output, _COLUMNS, None),
    ):
        with column:
            st.caption(escape(title))
            chart = heat(matrix, WORDS, labels, most=most, titles=("", ""), signed=most is None)
            st.altair_chart(chart.properties(height=175), width="stretch", alt=title)
    _row(result, value, settings, head)
    think(
        "Why are the scores divided by the square root of the width?",
        "A dot product of d independent numbers of variance 1 has variance d. Without the division "
        "the scores of wide heads are so large that the softmax gives nearly all weight to one "
        "word, and its gradient is nearly zero.",
    )


def _editor(name: str, numbers: list[list[int]]) -> Tensor:
    """A matrix of a row for each word; a cell without a number counts as 0."""
    frame = pd.DataFrame(numbers, index=list(WORDS), columns=list(_COLUMNS), dtype=float)
    edited = st.data_editor(
        frame,
        key=f"step_{name}",
        width="stretch",
        column_config={
            column: st.column_config.NumberColumn(column, min_value=-9, max_value=9, step=0.1)
            for column in _COLUMNS
        },
    )
    return torch.tensor(edited.fillna(0.0).to_numpy(), dtype=torch.float32)


def _row(result: Attention, value: Tensor, settings: Settings, head: int) -> None:
    """The arithmetic of one word, key by key."""
    word = st.segmented_control(
        t("The arithmetic of"), list(WORDS), default="it", required=True, key="step_word"
    )
    place = WORDS.index(word)
    scores, weights = result.scores[head, place].tolist(), result.weights[head, place].tolist()
    width = value.shape[1] // settings.heads
    values = value[:, head * width : (head + 1) * width].tolist()
    table = {
        t("Word"): list(WORDS),
        t("Attention score"): [f"{one:.2f}" if math.isfinite(one) else "−∞" for one in scores],
        "exp": [f"{math.exp(min(one, 700)):.2f}" for one in scores],
        t("Weight"): [f"{one:.3f}" for one in weights],
        t("Value"): [", ".join(f"{one:g}" for one in row) for row in values],
        t("Weight times value"): [
            ", ".join(f"{weight * one:.2f}" for one in row)
            for weight, row in zip(weights, values, strict=True)
        ],
    }
    st.dataframe(table, hide_index=True, width="stretch")
    st.caption(
        escape(
            t(
                "Output of “{word}”: the sum of the last column, {numbers}.",
                word=word,
                numbers=", ".join(f"{one:.2f}" for one in result.output[head, place].tolist()),
            )
        )
    )
