"""Train live: a small model on the 8 x 8 digits, with its loss curves and samples."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import streamlit as st

from generative import available, checkpoints
from generative.checks import check_target
from generative.data import digits
from generative.errors import GenerativeError
from generative.families import FAMILIES
from generative.live import Glimpse, curves, watch
from generative.model import GenerativeModel
from ui.job import Job
from ui.laboratory import cache
from ui.laboratory.widgets import pictures, sentence, title
from ui.session import background_jobs, may
from ui.text import escape, t

_TRAINING = "laboratory training"  # the name of the one training job of the process
PARTS = {  # loss: its name in the chart
    "training": "Training loss",
    "validation": "Validation loss",
    "reconstruction": "Reconstruction, in training",
    "kl": "KL, in training",
    "discriminator": "Discriminator loss",
    "generator": "Generator loss",
    "right": "Discriminator accuracy",
    "contrast": "Energy of the digits minus energy of the samples",
    "real": "Energy of the digits",
    "walked": "Energy of the samples",
}
COLOURS = ("#2f86a8", "#c77700", "#a05bb5", "#4d8f4d")  # 3 : 1 and more on both themes
_STARTING = threading.Lock()
_EVERY = 0.7  # seconds between two updates of the chart


@dataclass(frozen=True)
class Training:
    """A training job, running or done, and its parameters."""

    job: Job[Glimpse]
    family: str
    seconds: int
    seed: int
    beta: float = 1.0


def show() -> None:
    """The form to start a training, and its progress."""
    st.markdown(
        escape(
            t(
                "Trains a small model on 1,200 digits of 8 x 8 pixels. Only one training "
                "runs at a time; everybody who opens this page sees it."
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
    seconds = middle.slider(t("Time limit (seconds)"), 5, 60, 30, 5, key="train_seconds")
    seed = int(right.number_input(t("Seed"), 0, 2**31 - 1, 0, key="train_seed"))
    st.caption(escape(sentence(name)))
    st.caption(
        t(
            "The notebook {notebook} has the network and a training on MNIST written out, with "
            "exercises: `make notebooks` in the program's source code.",
            notebook=f"`{FAMILIES[name].notebook}`",
        )
    )
    beta = 1.0
    if name == "vae":
        beta = st.select_slider(
            t("Weight of the KL (beta)"),
            [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0],
            1.0,
            help=t(
                "1: the bound on ln p. Lower: sharper reconstructions, but codes that do not follow "
                "the prior, so that samples are worse. Higher: codes say less of the image."
            ),
            key="train_beta",
        )
    if st.button(t("Train"), type="primary", icon=":material/play_arrow:", disabled=busy):
        start(name, seconds, seed, beta)
        st.rerun()
    if now is not None:
        follow(now)
        if busy:
            st.rerun()


def start(family: str, seconds: int, seed: int, beta: float = 1.0) -> None:
    """Start a training in the background, unless one is already running; beta is of a VAE."""
    changes = {"beta": beta} if family == "vae" else {}

    def work(stop: threading.Event):  # type: ignore[no-untyped-def]
        return watch(family, digits(), stop, seconds=seconds, seed=seed, turn=cache.TURN, **changes)

    with _STARTING:
        now = background_jobs().get(_TRAINING)
        if now is None or now.job.done:
            background_jobs()[_TRAINING] = Training(Job(work), family, seconds, seed, beta)


def follow(training: Training) -> None:
    """Chart and preview, updated while the training runs."""
    job = training.job
    of_beta = f", beta = {training.beta:g}" if training.family == "vae" else ""
    st.subheader(escape(title(training.family) + of_beta))
    if not job.done:
        st.button(t("Stop"), icon=":material/stop_circle:", on_click=job.stop.set, key="stop_train")
    status = st.empty()
    left, right = st.columns([3, 2], gap="large")
    chart, preview = left.empty(), right.empty()
    status.markdown(escape(t("The first epoch is running …")))
    glimpses: list[Glimpse] = []
    updated = 0.0
    for glimpse in job.follow():
        if glimpse is not None:
            glimpses.append(glimpse)
        if glimpses and not job.done and time.monotonic() - updated > _EVERY:
            updated = time.monotonic()
            draw(training, glimpses, status, chart, preview)
    if glimpses:
        draw(training, glimpses, status, chart, preview)
        if job.done and glimpses[-1].model is not None:
            keep(training, glimpses[-1].model)


def keep(training: Training, model: GenerativeModel) -> None:
    """Store the trained model under a name, with which every part of the page offers it."""
    if not may("laboratory.keep"):
        return
    with st.form("keep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("Name of the model"), f"{training.family}-{training.seed}")
        pressed = st.form_submit_button(t("Keep this model"), icon=":material/save:")
    if not pressed:
        return
    try:
        folder = available.folder_for(name.strip())
        check_target(folder, replace=False)
    except GenerativeError as error:
        st.error(escape(str(error)))
        return
    checkpoints.save(model, folder, model.about)
    st.success(
        escape(t("Kept. Every part of this page now offers {model}.", model=title(folder.name)))
    )


def draw(training: Training, glimpses: Sequence[Glimpse], status, chart, preview) -> None:  # type: ignore[no-untyped-def]
    """Show the state after the last epoch in three elements of the page."""
    epoch = glimpses[-1].epoch
    status.markdown(
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
        for one in glimpses
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
                legend=alt.Legend(orient="bottom", labelLimit=400, columns=2),
            ),
            strokeDash=alt.StrokeDash("part:N", legend=None),
            tooltip=["epoch:Q", "part:N", alt.Tooltip("value:Q", format=".4g")],
        )
        .properties(height=300)
    )
    with chart.container():
        st.altair_chart(lines, width="stretch", alt=t("Loss by epoch"))
        if "kl" in epoch.train:
            st.caption(
                escape(
                    t(
                        "In nats an image: reconstruction {reconstruction}, KL {kl}; the training loss "
                        "is the first plus beta = {beta} times the second.",
                        reconstruction=f"{epoch.train['reconstruction']:.2f}",
                        kl=f"{epoch.train['kl']:.2f}",
                        beta=f"{training.beta:g}",
                    )
                )
            )
    preview_images = next(
        (one.preview for one in reversed(glimpses) if one.preview is not None), None
    )
    if preview_images is not None:
        with preview.container():
            caption = (
                t("Test digits, with their reconstructions below each row")
                if training.family == "autoencoder"
                else t("Samples of the current model")
            )
            pictures(preview_images, 8, caption, scale=6)
            st.caption(caption)
