"""Encoder-decoder, live: it learns to read numbers in words, and shows where each digit looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import streamlit as st

from language import seq2seq
from language.errors import LanguageError
from language.seq2seq import Progress
from ui.job import Job
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import heat
from ui.session import background_jobs, error_text
from ui.text import escape, t

_TRAINING = "language laboratory numbers"  # the name of the one training job of the process
_STARTING = threading.Lock()
LANGUAGES = {"en": "English", "de": "German"}
EXAMPLE = "zwölftausenddreihundertzweiundvierzig"


@dataclass(frozen=True)
class Training:
    """A training job, running or done."""

    job: Job[Progress]
    seconds: int
    seed: int


def show() -> None:
    """The form to start a training, its progress, and a box to try the model."""
    notice(
        "In German the last two digits change places (“zweiundvierzig” is 42): watch the "
        "cross-attention look right for the 4 and left for the 2."
    )
    training: Training | None = background_jobs().get(_TRAINING)
    busy = training is not None and not training.job.done
    left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
    seconds = left.slider(t("Time limit (seconds)"), 10, 60, 60, 5, key="numbers_seconds")
    seed = int(middle.number_input(t("Seed"), 0, 2**31 - 1, 0, key="numbers_seed"))
    if right.button(
        t("Train"), type="primary", icon=":material/play_arrow:", disabled=busy, key="numbers_train"
    ):
        start(seconds, seed)
        st.rerun()
    if training is None:
        st.info(
            escape(
                t(
                    "The encoder reads pieces of words, the decoder writes digits. 206,028 "
                    "parameters, 98,000 numbers below 100,000 in English and German to learn from, "
                    "2,000 others to be tested on."
                )
            )
        )
    else:
        follow(training)
        if busy:
            st.rerun()
    think(
        "Why is the encoder's text read at once, and the digits written one by one?",
        "The source is known from the start, so all its positions can be computed side by side. "
        "Each digit depends on those before it, which must be chosen first.",
    )


def start(seconds: int, seed: int) -> None:
    """Start a training in the background, unless one is already running."""

    def work(stop: threading.Event):  # type: ignore[no-untyped-def]
        return seq2seq.train(stop, seconds=seconds, seed=seed)

    with _STARTING:
        training = background_jobs().get(_TRAINING)
        if training is None or training.job.done:
            background_jobs()[_TRAINING] = Training(Job(work), seconds, seed)


def follow(training: Training) -> None:
    """The learning curve, updated while the training runs, then the trial."""
    job = training.job
    if not job.done:
        st.button(
            t("Stop"), icon=":material/stop_circle:", on_click=job.stop.set, key="numbers_stop"
        )
    left, right = st.columns(2, gap="large")
    with left:
        status, chart = st.empty(), st.empty()
    with right:
        trial = st.empty()
    status.markdown(escape(t("The first steps are running …")))
    progress: list[Progress] = []
    drawn = 0.0
    for one in job.follow():
        if one is not None:
            progress.append(one)
        if progress and not job.done and time.monotonic() - drawn > 0.7:
            drawn = time.monotonic()
            _draw(progress, status, chart)
    if progress:
        _draw(progress, status, chart)
        with trial.container():
            _try(progress[-1])


def _draw(progress: Sequence[Progress], status, chart) -> None:  # type: ignore[no-untyped-def]
    last = progress[-1]
    status.markdown(
        escape(
            t(
                "Step {step}, {seconds} s, loss {loss}; right on 100 held-out numbers: "
                "{share_english} % English, {share_german} % German.",
                step=last.step,
                seconds=round(last.seconds),
                loss=f"{last.loss:.4f}",
                share_english=round(100 * last.exact["en"]),
                share_german=round(100 * last.exact["de"]),
            )
        )
    )
    values = [
        {"step": one.step, "language": t(LANGUAGES[language]), "share": share}
        for one in progress
        for language, share in one.exact.items()
    ]
    lines = (
        alt.Chart(alt.Data(values=values))
        .mark_line(point=True)
        .encode(
            x=alt.X("step:Q", title=t("Step")),
            y=alt.Y(
                "share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")
            ),
            color=alt.Color(
                "language:N",
                title=None,
                scale=alt.Scale(range=["#2f86a8", "#c77700"]),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=["step:Q", "language:N", alt.Tooltip("share:Q", format=".0%")],
        )
    )
    title = t("Numbers that are right to the last digit")
    chart.altair_chart(lines.properties(height=280), width="stretch", alt=title)


def _try(progress: Progress) -> None:
    """A number in words, the digits, and the cross-attention."""
    words = st.text_input(t("A number in words"), EXAMPLE, key="numbers_words")
    try:
        [result] = seq2seq.translate(progress.model, [words])
    except LanguageError as error:
        st.error(error_text(error))
        return
    st.markdown(
        f"**{escape(result.digits or t('no digits'))}** ← {escape(' · '.join(result.pieces))}"
    )
    layers, heads = result.cross.shape[:2]
    options = [None, *((layer, head) for layer in range(layers) for head in range(heads))]
    choice = st.selectbox(
        t("Cross-attention"),
        options,
        format_func=lambda place: (
            t("Mean of the last layer")
            if place is None
            else t("Layer {layer}, head {head}", layer=place[0] + 1, head=place[1] + 1)
        ),
        key="numbers_head",
    )
    weights = result.cross[-1].mean(dim=0) if choice is None else result.cross[choice]
    rows = [*result.digits, t("end")][: len(weights)]
    chart = heat(weights[: len(rows)], rows, result.pieces, titles=(t("writes"), t("looks at")))
    st.altair_chart(chart.properties(height=230), width="stretch", alt=t("Where each digit looks"))
