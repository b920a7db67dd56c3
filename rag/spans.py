"""The parts of a passage: units that are whole in themselves, and the spans that can be quoted alone.

A unit is a sentence, an item of a list, a table's row or a formula. A lead is made of units
(`rag.lead`); evidence is made of spans, which join what says nothing alone to its neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ingest.chunk.navigation import is_sentence
from ingest.text.languages import Language, language
from ingest.text.repair import BULLETS
from ingest.text.scripts import count_longer_words, count_words
from ingest.text.sentences import CLOSING_MARKS, sentences_of
from ingest.types import Passage

MARKER = re.compile(rf"^\s*(?:[{re.escape(BULLETS)}-]|\d+[.)])\s+")
# Lines that say where the links of a page lead, before more of the passage's text.
_LINKS = re.compile(r"(?:^Link: [^\n]*\n)+(?=[^\n])(?!Link: )", re.MULTILINE)
# Marks of program code, each in a group of its own: assignment and comparison, a statement's end,
# braces, a call, an access.
_CODE = re.compile(
    r"(?P<operator>:=|[=!<>]=|&&|\|\||->|<-)|(?P<statement>;(?=\s*(?:$|[}\w])))|(?P<brace>[{}])"
    r"|(?P<call>\w\([\w\s,.\"'%&*\[\]+-]*\)(?=\s*[;{:]))|(?P<access>\w\[\w+\]|\w\$\w|\w\.\w+\()"
)
_MIN_CODE_MARKS = 2
# A fraction, a sum or the like, by which a line without a full stop goes on in the next line.
_FORMULA_START = re.compile(r"\(?[∂∇∑∏∫√]|\S*[_^]\S*\s*[=≈≡≜∈≤≥]")
_DAY = re.compile(r"\b\d{1,2}\.$")
_MIN_WORDS = 4  # of two letters or more; a span of fewer is not quoted alone
_MAX_WORDS = 60  # a span gets no longer by the lines that are joined to it


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A part of a passage that can be quoted: its text is `passage.text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unit(TextSpan):
    """A sentence, item, row or formula of a passage; `is_item` if a bullet or number is before it."""

    is_item: bool = False


def quotable_spans(passage: Passage) -> list[TextSpan]:
    """The spans of a passage that can be quoted, in order; no headings, no questions.

    A heading is quoted where it is a sentence and all that the passage says; a title, an outline or
    a divider never is.

    The lines of one sentence are joined. What is too short to be quoted alone, such as a formula
    or a cell, is joined to the span before it, as are rows of figures, which need the line above
    them; a span that ends with a colon is joined to the next one.
    """
    if passage.is_navigation:
        return []
    return _join_spans(passage, passage.headings) or [
        span for span in _join_spans(passage, ()) if is_sentence(span_text(passage, span))
    ]


def units_of(passage: Passage) -> list[Unit]:
    """All units of a passage in order; no headings.

    Parts of a sentence, rows of figures and formulas are joined to what they belong to, as in
    `quotable_spans`; the items of a list, the line with a colon before them, and the rows of a table are units each.
    """
    if passage.is_navigation:
        return []
    spans = _join_units(passage, passage.headings)
    return [unit for units in spans for unit in units]


def _join_spans(passage: Passage, headings: Sequence[str]) -> list[TextSpan]:
    """The spans without those that are one of the headings, also one of several lines."""
    text = _without_links(passage.text)
    spans = (TextSpan(units[0].start, units[-1].end) for units in _join_units(passage, headings))
    return [
        span
        for span in spans
        if has_min_words(text[span.start : span.end]) and not text[: span.end].endswith("?")
    ]


def _join_units(passage: Passage, headings: Sequence[str]) -> list[list[Unit]]:
    """The units of each span, those that cannot be quoted alone among them."""
    text, spoken = _without_links(passage.text), language(passage.language)
    spans: list[list[Unit]] = []
    for unit in _list_items(text, sentences_of(text, spoken)):
        line = " ".join(text[unit.start : unit.end].split())
        begins_heading = not spans and any(heading.startswith(f"{line} ") for heading in headings)
        if line in headings or (begins_heading and not unit.is_item):
            continue
        if not spans:
            spans.append([unit])
            continue
        start, last = spans[-1][0].start, spans[-1][-1]
        if not _continues_previous(text, TextSpan(start, last.end), unit, spoken):
            spans.append([unit])
        elif _is_unit_of_its_own(text, last, unit, spoken):
            spans[-1].append(unit)
        else:
            spans[-1][-1] = replace(last, end=unit.end)
    return spans


def _is_unit_of_its_own(text: str, last: Unit, unit: Unit, spoken: Language) -> bool:
    """Whether a unit that is joined to a span is not a part of the span's last unit."""
    if _splits_date(text, last, unit, spoken):
        return False
    label = text[last.end - 1] in CLOSING_MARKS and _is_in_words(text[unit.start : unit.end])
    apart = unit.is_item or text[unit.end - 1] == "?"
    return is_row(text, unit) or label or (apart and text[last.end - 1] == ":")


def _list_items(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Unit]:
    """The spans without the bullets and numbers before them."""
    for start, end in spans:
        marker = MARKER.match(text[start:end])
        yield Unit(start + marker.end(), end, True) if marker else Unit(start, end)


def _continues_previous(text: str, before: TextSpan, unit: Unit, spoken: Language) -> bool:
    """Whether a unit continues the span before it."""
    start, end = unit.start, unit.end
    first, second = text[before.start : before.end], text[start:end]
    if count_words(first) + count_words(second) > _MAX_WORDS:
        return False
    marked = bool(MARKER.match(text[text.rfind("\n", 0, start) + 1 : end]))
    if first.endswith(":") or _splits_date(text, before, unit, spoken):
        return True
    ended = first[-1] in CLOSING_MARKS
    last_word = first.split()[-1].lower()
    formula = has_min_words(first) and _FORMULA_START.match(second) is not None
    hanging = first[-1] in ",(" or last_word in spoken.continuation_words | spoken.verbs
    goes_on = second[0].islower() or second[0] in ",;)" or hanging or formula
    runs_on = not marked and not ended and goes_on
    fragment = not marked and has_min_words(first) and not has_min_words(second)
    figures = not marked and not _is_in_words(second)
    return runs_on or figures or (fragment and not _opens_a_list(text, start))


def _splits_date(text: str, before: TextSpan, after: TextSpan, spoken: Language) -> bool:
    """Whether the boundary of two spans is the full stop between a day and its month."""
    month = spoken.month.match(text, after.start, after.end)
    return month is not None and _DAY.search(text[before.start : before.end]) is not None


def is_row(text: str, span: TextSpan) -> bool:
    """Whether a span is a row of a table, in the form of `ingest.text.rows`."""
    return text.startswith("| ", span.start) and text.endswith(" |", span.start, span.end)


def is_code(text: str) -> bool:
    """Whether a text has at least two of the marks by which program code is known."""
    return len({match.lastgroup for match in _CODE.finditer(text)}) >= _MIN_CODE_MARKS


def _opens_a_list(text: str, start: int) -> bool:
    """Whether bullets or numbers follow a line, as they do a label."""
    rest = text[start:].split("\n", 2)
    return len(rest) > 1 and bool(MARKER.match(rest[1]))


def has_min_words(text: str) -> bool:
    """Whether a text has enough words to be quoted alone."""
    return count_longer_words(text) >= _MIN_WORDS


def _is_in_words(text: str) -> bool:
    """Whether at least half of it are words, not numbers and symbols."""
    parts = text.split()
    return 2 * sum(any(c.isalpha() for c in part) for part in parts) >= len(parts)


def span_text(passage: Passage, span: TextSpan) -> str:
    """The span's words on one line, without the links of a page that ends inside the span."""
    return " ".join(_without_links(passage.text)[span.start : span.end].split())


@lru_cache(maxsize=512)
def _without_links(text: str) -> str:
    """A passage's text with blanks for the lines of links that stand between its parts.

    A page's links follow its text, so that they part a sentence that goes on on the next page.
    """
    return _LINKS.sub(lambda links: " " * len(links[0]), text)


def judge_input(passage: Passage, span: TextSpan) -> str:
    """A span under its heading, as the judge reads it."""
    quote = span_text(passage, span)
    heading = passage.headings[-1] if passage.headings else passage.title
    return f"{heading}\n{quote}" if heading and heading not in quote else quote
