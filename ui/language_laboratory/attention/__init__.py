"""The room "Attention": attention and the transformer, in parts that fit one screen each."""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from ui.text import t

PARTS = {  # module of this package: its name
    "step": "One step by hand",
    "maps": "Maps of all heads",
    "search": "Who is it?",
    "layers": "Positions, residuals, norms",
    "kinds": "Three kinds",
    "numbers": "Encoder-decoder, live",
    "size": "Size and cost",
}


def show() -> None:
    """The open part of the room."""
    part = st.segmented_control(
        t("Part"),
        list(PARTS),
        default="step",
        required=True,
        format_func=lambda name: t(PARTS[name]),
        key="attention_part",
        label_visibility="collapsed",
        wrap=True,
    )
    import_module(f"{__name__}.{part}").show()
