"""Builds: slides shown step by step, where each page repeats the page before and adds to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ingest.text.scripts import words_and_letters
from ingest.types import Line, Page

_MIN_REPEATED = 0.95  # share of a slide's words that the next step of a build repeats


def group_builds(
    pages: Sequence[Page], body_lines: Mapping[int, Sequence[Line]]
) -> Iterator[list[Page]]:
    """Group the steps of each build; every other page is a group of its own.

    Args:
        pages: All pages, in order.
        body_lines: Each page's lines by its number, without running headers and footers.
    """
    group: list[Page] = []
    for page in pages:
        if group and not _continues_build(group[-1], page, body_lines):
            yield group
            group = []
        group.append(page)
    if group:
        yield group


def _continues_build(before: Page, after: Page, body_lines: Mapping[int, Sequence[Line]]) -> bool:
    """Whether a slide repeats nearly all words of the one before, under the same heading."""
    if before.slides or after.slides:
        return False
    if not (before.is_slide and after.is_slide) or before.heading != after.heading:
        return False
    old, new = _words(before, body_lines), _words(after, body_lines)
    if not old or old.total() > new.total():
        return False
    return (old & new).total() >= _MIN_REPEATED * old.total()


def _words(page: Page, body_lines: Mapping[int, Sequence[Line]]) -> Counter[str]:
    lines = body_lines[page.number]
    texts = [page.text[line.start : line.end] for line in lines]
    return Counter(text[start:end] for text in texts for start, end in words_and_letters(text))
