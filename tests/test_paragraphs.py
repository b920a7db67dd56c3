"""Which lines make a paragraph; every page is set by hand, in points, with words 5 wide a letter."""

from __future__ import annotations

import itertools

import pytest

from ingest.chunk.line_rules import RULES, decide
from ingest.chunk.paragraphs import paragraphs
from ingest.types import Box, Line, Page, Word

LETTER = 5.0  # points; fonts of 10 points unless a case says otherwise


def page_of(*set_lines: tuple[str, float, float], sizes: dict[int, float] | None = None) -> Page:
    """A page of lines (text, left, top); a "|" in the text is a gap of 30 points."""
    text, lines, words = "", [], []
    for number, (content, left, top) in enumerate(set_lines):
        size = (sizes or {}).get(number, 10.0)
        start, x = len(text), left
        for word in content.split():
            if word == "|":
                x += 30
                continue
            text += word if text[-1:] in ("", "\n") else f" {word}"
            width = LETTER * len(word)
            words.append(Word(len(text) - len(word), len(text), Box(x, top, x + width, top + size)))
            x += width + 2.5
        lines.append(Line(start, len(text), size, False, Box(left, top, x - 2.5, top + size)))
        text += "\n"
    return Page(1, text, 400, 300, lines=tuple(lines), words=tuple(words))


LONG = "a line that reaches the end"  # 27 letters
SHORT = "a short line"

CASES = {
    "a full line goes on": ("full line", True, [(LONG, 10, 10), ("and ends here", 10, 22)]),
    "a line with room left ends": (
        "none", False, [(SHORT, 10, 10), ("Next item here", 10, 22), (LONG, 10, 34)],
    ),
    "a bullet begins an item": ("bullet", False, [(LONG, 10, 10), ("• an item", 10, 22)]),
    "a number begins an item": ("bullet", False, [(LONG, 10, 10), ("2. an item", 10, 22)]),
    "a larger gap ends": ("gap", False, [(LONG, 10, 10), ("and ends here", 10, 27)]),
    "what is far above does not go on": ("gap", False, [(LONG, 10, 60), ("and so on", 10, 22)]),
    "behind an index the line goes on": (
        "same line", True, [("the sum of x", 10, 10), ("is large", 75, 12), (LONG, 10, 34)],
    ),
    "another column of the same height does not": (
        "gap", False, [("left column", 10, 10), ("right column", 200, 10)],
    ),
    "a fraction's parts": ("fragment", True, [("dF", 10, 10), ("dW", 10, 22), (LONG, 10, 60)]),
    "labels of an axis": ("gap", False, [("100", 10, 60), ("150", 10, 20), (LONG, 10, 100)]),
    "the full stop behind a formula": (
        "closing", True, [("a + b", 10, 10), (". The", 90, 25), (LONG, 10, 60)],
    ),
    "an ellipsis is no closing mark": (
        "none", False, [("a short one", 10, 10), ("... and", 10, 22), (LONG, 10, 60)],
    ),
    "a formula broken behind an operator": (
        "operator", True, [("p = a +", 10, 10), ("b(w)", 80, 34), (LONG, 10, 90)],
    ),
    "a formula broken before a relation": (
        "operator", True, [("f(x) = a + b", 10, 10), ("= 2a", 40, 34), (LONG, 10, 90)],
    ),
    "a language whose name ends with signs": (
        "none", False, [("written in C++", 10, 10), ("or Rust", 10, 22), (LONG, 10, 60)],
    ),
    "a table's rows": (
        "cells", False, [("one | two | three", 10, 10), ("six | ten | eleven", 10, 22)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_rules_decide_as_a_reader_does(case):
    rule, continues, set_lines = CASES[case]
    page = page_of(*set_lines)
    assert decide(page, page.lines[0], page.lines[1]) == (rule, continues)


def test_a_change_of_size_begins_something_else():
    page = page_of((LONG, 10, 10), ("and ends here", 10, 22), sizes={0: 12.0})
    assert decide(page, *page.lines) == ("size", False)
    assert decide(page, *page.lines, frozenset({"size"})) == ("full line", True)


def test_a_hyphenated_word_is_one_word_and_a_line_left_out_parts():
    page = page_of((LONG, 10, 10), ("a footer", 10, 22), ("and ends here", 10, 34))
    first, _, last = page.lines
    assert decide(page, first, last) == ("left out", False)
    broken = Page(
        1, "inter-\nnal".replace("-\n", ""), 400, 300,
        lines=(Line(0, 5, 10, False, Box(0, 0, 9, 9)), Line(5, 8, 10, False, Box(0, 50, 9, 59))),
    )  # fmt: skip
    assert decide(broken, *broken.lines) == ("hyphen", True)


def test_a_column_ends_where_its_own_lines_end():
    """The wide line on the right does not make the left column's full line look short."""
    page = page_of((LONG, 10, 10), ("and ends here", 10, 22), (LONG, 200, 10))
    assert decide(page, page.lines[0], page.lines[1]) == ("full line", True)


def test_paragraphs_cover_all_lines_once_in_order():
    page = page_of(
        (LONG, 10, 10), ("and ends here", 10, 22), ("• an item", 10, 34), ("Another", 10, 60)
    )
    spans = list(paragraphs(page, page.lines))
    assert [page.text[start:end] for start, end in spans] == [
        f"{LONG}\nand ends here",
        "• an item",
        "Another",
    ]
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert list(paragraphs(page, ())) == []


def test_every_rule_can_be_left_out():
    page = page_of((LONG, 10, 10), ("and ends here", 10, 22))
    assert decide(page, *page.lines, frozenset(RULES)) == ("none", False)
