"""Pages that lead through a document: title, contents, dividers, index and thanks.

Each is told by what it is: a title page by its author, date or place and that it holds no
sentence; an outline by its lines, which are headings of other pages; a divider by its heading, all
that it shows. A heading that is a sentence says something, and is none of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from ingest.text.languages import LANGUAGES
from ingest.text.repair import is_bullet
from ingest.text.rows import cells_of
from ingest.title_page import is_title_page, only_names
from ingest.types import Line, Page, ParsedDocument

_LONG_LINE = 9  # words; a line of an outline is shorter
_MIN_ENTRIES = 3  # of an outline that is not called one
_SHARE = 0.8  # of an outline's lines that name headings
_CLOSING_LINES = 6
_ENDS = ".!。！"
_PAGE_AT_END = re.compile(r"\D[\s.…,]+\d{1,4}(?:\s*[,–-]\s*\d{1,4})*$")


def navigation_pages(
    parsed: ParsedDocument, body_lines: Mapping[int, Sequence[Line]]
) -> frozenset[int]:
    """The pages, from 1, that lead through a document instead of telling something.

    Args:
        parsed: The document.
        body_lines: Each page's lines by its number, without running headers and footers.
    """
    texts = {
        page.number: [_text(page, line) for line in body_lines[page.number]]
        for page in parsed.pages
    }
    sections = {_letters(section.title) for section in parsed.outline}
    later: dict[int, set[str]] = {}
    following: set[str] = set()
    for page in reversed(parsed.pages):
        later[page.number] = set(following)
        following.add(_letters(page.heading))
    filled = [page for page in parsed.pages if texts[page.number]]
    if len(filled) < 2:
        return frozenset()
    running = {page.number: _running(page, body_lines[page.number]) for page in parsed.pages}
    title_lines: set[str] = set()
    pages: set[int] = set()
    for page in filled:
        lines = texts[page.number]
        if page is filled[0] and _is_title_page(page, lines, parsed.document.title):
            title_lines = {_letters(line) for line in lines}
            pages.add(page.number)
        elif (
            _repeats(lines, title_lines)
            or _is_contents(page, lines, later[page.number], sections)
            or _is_divider(page, lines, running.get(page.number + 1, ""))
            or _is_closing(lines)
        ):
            pages.add(page.number)
    return frozenset(pages)


def _text(page: Page, line: Line) -> str:
    """A line's words, without the borders of a table's cells."""
    text = page.text[line.start : line.end]
    return " ".join(" ".join(cells_of(text) if line.is_row else [text]).split())


def is_sentence(text: str) -> bool:
    """Whether a line says something: it ends as a sentence does, or has a finite verb."""
    stripped = text.strip()
    if len(stripped.split()) < 3 and not re.search(r"[\u3040-\u9fff]", stripped):
        return False
    return stripped[-1:] in _ENDS or not _VERBS.isdisjoint(re.findall(r"\w+", stripped.lower()))


def _is_title_page(page: Page, lines: Sequence[str], title: str) -> bool:
    """Whether the first page only names the lecture, its author, date and place."""
    if page.heading and is_sentence(page.heading):
        return False
    named = len(title) > 3 and _letters(title) in _letters(" ".join(lines))
    return is_title_page(lines) or (named and only_names(lines) and len(lines) <= 2)


def _repeats(lines: Sequence[str], title_lines: Set[str]) -> bool:
    """Whether a page shows the title page's lines again, and nothing else."""
    own = [_letters(line) for line in lines]
    same = sum(line in title_lines for line in own)
    return bool(title_lines) and same >= max(1, 0.8 * len(own))


def _is_contents(page: Page, lines: Sequence[str], later: Set[str], sections: Set[str]) -> bool:
    """Whether a page lists headings of other pages, or words with their pages."""
    heading = _letters(page.heading)
    rest = [line for line in lines if _letters(line) != heading]
    if len(rest) < 2:
        return False
    keys = [_letters(re.sub(r"[\s.…]+\d{1,4}$", "", _without_marker(line))) for line in rest]
    named = sum(bool(key) and (key in later or key in sections) for key in keys)
    titled = heading in _CONTENTS or _letters(lines[0]) in _CONTENTS
    if len(set(keys)) >= (2 if titled else _MIN_ENTRIES) and named >= _SHARE * len(keys):
        return True
    if not titled:
        return False
    numbered = sum(bool(_PAGE_AT_END.search(line)) for line in rest)
    short = all(len(line.split()) < _LONG_LINE and line[-1] not in _ENDS for line in rest)
    return numbered >= _SHARE * len(rest) or (short and not any(map(is_sentence, rest)))


def _running(page: Page, body: Sequence[Line]) -> str:
    """The letters of a page's running headers and footers."""
    own = set(body)
    return _letters(
        " ".join(page.text[line.start : line.end] for line in page.lines if line not in own)
    )


def _is_divider(page: Page, lines: Sequence[str], running: str) -> bool:
    """Whether a slide shows its heading alone, and that is no sentence and no question.

    A section may be called by one: then the running headers of the page after it, `running`, name it.
    """
    text = " ".join(lines)
    letters = _letters(text)
    if not page.is_slide or not page.heading or letters != _letters(page.heading):
        return False
    is_named = len(letters.split()) > 1 and f" {letters} " in f" {running} "
    return is_named or not (is_sentence(text) or text.endswith(("?", "？")))


def _is_closing(lines: Sequence[str]) -> bool:
    """Whether a page thanks its readers or asks for questions, perhaps with an address."""
    first = _letters(lines[0])
    rest = " ".join(lines[1:])
    return first in _CLOSING and len(lines) <= _CLOSING_LINES and len(rest.split()) < 25


def _without_marker(line: str) -> str:
    words = line.split()
    return " ".join(words[1:]) if len(words) > 1 and is_bullet(words[0]) else line


def _letters(title: str) -> str:
    """A heading without its number, blanks and punctuation, for comparisons."""
    return re.sub(r"^(?:\W*[\dIVX]+\b[.):]*)+|\W+", " ", title).strip().casefold()


_CONTENTS = frozenset(
    _letters(title) for value in LANGUAGES.values() for title in value.contents_titles
)
_CLOSING = frozenset(
    _letters(title) for value in LANGUAGES.values() for title in value.closing_titles
)
_VERBS = frozenset(verb for value in LANGUAGES.values() for verb in value.verbs)
