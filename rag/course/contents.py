"""What a lecture holds: its summary, outline, pages, and the passages at its centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ingest.embed import Encoder
from ingest.text.scripts import count_words
from ingest.types import Passage
from rag.course.catalogue import Catalogue, Lecture
from rag.course.sections import (
    Section,
    heading_sections,
    is_aside,
    is_title,
    main_sections,
    own_heading,
    plain_heading,
)
from rag.course.sentences import Choice, central_choices, is_clear, is_listing, points_of
from rag.spans import Unit, span_text, units_of

_SUMMARY_SENTENCES = 8
_POINTS = 4  # of a section without a clear sentence
_FEWEST_POINTS = 2
_FEWEST_TOLD = 5  # sentences and points of a summary, where the lecture has so many
_FEWEST_SPOKEN = 3  # passages in words; with fewer, those of code count
_BESIDE = 0.5  # weight of the lecture's centre, and of the heading, beside that of a section
_NEAR_PASSAGES = 4  # of a section, whose sentences are compared
_OUTLINE_ENTRIES = 30
_SUB_ENTRIES = 8
_PAGE_WORDS = 130  # of a page that is shown


def summary_of(
    lecture: Lecture, catalogue: Catalogue, encoder: Encoder
) -> list[tuple[Section, Choice]]:
    """The sentences that cover a lecture: the most central ones of each main section, in order.

    Each section gives one, or several where there are at most four sections. Centrality is the cosine
    to the mean of the section's passages, with its heading and the mean of the lecture half as much
    each. Only the first passage of a section and those nearest to its centre are read. A section
    with too few clear sentences gives the first points of other passages under their own headings.
    """
    passages, vectors = catalogue.passages(lecture), catalogue.vectors(lecture)
    rows = spoken_rows(passages)
    own = [passages[row] for row in rows]
    return summary_of_passages(own, vectors[rows], lecture.title, encoder)


def spoken_rows(passages: Sequence[Passage]) -> list[int]:
    """The rows of the passages in which the lecture itself speaks: neither read from pictures nor code.

    What a picture says on a slide is as often a joke, a screenshot or an advertisement as it is the
    lecture's own statement; where most passages were read from pictures, they count. Code counts where
    there is hardly anything else.
    """
    rows = [row for row, one in enumerate(passages) if set(one.pages) - set(one.recognised)]
    rows = rows if 2 * len(rows) > len(passages) else list(range(len(passages)))
    in_words = [row for row in rows if not is_listing(passages[row].text)]
    return in_words if len(in_words) >= _FEWEST_SPOKEN else rows


def summary_of_passages(
    passages: Sequence[Passage], vectors: np.ndarray, title: str, encoder: Encoder
) -> list[tuple[Section, Choice]]:
    """As `summary_of`, of any passages that follow each other.

    Args:
        passages: N of them.
        vectors: Theirs, shape (N, dimension).
        title: What they are about, where they have no headings.
        encoder: Of the vectors.
    """
    sections = main_sections(passages, vectors, _SUMMARY_SENTENCES) if passages else []
    if not sections:
        return []
    each = max(1, _SUMMARY_SENTENCES // len(sections))
    whole = vectors[[row for section in sections for row in section.rows]].mean(axis=0)
    headings = encoder.encode([section.heading or title for section in sections])
    choices: list[tuple[Section, Choice]] = []
    taken: list[np.ndarray] = []
    for section, heading in zip(sections, headings, strict=True):
        centre = vectors[list(section.rows)].mean(axis=0) + _BESIDE * (whole + heading)
        near = nearest_passages(section, vectors, centre)
        best, best_vectors = central_choices(near, centre, encoder, each, section.heading, taken)
        if not best:
            best, best_vectors = central_choices(
                section.passages, centre, encoder, each, section.heading, taken
            )
        entries = [(section, choice) for choice in best]
        entries += _points(section, near, best)[: each - len(best)]
        choices += entries
        taken += best_vectors
    if len(choices) < _FEWEST_TOLD:
        told = [choice for _, choice in choices]
        more = [entry for each in sections for entry in _points(each, each.passages, told)]
        choices += more[: _FEWEST_TOLD - len(choices)]
    return sorted(choices, key=lambda one: (one[1].passage.pages, one[1].span.start))


def _points(
    section: Section, near: Sequence[Passage], told: Sequence[Choice]
) -> list[tuple[Section, Choice]]:
    """The points of each passage that has several, under its heading, those with most of them first.

    Args:
        section: With the passages.
        near: Some of them.
        told: Sentences that stand for their passages already.
    """
    seen = {choice.passage.id for choice in told}
    new = [one for one in near if one.id not in seen and (one.page > 1 or not is_title(one))]
    choices = [Choice(one, points_of(one, _POINTS)) for one in new]
    choices = [one for one in choices if len(one.units) >= _FEWEST_POINTS]
    choices.sort(key=lambda one: -len(one.units))
    return [(replace(section, heading=own_heading(one.passage)), one) for one in choices]


def nearest_passages(section: Section, vectors: np.ndarray, centre: np.ndarray) -> list[Passage]:
    """The first passage of a section, and the few that are nearest to a centre."""
    cosines = vectors[list(section.rows)] @ centre
    rows = [0, *map(int, np.argsort(-cosines, kind="stable")[:_NEAR_PASSAGES])]
    return [section.passages[row] for row in dict.fromkeys(rows)]


def headings_in_words(lecture: Lecture, catalogue: Catalogue) -> list[Section]:
    """The sections of the outline that are not of code alone."""
    sections = outline_of(lecture, catalogue)
    return [one for one in sections if not all(is_listing(each.text) for each in one.passages)]


def outline_of(lecture: Lecture, catalogue: Catalogue) -> list[Section]:
    """The outermost headings of a lecture, or the next ones where there are hardly any."""
    sections: list[Section] = []
    for level in (1, 2):
        found = heading_sections(catalogue.passages(lecture), level)
        sections = [section for section in found if section.heading]
        if len(sections) > 2:
            break
    first = {section.heading: section for section in reversed(sections)}
    return [one for one in sections if one is first[one.heading]][:_OUTLINE_ENTRIES]


def subheadings_of(section: Section) -> list[tuple[str, int]]:
    """The headings one level below a section's, each once with its first page."""
    entries: dict[str, int] = {}
    for passage in section.passages:
        headings = [plain_heading(name) for name in passage.headings]
        if section.heading in headings[:-1]:
            name = headings[headings.index(section.heading) + 1]
            entries.setdefault(name, passage.pages[0])
    return list(entries.items())[:_SUB_ENTRIES]


def page_spans(
    passages: Sequence[Passage], page: int, encoder: Encoder
) -> list[tuple[Passage, Unit]]:
    """The units of a page, in order; of a long page those that are most central."""
    units = [
        (passage, unit)
        for passage in passages
        for unit in units_of(passage)
        if page in passage.pages_of(unit.start, unit.end) or passage.is_build
    ]
    if sum(count_words(span_text(*one)) for one in units) <= _PAGE_WORDS:
        return units
    clear = [one for one in units if is_clear(*one)] or units
    vectors = encoder.encode([span_text(*one) for one in clear])
    order = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable")
    rows: list[int] = []
    words = 0
    for row in map(int, order):
        words += count_words(span_text(*clear[row]))
        if words <= _PAGE_WORDS or not rows:
            rows.append(row)
    return [clear[row] for row in sorted(rows)]


def numbered_page(passages: Sequence[Passage], number: int) -> int:
    """The page, from 1, that has a number printed on it, as citations name it first; else that number."""
    for passage in passages:
        if len(passage.labels) == len(passage.pages) and str(number) in passage.labels:
            return passage.pages[passage.labels.index(str(number))]
    return number


def part_of(
    lecture: Lecture, catalogue: Catalogue, part: int, parts: int
) -> tuple[range, str, int]:
    """The rows of a lecture's passages in one of its parts, the part's heading, and the number of parts.

    Args:
        lecture: With its passages in order.
        catalogue: Of the lecture.
        part: From 1; -1 is the last one.
        parts: Into how many equal parts the lecture is cut, 2 for halves; 0 goes by its main sections.

    Returns:
        No rows and no heading where it has no such part.
    """
    passages = catalogue.passages(lecture)
    if parts:
        part = part if part > 0 else parts + 1 + part
        if not 1 <= part <= parts or len(passages) < parts:
            return range(0), "", parts
        ends = [round(number * len(passages) / parts) for number in (part - 1, part)]
        return range(*ends), "", parts
    sections = (
        main_sections(passages, catalogue.vectors(lecture), _OUTLINE_ENTRIES) if passages else []
    )
    part = part if part > 0 else len(sections) + 1 + part
    if not 1 <= part <= len(sections):
        return range(0), "", len(sections)
    section = sections[part - 1]
    return range(section.rows[0], section.rows[-1] + 1), section.heading, len(sections)


def neighbour_section(heading: str, passages: Sequence[Passage], step: int) -> Section | None:
    """The stretch behind a heading (step 1) or before it (-1), on its level or above it.

    None at the lecture's end, or at its beginning.
    """
    level = next((p.headings.index(heading) for p in passages if heading in p.headings[1:]), 1)
    sections = heading_sections(passages, level)
    rows = [
        row
        for row, section in enumerate(sections)
        if any(heading in passage.headings for passage in section.passages)
    ]
    if not rows:
        return None
    row = rows[-1] + 1 if step > 0 else rows[0] - 1
    return sections[row] if 0 <= row < len(sections) else None


def central_passages(lectures: Sequence[Lecture], catalogue: Catalogue) -> list[Passage]:
    """The passages of lectures, from each section in turn, the most central of each first."""
    groups: list[list[Passage]] = []
    for lecture in lectures:
        rows = spoken_rows(catalogue.passages(lecture))
        passages = [catalogue.passages(lecture)[row] for row in rows]
        if not passages:
            continue
        vectors = catalogue.vectors(lecture)[rows]
        for section in main_sections(passages, vectors, _SUMMARY_SENTENCES):
            own = vectors[list(section.rows)]
            order = np.argsort(-(own @ own.mean(axis=0)), kind="stable")
            groups.append([section.passages[row] for row in map(int, order)])
    most = max(map(len, groups), default=0)
    passages = [group[row] for row in range(most) for group in groups if row < len(group)]
    return [passage for passage in passages if not is_aside(passage)]
