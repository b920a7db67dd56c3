"""The texts of the bundled lectures' pages, for rooms that learn from them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import networkx
import streamlit as st


@dataclass(frozen=True, slots=True)
class Slide:
    """A page of a bundled lecture; `number` is from 1."""

    file: str
    number: int
    text: str


_LOADING = threading.Lock()


@st.cache_resource(show_spinner=False)
def _store() -> dict[str, tuple[Slide, ...]]:
    return {}


def read_slides() -> Iterator[tuple[float, tuple[Slide, ...]]]:
    """Read all pages: (share of the work, those read so far) after each file; at once if known."""
    from ingest import resources
    from ingest.readers import read

    with _LOADING:
        if "slides" not in _store():
            files = sorted(resources.lectures().glob("*.pdf"))
            slides: list[Slide] = []
            for number, file in enumerate(files, 1):
                slides += [Slide(file.stem, page.number, page.text) for page in read(file).pages]
                yield number / len(files), tuple(slides)
            _store()["slides"] = tuple(slides)
    yield 1.0, _store()["slides"]


def slide_links(slides: tuple[Slide, ...], near: int = 2) -> networkx.Graph:
    """The slides as nodes; linked are those that follow each other, and those that share words.

    Each slide is linked to the `near` others with the largest cosine of TF-IDF vectors; the cosine
    is the link's weight, and 0.3 that of following each other.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, max_df=0.3).fit_transform([s.text for s in slides])
    cosines = (words @ words.T).toarray()
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(slides)))
    for row, slide in enumerate(slides):
        cosines[row, row] = 0
        for other in cosines[row].argsort()[::-1][:near]:
            if cosines[row, other] > 0:
                graph.add_edge(row, int(other), weight=float(cosines[row, other]))
        if row and slides[row - 1].file == slide.file and not graph.has_edge(row - 1, row):
            graph.add_edge(row - 1, row, weight=0.3)
    return graph
