"""How a document's pages are cited: pages, slides, sections, cells or parts, by the file's type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Literal

Unit = Literal["page", "slide", "section", "cell", "part"]

_UNITS: Mapping[str, Unit] = {
    ".pptx": "slide",
    ".docx": "section",
    ".md": "section",
    ".markdown": "section",
    ".html": "section",
    ".htm": "section",
    ".xhtml": "section",
    ".epub": "section",
    ".ipynb": "cell",
    ".txt": "part",
    ".text": "part",
    ".vtt": "part",
    ".srt": "part",
}
_RECORDINGS = (".vtt", ".srt")  # cited by the time that their parts are labelled with
#: What one and what several of them are called in a citation.
LABELS: Mapping[Unit, tuple[str, str]] = {
    "page": ("p.", "pp."),
    "slide": ("slide", "slides"),
    "section": ("section", "sections"),
    "cell": ("cell", "cells"),
    "part": ("part", "parts"),
}
_MAX_TITLE = 60  # characters of a section's title in a citation


def unit_of(file: str) -> Unit:
    """What `Page.number` counts in a file, by the suffix of its name."""
    return _UNITS.get(PurePath(file).suffix.lower(), "page")


def is_recording(file: str) -> bool:
    """Whether a file is the transcript of a recording, by the suffix of its name."""
    return PurePath(file).suffix.lower() in _RECORDINGS


def times(labels: Sequence[str]) -> str:
    """The times of a recording's parts as a citation shows them: `00:14:20`, `00:14:20-00:15:21`."""
    return labels[0] if labels[0] == labels[-1] else f"{labels[0]}-{labels[-1]}"


def cite(
    file: str,
    pages: Sequence[int],
    headings: Sequence[str] = (),
    labels: Sequence[str] = (),
    *,
    place: str = "",
) -> str:
    """A file and some of its pages: `deck.pdf, pp. 4-6`, `deck.pptx, slide 4`.

    A recording is cited by time: `lecture.vtt, 00:14:20`.

    Args:
        file: The file's name.
        pages: At least one number, ascending.
        headings: Those above the cited text from the document's title down. The last one names a
            section: `notes.md, section 2.1 Priors`.
        labels: The numbers printed on the pages, where they differ; both are then named:
            `notes.pdf, p. 12, PDF page 16`.
        place: What stands in front of the pages, if not the file's name; see `place_name`.
    """
    one, several = LABELS[unit_of(file)]
    first, last = pages[0], pages[-1]
    place = place or file
    if labels and is_recording(file):
        return f"{place}, {times(labels)}"
    if labels and first != last:
        return f"{place}, {several} {labels[0]}-{labels[-1]}, PDF pages {first}-{last}"
    if labels:
        return f"{place}, {one} {labels[0]}, PDF page {first}"
    if title := section_title(file, headings):
        return f"{place}, {one} {title}"
    return f"{place}, {one} {first}" if first == last else f"{place}, {several} {first}-{last}"


def place_name(file: str, course: str, lecture: str = "") -> str:
    """A lecture as a reader knows it: `AI, lecture 3`, `AI, search.pdf`, or `search.pdf` alone.

    Args:
        file: Its file's name.
        course: The course that it is in; "" for none.
        lecture: Its number there in words, as "lecture 3"; "" if it has none.
    """
    return f"{course}, {lecture or file}" if course else file


def section_title(file: str, headings: Sequence[str]) -> str:
    """The title that names the section of a passage; "" where its number does.

    A title without a number of its own is put in quotation marks. A passage has one section, and
    with it at most headings that have no text of their own.
    """
    if unit_of(file) != "section" or len(headings) < 2:
        return ""
    title = headings[-1]
    if len(title) > _MAX_TITLE:
        title = f"{title[: _MAX_TITLE - 1].rstrip()}…"
    return title if title[:1].isdigit() else f"“{title}”"
