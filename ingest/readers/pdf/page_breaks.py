"""Words of notes that are hyphenated over a page's end: the page on which they begin shows them whole."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from ingest.readers.pdf.composition import SUSPENDING
from ingest.running_lines import repeated_lines
from ingest.text.repair import join_hyphen
from ingest.types import Line, Page

_SIZE_CHANGE = 0.12  # lines of one text differ by less; footnotes and captions by more


def join_broken_words(pages: Sequence[Page], compounds: Set[str]) -> tuple[Page, ...]:
    """The pages, with each word that a page's end breaks on the first of its two pages.

    Args:
        pages: All pages of a file, in order; slides stay as they are.
        compounds: Words that keep their hyphen, in lower case.
    """
    joined = list(pages)
    running: set[tuple[int, Line]] | None = None
    for index in range(len(joined) - 1):
        before, after = joined[index], joined[index + 1]
        if before.is_slide or after.is_slide or "-\n" not in before.text:
            continue
        if running is None:
            running = repeated_lines(pages)
        first = next((x for x in after.lines if (after.number, x) not in running), None)
        if first is None:
            continue
        last = next(
            (
                line
                for line in reversed(before.lines)
                if (before.number, line) not in running
                and abs(line.size - first.size) < _SIZE_CHANGE * first.size
            ),
            None,
        )
        if last is not None and _is_broken(before, last, after, first):
            joined[index], joined[index + 1] = _join(before, last, after, first, compounds)
    return tuple(joined)


def _is_broken(before: Page, last: Line, after: Page, first: Line) -> bool:
    word = before.text[last.start : last.end].split()[-1]
    rest = after.text[first.start : first.end].split()
    return (
        len(word) >= 3
        and word[-1] == "-"
        and word[-2].isalpha()
        and len(rest) > 1
        and rest[0][0].islower()
        and rest[0] not in SUSPENDING
    )


def _join(
    before: Page, last: Line, after: Page, first: Line, compounds: Set[str]
) -> tuple[Page, Page]:
    begun = before.text[last.start : last.end].split()[-1]
    tail = after.text[first.start : first.end].split()[0]
    end = join_hyphen(begun[:-1], tail, compounds) + tail
    taken = after.text.index(tail, first.start) + len(tail)
    blanks = len(after.text[taken:]) - len(after.text[taken:].lstrip())
    return (
        _replaced(before, last.end - 1, last.end, end),
        _replaced(after, first.start, taken + blanks, ""),
    )


def _replaced(page: Page, start: int, end: int, text: str) -> Page:
    """The page with other characters from `start` to `end`; words inside are gone."""
    by = len(text) - (end - start)

    def moved(offset: int) -> int:
        return offset + by if offset >= end else offset

    return replace(
        page,
        text=page.text[:start] + text + page.text[end:],
        lines=tuple(
            replace(line, start=moved(line.start), end=moved(line.end)) for line in page.lines
        ),
        words=tuple(
            replace(word, start=moved(word.start), end=moved(word.end))
            for word in page.words
            if text or not (start <= word.start and word.end <= end)
        ),
    )
