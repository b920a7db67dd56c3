"""Measure the reader's own models in a process of its own, which blocks nobody else's page."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence

import streamlit as st

from generative import available
from generative.evaluate import stored_figures
from generative.figures import Figures
from ui.job import Job
from ui.session import background_jobs
from ui.text import escape, t

IMAGES = 2000  # generated, and test images at most
_MEASURING = "laboratory measuring"  # the name of the one job of the process


def own_figures() -> dict[str, Figures]:
    """The figures of the reader's own models that are measured, by name."""
    entries = {name: stored_figures(name, images=IMAGES, seed=0) for name in available.own()}
    return {name: entry for name, entry in entries.items() if entry is not None}


def show_measuring() -> None:
    """A button that measures the own models without figures; its progress, and a stop."""
    job: Job[str] | None = background_jobs().get(_MEASURING)
    if job is not None and not job.done:
        st.button(t("Stop"), icon=":material/stop_circle:", on_click=job.stop.set, key="stop_job")
        status = st.empty()
        for line in job.follow():
            if line is not None:
                status.caption(escape(line))
        st.rerun()
    known = own_figures()
    missing = [name for name in available.own() if name not in known]
    if missing and st.button(
        t("Measure my models: {names}", names=", ".join(missing)), icon=":material/speed:"
    ):
        background_jobs()[_MEASURING] = Job(lambda stop: _measure(missing, stop))
        st.rerun()


def _measure(names: Sequence[str], stop: threading.Event) -> Iterator[str]:
    """Run the command; yields what it says of its progress."""
    command = [sys.executable, "-m", "ui.cli", "generative", "compare", *names]
    process = subprocess.Popen(
        [*command, "--images", str(IMAGES)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr is not None
    stopper = threading.Thread(target=_end_with, args=(process, stop), daemon=True)
    stopper.start()
    for line in process.stderr:
        yield line.strip()
    process.wait()


def _end_with(process: subprocess.Popen[str], stop: threading.Event) -> None:
    """End the process once it is to stop; what is measured by then is kept."""
    while process.poll() is None:
        if stop.wait(0.2):
            process.terminate()
            return
