"""Inside a diffusion model: the step's encoding, the U-Net's features, schedules, and the bound."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import streamlit as st
import torch
from torch import Tensor

from generative import figures
from generative.diffusion import Diffusion, step_encoding
from generative.diffusion_bound import bits_per_dimension, bound_parts
from generative.schedule import Schedule
from ui.laboratory import cache
from ui.laboratory.toy_pictures import lines
from ui.laboratory.widgets import pictures, row
from ui.text import escape, t

_CHANNELS = 8  # shown of each group of features
STAGES = {
    "fine": "Features at the fine scale",
    "coarse": "Features at the coarse scale, after attention",
    "up": "Features at the fine scale, on the way back",
}


@torch.no_grad()
def inside(model: Diffusion, x: Tensor, step: int, digit: int | None) -> None:
    """What the network is given at a step, and what it makes of it.

    Args:
        model: With a U-Net.
        x: The noisy image x_t, (1, 1, size, size), as `Diffusion.states` gives it.
        step: From 0.
        digit: None for any.
    """
    network = model.unet(told=digit is not None)
    st.subheader(t("What the U-Net sees"))
    label = model.config.classes if digit is None else digit
    stages = network.stages(x, torch.tensor([step]), torch.tensor([label]))
    noise = stages["noise"]
    row(
        [((x + 1) / 2).clamp(0, 1), normalised(noise)],
        [
            t("The noisy image, at step t = {step}", step=step),
            t("The noise that the network estimates in it"),
        ],
        width=150,
    )
    for name, title in STAGES.items():
        features = stages[name][0, :_CHANNELS, None]
        shape = " x ".join(map(str, stages[name].shape[1:]))
        caption = f"{t(title)}: {shape}"
        pictures(normalised(features), _CHANNELS, caption, scale=84 // features.shape[-1])
        st.caption(escape(caption))
    encoding(len(model.schedule), network.time_channels, step)


def normalised(images: Tensor) -> Tensor:
    """Images (N, 1, height, width) of any values, each stretched to [0, 1]."""
    low = images.amin(dim=(1, 2, 3), keepdim=True)
    high = images.amax(dim=(1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp(min=1e-6)


def encoding(steps: int, channels: int, step: int) -> None:
    """The encoding of all steps as a picture, a column for each step, the current one marked."""
    values = (step_encoding(torch.arange(steps), channels).T + 1) / 2  # (channels, steps)
    picture = values.expand(1, 3, -1, -1).clone()
    picture[0, :, :, step] = torch.tensor([0.93, 0.55, 0.1])[:, None]
    caption = t(
        "The encoding of the steps: {channels} sines and cosines, a column for each of {steps} steps "
        "from left to right. The network gets the column of its step (orange), and the digit as a "
        "learned vector.",
        channels=channels,
        steps=steps,
    )
    pictures(picture, 1, caption, scale=3 if steps <= 300 else 1)
    st.caption(escape(caption))


def schedules(steps: int) -> None:
    """What both noise schedules leave of an image, by step."""
    both = {"linear": Schedule.linear(max(21, steps)), "cosine": Schedule.cosine(steps)}
    rows = [
        {"step": number, "share": float(value), "schedule": t(name)}
        for name, schedule in both.items()
        for number, value in enumerate(schedule.alpha_bar)
    ]
    lines(rows, "step", t("Step"), "share", t("Share of the data's variance that is left"))


def bound(name: str, model: Diffusion, number: int) -> None:
    """The parts of the bound of a test image by step, and their sum."""
    with st.spinner(t("Computing …")):
        parts = bound_of(name, cache.version(name), number)
    bits = float(bits_per_dimension(parts, model.image_shape[1] * model.image_shape[2])[0])
    text = t(
        "-ln p of the image is at most {nats} nats, {bits} bits a pixel: the sum of a part for each "
        "step, of which the first, L0, is {first} nats, and the last, L{total}, {last} nats.",
        nats=f"{float(parts.sum()):.0f}",
        bits=f"{bits:.2f}",
        first=f"{float(parts[0, 0]):.0f}",
        last=f"{float(parts[0, -1]):.3f}",
        total=len(model.schedule),
    )
    _bars(parts[0].tolist(), t("Nats"), alt.Scale(type="symlog"), text)


def mean_bound(name: str) -> None:
    """The parts of the bound by step, over test images, where the bundled figures have them."""
    entry = figures.read().get(name)
    row = entry.value("density", told=False) if entry else None
    if row is None or not row.by_step:
        return
    st.subheader(t("The bound on ln p, step by step"))
    text = t(
        "The mean over {images} test images, without their digits: -ln p is at most {bits} ± {error} "
        "bits a pixel. The first step, L0, has {first} of them: where an image is nearly without "
        "noise, its exact grey levels must be told.",
        images=row.images,
        bits=f"{row.value:.2f}",
        error=f"{row.error:.2g}",
        first=f"{row.by_step[0]:.2f}",
    )
    # The last part is about 1e-8 and would take half of a logarithmic axis.
    _bars(row.by_step[:-1], t("Bits per dimension"), alt.Scale(type="log"), text)


def _bars(parts: Sequence[float], unit: str, scale: alt.Scale, text: str) -> None:
    """A point for each step's part of a bound, with a text below."""
    rows = [{"step": step, "part": part} for step, part in enumerate(parts)]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(color="#2f86a8", point=alt.OverlayMarkDef(color="#2f86a8", size=12))
        .encode(
            x=alt.X("step:Q", title=t("Step")),
            y=alt.Y("part:Q", title=unit, scale=scale),
            tooltip=["step:Q", alt.Tooltip("part:Q", format=".3g")],
        )
        .properties(height=220)
    )
    st.altair_chart(chart, width="stretch", alt=text)
    st.caption(escape(text))


@st.cache_data(show_spinner=False, max_entries=50)
def bound_of(name: str, version: int, number: int) -> Tensor:
    """The parts of the bound of a test image in nats, (1, steps + 1); its digit is given."""
    model, dataset = cache.model(name), cache.dataset_of(name)
    assert isinstance(model, Diffusion)
    image = (255 * cache.digit_image(number, dataset)).round() / 255
    label = cache.images(dataset).test.labels[number : number + 1]
    return bound_parts(model, image, label)
