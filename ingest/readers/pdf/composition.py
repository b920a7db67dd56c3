"""Lay a page's lines out as one text in which every line and word has its offsets and its box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import groupby

from ingest.layout.page import LayoutLine, PageLayout
from ingest.layout.segments import PlacedWord
from ingest.readers.pdf.titles import page_heading
from ingest.text.repair import join_hyphen, repair_word
from ingest.text.rows import escaped
from ingest.types import Box, Line, Page, Slide, Word

#: Words before which a hyphen stands for a part that both words share, as in "input- and output".
SUSPENDING = frozenset({"and", "or", "und", "oder", "bzw.", "sowie", "et", "ou"})

#: What leads to a page's number, or is a line for an answer; so much of it is left of more.
LEADERS = frozenset("._…·-")
LEADER_DOTS, MOST_DOTS = 3, 7


def hyphenated_words(pages: Sequence[PageLayout]) -> set[str]:
    """Words that their author wrote with a hyphen anywhere in the file, in lower case."""
    return {
        word.text.casefold()
        for page in pages
        for line in page.lines
        for word in line.words
        if "-" in word.text[1:-1]
    }


def compose_page(number: int, page: PageLayout, compounds: Set[str]) -> Page:
    """Repair a page's words and lay its lines out as one text.

    Args:
        number: The page, from 1.
        page: Its lines, in reading order.
        compounds: Words that keep their hyphen at a line's end, in lower case.
    """
    parts: list[str] = []
    words: list[Word] = []
    lines: list[Line] = []
    starts: list[int] = []  # of each line of the layout
    length = 0  # of the parts so far
    after_hyphen = False
    for index, layout_line in enumerate(page.lines):
        start = length
        starts.append(start)
        box: Box | None = None
        columns = borders = 0  # of a table's row, before its last word; before the next one
        broken = is_broken(layout_line, page.lines[index + 1 : index + 2])
        placed_words = list(_without_leaders(layout_line))
        for placed in placed_words:
            last = placed is placed_words[-1]
            cut = (broken and last) or placed.is_broken
            text = repair_word(placed.text[:-1] if cut else placed.text)
            borders += placed.borders
            if not text:
                continue
            if layout_line.columns:
                text = escaped(text)
            if after_hyphen:
                separator = join_hyphen(parts[-1], text, compounds)
            elif box is None:
                separator = "| " * borders or " " * layout_line.indent
            elif borders:
                separator = f" {'| ' * borders}"
            else:
                separator = "" if placed.attached else " "
            columns, borders = columns + borders, 0
            parts.extend((separator, text))
            length += len(separator)
            word_box = placed.box
            words.append(Word(length, length + len(text), word_box))
            box = word_box if box is None else box.union(word_box)
            length += len(text)
            after_hyphen = placed.is_broken
        if box is None:
            continue
        if is_row := layout_line.columns > 0:
            parts.append(" |" * (layout_line.columns + 1 - columns))
            length += len(parts[-1])
        size = round(layout_line.size, 1)
        is_code = layout_line.is_code
        lines.append(Line(start, length, size, layout_line.bold, box, is_code, is_row))
        after_hyphen = broken
        if not after_hyphen:
            parts.append("\n")
            length += 1
    text = "".join(parts)
    return Page(
        number,
        text,
        page.frame.width,
        page.frame.height,
        heading=page_heading(number, text, lines, page.frame.width, page.frame.height),
        lines=tuple(lines),
        words=tuple(words),
        origin=page.origin,
        slides=tuple(_slides(page, [*starts, length], text, lines)),
        regions=tuple(page.regions),
    )


def _without_leaders(line: LayoutLine) -> Iterator[PlacedWord]:
    """A line's words, with few of the dots or strokes that lead to a number or wait for an answer."""
    for text, group in groupby(line.words, key=lambda word: word.text):
        words = list(group)
        if text[0] in LEADERS and not line.is_code and set(text) == {text[0]}:
            if len(text) > MOST_DOTS:
                for word in words:
                    word.text = text[:LEADER_DOTS]
            elif len(words) > MOST_DOTS:
                del words[LEADER_DOTS:]
        yield from words


def _slides(
    page: PageLayout, starts: Sequence[int], text: str, lines: Sequence[Line]
) -> Iterator[Slide]:
    """The slides of a handout, with the headings that they would have as pages of their own."""
    for first, end, box in page.slides:
        inside = [
            replace(
                line,
                box=Box(
                    line.box.x0 - box.x0,
                    line.box.y0 - box.y0,
                    line.box.x1 - box.x0,
                    line.box.y1 - box.y0,
                ),
            )
            for line in lines
            if starts[first] <= line.start < starts[end]
        ]
        if inside:
            heading = page_heading(1, text, inside, box.x1 - box.x0, box.height)
            yield Slide(starts[first], starts[end], heading)


def is_broken(line: LayoutLine, following: Sequence[LayoutLine]) -> bool:
    """Whether a line's last word is broken by a hyphen and goes on in the next line."""
    last = line.words[-1].text
    if (
        line.is_code
        or line.columns
        or not following
        or len(last) < 3
        or last[-1] != "-"
        or not last[-2].isalpha()
    ):
        return False
    first = following[0].words[0].text
    is_new_column = following[0].words[0].box.y1 < line.words[-1].box.y0
    return (
        (following[0].block == line.block or is_new_column)
        and first[0].islower()
        and first not in SUSPENDING
        and abs(line.size - following[0].size) < 0.2 * line.size
    )
