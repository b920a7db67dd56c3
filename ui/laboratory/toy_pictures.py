"""The idea of each family as a picture of its model of points, with a slider where it moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
import streamlit as st
import torch
from torch import Tensor

from generative.pictures import grid
from generative.schedule import Schedule
from generative.toy import drawing
from generative.toy.collapse import Reached, provoke_and_cure
from generative.toy.models import (
    PlanarAutoregressive,
    PlanarDiffusion,
    PlanarEnergy,
    PlanarFlow,
    PlanarGAN,
    PlanarVAE,
    grid_points,
)
from generative.toy.shapes import Shape, as_images, as_points
from ui.job import Job
from ui.laboratory import cache
from ui.laboratory.widgets import short_title
from ui.session import background_jobs
from ui.text import escape, t

_COLLAPSE = "laboratory mode collapse"  # the name of the one job of the process
_COLOURS = ("#2f86a8", "#c77700")  # 3 : 1 and more on both themes
_CHAINS = 40


@st.fragment
def show(models: Mapping[str, Any], shape: Shape) -> None:
    """A choice of family, and its picture; a change draws only this again."""
    st.subheader(escape(t("How each family works")))
    name = st.segmented_control(
        t("Family"),
        list(models),
        default=next(iter(models)),
        required=True,
        format_func=short_title,
        key="toy_family",
        label_visibility="collapsed",
        wrap=True,
    )
    drawers: dict[str, Callable[[Any, Shape], None]] = {
        "vae": vae,
        "gan": gan,
        "diffusion": diffusion,
        "flow": flow,
        "autoregressive": autoregressive,
        "energy": energy,
    }
    drawers[name](models[name], shape)


def pair(pictures: list[tuple[Tensor, str]]) -> None:
    """Pictures (3, side, side) beside each other, with captions."""
    with st.container(horizontal=True, gap="medium"):
        for picture, caption in pictures:
            st.image(grid(picture[None], 1, scale=1), caption=caption, alt=caption, width=300)


@torch.no_grad()
def vae(model: PlanarVAE, shape: Shape) -> None:
    """The codes of the data, and a grid of codes decoded."""
    points = shape.sample(1000, seed=1)
    mean, log_var = model.posterior(as_images(points))
    lattice = drawing.lattice(reach=2.5)
    decoded = model.decoder(lattice.reshape(-1, 2)).reshape(lattice.shape)
    pair(
        [
            (
                drawing.draw_points(mean, reach=3.0, side=300),
                t("Codes of the data, the means of Q(z|x); their prior is a standard normal."),
            ),
            (
                drawing.draw_paths(decoded, side=300),
                t("A square grid of codes, decoded; P(x|z) is a Gaussian around each point."),
            ),
        ]
    )
    st.caption(
        escape(
            t(
                "Standard deviation of P(x|z): {width}; mean standard deviation of Q(z|x): {spread}.",
                width=f"{float(model.width):.3f}",
                spread=f"{float((log_var / 2).exp().mean()):.2f}",
            )
        )
    )


def gan(model: PlanarGAN, shape: Shape) -> None:
    """The discriminator's view, the generator's samples, and a mode collapse."""

    def judged(points: Tensor) -> Tensor:
        return torch.nn.functional.logsigmoid(model.judge(as_images(points)))

    pair(
        [
            (
                drawing.draw_density(judged, side=300),
                t("The discriminator's probability that a point is real, from dark to light."),
            ),
            (
                drawing.draw_points(as_points(cache.seeded_samples(model, 1000)), side=300),
                t("Points of the generator."),
            ),
        ]
    )
    st.markdown(escape(t("Mode collapse")))
    job: Job[Reached] | None = background_jobs().get(_COLLAPSE)
    busy = job is not None and not job.done
    if st.button(t("Provoke and cure"), icon=":material/play_arrow:", disabled=busy):
        background_jobs()[_COLLAPSE] = Job(lambda stop: provoke_and_cure(stop, turn=cache.TURN))
        st.rerun()
    if job is None:
        return
    if busy:
        st.button(t("Stop"), on_click=job.stop.set, icon=":material/stop_circle:", key="stop_gan")
    place = st.empty()
    last: dict[str, Reached] = {}
    for reached in job.follow():
        if reached is not None:
            last[reached.setting] = reached
        if last and (reached is None or job.done):
            with place.container():
                show_collapse(last)
    with place.container():
        show_collapse(last)
    if busy:
        st.rerun()


def show_collapse(last: Mapping[str, Reached]) -> None:
    """The samples under both settings, with the number of modes."""
    names = {
        "provoked": "Without a gradient penalty: {count} of {modes} modes after {epochs} epochs.",
        "cured": "With the gradient penalty R1: {count} of {modes} modes after {epochs} epochs.",
    }
    pair(
        [
            (
                drawing.draw_points(reached.samples, reach=1.3, side=300),
                t(
                    names[name],
                    count=int(reached.modes.sum()),
                    modes=len(reached.modes),
                    epochs=reached.epoch,
                ),
            )
            for name, reached in last.items()
        ]
    )


def diffusion(model: PlanarDiffusion, shape: Shape) -> None:
    """Paths of the reverse chain up to a step, and what both noise schedules leave of the data."""
    with cache.TURN:
        states = list(model.states(600, seed=0, steps=50, eta=0.0))
    points = torch.stack([x.reshape(-1, 2) for _, x, _ in states] + [states[-1][2].reshape(-1, 2)])
    at = st.slider(t("Step"), 0, len(points) - 1, len(points) - 1, key="toy_denoise")
    reach = 2.0
    paths = points[: at + 1, :_CHAINS].transpose(0, 1)
    pair(
        [
            (
                drawing.draw_points(points[at], reach=reach, side=300),
                t("600 points after {step} of {steps} steps.", step=at, steps=len(points) - 1),
            ),
            (
                drawing.draw_paths(
                    paths if at else points[:2, :_CHAINS].transpose(0, 1)[:, :1].repeat(1, 2, 1),
                    reach=reach,
                    side=300,
                ),
                t("The paths of {count} of them, without fresh noise (DDIM).", count=_CHAINS),
            ),
        ]
    )
    total = len(model.schedule)
    schedules = {"linear": Schedule.linear(total), "cosine": Schedule.cosine(total)}
    noised = st.slider(t("Step of the noise schedule"), 0, total - 1, total // 4, key="toy_noise")
    data = shape.sample(1000, seed=1)
    noise = torch.randn(data.shape, generator=torch.Generator().manual_seed(0))
    step = torch.full((len(data),), noised)
    pair(
        [
            (
                drawing.draw_points(schedule.add_noise(data, noise, step), reach=reach, side=300),
                t("{schedule}: the data with the noise of this step.", schedule=t(name)),
            )
            for name, schedule in schedules.items()
        ]
    )
    rows = [
        {"step": number, "share": float(value), "schedule": t(name)}
        for name, schedule in schedules.items()
        for number, value in enumerate(schedule.alpha_bar)
    ]
    lines(rows, "step", t("Step"), "share", t("Share of the data's variance that is left"))


def lines(rows: list[dict[str, Any]], x: str, x_title: str, y: str, y_title: str) -> None:
    """A line for each schedule."""
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line()
        .encode(
            x=alt.X(f"{x}:Q", title=x_title),
            y=alt.Y(f"{y}:Q", title=None),
            color=alt.Color(
                "schedule:N",
                title=None,
                scale=alt.Scale(range=list(_COLOURS)),
                legend=alt.Legend(orient="bottom"),
            ),
            strokeDash=alt.StrokeDash("schedule:N", legend=None),
        )
        .properties(height=300)
    )
    st.altair_chart(chart, width="stretch", alt=y_title)
    st.caption(escape(y_title))


@torch.no_grad()
def flow(model: PlanarFlow, shape: Shape) -> None:
    """A square grid of noise, bent by more and more couplings."""
    total = len(model.couplings)
    at = st.slider(t("Couplings"), 0, total, total, key="toy_couplings")
    lattice = drawing.lattice(reach=2.5)
    bent = model.from_noise(lattice.reshape(-1, 2), at).reshape(lattice.shape)
    noise = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
    reach = 2.5 - 1.5 * at / total
    pair(
        [
            (
                drawing.draw_paths(bent, reach=reach, side=300),
                t("The grid of the noise after {step} of {steps} couplings.", step=at, steps=total),
            ),
            (
                drawing.draw_points(model.from_noise(noise, at), reach=reach, side=300),
                t("1000 points of noise after the same couplings."),
            ),
        ]
    )


@torch.no_grad()
def autoregressive(model: PlanarAutoregressive, shape: Shape) -> None:
    """p(x1), and p(x2|x1) at a chosen x1."""
    bins = model.config.bins
    at = st.slider("x1", -1.0, 1.0, 0.0, 2 / bins, key="toy_x1")
    row = min(bins - 1, int((at + 1) / 2 * bins))
    of_first, of_second = model.log_masses(torch.tensor([row]))
    names = (t("p(x1): density of the first coordinate"), t("p(x2|x1): density of the second"))
    for values, name in zip((of_first, of_second[0]), names, strict=True):
        rows = [
            {"x": (number + 0.5) / bins * 2 - 1, "density": float(value.exp()) * bins / 2}
            for number, value in enumerate(values)
        ]
        chart = (
            alt.Chart(alt.Data(values=rows))
            .mark_area(interpolate="step", color=_COLOURS[0])
            .encode(x=alt.X("x:Q", title=None), y=alt.Y("density:Q", title=None))
            .properties(height=150)
        )
        st.altair_chart(chart, width="stretch", alt=name)
        st.caption(escape(name))


def energy(model: PlanarEnergy, shape: Shape) -> None:
    """The energy as a landscape, and chains that walk on it."""
    with cache.TURN:
        states = cache.chains_of(model, 400, 200)
    at = st.slider(t("Steps of the chains"), 0, len(states) - 1, len(states) - 1, key="toy_walk")
    with torch.no_grad():
        values = model.energy_at(grid_points(50, 1.0))
    low, high = float(values.min()), float(values.quantile(0.98))

    def height(points: Tensor) -> Tensor:
        return -((model.energy_at(points) - low) / (high - low)).clamp(0, 1) * 4

    with torch.no_grad():
        landscape = drawing.draw_density(height, side=300)
    paths = states[max(0, at - 20) : at + 1, :12].transpose(0, 1)
    if at == 0:
        paths = paths.repeat(1, 2, 1)
    pair(
        [
            (
                drawing.draw_paths(paths, ground=landscape),
                t("The energy, light where it is low, and the last 20 steps of 12 chains."),
            ),
            (
                drawing.draw_points(states[at], side=300),
                t("400 chains after {step} Langevin steps.", step=at),
            ),
        ]
    )
