"""Longer work of the rooms: one run of each name in the process, with progress and stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui.job import Job
from ui.session import background_jobs
from ui.text import escape, t

_STARTING = threading.Lock()
_EVERY = 0.5  # seconds between two drawings


@dataclass(frozen=True)
class Run:
    """A job, running or done, and what it was started with."""

    job: Job[Any]
    settings: Any


def last_run(name: str) -> Run | None:
    """The run of a name that was started last."""
    return background_jobs().get(f"language {name}")


def busy(name: str) -> bool:
    """Whether a run of that name is running."""
    run = last_run(name)
    return run is not None and not run.job.done


def start(name: str, settings: Any, work: Callable[[threading.Event], Iterator[Any]]) -> None:
    """Start a run in the background, unless one of that name is running."""
    with _STARTING:
        if not busy(name):
            background_jobs()[f"language {name}"] = Run(Job(work), settings)


def follow(
    name: str, share: Callable[[Any], float], draw: Callable[[Sequence[Any]], None]
) -> list[Any]:
    """What a run gave so far; while it runs, its progress, a button to stop it, and drawings.

    Args:
        name: Of a run.
        share: Of the work, in [0, 1], after a state.
        draw: Draws the states so far, into an element of its own; called about twice a second.

    Raises:
        LanguageError: the work raised it.
    """
    run = last_run(name)
    if run is None:
        return []
    states: list[Any] = []
    if run.job.done:
        return [state for state in run.job.follow() if state is not None]
    st.button(
        t("Stop"), icon=":material/stop_circle:", on_click=run.job.stop.set, key=f"stop_{name}"
    )
    bar, place, drawn = st.progress(0.0, text=escape(t("Starting …"))), st.empty(), 0.0
    for state in run.job.follow():
        if state is not None:
            states.append(state)
        if states and time.monotonic() - drawn > _EVERY:
            drawn = time.monotonic()
            seconds = escape(t("{seconds} s", seconds=round(run.job.seconds)))
            bar.progress(min(1.0, share(states[-1])), text=seconds)
            with place.container():
                draw(states)
    st.rerun()
