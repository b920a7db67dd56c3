"""Denoising: a diffusion model turns noise into a digit step by step, and the reverse."""

from __future__ import annotations

import streamlit as st

from generative.pictures import strip
from ui.laboratory import cache
from ui.laboratory.sample import any_digit
from ui.laboratory.widgets import row, sentence
from ui.text import escape, t

_FRAMES = 10


def show() -> None:
    """The denoising steps with a slider, then a test image with more and more noise."""
    st.markdown(escape(sentence("diffusion")))
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    seed = int(left.number_input(t("Seed"), 0, 2**31 - 1, 0, key="chain_seed"))
    digit = middle.selectbox(t("Digit"), [None, *range(10)], 6, format_func=any_digit)
    count = right.select_slider(t("Sampling steps (DDIM)"), (10, 25, 50), 25)
    guidance = st.slider(t("Guidance"), 0.0, 4.0, 1.0, 0.5, key="chain_guidance")
    with st.spinner(t("Denoising …")):
        steps, frames = cache.chain(
            seed, digit, count, guidance if digit is not None else 0.0
        )  # (steps, 2, 1, 28, 28)
    st.subheader(t("From noise to digit"))
    at = st.slider(t("Step"), 1, len(steps), len(steps) // 2, key=f"chain_at_{count}")
    row(
        list(frames[at - 1].split(1)),
        [
            t("Noisy image, t = {step}", step=steps[at - 1]),
            t("Digit that the network predicts"),
        ],
        width=190,
    )
    label = t("All steps: noisy images above, predicted digits below")
    for number in (0, 1):
        st.image(strip(frames[:, number], _FRAMES, scale=3), alt=label)
    st.caption(label)
    st.subheader(t("From digit to noise"))
    last = len(cache.images().test) - 1
    number = int(st.number_input(t("Number of a test image"), 0, last, 0, key="noised"))
    st.image(
        strip(cache.noised(number, _FRAMES), _FRAMES, scale=3),
        alt=t("A test image to which noise is added in equal steps"),
    )
    st.caption(t("A test image to which noise is added in equal steps"))
