"""Find what a lecture prints on every page and nobody reads: headers, footers, page numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from ingest.text.languages import LANGUAGES
from ingest.types import Line, Page

#: The part of a page's height, at its top and at its bottom, that holds running lines.
MARGIN = 0.11
#: The same for page numbers alone, which some templates set further in.
NUMBER_MARGIN = 0.17

_DOT_LEADERS = re.compile(r"(?:\.\s?){6,}")
# Of all languages: a template keeps its own, whatever the lecture's.
_PAGE_WORDS = "|".join(
    re.escape(word) for value in LANGUAGES.values() for word in sorted(value.page_words)
)
_PAGE_NUMBER = re.compile(
    rf"^\W*(?:(?:{_PAGE_WORDS})\s*)?\d{{1,4}}\W*(?:(?:/|{_PAGE_WORDS})\s*\d{{1,4}})?\W*$", re.I
)


def repeated_lines(pages: Sequence[Page]) -> set[tuple[int, Line]]:
    """Find the running headers, footers, page numbers and dotted contents lines of a lecture.

    A line counts when it is in the top or bottom margin, is not its page's heading, and its
    letters, digits aside, recur at the same height on at least four pages (or on all of a
    shorter file). So do page numbers alone, and the first line of notes pages where most of
    them have one at that height and a gap below it, whatever it says.

    Returns:
        Pairs of page number and line, to be left out of passages.
    """
    by_height: dict[tuple[str, int], list[tuple[int, Line]]] = defaultdict(list)
    first_lines: dict[int, list[tuple[int, Line]]] = defaultdict(list)
    running: set[tuple[int, Line]] = set()
    for page in pages:
        for index, line in enumerate(page.lines):
            centre = (line.box.y0 + line.box.y1) / 2 / page.height
            text = page.text[line.start : line.end].strip()
            from_edge = min(centre, 1 - centre)
            is_number = from_edge < NUMBER_MARGIN and _PAGE_NUMBER.match(text)
            if is_number or _DOT_LEADERS.search(text):
                running.add((page.number, line))
            elif text and text not in page.heading and from_edge < MARGIN:
                letters = re.sub(r"\d+", "#", text).casefold()
                by_height[letters, round(centre * 50)].append((page.number, line))
                below = page.lines[index + 1 : index + 2]
                gap = below[0].box.y0 - line.box.y1 if below else 0.0
                if index == 0 and not page.is_slide and gap > 0.5 * line.size:
                    first_lines[round(centre * 100)].append((page.number, line))
    min_pages = max(2, min(4, len(pages)))
    for group in by_height.values():
        if len({number for number, _ in group}) >= min_pages:
            running.update(group)
    for group in first_lines.values():
        if len(group) >= max(min_pages, len(pages) // 2):
            running.update(group)
    return running
