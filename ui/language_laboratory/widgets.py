"""What several rooms draw: the choice of a part, what to notice, and what to think about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import pandas as pd
import streamlit as st

from ui.laboratory.widgets import number
from ui.text import escape, t

# Streamlit hides the edge that an unselected segment shares with the selected one, also where the row
# breaks between them and no other edge is there. The selected segment's own edge lies above it.
_SEGMENTS = """<style>
.stApp .stButtonGroup
  button[data-variant="segmented_control"]:not([data-selected]):not([data-disabled]):not([data-hovered]):not([data-focus-visible]) {
  border-color: light-dark(#d5dcdc, #36424a); }
</style>"""


def choose_part(parts: Mapping[str, str], key: str) -> str:
    """The part of a room that is open, a key of `parts`, which gives its name in English."""
    st.html(_SEGMENTS)
    part: str = st.segmented_control(
        t("Part"),
        list(parts),
        default=next(iter(parts)),
        required=True,
        format_func=lambda name: t(parts[name]),
        key=key,
        label_visibility="collapsed",
        wrap=True,
    )
    return part


def open_part(package: str, parts: Mapping[str, str], key: str) -> None:
    """Draw the part that is open: `show` of the module of that name in a room's package."""
    import_module(f"{package}.{choose_part(parts, key)}").show()


def number_table(
    rows: Sequence[Mapping[str, Any]], places: Mapping[str, int], **options: Any
) -> None:
    """A table whose numbers look as in the texts: a point, and narrow spaces between thousands.

    Args:
        rows: A mapping from each column's title to its value, for each row.
        places: The decimals of columns of numbers by their titles.
        options: Of `st.dataframe`.
    """
    formats = {
        title: number if count == 0 else f"{{:.{count}f}}" for title, count in places.items()
    }
    st.dataframe(
        pd.DataFrame(rows).style.format(formats), hide_index=True, width="stretch", **options
    )


def notice(english: str) -> None:
    """One sentence that says what to notice in a room."""
    st.markdown(f"**{escape(t(english))}**")


def think(question: str, answer: str) -> None:
    """A question to think about, its answer folded."""
    with st.expander(escape(t("To think about: {question}", question=t(question)))):
        st.markdown(escape(t(answer)))
