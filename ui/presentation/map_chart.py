"""The chart of a library's map: every passage as a point, with a question and what it retrieves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import altair as alt
import numpy as np

from ingest.types import Passage
from rag.library_map import LibraryMap

_EXCERPT = 160  # characters of a passage in a tooltip
_OTHER = "other lectures"
# Colours that are read on a light and on a dark ground; the last one is of the other lectures.
COLOURS = ("#3b8fd6", "#d9772b", "#21a06b", "#a06be0", "#e0506f", "#9a9a20", "#3aa6a0", "#c76bb0")
_GREY = "#8a949b"


def map_chart(
    library_map: LibraryMap,
    citation: Callable[[Passage], str],
    *,
    question: str = "",
    question_point: np.ndarray | None = None,
    retrieved: Collection[str] = (),
    coloured: Sequence[str] = (),
    text: Callable[[str], str] = str,
) -> alt.Chart:
    """All passages in two dimensions, some lectures in colours of their own.

    Args:
        library_map: The passages and their points.
        citation: How a passage's file and pages are written.
        question: A question to show beside them; "" for none.
        question_point: Where it is, shape (2,).
        retrieved: Ids of the passages that it retrieves.
        coloured: Names of at most eight lectures that have a colour; the others are grey.
        text: Translates the words of the chart.

    Raises:
        ValueError: more lectures than colours.
    """
    if len(coloured) > len(COLOURS):
        raise ValueError(
            f"{len(coloured)} lectures to colour, but there are {len(COLOURS)} colours"
        )
    other = text(_OTHER)
    points: list[dict[str, object]] = [
        {
            "file": passage.name if passage.name in coloured else other,
            "citation": citation(passage),
            "text": excerpt(passage.text),
            "x": float(x),
            "y": float(y),
            "kind": text("retrieved" if passage.id in retrieved else "passage"),
            "size": 160 if passage.id in retrieved else 40,
        }
        for passage, (x, y) in zip(library_map.passages, library_map.points, strict=True)
    ]
    if question_point is not None:
        x, y = map(float, question_point)
        mark = {"file": other, "citation": text("the question"), "text": excerpt(question)}
        points.append(mark | {"x": x, "y": y, "kind": text("question"), "size": 400})
    return (
        alt.Chart(alt.Data(values=points))
        .mark_point(filled=True, opacity=0.75)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            color=alt.Color(
                "file:N",
                title=None,
                scale=alt.Scale(
                    domain=[*coloured, other], range=[*COLOURS[: len(coloured)], _GREY]
                ),
                legend=alt.Legend(orient="bottom", columns=1, labelLimit=300),
            ),
            shape=alt.Shape(
                "kind:N",
                title=None,
                scale=alt.Scale(
                    domain=[text("passage"), text("retrieved"), text("question")],
                    range=["circle", "diamond", "cross"],
                ),
                # Above the points: beside the lectures it would be cut off on a phone.
                legend=alt.Legend(orient="top", symbolFillColor=_GREY, symbolStrokeColor=_GREY),
            ),
            size=alt.Size("size:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("citation:N", title=text("Page")),
                alt.Tooltip("text:N", title=text("Text")),
            ],
        )
        .properties(height=520)
        .interactive()
    )


def excerpt(text: str) -> str:
    """A text on one line, shortened for a tooltip."""
    text = " ".join(text.split())
    return text if len(text) < _EXCERPT else text[: _EXCERPT - 1] + "…"
