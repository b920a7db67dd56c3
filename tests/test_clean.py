from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.clean import (
    is_bullet,
    join_hyphen,
    language_of,
    repair_word,
    repeated_lines,
)
from ingest.types import Box, Line, Page


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("verh¨altnis", "verhältnis"),
        ("¨Ubung", "Übung"),
        ("na¨ıve", "naïve"),  # TeX sets the accent over a dotless i
        ("caf´e", "café"),
        ("Erd˝os", "Erd˝os"),  # an accent that stands in no table is left where it is
        ("5¨", "5¨"),
        ("a\u0308hnlich", "ähnlich"),
        ("\U0001d461", "t"),
        ("\U0001d465\U0001d456", "xi"),
        ("ﬁnden", "finden"),
        ("eﬃcient", "efficient"),
        ("x²", "x²"),  # NFKC alone would say x2, another number
        ("10⁻³", "10⁻³"),
        ("½", "½"),
        ("mo\x02del", "model"),
        ("weich\u00adheit", "weichheit"),
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeffstart", "start"),
        ("\uf0b7", "•"),
        ("\uf0e0", "→"),
        ("\uf05b0,1\uf05d", "[0,1]"),
        ("\ue123", ""),
        ("lost\ufffd", "lost"),
        ("plain", "plain"),
        ("plain\x7f", "plain"),
        ("\u00a0", ""),
    ],
)
def test_words_come_out_as_a_person_would_type_them(raw, mended):
    assert repair_word(raw) == mended


@given(st.text(st.characters(exclude_categories=["Cs", "Zs"]), max_size=12))
@example("a¨b")
@example("¨\x00a")
@example("¨")
def test_mended_words_are_clean_and_stay_as_they_are(raw):
    mended = repair_word(raw)
    assert unicodedata.is_normalized("NFC", mended)
    assert not any(letter in "\ufffd " or 0xE000 <= ord(letter) <= 0xF8FF for letter in mended)
    assert not any(
        unicodedata.category(letter) == "Cc" for letter in mended if letter not in "\t\n"
    )
    assert repair_word(mended) == mended


@pytest.mark.parametrize(
    ("left", "right", "between"),
    [
        ("encour", "ages", ""),
        ("Verhält", "nis,", ""),
        ("bi", "encoder", "-"),  # the file writes bi-encoder elsewhere
        ("Bi", "encoder.", "-"),
        ("BM", "25", "-"),
        ("Nicht", "Linearität", "-"),  # a capital after the break begins a word of its own
        ("2", "dimensional", "-"),
        ("", "word", "-"),
    ],
)
def test_hyphens_at_a_line_end(left, right, between):
    assert join_hyphen(left, right, {"bi-encoder"}) == between


def test_bullets_and_numbers_mark_items():
    assert all(map(is_bullet, ["•", "–", "2.", "(b)", "iv)", "10."]))
    assert not any(map(is_bullet, ["BERT", "100.", "a", "2", "(see"]))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Das ist der Beweis und die Folgerung für den Fall mit der Norm.", "de"),
        ("This is the proof and the consequence for the case with a norm.", "en"),
        ("Softmax ReLU BERT GPT LSTM CNN", ""),
        ("der the", ""),  # too little to tell
    ],
)
def test_language_is_told_by_common_words(text, language):
    assert language_of(text) == language


def page_of(number: int, lines: Sequence[tuple[str, float]], wide: bool = True, heading="") -> Page:
    """A page of 100 points height with lines of 4 points at the heights given, by their top."""
    text, placed = "", []
    for words, top in lines:
        placed.append(Line(len(text), len(text) + len(words), 4.0, False, Box(5, top, 90, top + 4)))
        text += words + "\n"
    return Page(number, text, 150.0 if wide else 70.0, 100.0, heading, tuple(placed))


def dropped(pages: Sequence[Page]) -> list[tuple[int, str]]:
    texts = {page.number: page.text for page in pages}
    found = sorted(repeated_lines(pages), key=lambda pair: (pair[0], pair[1].start))
    return [(number, texts[number][line.start : line.end]) for number, line in found]


def test_running_lines_and_page_numbers_are_found_whatever_their_digits():
    pages = [
        page_of(n, [("Deep Learning 2024", 2), (f"Topic {n}", 30), (f"Chapter 1, {n} of 9", 94)])
        for n in range(1, 6)
    ]
    expected = {(n, "Deep Learning 2024") for n in range(1, 6)}
    expected |= {(n, f"Chapter 1, {n} of 9") for n in range(1, 6)}
    assert set(dropped(pages)) == expected


def test_a_line_repeated_on_three_of_many_pages_stays():
    pages = [page_of(n, [("Recap" if n < 4 else f"Only here {n}", 2)]) for n in range(1, 9)]
    letters = [text for _, text in dropped(pages)]
    assert "Recap" not in letters


def test_lines_repeated_in_the_middle_of_the_page_stay():
    assert dropped([page_of(n, [("the same sentence", 50)]) for n in range(1, 8)]) == []


def test_a_heading_repeated_at_the_top_stays():
    pages = [
        page_of(n, [("Attention", 4), (f"step {n}", 40)], heading="Attention") for n in range(1, 7)
    ]
    assert dropped(pages) == []


def test_lone_numbers_near_the_edge_go_even_once_and_others_stay():
    page = page_of(7, [("1943", 50), ("Seite 7", 94)])
    assert dropped([page]) == [(7, "Seite 7")]


def test_contents_lines_with_dots_go():
    page = page_of(1, [("1 Introduction . . . . . . . . . 3", 40), ("Wait...", 50)])
    assert dropped([page]) == [(1, "1 Introduction . . . . . . . . . 3")]


def test_the_changing_running_head_of_notes_goes():
    """Notes print the section in force above each page: never the same words, always that place."""
    heads = ["Search", "Games", "Logic", "Learning", "Vision", "Speech"]
    pages = [
        page_of(n, [(head, 3), (f"Body of {head}", 20), ("more", 26)], wide=False)
        for n, head in enumerate(heads, start=1)
    ]
    assert dropped(pages) == list(enumerate(heads, start=1))
    close = [page_of(n, [(h, 3), (f"Body of {h}", 8)], wide=False) for n, h in enumerate(heads, 1)]
    assert dropped(close) == []  # no gap below: the text simply begins there
