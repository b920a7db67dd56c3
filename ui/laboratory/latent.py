"""Latent space: a map of a model's codes with a marker, and interpolation between two codes."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch

from generative.gan import GAN
from generative.latent import interpolate
from ui.laboratory import cache
from ui.laboratory.latent_map import latent_map
from ui.laboratory.widgets import SENTENCES, choose_model, pictures, row, sentence
from ui.navigation import take_from_address
from ui.text import escape, t

_WITH_CODES = ("vae", "autoencoder", "flow", "gan")  # families
_DOTS = 700


def show() -> None:
    """The map with the image at its marker, then the interpolation."""
    names = cache.of_family(*_WITH_CODES)
    take_from_address("model", "latent_model", names)
    name = choose_model(names, "latent_model", "vae")
    family = cache.model(name).family
    st.markdown(escape(sentence(name if name in SENTENCES else family)))
    if family != "gan":
        cache.images(
            cache.dataset_of(name)
        )  # before the spinner, so that an error is shown in its place
    with st.spinner(t("Encoding test images …")):
        code_map = cache.code_map(name)
    explore(name, code_map)
    st.subheader(t("Interpolation"))
    interpolation(name)


def explore(name: str, code_map: cache.Map) -> None:
    """The map, the two sliders that move the same marker, and the image at the marker."""
    state, keys = st.session_state, (f"across_{name}", f"up_{name}")
    for key, most in zip(keys, code_map.reach, strict=True):
        state.setdefault(key, round(-most / 2, 1))  # in the middle, the digits overlap

    def moved(at: tuple[float, float]) -> None:
        state[keys[0]], state[keys[1]] = at

    left, right = st.columns([2, 3], gap="large")  # on a phone the image is above the map
    with left:
        labels = (t("First component"), t("Second component"))
        at = np.array(
            [
                st.slider(label, -most, most, key=key, step=0.1)
                for label, most, key in zip(labels, code_map.reach, keys, strict=True)
            ]
        )
        off_plane = st.toggle(
            t("Copy the other dimensions from the nearest image"),
            key="off_plane",
            help=t(
                "A code has more dimensions than the two of the map. If off, the others are "
                "set to their mean; if on, they are copied from the image nearest to the "
                "marker."
            ),
        )
        near = code_map.nearest(at)
        code = code_map.plane.code(at, code_map.codes[near] if off_plane else None)
        images = [cache.decoded(name, code)]
        captions = [t("Decoded at the marker")]
        if off_plane:
            images.append(cache.decoded(name, code_map.codes[near]))
            captions.append(t("Nearest image on the map"))
        row(images, captions, width=150)
    with right:
        points = [
            (float(x), float(y), str(digit), int(digit))
            for (x, y), digit in zip(code_map.points[:_DOTS], code_map.digits[:_DOTS], strict=True)
        ]
        latent_map(
            points,
            code_map.reach,
            (float(at[0]), float(at[1])),
            f"map_{name}",
            moved,
            t("Map of codes; the arrow keys move the marker"),
        )
        st.caption(
            t(
                "Each number on the map is a random code, labelled with the digit that the "
                "classifier predicts for its image. Move the marker with the pointer, the "
                "arrow keys or the sliders."
            )
            if isinstance(cache.model(name), GAN)
            else t(
                "Each number on the map is the code of a test image of that digit, projected "
                "on the first two principal components. Move the marker with the pointer, "
                "the arrow keys or the sliders."
            )
        )


def interpolation(name: str) -> None:
    """Images on the straight line between two codes."""
    model, dataset = cache.model(name), cache.dataset_of(name)
    random = isinstance(model, GAN)
    left, right, last = st.columns(3)
    most = 2**31 - 1 if random else len(cache.images(dataset).test) - 1
    labels = (
        (t("Seed of the first code"), t("Seed of the second code"))
        if random
        else (t("Number of the first test image"), t("Number of the second test image"))
    )
    ends = [
        int(column.number_input(label, 0, most, value, key=f"end_{value}_{random or dataset}"))
        for column, label, value in zip((left, right), labels, (0, 1), strict=True)
    ]
    frames = last.slider(t("Steps"), 3, 16, 10, key="interpolation_steps")
    if isinstance(model, GAN):
        codes = torch.cat([model.draw_codes(1, seed=seed) for seed in ends])
        shares = torch.linspace(0, 1, frames)[:, None]
        images = model.decode(torch.lerp(codes[:1], codes[1:], shares))
    else:
        one, other = (cache.digit_image(number, dataset)[0] for number in ends)
        images = interpolate(model, one, other, frames)
    label = t("Images on the straight line between two codes")
    pictures(images, frames, label, scale=84 // images.shape[-1])
