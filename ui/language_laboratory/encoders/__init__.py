"""The room Encoders at work: masked words, fine-tuning, frozen layers, bi- and cross-encoder."""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from ui.language_laboratory.widgets import notice, think
from ui.text import t

PARTS = {  # module of this package: its name
    "mask": "Masked words",
    "tuning": "Fine-tuning",
    "curve": "Frozen or fine-tuned",
    "pairs": "Bi-encoder and cross-encoder",
}


def show() -> None:
    """The parts of the room; the open one is drawn."""
    notice(
        "Notice: the encoder below is the same each time; only a small head decides whether it fills "
        "gaps, names topics or compares texts."
    )
    part = st.segmented_control(
        t("Part"),
        list(PARTS),
        default="mask",
        required=True,
        format_func=lambda name: t(PARTS[name]),
        key="encoders_part",
        label_visibility="collapsed",
        wrap=True,
    )
    import_module(f"ui.language_laboratory.encoders.{part}").show()
    think(
        "Why can an encoder fill a gap in the middle, and not write on at the end?",
        "It was trained with both sides of the gap in view. When it writes, the right side does not "
        "exist yet; a decoder is trained with the left side alone.",
    )
