"""Sample: images sampled from a model."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st
import torch

from generative.autoregressive import Autoregressive
from generative.diffusion import GUIDANCE, Diffusion
from ui.laboratory import cache, pixels
from ui.laboratory.widgets import SENTENCES, choose_model, number, pictures, sentence, title
from ui.navigation import take_from_address
from ui.text import escape, t

_COUNTS = (4, 9, 16, 25, 36, 64)


def show() -> None:
    """A model, its description, and a grid of its samples."""
    take_from_address("model", "sample_model", cache.names())
    name = choose_model(cache.names(), "sample_model", "vae")
    st.markdown(escape(sentence(name if name in SENTENCES else cache.model(name).family)))
    model = cache.model(name)
    about = model.about
    minutes = about.get("seconds", 0) / 60
    st.caption(
        escape(
            t(
                "{parameters} parameters; trained for {minutes} minutes on {machine}.",
                parameters=number(sum(value.numel() for value in model.parameters())),
                minutes=f"{minutes:.1f}" if minutes < 3 else round(minutes),
                machine=about.get("machine", "–"),
            )
        )
    )
    fields = ", ".join(f"{field} {value}" for field, value in asdict(model.config).items())
    st.caption(escape(t("Configuration: {fields}", fields=fields)))
    if model.family == "autoencoder":
        st.info(
            t(
                "An autoencoder cannot draw images: it has no distribution of codes to sample from; "
                "a VAE has."
            )
        )
        return
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    seed = int(left.number_input(t("Seed"), 0, 2**31 - 1, 0, key="sample_seed"))
    count = middle.selectbox(t("Number of images"), _COUNTS, 2)
    digit = None
    if model.conditional:
        digit = right.selectbox(t("Digit"), [None, *range(10)], format_func=any_digit)
    sampler = choose_sampler(model) if isinstance(model, Diffusion) else cache.Sampler()
    if isinstance(model, Autoregressive):
        drawn = pixels.draw(name, torch.zeros(count, *model.image_shape), 0, seed)
        if drawn is None:
            return
        images, seconds = drawn
    else:
        with st.spinner(t("Sampling …")):
            images, seconds = cache.samples(name, count, seed, digit, sampler)
    label = t("{count} digits sampled from: {model}", count=count, model=title(name))
    pictures(images, round(count**0.5), label, scale=84 // images.shape[-1])
    st.caption(escape(t("Seed {seed}, {seconds} s.", seed=seed, seconds=f"{seconds:.2f}")))


def choose_sampler(model: Diffusion, key: str = "", guidance: float = GUIDANCE) -> cache.Sampler:
    """The controls of a diffusion model's sampling; guidance acts on a random digit too."""
    weight = st.slider(
        t("Guidance"),
        0.0,
        4.0,
        guidance,
        0.5,
        help=t(
            "Higher values give clearer but less varied digits. Without a chosen digit, each image "
            "is guided to a random one."
        ),
        key=f"guidance{key}",
    )
    total = len(model.schedule)
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    method = left.segmented_control(
        t("Method"),
        ["ddim", "ddpm"],
        default="ddim",
        required=True,
        format_func=str.upper,
        key=f"method{key}",
    )
    ddpm = method == "ddpm"
    options = [steps for steps in (5, 10, 25, 50, 100) if steps <= total]
    steps = middle.select_slider(
        t("Sampling steps (DDIM)"), options, min(25, options[-1]), disabled=ddpm, key=f"steps{key}"
    )
    eta = right.slider(
        t("Noise of each step (eta)"),
        0.0,
        1.0,
        1.0,
        0.25,
        disabled=ddpm,
        help=t("0: DDIM adds no noise, and the first noise decides the image; 1: as much as DDPM"),
        key=f"eta{key}",
    )
    schedule = t("linear") if model.config.schedule == "linear" else t("cosine")
    st.caption(
        escape(
            t(
                "Noise schedule of this model: {schedule}, {total} steps; DDPM uses all of them.",
                schedule=schedule,
                total=total,
            )
        )
    )
    if ddpm:
        return cache.Sampler(weight, "ddpm")
    return cache.Sampler(weight, "ddim", steps, eta)


def any_digit(digit: int | None) -> str:
    """The label of a digit, or of any digit."""
    return t("any") if digit is None else str(digit)
