"""Latent space: a plane through a model's codes to move on, and the way between two digits."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch

from generative.gan import GAN
from generative.latent import interpolate
from ui.laboratory import cache
from ui.laboratory.latent_map import latent_map
from ui.laboratory.widgets import pictures, row, sentence, title
from ui.text import escape, t

_WITH_CODES = ("vae", "autoencoder", "denoising", "flow", "gan")
_DOTS = 700


def show() -> None:
    """The map with its mark and the image there, then the way between two images."""
    names = [name for name in _WITH_CODES if name in cache.names()]
    name = st.selectbox(t("Model"), names, format_func=title, key="latent_model")
    st.markdown(escape(sentence(name)))
    if name != "gan":
        cache.images()  # before a spinner, so that a failure is told in its place
    with st.spinner(t("Encoding test images …")):
        found = cache.code_map(name)
    walk(name, found)
    st.subheader(t("From one to another"))
    between(name)


def walk(name: str, found: cache.Map) -> None:
    """The pad, the two sliders that move the same mark, and the image at the mark."""
    state, keys = st.session_state, (f"across_{name}", f"up_{name}")
    for key, most in zip(keys, found.reach, strict=True):
        state.setdefault(key, round(-most / 2, 1))  # in the middle, all digits are mixed

    def moved(at: tuple[float, float]) -> None:
        state[keys[0]], state[keys[1]] = at

    left, right = st.columns([2, 3], gap="large")  # on a phone the image is above the map
    with left:
        labels = (t("First component"), t("Second component"))
        at = np.array(
            [
                st.slider(label, -most, most, key=key, step=0.1)
                for label, most, key in zip(labels, found.reach, keys, strict=True)
            ]
        )
        beside = st.toggle(
            t("Take what is off the plane from the nearest image"),
            key="off_plane",
            help=t(
                "A code has more than two dimensions. Off, the others stay at their mean; on, they "
                "are those of the image nearest to the mark."
            ),
        )
        near = found.nearest(at)
        code = found.plane.code(at, found.codes[near] if beside else None)
        images = [cache.decoded(name, code)]
        captions = [t("Decoded at the mark")]
        if beside:
            images.append(cache.decoded(name, found.codes[near]))
            captions.append(t("Nearest on the map"))
        row(images, captions, width=150)
    with right:
        points = [
            (float(x), float(y), int(digit))
            for (x, y), digit in zip(found.places[:_DOTS], found.digits[:_DOTS], strict=True)
        ]
        latent_map(points, found.reach, (float(at[0]), float(at[1])), f"pad_{name}", moved)
        st.caption(
            t(
                "Every figure is a drawn noise, named by the digit that the classifier sees in its "
                "image. Move the mark by pointer, arrow keys or sliders."
            )
            if name == "gan"
            else t(
                "Every figure is the code of a test image of that digit, on the plane of the first "
                "two principal components. Move the mark by pointer, arrow keys or sliders."
            )
        )


def between(name: str) -> None:
    """Images along the straight way between two codes."""
    chosen = cache.model(name)
    left, right, last = st.columns(3)
    most = 2**31 - 1 if name == "gan" else len(cache.images().test) - 1
    labels = (
        (t("Seed of one noise"), t("Seed of the other"))
        if name == "gan"
        else (t("Number of one test image"), t("Number of the other"))
    )
    ends = [
        int(column.number_input(label, 0, most, value, key=f"end_{value}_{name == 'gan'}"))
        for column, label, value in zip((left, right), labels, (0, 1), strict=True)
    ]
    frames = last.slider(t("Steps"), 3, 16, 10, key="between_steps")
    if name == "gan":
        assert isinstance(chosen, GAN)
        codes = torch.cat([chosen.draw_codes(1, seed=seed) for seed in ends])
        shares = torch.linspace(0, 1, frames)[:, None]
        images = chosen.decode(torch.lerp(codes[:1], codes[1:], shares))
    else:
        one, other = (cache.test_image(number)[0] for number in ends)
        images = interpolate(chosen, one, other, frames)
    pictures(images, frames, t("Images on the straight way between two codes"))
