"""Markdown of a language model as units, well-formed and malformed, and the units as lines."""

from __future__ import annotations

import pytest

from ingest.text.languages import LANGUAGES
from rag.markdown_units import draft_units
from rag.written_units import WrittenUnit, shown_units, unit_lines

EN = LANGUAGES["en"]


def units(draft: str, **options) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(unit.kind, unit.words, unit.sources) for unit in draft_units(draft, EN, **options)]


def test_paragraphs_lists_and_headings_keep_their_marks():
    draft = (
        "<think>What do they want?</think>## In short\n"
        "A VAE has **two** terms. [1] They are:\n\n"
        "- The *first* [2]. It pulls [1][3].\n"
        "  1. nested `a[1]` [^4]\n"
        "* last 【5†source】\n"
    )
    assert units(draft) == [
        ("heading", "In short", ()),
        ("paragraph", "A VAE has **two** terms.", (1,)),
        ("paragraph", "They are:", ()),
        ("item", "The *first*.", (2,)),
        ("item", "It pulls.", (1, 3)),
        ("item", "nested `a[1]`", (4,)),
        ("item", "last", (5,)),
    ]
    levels = [(unit.level, unit.opens, unit.status) for unit in draft_units(draft, EN)]
    assert levels == [
        (2, True, "plain"),
        (0, True, "unsupported"),
        (0, False, "plain"),
        (1, True, "unsupported"),
        (1, False, "unsupported"),
        (2, True, "unsupported"),
        (1, True, "unsupported"),
    ]


def test_formulas_are_not_read_as_markdown():
    draft = "The loss is\n$$\nL = a\n- b\n= c\n$$ [2]\nwhere \\(q_1\\) is *new* [1, 3]. It is $|x|$ [4]."
    assert units(draft) == [
        ("paragraph", "The loss is", ()),
        ("formula", "$$L = a - b = c$$", (2,)),
        ("paragraph", "where $q_1$ is *new*.", (1, 3)),
        ("paragraph", "It is $|x|$.", (4,)),
    ]


def test_rows_of_a_table():
    draft = (
        "| | VAE | GAN |\n|--|--|--|\n| samples | blurry [1] | $|x|$ [2] |\n| short |\n\nEnd [1]."
    )
    assert units(draft) == [
        ("header", "VAE | GAN", ()),
        ("row", "samples | blurry | $|x|$", (1, 2)),
        ("row", "short", ()),
        ("paragraph", "End.", (1,)),
    ]


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("", []),
        ("[1]", []),
        ("```python\nx = 1", [("paragraph", "`x = 1`", ())]),
        ("It costs $5 and 6 [1].", [("paragraph", "It costs $5 and 6.", (1,))]),
        ("A formula $x is open [1].", [("paragraph", "A formula $x is open.", (1,))]),
        ("| a | b [1]", [("paragraph", "| a | b", (1,))]),
        ("**bold [1]", [("paragraph", "**bold", (1,))]),
        ("<b>A</b> [7](http://e.org).", [("paragraph", "<b>A</b>.", (7,))]),
    ],
)
def test_malformed_markdown_is_text(draft, expected):
    assert units(draft) == expected


def test_a_sentence_that_was_cut_off_is_left_out():
    assert [text for _, text, _ in units("All is said [1]. This is", is_complete=False)] == [
        "All is said."
    ]
    assert len(units("All is said [1]. This is")) == 2
    assert len(units("This is", is_complete=False)) == 1


def test_a_long_heading_says_something_and_is_no_heading():
    draft = "# " + "word " * 13
    assert [unit.status for unit in draft_units(draft, EN)] == ["unsupported"]


def test_what_introduces_only_unsupported_units_is_not_shown():
    def unit(kind, status, text="x", **fields):
        return WrittenUnit(kind, text, status, **fields)

    rows = [
        unit("heading", "plain", "A", level=2),
        unit("paragraph", "unsupported"),
        unit("heading", "plain", "B", level=2),
        unit("paragraph", "unsupported", "first"),
        unit("paragraph", "supported", "second", sources=(1,), opens=False),
        unit("header", "plain", "", cells=("p", "q")),
        unit("row", "unsupported", "", cells=("p", "q"), opens=False),
        unit("paragraph", "plain", "So:"),
    ]
    shown = shown_units(rows)
    assert [one.text for one in shown] == ["B", "second"]
    assert shown[1].opens
    assert unit_lines(shown) == ["B", "", "second [1]"]


def test_lines_of_a_list_and_a_table():
    draft = "Two kinds:\n- a b [1]. C d [2].\n  - e f [1].\n\n| p | q |\n|-|-|\n| 1 | 2 [3] |"
    assert unit_lines(draft_units(draft, EN)) == [
        "Two kinds:",
        "",
        "• a b. [1] C d. [2]",
        "  • e f. [1]",
        "",
        "| p | q |",
        "| 1 | 2 | [3]",
    ]
