"""The sections of a lecture: its outermost headings, or stretches about one subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.text.languages import language
from ingest.text.languages.course import COURSE_WORDS
from ingest.types import Passage

_FEWEST = 3  # sections by the outermost headings; with fewer, the next level is taken
_PART = re.compile(
    r"\s*(?:\(\s*(?:\d+|[ivx]+)\s*(?:/\s*\d+\s*)?\)|\bcont(?:'d|inued|\.)?)\s*$", re.I
)


@dataclass(frozen=True, slots=True)
class Section:
    """Passages that follow each other under one heading; `rows` are their places in the lecture."""

    heading: str
    passages: tuple[Passage, ...]
    rows: tuple[int, ...]

    @property
    def pages(self) -> tuple[int, int]:
        """Its first and last page."""
        pages = [page for passage in self.passages for page in passage.pages]
        return min(pages), max(pages)


def heading_sections(passages: Sequence[Passage], level: int) -> list[Section]:
    """The stretches of one heading of a level, 1 for the outermost below the title.

    Passages that only lead through the lecture are left out, as are those that list exercises or
    literature; one without a heading belongs to the stretch before it. The parts of a slide, "X
    (1/3)" and "X (2/3)", are one stretch.
    """
    sections: list[tuple[str, list[int]]] = []
    for row, passage in enumerate(passages):
        if passage.is_navigation or is_aside(passage):
            continue
        heading = plain_heading(passage.headings[min(level, len(passage.headings) - 1)])
        if len(passage.headings) < 2:
            heading = sections[-1][0] if sections else ""
        if sections and sections[-1][0] == heading:
            sections[-1][1].append(row)
        else:
            sections.append((heading, [row]))
    return [
        Section(heading, tuple(passages[row] for row in rows), tuple(rows))
        for heading, rows in sections
    ]


def main_sections(passages: Sequence[Passage], vectors: np.ndarray, most: int) -> list[Section]:
    """At most so many sections that cover a lecture, in order.

    They are the outermost headings, if these are some but not too many; else neighbours are joined
    so that the passages of a section are alike (`split_alike`).

    Args:
        passages: Of the lecture, in order.
        vectors: Unit vectors of the passages, shape (N, dimension).
        most: At least 1.
    """
    sections = heading_sections(passages, 1)
    if _headed(sections) < _FEWEST:
        deeper = heading_sections(passages, 2)
        sections = deeper if _headed(deeper) > _headed(sections) else sections
    if _headed(sections) < _FEWEST:
        rows = [row for section in sections for row in section.rows]
        sections = [Section(own_heading(passages[row]), (passages[row],), (row,)) for row in rows]
    under = [section for section in sections if section.heading]
    if 2 * sum(len(section.rows) for section in under) >= len(passages):
        sections = under  # what has no heading comes before the subject
    if len(sections) <= most:
        return sections
    means = np.array([vectors[list(section.rows)].mean(axis=0) for section in sections])
    weights = np.array([len(section.rows) for section in sections], dtype=float)
    joined = []
    for first, end in split_alike(means, weights, most):
        parts = sections[first:end]
        largest = max(parts, key=lambda part: len(part.rows))
        joined.append(
            Section(
                largest.heading,
                tuple(passage for part in parts for passage in part.passages),
                tuple(row for part in parts for row in part.rows),
            )
        )
    return joined


def _headed(sections: Sequence[Section]) -> int:
    """How many sections have a heading."""
    return sum(bool(section.heading) for section in sections)


def own_heading(passage: Passage) -> str:
    """The last heading below the title; "" for none."""
    return plain_heading(passage.headings[-1]) if len(passage.headings) > 1 else ""


def split_alike(vectors: np.ndarray, weights: np.ndarray, parts: int) -> list[tuple[int, int]]:
    """Split a sequence into parts whose vectors are alike; (start, end) of each, end exclusive.

    The parts have the least sum of weighted squared distances to their means, found by dynamic
    programming. Source: Bellman, On the approximation of curves by line segments using dynamic
    programming (1961), with constants for lines.

    Args:
        vectors: Shape (N, dimension).
        weights: Positive, shape (N,).
        parts: From 1 to N.

    Raises:
        ValueError: there are more parts than vectors, or none.
    """
    number = len(vectors)
    if not 1 <= parts <= number:
        raise ValueError(f"{number} vectors cannot be split into {parts} parts")
    total = np.concatenate([[0.0], np.cumsum(weights)])
    sums = np.concatenate(
        [np.zeros((1, vectors.shape[1])), np.cumsum(vectors * weights[:, None], 0)]
    )
    squares = np.concatenate([[0.0], np.cumsum(weights * (vectors**2).sum(1))])

    def cost(start: np.ndarray, end: int) -> np.ndarray:
        mass = ((sums[end] - sums[start]) ** 2).sum(-1) / (total[end] - total[start])
        return np.asarray(squares[end] - squares[start] - mass)

    best = np.full((parts + 1, number + 1), np.inf)
    best[0, 0] = 0.0
    cut = np.zeros((parts + 1, number + 1), dtype=int)
    for part in range(1, parts + 1):
        for end in range(part, number + 1):
            starts = np.arange(part - 1, end)
            values = best[part - 1, starts] + cost(starts, end)
            cut[part, end] = starts[int(values.argmin())]
            best[part, end] = float(values.min())
    bounds, end = [], number
    for part in range(parts, 0, -1):
        start = int(cut[part, end])
        bounds.append((start, end))
        end = start
    return bounds[::-1]


def plain_heading(heading: str) -> str:
    """A heading on one line without the number of its part."""
    return _PART.sub("", " ".join(heading.split()))


def is_aside(passage: Passage) -> bool:
    """Whether a passage's heading announces exercises, goals, a schedule, literature or thanks."""
    below = passage.headings[1:]
    if any(words.back_matter.search(one) for words in COURSE_WORDS.values() for one in below):
        return True
    heading = passage.headings[-1] if passage.headings else ""
    return any(kind.heading.search(heading) for kind in language(passage.language).asides.values())


def is_title(passage: Passage) -> bool:
    """Whether a passage has no heading but the document's title, or a part of that."""
    return len(passage.headings) < 2 or (
        passage.pages[0] == 1 and passage.headings[-1] in passage.title
    )
