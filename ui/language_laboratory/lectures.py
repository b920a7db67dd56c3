"""The texts of the bundled lectures' pages, for rooms that learn from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import networkx


@dataclass(frozen=True, slots=True)
class Slide:
    """A page of a bundled lecture; `number` is from 1."""

    file: str
    number: int
    text: str


@lru_cache(maxsize=1)
def read_slides() -> tuple[Slide, ...]:
    """The plain text of all pages.

    Counting words needs no layout, so the text is that of PDFium, which takes a third of a second;
    the program's own reading of the same files takes ten.
    """
    from ingest import resources
    from ingest.readers.pdf.opening import open_pdf
    from ingest.text.repair import LINE_END_HYPHENS, join_hyphen

    parted = re.compile(rf"(\w+)[{LINE_END_HYPHENS}](\w+)")
    slides = []
    for file in sorted(resources.lectures().glob("*.pdf")):
        with open_pdf(file.name, file.read_bytes()) as document:
            for number, page in enumerate(document, 1):
                text = page.get_textpage().get_text_range()
                text = parted.sub(lambda m: m[1] + join_hyphen(m[1], m[2]) + m[2], text)
                slides.append(Slide(file.stem, number, "\n".join(text.splitlines())))
    return tuple(slides)


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
