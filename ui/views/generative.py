"""Generative laboratory: models that make digits, to draw from, walk through, train and compare.

It needs no lectures. What a part shows is in `ui.laboratory`, which is imported once a part is
opened: that loads torch.
"""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from generative.errors import GenerativeError
from ui.session import Session
from ui.text import escape, t

PARTS = {  # module below ui.laboratory: its name
    "sample": "Sample",
    "latent": "Latent space",
    "denoise": "Denoising",
    "complete": "Complete a half",
    "draw": "Draw a digit",
    "train": "Train live",
    "compare": "Compare",
}


def page(session: Session) -> None:
    """One run of the page."""
    st.title(t("Generative laboratory"))
    st.caption(
        t("Models that have learnt what handwritten digits look like; no lectures are needed here.")
    )
    part = st.segmented_control(
        t("Part"),
        list(PARTS),
        default="sample",
        required=True,
        format_func=lambda name: t(PARTS[name]),
        key="part",
        label_visibility="collapsed",
        wrap=True,
    )
    open_part(part)


@st.fragment
def open_part(part: str) -> None:
    """The open part, which a change within it draws anew without the rest of the page."""
    try:
        with st.spinner(t("Opening …")):
            show = import_module(f"ui.laboratory.{part}").show
        show()
    except GenerativeError as error:
        st.error(escape(str(error)))
