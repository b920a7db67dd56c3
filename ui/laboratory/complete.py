"""Image completion: samples of the lower rows of an image, given the upper ones."""

from __future__ import annotations

import streamlit as st

from ui.laboratory import cache
from ui.laboratory.widgets import row, sentence
from ui.text import escape, t


def show() -> None:
    """A test image, its given upper rows, and four completions."""
    st.markdown(escape(sentence("autoregressive")))
    last = len(cache.images().test) - 1
    left, middle, right = st.columns(3)
    number = int(left.number_input(t("Number of a test image"), 0, last, 0, key="halved"))
    rows = middle.slider(t("Given rows (of 28)"), 8, 24, 14, key="given_rows")
    seed = int(right.number_input(t("Seed"), 0, 2**31 - 1, 0, key="half_seed"))
    image = (cache.test_image(number) > 0.5).float()
    given = image.clone()
    given[:, :, rows:] = 0.35  # grey: not given to the model
    row([image, given], [t("Test image"), t("Input of the model")])
    request = (number, rows, seed)
    if st.button(t("Complete the image"), type="primary"):
        st.session_state.completion_request = request
    if st.session_state.get("completion_request") != request:
        st.caption(
            t(
                "Four completions take some seconds, because each pixel depends on the "
                "previous ones."
            )
        )
        return
    with st.spinner(t("Sampling {pixels} pixels one by one …", pixels=(28 - rows) * 28)):
        completions = cache.completed(number, rows, 4, seed)
    row(list(completions[1:].split(1)), [t("Completion {number}", number=n) for n in range(1, 5)])
