"""Find what a lecture prints on page after page: headers, footers, page numbers, stamps.

A running line repeats at one place of many pages, and a page number counts up. What only looks
like one (a number alone, the first line of a page, dots to write on) is content.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingest.text.languages import LANGUAGES
from ingest.types import Line, Page

#: The part of a page's height, at its top and at its bottom, that holds running lines.
MARGIN = 0.11
#: The same for page numbers alone, which some templates set further in.
NUMBER_MARGIN = 0.17
#: Elsewhere, a line must be on more than this share of the pages.
MOST = 0.5
#: Of the pages between its first and last one, a header is at least on this share (every second).
DENSITY = 0.4
#: Lines at heights that differ by less, as a share of the page, are at one place.
SAME_PLACE = 0.012

_MIN_PAGES = 4
_NEIGHBOURS = 2  # page numbers before and behind one that it is compared with
_CONTENTS_LINE = re.compile(
    r"[^\W\d_]{3}.*?(?:(?:\.\s?){4,}|(?:…\s?){2,})\s*(?:\d{1,4}|[ivxlc]+)\s*$", re.I
)
# Of all languages: a template keeps its own, whatever the lecture's.
_PAGE_WORDS = "|".join(
    re.escape(word) for value in LANGUAGES.values() for word in sorted(value.page_words)
)
_PAGE_NUMBER = re.compile(
    rf"^\W*(?P<word>(?:{_PAGE_WORDS})\s*)?(?P<number>\d{{1,4}}|[ivxlc]{{1,6}})\W*"
    rf"(?P<total>(?:/|{_PAGE_WORDS})\s*\d{{1,4}})?\W*$",
    re.I,
)
# A number at the line's start or end (before "of 40"), or between separators.
_COUNTER = re.compile(
    rf"^\W*(\d{{1,4}})\b|[|–—•·]\s*(\d{{1,4}})\s*[|–—•·]"
    rf"|\b(\d{{1,4}})(?:\s*(?:/|{_PAGE_WORDS})\s*\d{{1,4}})?\W*$",
    re.I,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line on its page; `top` is its middle and `left` its left end, as shares of the page."""

    page: Page
    line: Line
    text: str
    top: float
    left: float

    @property
    def from_edge(self) -> float:
        return min(self.top, 1 - self.top)


def repeated_lines(pages: Sequence[Page]) -> set[tuple[int, Line]]:
    """Find the running headers, footers, page numbers, stamps and contents lines of a lecture.

    A line that is not its page's heading counts

    - in the top or bottom margin, if its words recur at the same height on at least four pages (or
      on all of a shorter file), on at least two of five pages from the first to the last of them.
      Its numbers must be the same, too, unless one of them counts up with the pages. On slides, what
      is on less than most of them must be smaller than the text;
    - if it is a page number alone, near the edge: with a word or a total, or counting up;
    - anywhere, if it recurs word for word at one place on most slides, and is not its page's only
      text; on notes, if it is also of another size than the text;
    - at the top of notes, where most pages have a line at that height and a gap below, if it names
      a section: its words recur as another line;
    - if dots lead from its words to a number, as in a table of contents.

    Returns:
        Pairs of page number and line, to be left out of passages.
    """
    lines = [placed for page in pages for placed in _lines_of(page)]
    body_size = _usual_size(lines)
    running = {_key(each) for each in lines if _CONTENTS_LINE.search(each.text)}
    running |= _page_numbers(lines)
    min_pages = max(2, min(_MIN_PAGES, len(pages)))
    free = [each for each in lines if each.text not in each.page.heading]
    marginal = [each for each in free if each.from_edge < MARGIN]
    for group in _groups(marginal, lambda each: re.sub(r"\d+", "#", each.text).casefold()):
        if _counts_up(group, body_size):
            running |= _keys(group, min_pages)
        else:
            for same in _groups(group, lambda each: each.text.casefold()):
                if _is_header(same, len(pages), body_size):
                    running |= _keys(same, min_pages)
    running |= _section_heads(free, lines, max(min_pages, len(pages) // 2))
    unlike = [each for each in free if each.page.is_slide or each.line.size != body_size]
    return running | _stamps(unlike, pages, running)


def stamps_in_headings(
    pages: Sequence[Page], heading_without: Callable[[Page, set[Line]], str]
) -> dict[int, str]:
    """The headings of pages whose first heading is a stamp: on most pages, with another below it.

    Args:
        pages: All pages of a file.
        heading_without: The heading of a page if some lines are left out.

    Returns:
        The new headings by page number.
    """
    lines = [each for page in pages for each in _lines_of(page) if each.text in page.heading]
    changed: dict[int, str] = {}
    for group in _groups(lines, lambda each: each.text.casefold()):
        numbers = {each.page.number for each in group}
        if len(numbers) < _MIN_PAGES or len(numbers) <= MOST * len(pages):
            continue
        others = {
            each.page.number: heading_without(each.page, {each.line})
            for each in group
            if each.page.heading
        }
        if 2 * len({heading for heading in others.values() if heading}) > len(numbers):
            changed |= others
    return changed


def _lines_of(page: Page) -> Iterator[_Placed]:
    for line in page.lines:
        text = page.text[line.start : line.end].strip()
        if text:
            top = (line.box.y0 + line.box.y1) / 2 / page.height
            yield _Placed(page, line, text, top, line.box.x0 / page.width)


def _usual_size(lines: Sequence[_Placed]) -> float:
    """The font size of most characters."""
    sizes = Counter[float]()
    for each in lines:
        sizes[each.line.size] += len(each.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _groups(lines: Sequence[_Placed], words: Callable[[_Placed], str]) -> Iterator[list[_Placed]]:
    """Lines of the same words at the same height, by page."""
    by_words: dict[str, list[_Placed]] = defaultdict(list)
    for each in lines:
        by_words[words(each)].append(each)
    for same in by_words.values():
        group: list[_Placed] = []
        for each in sorted(same, key=lambda each: each.top):
            if group and each.top - group[-1].top > SAME_PLACE:
                yield sorted(group, key=lambda each: each.page.number)
                group = []
            group.append(each)
        yield sorted(group, key=lambda each: each.page.number)


def _key(placed: _Placed) -> tuple[int, Line]:
    return placed.page.number, placed.line


def _keys(group: Sequence[_Placed], min_pages: int) -> set[tuple[int, Line]]:
    """The lines of a group, if it is on enough pages."""
    pages = {each.page.number for each in group}
    return {_key(each) for each in group} if len(pages) >= min_pages else set()


def _is_header(group: Sequence[_Placed], pages: int, body_size: float) -> bool:
    """Whether a line of the margins that recurs word for word is a header or a footer."""
    numbers = [each.page.number for each in group]
    dense = len(set(numbers)) >= DENSITY * (max(numbers) - min(numbers) + 1)
    small = group[0].line.size < 0.95 * body_size
    return dense and (small or not group[0].page.is_slide or len(numbers) > MOST * pages)


def _counts_up(group: Sequence[_Placed], body_size: float) -> bool:
    """Whether a number of a line counts with the pages.

    It is at the line's start or end or between separators; in small print it is anywhere.
    """
    small = all(each.line.size < 0.95 * body_size for each in group)
    columns = zip(*(_numbers(each.text, anywhere=small) for each in group), strict=False)
    pages = [each.page.number for each in group]
    for column in columns:
        steps = [
            _follows(pages[i], column[i], pages[i + 1], column[i + 1])
            for i in range(len(pages) - 1)
        ]
        if steps and len(set(column)) > 1 and sum(steps) >= 0.8 * len(steps):
            return True
    return False


def _numbers(text: str, *, anywhere: bool) -> list[int]:
    if anywhere:
        return [int(number) for number in re.findall(r"\d{1,9}", text)]
    return [int(next(filter(None, match.groups()))) for match in _COUNTER.finditer(text)]


def _follows(page: int, value: int, later_page: int, later_value: int) -> bool:
    """Whether two values can be page numbers: steps of a build may share one."""
    return 0 <= later_value - value <= later_page - page


def _page_numbers(lines: Sequence[_Placed]) -> set[tuple[int, Line]]:
    """Page numbers alone: with a word or a total, or counting up from page to page."""
    running: set[tuple[int, Line]] = set()
    bare: list[tuple[_Placed, int]] = []
    for each in lines:
        match = _PAGE_NUMBER.match(each.text) if each.from_edge < NUMBER_MARGIN else None
        if match is None:
            continue
        if match["word"] or match["total"]:
            running.add(_key(each))
        elif value := _value(match["number"]):
            bare.append((each, value))
    values = {_key(each): value for each, value in bare}
    for group in _groups([each for each, _ in bare], lambda each: ""):
        for index, each in enumerate(group):
            near = group[max(0, index - _NEIGHBOURS) : index + _NEIGHBOURS + 1]
            others = [other for other in near if other is not each]
            value, page = values[_key(each)], each.page.number
            agreeing = sum(
                _follows(page, value, other.page.number, values[_key(other)])
                if other.page.number > page
                else _follows(other.page.number, values[_key(other)], page, value)
                for other in others
            )
            if value == page or (others and 2 * agreeing >= len(others)):
                running.add(_key(each))
    return running


def _value(number: str) -> int:
    """An Arabic or Roman number; 0 for letters that are none."""
    if number.isdigit():
        return int(number)
    values = [_ROMAN[letter] for letter in number.lower()]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)


def _section_heads(
    free: Sequence[_Placed], lines: Sequence[_Placed], min_pages: int
) -> set[tuple[int, Line]]:
    """The first lines of notes that name the section in force, above a gap."""
    firsts: list[_Placed] = []
    for each in free:
        below = [line for line in each.page.lines if line.start > each.line.start][:1]
        gap = below[0].box.y0 - each.line.box.y1 if below else 0.0
        is_first = each.line == each.page.lines[0] and not each.page.is_slide
        if is_first and each.from_edge < MARGIN and gap > 0.5 * each.line.size:
            firsts.append(each)
    recurring = Counter(_letters(each.text) for each in lines)
    running: set[tuple[int, Line]] = set()
    for group in _groups(firsts, lambda each: ""):
        heads = [each for each in group if recurring[_letters(each.text)] > 1]
        if len(group) >= min_pages and 2 * len(heads) > len(group):
            running |= {_key(each) for each in heads}
    return running


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", " ", text).strip().casefold()


def _stamps(
    free: Sequence[_Placed], pages: Sequence[Page], running: set[tuple[int, Line]]
) -> set[tuple[int, Line]]:
    """Lines that recur word for word at one place of most pages; the steps of a build count once."""
    slides: dict[int, int] = {}
    slide = 0
    for before, page in zip([None, *pages], pages, strict=False):
        slide += before is None or not page.heading or before.heading != page.heading
        slides[page.number] = slide
    stamps: set[tuple[int, Line]] = set()
    for group in _groups(free, lambda each: f"{round(each.left * 25)} {each.text.casefold()}"):
        places = {slides[each.page.number] for each in group}
        if len(places) >= _MIN_PAGES and len(places) > MOST * slide:
            stamps |= {_key(each) for each in group}
    for page in pages:
        own = {(page.number, line) for line in page.lines}
        rest = [
            line
            for number, line in own - running - stamps
            if page.text[line.start : line.end].strip() not in page.heading
        ]
        if not rest:  # the page's only text
            stamps -= own
    return stamps
