"""The learning curve: a frozen encoder against fine-tuned layers, with few and many sentences."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from language import classify
from language.classify import TextEncoder
from language.tasks import Task
from ui.language_laboratory import runs
from ui.language_laboratory.encoder_charts import curve_chart
from ui.language_laboratory.encoders.tuning import choose, encoder_of, measure_name
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

_RUN = "curve"
COUNTS = (10, 20, 40, 80, 160, 320, 600)
KINDS = {True: "Frozen encoder", False: "Fine-tuned layers"}


@dataclass(frozen=True)
class Point:
    """A measure, in [0, 1], after training on so many sentences; and the share of the work."""

    share: float
    frozen: bool
    examples: int
    value: float


def counts_of(task: Task) -> list[int]:
    """The numbers of sentences for a task, up to all of them."""
    return [n for n in COUNTS if n < len(task.train)] + [len(task.train)]


def work(task: Task, encoder: TextEncoder, seed: int, stop: threading.Event) -> Iterator[Point]:
    """Train with each number of sentences, frozen and fine-tuned."""
    counts = counts_of(task)
    whole, done = 2 * sum(counts), 0
    for count in counts:
        for frozen in (True, False):
            recipe = classify.recipe_for(task, encoder, 0 if frozen else None, count)
            small = task.small(count, seed)
            states = classify.train(encoder, small, replace(recipe, seed=seed), stop, watch=False)
            *_, last = states
            if stop.is_set():
                return
            done += count
            assert last.measure is not None
            yield Point(done / whole, frozen, count, last.measure)


def show() -> None:
    """The form and the curve."""
    notice(
        "The curves flatten soon: the encoder already tells subjects apart, and a few dozen "
        "sentences teach it little more than the names of the labels."
    )
    task, name = choose()
    st.markdown(
        escape(
            t(
                "Trains twice for each number of sentences, from {first} to {last}: with a frozen "
                "encoder, and with layers that learn. It takes some minutes.",
                first=COUNTS[0],
                last=len(task.train),
            )
        )
    )
    seed = int(st.number_input(t("Seed"), 0, 2**31 - 1, 0, key="curve_seed"))
    if st.button(t("Draw the curve"), type="primary", icon=":material/play_arrow:",
                 disabled=runs.busy(_RUN), key="curve_train"):  # fmt: skip
        encoder = encoder_of(name)
        runs.start(_RUN, task, lambda stop: work(task, encoder, seed, stop))
        st.rerun()
    run = runs.last_run(_RUN)
    if run is not None:
        points = runs.follow(_RUN, lambda p: p.share, lambda points: draw(points, run.settings))
        if points:
            draw(points, run.settings)
    think(
        "Why do ten sentences teach an encoder more than a count of words learns from hundreds?",
        "A count of words knows the words of its own sentences alone. The encoder gives other "
        "words of the same subject similar vectors, because it was trained on very many texts; "
        "the head only has to find where each label lies.",
    )


def draw(points: Sequence[Point], task: Task) -> None:
    """The curve so far."""
    values = [
        {"examples": p.examples, "value": p.value, "kind": t(KINDS[p.frozen])} for p in points
    ]
    st.altair_chart(
        curve_chart(values, measure_name(task), t),
        width="stretch",
        alt=t("Measure by number of training sentences"),
    )
