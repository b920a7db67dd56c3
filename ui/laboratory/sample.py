"""Sample: images sampled from a model."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from ui.laboratory import cache
from ui.laboratory.widgets import number, pictures, sentence, title
from ui.text import escape, t

_COUNTS = (4, 9, 16, 25, 36, 64)
_SLOW = "autoregressive"


def show() -> None:
    """A model, its description, and a grid of its samples."""
    names = cache.names()
    first = names.index("vae") if "vae" in names else 0
    name = st.selectbox(t("Model"), names, first, format_func=title, key="sample_model")
    st.markdown(escape(sentence(name)))
    model = cache.model(name)
    about = model.about
    st.caption(
        escape(
            t(
                "{parameters} parameters; trained for {minutes} minutes on {machine}.",
                parameters=number(sum(value.numel() for value in model.parameters())),
                minutes=round(about.get("seconds", 0) / 60),
                machine=about.get("machine", "–"),
            )
        )
    )
    fields = ", ".join(f"{field} {value}" for field, value in asdict(model.config).items())
    st.caption(escape(t("Configuration: {fields}", fields=fields)))
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    seed = int(left.number_input(t("Seed"), 0, 2**31 - 1, 0, key="sample_seed"))
    counts = _COUNTS[:3] if name == _SLOW else _COUNTS
    count = middle.selectbox(t("Number of images"), counts, min(2, len(counts) - 1))
    digit, guidance = None, 0.0
    if model.conditional:
        digit = right.selectbox(t("Digit"), [None, *range(10)], format_func=any_digit)
    if name == "diffusion":
        guidance = st.slider(
            t("Guidance"),
            0.0,
            4.0,
            0.0,
            0.5,
            help=t("Higher values give clearer but less varied digits"),
        )
    request = (name, count, seed)
    if name == _SLOW and not is_confirmed(request):
        st.info(
            t("Each of the 784 pixels needs one pass through the network: this takes 10 s or more.")
        )
        return
    with st.spinner(t("Sampling …")):
        images, seconds = cache.samples(
            name, count, seed, digit, guidance if digit is not None else 0.0
        )
    label = t("{count} digits sampled from: {model}", count=count, model=title(name))
    pictures(images, round(count**0.5), label)
    st.caption(escape(t("Seed {seed}, {seconds} s.", seed=seed, seconds=f"{seconds:.2f}")))


def any_digit(digit: int | None) -> str:
    """The label of a digit, or of any digit."""
    return t("any") if digit is None else str(digit)


def is_confirmed(request: tuple[str, int, int]) -> bool:
    """Whether the reader has started slow sampling by the button, with these same values."""
    if st.button(t("Sample pixel by pixel"), type="primary"):
        st.session_state.sample_request = request
    return bool(st.session_state.get("sample_request") == request)
