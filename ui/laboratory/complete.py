"""Complete a half image: draws of what could stand below the part that is known."""

from __future__ import annotations

import streamlit as st

from ui.laboratory import cache
from ui.laboratory.widgets import row, sentence
from ui.text import escape, t


def show() -> None:
    """A test image of which the upper rows are kept, and some completions."""
    st.markdown(escape(sentence("autoregressive")))
    last = len(cache.images().test) - 1
    left, middle, right = st.columns(3)
    number = int(left.number_input(t("Number of a test image"), 0, last, 0, key="halved"))
    rows = middle.slider(t("Known rows of 28"), 8, 24, 14, key="known_rows")
    seed = int(right.number_input(t("Seed"), 0, 2**31 - 1, 0, key="half_seed"))
    image = (cache.test_image(number) > 0.5).float()
    known = image.clone()
    known[:, :, rows:] = 0.35  # grey is what the model does not get
    row([image, known], [t("Test image"), t("What the model is shown")])
    wanted = (number, rows, seed)
    if st.button(t("Complete it"), type="primary"):
        st.session_state.half_wanted = wanted
    if st.session_state.get("half_wanted") != wanted:
        st.caption(t("Four completions take some seconds, since each pixel waits for the last."))
        return
    with st.spinner(t("Drawing {pixels} pixels one after the other …", pixels=(28 - rows) * 28)):
        found = cache.completed(number, rows, 4, seed)
    row(list(found[1:].split(1)), [t("Draw {number}", number=n) for n in range(1, 5)])
