"""Two dimensions: the same points under all six families, trained live, side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from generative.live import Glimpse
from generative.pictures import grid
from generative.toy import drawing
from generative.toy.models import FAMILIES, Planar
from generative.toy.shapes import SHAPES, Shape, as_points
from generative.toy.training import SECONDS, Score, score, train_planar
from ui.job import Job
from ui.laboratory import cache, toy_pictures
from ui.laboratory.widgets import short_title
from ui.session import background_jobs
from ui.text import escape, t

_TRAINING = "laboratory toy"  # the name of the one job of the process
WIDTH = 145  # of a panel, in CSS pixels: all beside each other, on a telephone two


@dataclass(frozen=True, slots=True)
class Step:
    """A family's training after an epoch; `score` and the drawn density at its end alone."""

    family: str
    glimpse: Glimpse
    score: Score | None = None
    density: Tensor | None = None


@dataclass(frozen=True)
class Training:
    """The training of all families on a shape, running or done."""

    job: Job[Step]
    shape: Shape
    seed: int


def show() -> None:
    """The form, the panels of all families, and the picture of one family's idea."""
    st.markdown(
        escape(
            t(
                "Points in the plane instead of images: small models of the same families, with the "
                "same losses and samplers. Their densities can be drawn, and the true one is known."
            )
        )
    )
    now: Training | None = background_jobs().get(_TRAINING)
    busy = now is not None and not now.job.done
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    name = left.selectbox(
        t("Data"), list(SHAPES), format_func=lambda one: t(SHAPES[one].title), key="toy_shape"
    )
    seconds = middle.slider(
        t("Time limit for each family (seconds of processor time)"),
        5,
        20,
        int(SECONDS),
        5,
        key="toy_seconds",
    )
    seed = int(right.number_input(t("Seed"), 0, 2**31 - 1, 0, key="toy_seed"))
    if st.button(t("Train all six"), type="primary", icon=":material/play_arrow:", disabled=busy):
        start(SHAPES[name], seconds, seed)
        st.rerun()
    if now is None:
        panel(t("Data"), drawing.draw_points(SHAPES[name].sample(1000, seed=seed)))
        return
    steps = follow(now)
    if busy:
        st.rerun()
    trained = {step.family: step.glimpse.model for step in steps if step.glimpse.model is not None}
    if trained:
        toy_pictures.show(trained, now.shape)


def start(shape: Shape, seconds: float, seed: int) -> None:
    """Train the families one after the other in the background."""

    def work(stop: threading.Event) -> Iterator[Step]:
        for family in FAMILIES.values():
            events = train_planar(family, shape, stop, seconds=seconds, seed=seed, turn=cache.TURN)
            for glimpse in events:
                if glimpse.model is None:
                    yield Step(family.name, glimpse)
                    continue
                assert isinstance(glimpse.model, Planar)
                with cache.TURN:
                    result = score(glimpse.model, shape, has_density=family.has_density, seed=seed)
                density = None
                if family.has_density:
                    density = drawing.draw_density(glimpse.model.log_density)
                yield Step(family.name, glimpse, result, density)

    background_jobs()[_TRAINING] = Training(Job(work), shape, seed)


def follow(training: Training) -> list[Step]:
    """The panels, updated while the training runs; returns the last step of each family."""
    job, shape = training.job, training.shape
    st.subheader(escape(t(shape.title)))
    if not job.done:
        st.button(t("Stop"), icon=":material/stop_circle:", on_click=job.stop.set, key="stop_toy")
    places = {}
    # Names of one and of two lines: the pictures below them begin at the same height.
    st.html("<style>.st-key-toy_panels p:has(> strong) { min-height: 3.2em; }</style>")
    with st.container(horizontal=True, gap="small", key="toy_panels"):
        for name in ("data", *FAMILIES):
            with st.container(width=WIDTH):
                places[name] = st.empty()
    with places["data"].container():
        panel(t("Data"), drawing.draw_points(shape.sample(1000, seed=training.seed)))
        panel("", drawing.draw_density(shape.log_density), t("True density"))
    last: dict[str, Step] = {}
    for step in job.follow():
        if step is not None:
            last[step.family] = step
            if step.glimpse.preview is not None and not job.done:
                show_family(places[step.family], step)
    for name, step in last.items():
        show_family(places[name], step)
    st.caption(
        escape(
            t(
                "Above: data or samples; below: densities, from dark to light. Strays: samples more "
                "than three standard deviations of the noise from the data's curve. KL: of the data "
                "from the model, in nats, 0 is perfect. A GAN and a diffusion model define no "
                "density."
            )
        )
    )
    return list(last.values())


def show_family(place, step: Step) -> None:  # type: ignore[no-untyped-def]
    """A family's samples, and at the end of its training its density and its score."""
    glimpse = step.glimpse
    with place.container():
        name = short_title(step.family)
        if glimpse.preview is not None:
            panel(name, drawing.draw_points(as_points(glimpse.preview)))
        if step.score is None:
            st.caption(escape(t("Epoch {epoch}", epoch=glimpse.epoch.number)))
            return
        caption = caption_of(step.score) + f" {glimpse.epoch.seconds:.0f} s."
        if step.density is None:
            st.caption(escape(caption))
        else:
            panel("", step.density, caption)


def caption_of(result: Score) -> str:
    """A score as a text."""
    parts = [t("Strays: {share} %.", share=f"{100 * result.strays:.1f}")]
    if result.kl is not None:
        parts.append(t("KL: {nats}.", nats=f"{result.kl:.2f}"))
    if result.modes is not None:
        parts.append(t("Modes: {count} of 8.", count=result.modes))
    return " ".join(parts)


def panel(name: str, picture, caption: str = "") -> None:  # type: ignore[no-untyped-def]
    """A picture (3, side, side) under its name, above a caption."""
    if name:
        st.markdown(f"**{escape(name)}**")
    st.image(grid(picture[None], 1, scale=1), alt=caption or name, width=WIDTH)
    if caption:
        st.caption(escape(caption))
