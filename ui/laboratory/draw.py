"""Draw a digit: reconstructions, class, densities and neighbours of a reader's drawing."""

from __future__ import annotations

import altair as alt
import numpy as np
import streamlit as st
import torch
from torch import Tensor

from generative import figures
from generative.drawing import as_digits, as_mnist
from generative.errors import GenerativeError, NotDefined
from generative.latent import codes_of, neighbours
from ui.laboratory import cache
from ui.laboratory.canvas import canvas, data_url, ink_of
from ui.laboratory.widgets import pictures, row, title
from ui.session import error_text
from ui.text import escape, t

_RECONSTRUCTING = ("autoencoder", "vae")  # families
_NEAREST = 8


def show() -> None:
    """The canvas, and beside it the results."""
    state = st.session_state
    state.setdefault("drawing", "")
    state.setdefault("canvas_version", 0)
    state.setdefault("drawn_test_image", None)

    def on_stroke(picture: str) -> None:
        state.drawing, state.drawn_test_image = picture, None

    left, right = st.columns([2, 3], gap="large")
    with left:
        canvas(state.drawing, state.canvas_version, "canvas", on_stroke)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.number_input(t("Number of a test image"), 0, 9999, 0, key="test_image")
            st.button(t("Use a test image"), on_click=use_test_image, args=(int(number),))
        if state.get("canvas_error"):
            st.error(error_text(state.canvas_error))
    with right:
        try:
            picture = current_picture()
        except ValueError as error:
            st.error(error_text(error))
            return
        if picture is None:
            st.info(t("Draw a digit on the canvas, or use a test image."))
            return
        with st.spinner(t("The models process the drawing …")):
            reconstructions(picture)
            classification(picture)
    densities(picture)
    neighbours_of(picture)


def use_test_image(number: int) -> None:
    """Put a test image on the canvas."""
    state = st.session_state
    state.canvas_error = ""
    try:
        pixels = cache.digit_image(number)[0, 0].numpy()
    except GenerativeError as error:
        state.canvas_error = str(error)
        return
    state.drawing = data_url(np.kron(pixels, np.ones((10, 10))))
    state.canvas_version += 1
    state.drawn_test_image = number


def current_picture() -> Tensor | None:
    """The drawing prepared as in MNIST, or the test image itself; None for a blank canvas.

    Raises:
        ValueError: the picture from the browser is incomplete.
    """
    state = st.session_state
    if state.drawn_test_image is not None:
        return cache.digit_image(state.drawn_test_image)
    ink = ink_of(state.drawing) if state.drawing else np.zeros((1, 1))
    return as_mnist(ink) if ink.max() > 0.5 else None


def reconstructions(picture: Tensor) -> None:
    """The prepared drawing and its reconstructions."""
    names = cache.of_family(*_RECONSTRUCTING)
    with torch.no_grad():
        images = [
            cache.model(name).decode(cache.model(name).encode(picture_for(name, picture)))
            for name in names
        ]
    st.markdown(f"**{escape(t('Reconstructions'))}**")
    row([picture, *images], [t("Prepared as in MNIST"), *map(title, names)], width=120)


def picture_for(name: str, picture: Tensor) -> Tensor:
    """A picture in MNIST's format as a model needs it, 8 x 8 pixels for one of the small digits."""
    return as_digits(picture) if cache.dataset_of(name) == "digits" else picture


def classification(picture: Tensor) -> None:
    """The classifier's probabilities."""
    shares = cache.classifier().probabilities(picture)[0].tolist()
    best = int(np.argmax(shares))
    label = t(
        "The classifier predicts {digit} ({share} %).", digit=best, share=round(100 * shares[best])
    )
    st.markdown(f"**{escape(label)}**")
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
    st.altair_chart(chart, width="stretch", alt=label)


def densities(picture: Tensor) -> None:
    """Each model's density and anomaly score of a picture."""
    st.subheader(t("How likely is the drawing?"))
    try:
        figures_by_model = figures.read()
    except GenerativeError as error:
        st.warning(error_text(error))
        figures_by_model = {}
    columns: dict[str, list[str]] = {}
    progress = st.empty()
    for name in cache.names():
        progress.caption(escape(t("Computing: {model} …", model=title(name))))
        try:
            likelihood = cache.likelihood(name, picture_for(name, picture))
            nats, bits = f"{likelihood.nats[0]:.1f}", f"{likelihood.bits_per_dimension[0]:.3f}"
            kind = f"{t(likelihood.kind)}, {t(likelihood.pixels)}"
        except NotDefined:
            nats, bits, kind = "–", "–", "–"
        score = cache.anomaly(name, picture_for(name, picture))
        share = (
            100 * figures_by_model[name].stranger_than(score) if name in figures_by_model else None
        )
        for column, value in (
            (t("Model"), title(name)),
            (t("ln p in nats"), nats),
            (t("Bits per pixel"), bits),
            (t("Kind of ln p"), kind),
            (t("Anomaly score"), f"{score:.4g}"),
            (t("More anomalous than … % of test digits"), "–" if share is None else f"{share:.0f}"),
        ):
            columns.setdefault(column, []).append(value)
    progress.empty()
    st.dataframe(columns, hide_index=True, width="stretch")
    st.caption(
        t(
            "ln p is exact or a lower bound, for binary or grey pixels. Compare only "
            "values for the same kind of pixels. For models of binary pixels, each pixel "
            "is sampled with its grey value as the probability."
        )
    )


def neighbours_of(picture: Tensor) -> None:
    """The training images whose codes are nearest."""
    st.subheader(t("Training images with the nearest codes"))
    names = cache.of_family(*_RECONSTRUCTING)
    first = "vae" if "vae" in names else names[0]
    name = st.segmented_control(
        t("Encoder"), names, default=first, required=True, format_func=title, key="neighbours"
    )
    with st.spinner(t("Encoding training images …")):
        codes = cache.training_codes(name)
    code = codes_of(cache.model(name), picture_for(name, picture))[0]
    rows = neighbours(codes, code, _NEAREST)
    train = cache.images(cache.dataset_of(name)).train
    labels = ", ".join(str(int(train.labels[row])) for row in rows)
    label = t("Nearest first: {labels}", labels=labels)
    pictures(
        train.pixels[torch.from_numpy(rows)].float() / train.top,
        _NEAREST,
        label,
        scale=84 // train.pixels.shape[-1],
    )
    st.caption(escape(label))
