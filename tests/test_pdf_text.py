"""training: passages that look as a PDF reader gives them."""

from __future__ import annotations

import random
import re

from training.pdf_text import (
    damaged_units,
    in_two_columns,
    pdf_text,
    with_broken_lines,
    with_broken_words,
    with_bullets,
    with_footer,
    without_ligatures,
    without_scripts,
)
from training.texts import read_texts


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def test_scripts_fall_onto_the_line():
    damaged = {without_scripts("10^6 of x_i, 10⁶ and n^(k+1)", random.Random(n)) for n in range(20)}
    assert damaged == {"106 of xi, 106 and nk+1", "10 6 of x i, 106 and n k+1"}


def test_a_ligature_is_lost_everywhere_or_one_glyph():
    damaged = {without_ligatures("often efficient flow", random.Random(n)) for n in range(60)}
    assert "often e\ufb03cient flow" in damaged
    assert "often ecient flow" in damaged
    assert "often efficient ow" in damaged


def test_two_columns_by_hand():
    assert in_two_columns(["Left one", "Left two", "Right one"]) == [
        "Left one Right one",
        "Left two",
    ]


def test_broken_words_and_lines_join_to_what_was_there():
    text = "Regularisation discourages unnecessarily complicated hypotheses\nSecond line"
    broken = with_broken_words(text, random.Random(1))
    assert broken != text
    assert broken.replace("-\n", "") == text
    lines = with_broken_lines(text, random.Random(1))
    assert all(len(line) <= 60 for line in lines.split("\n"))
    assert words(lines) == words(text)


def test_bullets_of_a_page_are_alike_and_other_lines_stay():
    units = ["- one", "2. two", "no item"]
    first, second, third = with_bullets(units, random.Random(3))
    assert first.split()[0] == second.split()[0] != "-"
    assert (first.split()[1], second.split()[1], third) == ("one", "two", "no item")


def test_a_footer_is_one_line_more():
    lines = with_footer(["a", "b"], "Title", random.Random(5))
    assert len(lines) == 3
    assert [line for line in lines if line in "ab"] == ["a", "b"]


def test_the_same_seed_gives_the_same_page_and_evidence_keeps_its_numbers():
    texts = read_texts()[::20]
    changed = 0
    for number, text in enumerate(texts):
        page = pdf_text(text.title, text.units, random.Random(number))
        assert page == pdf_text(text.title, text.units, random.Random(number))
        changed += page != text.text
        damaged = damaged_units(text.units, random.Random(number))
        assert len(damaged) == len(text.units)
        shared = set(words(page.replace("-\n", ""))) & set(words(text.text))
        assert len(shared) >= 0.6 * len(set(words(text.text)))
    assert 0.5 < changed / len(texts) < 1
