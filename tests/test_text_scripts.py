"""ingest.text.scripts: words and letters where no blanks part them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.scripts import (
    count_longer_words,
    count_words,
    language_of_script,
    unspaced_letters,
    words_and_letters,
)


@pytest.mark.parametrize(
    ("text", "words", "longer"),
    [
        ("two words", 2, 2),
        ("a b cd", 3, 1),
        ("激活函数", 2, 2),
        ("用BERT模型。", 4, 3),  # 用 and 模型 are three letters, BERT is a word, 。 is a part
        ("", 0, 0),
    ],
)
def test_words_are_counted(text, words, longer):
    assert (count_words(text), count_longer_words(text)) == (words, longer)


def test_vowel_signs_belong_to_their_letter():
    assert [("กำลัง"[a:b]) for a, b in unspaced_letters("กำลัง")] == ["ก", "ำ", "ลั", "ง"]


def test_a_line_is_parted_at_blanks_and_letters():
    text = "见 Fig.3 的图"
    assert [text[a:b] for a, b in words_and_letters(text)] == ["见", "Fig.3", "的", "图"]


@given(st.text())
def test_all_that_is_no_blank_is_in_one_part(text):
    parts = words_and_letters(text)
    assert "".join(text[a:b] for a, b in parts) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("网络", ("zh", 2)), ("重要な部分", ("ja", 5)), ("words", ("", 0)), ("ΑΒΓ", ("", 0))],
)
def test_the_language_by_its_letters(text, expected):
    assert language_of_script(text) == expected
