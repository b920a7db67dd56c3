"""A map of vectors with a marker that can be pulled, and what lies around the marker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import streamlit as st

from language.vectors import FlatMap, flat_map, neighbours, unit_rows
from ui.laboratory.latent_map import latent_map
from ui.text import escape, t

_REACH = (1.08, 1.08)
_METHODS = {"pca": "PCA", "tsne": "t-SNE"}


@st.cache_data(show_spinner=False, max_entries=20)
def _points(rows: np.ndarray, method: Literal["pca", "tsne"]) -> np.ndarray:
    return flat_map(rows, method).points


def show_map(
    rows: np.ndarray,
    names: Sequence[str],
    groups: Sequence[int],
    key: str,
    *,
    written: bool = True,
) -> None:
    """The map of some vectors with names, its method, its marker, and the marker's neighbours.

    Args:
        rows: (n, width), at least 3.
        names: Of each.
        groups: The number of each one's colour.
        key: Of the widgets.
        written: Write the names on the map; else each is a dot.
    """
    method: Any = st.segmented_control(
        t("Map by"),
        list(_METHODS),
        default="pca",
        required=True,
        format_func=_METHODS.__getitem__,
        key=f"{key}_method",
    )
    plane = flat_map(rows, "pca") if method == "pca" else FlatMap(_points(rows, method), None, None)
    place = f"{key}_{method}_at"
    at = st.session_state.setdefault(place, tuple(map(float, plane.points[0])))

    def moved(position: tuple[float, float]) -> None:
        st.session_state[place] = position

    left, right = st.columns([3, 2], gap="large")
    with left:
        latent_map(
            [(float(x), float(y), name if written else "", group)
             for (x, y), name, group in zip(plane.points, names, groups, strict=True)],
            _REACH, at, f"{key}_{method}_map", moved,
            t("Map of vectors; the arrow keys move the marker"),
        )  # fmt: skip
    with right:
        _around(plane, rows, names, np.array(at))


def _around(plane: FlatMap, rows: np.ndarray, names: Sequence[str], at: np.ndarray) -> None:
    near = [names[row] for row in plane.nearest(at, 6)]
    st.markdown(f"**{escape(t('Nearest on the map'))}**")
    st.markdown(escape(", ".join(near)))
    if plane.vector_at is None:
        first = plane.nearest(at, 1)[0]
        query, title = rows[first], t("Nearest to {name} in all dimensions", name=names[first])
        without = {first}
    else:
        query, title = plane.vector_at(at), t("Nearest to the marker's vector in all dimensions")
        without = set()
    st.markdown(f"**{escape(title)}**")
    true = [names[one.row] for one in neighbours(query, unit_rows(rows), 6, without)]
    st.markdown(escape(", ".join(true)))
    st.caption(
        escape(
            t("t-SNE keeps neighbours together; distances between groups mean nothing.")
            if plane.share is None
            else t(
                "The plane keeps {share} % of the variance; what it drops makes the two lists differ.",
                share=round(100 * plane.share),
            )
        )
    )
