"""From a token's number to its row in the embedding table, and the row's neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from language import vectors
from ui.laboratory.widgets import number
from ui.language_laboratory import cache
from ui.language_laboratory.vector_charts import neighbour_bars, number_strip
from ui.language_laboratory.vectors.maps import show_map
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

MODELS = {"encoder": "Encoder (all-MiniLM-L6-v2)", "decoder": "Decoder (SmolLM2-135M)"}
_MAP = 60  # tokens on the map


@st.cache_resource(show_spinner=False)
def table_of(name: str) -> tuple[np.ndarray, np.ndarray, Any]:
    """A model's embedding table, the same with rows of length 1, and its tokeniser."""
    model, tokenizer = cache.encoder() if name == "encoder" else cache.decoder()
    table = vectors.embedding_table(model)
    return table, vectors.unit_rows(table), tokenizer


def show() -> None:
    """One token: id, one-hot vector, dense vector, neighbours, and a map of the neighbourhood."""
    notice(
        "A token's number says nothing about its meaning; its row in the table does: the nearest "
        "rows belong to words that are used alike."
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    text = left.text_input(t("Word"), "cat", key="token_word", max_chars=200)
    name = right.selectbox(
        t("Embedding table"), list(MODELS), format_func=lambda n: t(MODELS[n]), key="token_model"
    )
    table, units, tokenizer = table_of(name)
    ids = vectors.token_ids(text, tokenizer)
    index = ids[0]
    if len(ids) > 1:
        index = st.segmented_control(
            t("The word is {count} tokens; choose one", count=len(ids)),
            list(dict.fromkeys(ids)),
            default=ids[0],
            required=True,
            format_func=lambda i: escape(vectors.token_name(i, tokenizer)),
            key=f"token_piece_{name}_{text}",
            wrap=True,
        )
    token = vectors.token_name(index, tokenizer)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            escape(
                t(
                    "{token} is number {id} of {size}. As a one-hot vector it has {size} places: "
                    "{zeros} zeros, and a 1 at place {id}. Every two tokens are then equally far "
                    "apart.",
                    token=token,
                    id=number(index),
                    size=number(len(table)),
                    zeros=number(len(table) - 1),
                )
            )
        )
        st.code(f"[0, 0, …, 0, 1, 0, …, 0]    # {index}", language=None)
        st.markdown(
            escape(
                t(
                    "Times the embedding table ({size} x {width}), this is one row of the table, a "
                    "dense vector of {width} numbers. Its length is {length}.",
                    size=number(len(table)),
                    width=table.shape[1],
                    length=f"{np.linalg.norm(table[index]):.2f}",
                )
            )
        )
        st.altair_chart(
            number_strip(table[index], t), width="stretch", alt=t("The first numbers of the vector")
        )
    near = vectors.neighbours(table[index], units, 10, {index})
    with right:
        st.markdown(f"**{escape(t('Nearest tokens of the table'))}**")
        rows = [
            {"neighbour": vectors.token_name(one.row, tokenizer), "cosine": one.cosine}
            for one in near
        ]
        st.altair_chart(
            neighbour_bars(rows, t), width="stretch", alt=t("Nearest tokens of the table")
        )
    if st.toggle(t("Map of the neighbourhood"), key="token_map"):
        around = [
            index,
            *(one.row for one in vectors.neighbours(table[index], units, _MAP, {index})),
        ]
        names = [vectors.token_name(row, tokenizer) for row in around]
        show_map(units[around], names, [0] + [1] * _MAP, f"token_{name}_{index}")
    think(
        "Why are one-hot vectors not enough?",
        "They are as wide as the vocabulary, and every two of them are equally far apart: cat is "
        "as far from kitten as from tax. Among dense vectors, words that are used alike lie near "
        "each other, so that what is learned about one also serves the others.",
    )
