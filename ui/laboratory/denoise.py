"""Denoising: a diffusion model turns noise into a digit step by step, and the reverse."""

from __future__ import annotations

import streamlit as st

from generative.diffusion import Diffusion
from generative.pictures import strip
from ui.laboratory import cache
from ui.laboratory.sample import any_digit, choose_sampler
from ui.laboratory.unet import bound, inside, mean_bound, schedules
from ui.laboratory.widgets import choose_model, row, sentence
from ui.text import escape, t

_FRAMES = 10


def show() -> None:
    """The denoising steps with a slider, then a test image with more and more noise."""
    name = choose_model(cache.of_family("diffusion"), "denoise_model")
    st.markdown(escape(sentence("diffusion")))
    model = cache.model(name)
    assert isinstance(model, Diffusion)
    left, right = st.columns(2, vertical_alignment="bottom")
    seed = int(left.number_input(t("Seed"), 0, 2**31 - 1, 0, key="chain_seed"))
    digit = right.selectbox(t("Digit"), [None, *range(10)], 6, format_func=any_digit)
    sampler = choose_sampler(model, "_chain", 1.0)
    with st.spinner(t("Denoising …")):
        steps, frames = cache.chain(seed, digit, sampler, name)  # (steps, 2, 1, size, size)
    st.subheader(t("From noise to digit"))
    at = st.slider(t("Step"), 1, len(steps), len(steps) // 2, key=f"chain_at_{len(steps)}")
    row(
        list(frames[at - 1].split(1)),
        [
            t("Noisy image, t = {step}", step=steps[at - 1]),
            t("Digit that the network predicts"),
        ],
        width=190,
    )
    scale = 84 // frames.shape[-1]
    label = t("All steps: noisy images above, predicted digits below")
    for number in (0, 1):
        st.image(strip(frames[:, number], _FRAMES, scale=scale), alt=label)
    st.caption(label)
    inside(model, cache.states_of(seed, digit, sampler, name)[1][at - 1, :1], steps[at - 1], digit)
    st.subheader(t("From digit to noise"))
    dataset = cache.dataset_of(name)
    last = len(cache.images(dataset).test) - 1
    number = int(st.number_input(t("Number of a test image"), 0, last, 0, key=f"noised_{dataset}"))
    st.image(
        strip(cache.noised(number, _FRAMES, name), _FRAMES, scale=scale),
        alt=t("A test image to which noise is added in equal steps"),
    )
    st.caption(t("A test image to which noise is added in equal steps"))
    schedules(len(model.schedule))
    mean_bound(name)
    if st.toggle(t("Bound on ln p of this image, step by step"), key="bound"):
        bound(name, model, number)
