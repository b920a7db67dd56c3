"""Generative laboratory: models of handwritten digits to sample, explore, train and compare.

It does not use the lectures. The parts are the modules of `ui.laboratory`, imported when a part
is opened, because that loads torch.
"""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from generative.errors import GenerativeError
from ui.navigation import choose_place
from ui.session import Session, error_text
from ui.text import t

PARTS = {  # module below ui.laboratory: its name
    "foundations": "Foundations",
    "sample": "Sample",
    "latent": "Latent space",
    "denoise": "Denoising",
    "complete": "Image completion",
    "draw": "Draw a digit",
    "train": "Train live",
    "toy": "Two dimensions",
    "compare": "Compare",
}


def page(session: Session) -> None:
    """One run of the page."""
    st.title(t("Generative laboratory"))
    st.caption(t("Generative models of handwritten digits. This page does not use the lectures."))
    part = choose_place("part", t("Part"), PARTS, "sample")
    open_part(part)


@st.fragment
def open_part(part: str) -> None:
    """The open part; a change within it draws only the part again, not the whole page."""
    try:
        with st.spinner(t("Loading …")):
            show = import_module(f"ui.laboratory.{part}").show
        show()
    except GenerativeError as error:
        st.error(error_text(error))
