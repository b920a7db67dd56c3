"""Images that an autoregressive model draws row by row: with progress, a stop, and a memory."""

from __future__ import annotations

import time

import streamlit as st
import torch
from torch import Tensor

from ui.laboratory import cache
from ui.text import escape, t

_MOST = 20  # results that a session remembers


def draw(name: str, images: Tensor, known_rows: int, seed: int) -> tuple[Tensor, float] | None:
    """Draw the rows below the known ones of images, (count, 1, size, size), and the seconds.

    None where the reader has stopped it. A click elsewhere ends the drawing too.
    """
    memory = st.session_state.setdefault("drawn_pixels", {})
    key = (name, cache.version(name), len(images), float(images.sum()), known_rows, seed)
    if key in memory:
        drawn: tuple[Tensor, float] = memory[key]
        return drawn
    if st.session_state.get("stopped_pixels") == key:
        st.info(t("Stopped."))
        if not st.button(t("Continue"), key="continue_pixels"):
            return None
        st.session_state.stopped_pixels = None

    def stop() -> None:
        st.session_state.stopped_pixels = key

    size = images.shape[-1]
    bar, button = st.empty(), st.empty()
    button.button(t("Stop"), icon=":material/stop_circle:", on_click=stop, key="stop_pixels")
    result, started = torch.zeros(0), time.perf_counter()
    for row, rows in enumerate(cache.drawn_rows(name, images, known_rows, seed), known_rows + 1):
        result = rows
        text = t("Row {row} of {rows}", row=row, rows=size)
        bar.progress((row - known_rows) / (size - known_rows), escape(text))
    bar.empty()
    button.empty()
    while len(memory) >= _MOST:
        del memory[next(iter(memory))]
    memory[key] = result, time.perf_counter() - started
    return result, time.perf_counter() - started
