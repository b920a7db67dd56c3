"""Draw a digit: what each model makes of a reader's drawing."""

from __future__ import annotations

import altair as alt
import numpy as np
import streamlit as st
import torch
from torch import Tensor

from generative import figures
from generative.drawing import as_mnist
from generative.errors import GenerativeError, NotDefined
from generative.latent import codes_of, neighbours
from ui.laboratory import cache
from ui.laboratory.canvas import canvas, data_url, ink_of
from ui.laboratory.widgets import pictures, row, title
from ui.text import escape, t

_REBUILDING = ("autoencoder", "denoising", "vae")
_NEAREST = 8


def show() -> None:
    """The canvas, and beside it what came of the drawing."""
    state = st.session_state
    state.setdefault("sketched", "")
    state.setdefault("sketch_version", 0)
    state.setdefault("sketch_test", None)

    def drawn(picture: str) -> None:
        state.sketched, state.sketch_test = picture, None

    left, right = st.columns([2, 3], gap="large")
    with left:
        canvas(state.sketched, state.sketch_version, "sketch", drawn)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.number_input(t("Number of a test image"), 0, 9999, 0, key="taken")
            st.button(t("Take a test image"), on_click=take, args=(int(number),))
        if state.get("sketch_fault"):
            st.error(escape(state.sketch_fault))
    with right:
        try:
            picture = chosen_picture()
        except ValueError as error:
            st.error(escape(str(error)))
            return
        if picture is None:
            st.info(t("Draw a digit on the canvas, or take a test image."))
            return
        with st.spinner(t("The models look at it …")):
            rebuilt(picture)
            opinion(picture)
    densities(picture)
    alike(picture)


def take(number: int) -> None:
    """Put a test image on the canvas."""
    state = st.session_state
    state.sketch_fault = ""
    try:
        pixels = cache.test_image(number)[0, 0].numpy()
    except GenerativeError as error:
        state.sketch_fault = str(error)
        return
    state.sketched = data_url(np.kron(pixels, np.ones((10, 10))))
    state.sketch_version += 1
    state.sketch_test = number


def chosen_picture() -> Tensor | None:
    """The drawing as MNIST would have it, or the test image itself; None of a blank canvas.

    Raises:
        ValueError: the drawing did not arrive whole.
    """
    state = st.session_state
    if state.sketch_test is not None:
        return cache.test_image(state.sketch_test)
    ink = ink_of(state.sketched) if state.sketched else np.zeros((1, 1))
    return as_mnist(ink) if ink.max() > 0.5 else None


def rebuilt(picture: Tensor) -> None:
    """The prepared drawing and its reconstructions."""
    names = [name for name in _REBUILDING if name in cache.names()]
    with torch.no_grad():
        images = [cache.model(name).decode(cache.model(name).encode(picture)) for name in names]
    st.markdown(f"**{escape(t('Reconstructions'))}**")
    row([picture, *images], [t("As MNIST has it"), *map(title, names)], width=120)


def opinion(picture: Tensor) -> None:
    """The classifier's probabilities."""
    shares = cache.judge().probabilities(picture)[0].tolist()
    best = int(np.argmax(shares))
    said = t(
        "The classifier sees a {digit} ({share} %).", digit=best, share=round(100 * shares[best])
    )
    st.markdown(f"**{escape(said)}**")
    values = [{"digit": str(digit), "share": share} for digit, share in enumerate(shares)]
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_bar(color="#2f86a8")
        .encode(
            x=alt.X("digit:N", title=t("Digit"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title=t("Probability"), scale=alt.Scale(domain=[0, 1])),
            tooltip=["digit:N", alt.Tooltip("share:Q", format=".3f")],
        )
        .properties(height=180)
    )
    st.altair_chart(chart, width="stretch", alt=said)


def densities(picture: Tensor) -> None:
    """How likely and how strange each model finds it."""
    st.subheader(t("How likely is it?"))
    try:
        measured = figures.read()
    except GenerativeError as error:
        st.warning(escape(str(error)))
        measured = {}
    columns: dict[str, list[str]] = {}
    waiting = st.empty()
    for name in cache.names():
        waiting.caption(escape(t("Asking: {model} …", model=title(name))))
        try:
            found = cache.likelihood(name, picture)
            nats, bits = f"{found.nats[0]:.1f}", f"{found.bits_per_dimension[0]:.3f}"
            kind = f"{t(found.kind)}, {t(found.pixels)}"
        except NotDefined:
            nats, bits, kind = "–", "–", "–"
        score = cache.anomaly(name, picture)
        share = 100 * measured[name].stranger_than(score) if name in measured else None
        for column, value in (
            (t("Model"), title(name)),
            (t("ln p in nats"), nats),
            (t("Bits per pixel"), bits),
            (t("What ln p is"), kind),
            (t("Anomaly score"), f"{score:.4g}"),
            (t("Stranger than … % of test digits"), "–" if share is None else f"{share:.0f}"),
        ):
            columns.setdefault(column, []).append(value)
    waiting.empty()
    st.dataframe(columns, hide_index=True, width="stretch")
    st.caption(
        t(
            "Exact or a lower bound, over binary or grey pixels: only figures over the same pixels "
            "can be compared. Models of binary pixels see each pixel drawn with its grey as "
            "probability."
        )
    )


def alike(picture: Tensor) -> None:
    """The training images whose codes are nearest."""
    st.subheader(t("Training images with the nearest codes"))
    names = [name for name in ("vae", "autoencoder", "denoising") if name in cache.names()]
    name = st.segmented_control(
        t("Codes of"), names, default=names[0], required=True, format_func=title, key="alike"
    )
    with st.spinner(t("Encoding training images …")):
        codes = cache.training_codes(name)
    rows = neighbours(codes, codes_of(cache.model(name), picture)[0], _NEAREST)
    train = cache.images().train
    labels = ", ".join(str(int(train.labels[row])) for row in rows)
    said = t("From the nearest on: {labels}", labels=labels)
    pictures(train.pixels[torch.from_numpy(rows)].float() / train.top, _NEAREST, said)
    st.caption(escape(said))
