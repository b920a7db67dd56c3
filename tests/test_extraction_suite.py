"""Generated pages of all kinds are read word by word, in the order of the eye."""

import shutil

import pytest

from benchmarks.agreement import difference
from benchmarks.extraction import compare, read_bytes, words_of
from benchmarks.page_layouts import (
    BROWSER_PAGES,
    CANVAS_PAGES,
    COURSE_PAGES,
    DECK_PAGES,
    DECK_PRINTS,
    LECTURE_PAGES,
    ODD_PAGES,
    ODD_PRINTS,
    TYPST_PAGES,
    PageLayout,
    print_pages,
)

QUICK = (*TYPST_PAGES, *CANVAS_PAGES, *LECTURE_PAGES, *COURSE_PAGES, *ODD_PAGES, *DECK_PAGES)
PRINTS = (*BROWSER_PAGES, *ODD_PRINTS, *DECK_PRINTS)


@pytest.mark.parametrize("page", QUICK, ids=[f"{page.kind}: {page.name}" for page in QUICK])
def test_a_page_is_read_as_it_was_written(page: PageLayout):
    reading = compare(page.kind, page.name, page.expected, "\n".join(read_bytes(page.make())))
    assert words_of(reading.text) == words_of(page.expected)
    assert reading.order == 1
    assert reading.errors == 0


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("chromium") or shutil.which("google-chrome")),
    reason="needs chromium, or google-chrome, to print web pages",
)
def test_printed_web_pages_are_read_as_they_were_written():
    printed = print_pages(PRINTS)
    assert printed is not None
    texts = read_bytes(printed)
    assert len(texts) == len(PRINTS)
    assert {page.name: words_of(text) for page, text in zip(PRINTS, texts, strict=True)} == {
        page.name: words_of(page.expected) for page in PRINTS
    }


def test_the_layouts_have_names_of_their_own():
    names = [(page.kind, page.name) for page in (*QUICK, *PRINTS)]
    assert len(names) >= 90
    assert len(set(names)) == len(names)


def test_errors_and_order_are_told_apart():
    swapped = compare("", "", "a b c d", "c d a b")
    assert (swapped.words, swapped.errors, swapped.order) == (4, 4, 0.5)
    missing = compare("", "", "a b c d", "a c d")
    assert (missing.errors, missing.order) == (1, 1.0)
    assert missing.word_error_rate == 0.25
    assert compare("", "", "a b", "a | b").errors == 0


def test_pages_are_compared_with_the_nearer_order_of_another_reader():
    columns = "left one left two\nright one right two"
    by_rows = "left one right one\nleft two right two"
    same = difference("a.pdf", 1, columns, [by_rows, columns])
    assert (same.missing, same.extra, same.moved) == (0, 0, 0)
    moved = difference("a.pdf", 1, f"{columns} ours", [f"{by_rows} theirs"])
    assert (moved.missing, moved.extra, moved.moved) == (1, 1, 2)
