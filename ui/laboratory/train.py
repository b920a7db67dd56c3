"""Train a small one live: a family on the 8 x 8 digits, with its curves and what it can draw."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import streamlit as st

from generative.data import digits
from generative.families import FAMILIES
from generative.live import Glimpse, curves, watch
from ui.job import Job
from ui.laboratory import cache
from ui.laboratory.widgets import pictures, sentence, title
from ui.session import background_jobs
from ui.text import escape, t

_TRAINING = "laboratory training"  # the name of the one training of the process
PARTS = {  # of the losses: how the chart calls them
    "training": "Loss in training",
    "validation": "Loss on held-out digits",
    "discriminator": "Loss of the discriminator",
    "generator": "Loss of the generator",
    "right": "Share that the discriminator tells rightly",
    "contrast": "Energy of digits less that of drawn ones",
    "real": "Energy of digits",
    "walked": "Energy of drawn ones",
}
COLOURS = ("#2f86a8", "#c77700", "#a05bb5")  # 3 : 1 and more on both themes
_STARTING = threading.Lock()
_EVERY = 0.7  # seconds between two drawings of the curves


@dataclass(frozen=True)
class Training:
    """A training, under way or done, and what it is of."""

    job: Job[Glimpse]
    family: str
    seconds: int
    seed: int


def show() -> None:
    """What to train and for how long, and how it goes."""
    st.markdown(
        escape(
            t(
                "A small model learns from 1,200 digits of 8 x 8 pixels, here and now. One training "
                "runs at a time, and everybody who opens this page sees it."
            )
        )
    )
    now: Training | None = background_jobs().get(_TRAINING)
    busy = now is not None and not now.job.done
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    names = [name for name in FAMILIES if name != "classifier"]
    name = left.selectbox(
        t("Family"), names, names.index("vae"), format_func=title, key="train_family"
    )
    seconds = middle.slider(t("At most so many seconds"), 5, 60, 30, 5, key="train_seconds")
    seed = int(right.number_input(t("Seed"), 0, 2**31 - 1, 0, key="train_seed"))
    st.caption(escape(sentence(name)))
    if st.button(t("Train"), type="primary", icon=":material/play_arrow:", disabled=busy):
        begin(name, seconds, seed)
        st.rerun()
    if now is not None:
        follow(now)
        if busy:
            st.rerun()


def begin(family: str, seconds: int, seed: int) -> None:
    """Train beside the page, unless somebody else has just begun."""

    def work(stop: threading.Event):  # type: ignore[no-untyped-def]
        return watch(family, digits(), stop, seconds=seconds, seed=seed, turn=cache.TURN)

    with _STARTING:
        now = background_jobs().get(_TRAINING)
        if now is None or now.job.done:
            background_jobs()[_TRAINING] = Training(Job(work), family, seconds, seed)


def follow(training: Training) -> None:
    """Curves and preview, drawn anew while the training goes on."""
    job = training.job
    st.subheader(escape(title(training.family)))
    if not job.done:
        st.button(t("Stop"), icon=":material/stop_circle:", on_click=job.stop.set, key="stop_train")
    told = st.empty()
    left, right = st.columns([3, 2], gap="large")
    chart, preview = left.empty(), right.empty()
    told.markdown(escape(t("The first epoch is under way …")))
    seen: list[Glimpse] = []
    drawn = 0.0
    for glimpse in job.follow():
        if glimpse is not None:
            seen.append(glimpse)
        if seen and not job.done and time.monotonic() - drawn > _EVERY:
            drawn = time.monotonic()
            draw(training, seen, told, chart, preview)
    if seen:
        draw(training, seen, told, chart, preview)


def draw(training: Training, seen: Sequence[Glimpse], told, chart, preview) -> None:  # type: ignore[no-untyped-def]
    """The state after the last epoch, into three places of the page."""
    epoch = seen[-1].epoch
    told.markdown(
        escape(
            t(
                "Epoch {epoch} of {epochs}, {seconds} s, seed {seed}",
                epoch=epoch.number,
                epochs=epoch.epochs,
                seconds=round(epoch.seconds, 1),
                seed=training.seed,
            )
        )
    )
    points = [
        {"epoch": one.epoch.number, "part": t(PARTS[part]), "value": value}
        for one in seen
        for part, value in curves(one.epoch).items()
    ]
    lines = (
        alt.Chart(alt.Data(values=points))
        .mark_line()
        .encode(
            x=alt.X("epoch:Q", title=t("Epoch"), axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(range=list(COLOURS)),
                legend=alt.Legend(orient="bottom", labelLimit=400),
            ),
            strokeDash=alt.StrokeDash("part:N", legend=None),
            tooltip=["epoch:Q", "part:N", alt.Tooltip("value:Q", format=".4g")],
        )
        .properties(height=260)
    )
    chart.altair_chart(lines, width="stretch", alt=t("Loss by epoch"))
    shown = next((one.preview for one in reversed(seen) if one.preview is not None), None)
    if shown is not None:
        with preview.container():
            said = (
                t("Test digits, each row above its reconstructions")
                if training.family == "autoencoder"
                else t("Drawn by the model as it is now")
            )
            pictures(shown, 8, said, scale=6)
            st.caption(said)
