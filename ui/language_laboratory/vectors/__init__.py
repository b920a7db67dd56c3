"""The room Vectors: tokens, words, sentences, nodes of a graph and images as points in space."""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from ui.language_laboratory.widgets import notice, think
from ui.text import t

PARTS = {  # module of this package: its name
    "tokens": "From one-hot to dense",
    "words": "Word vectors",
    "sentences": "Sentences",
    "nodes": "Nodes of a graph",
    "kinds": "Everything becomes a vector",
}


def show() -> None:
    """The parts of the room; the open one is drawn."""
    notice(
        "Notice: a number in a vocabulary says nothing about meaning; a vector does, because things "
        "that occur in similar surroundings get similar vectors."
    )
    part = st.segmented_control(
        t("Part"),
        list(PARTS),
        default="tokens",
        required=True,
        format_func=lambda name: t(PARTS[name]),
        key="vectors_part",
        label_visibility="collapsed",
        wrap=True,
    )
    import_module(f"ui.language_laboratory.vectors.{part}").show()
    think(
        "Two words have a cosine of 0.9. Do they mean the same?",
        "Not always. A cosine says that they occur in similar surroundings: hot and cold, Monday "
        "and Tuesday, encoder and decoder do, and mean different things.",
    )
