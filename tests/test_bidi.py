"""ingest.layout.bidi: right-to-left lines in the order in which they are read."""

from __future__ import annotations

import pytest
from raw_pdf import wide_text, write_pdf

from ingest.chunk import ChunkSettings, chunk
from ingest.layout.bidi import logical_order
from ingest.layout.segments import PlacedWord
from ingest.readers import read
from ingest.types import Box


def seen(*words: str) -> list[PlacedWord]:
    """Words as they are placed, from left to right."""
    return [PlacedWord(word, [Box(n, 0, n + 1, 1)], False) for n, word in enumerate(words)]


@pytest.mark.parametrize(
    ("words", "read_as"),
    [
        (["two", "words"], "two words"),
        (["תשר", "לכ"], "כל רשת"),
        (["תינוריונ", "an", "AI", "לכ"], "כל an AI נוירונית"),  # Latin words keep their order
        (["(א)", "הדיחי"], "יחידה (א)"),
        (["3.5", "תשר"], "רשת 3.5"),
        (["the", "word", "תשר", "לכ", "here"], "the word כל רשת here"),
        (["12-ה", "םויב", "הרצרה"], "הרצרה ביום ה-12"),
        (["Python", "3.11", "םע", "הקידבה"], "הבדיקה עם Python 3.11"),
        ([".Python", "3.11", "[1]", "םע", "הקידבה"], "הבדיקה עם Python 3.11 [1]."),
        (["95%-ב", "ואר"], "ראו ב-95%"),
        ([")ReLU)", "תייצקנופ"], "פונקציית (ReLU)"),  # a bracket by its shape, one by its meaning
        ([".[1]", "םש"], "שם [1]."),
        (["תירבע", "(1"], "1) עברית"),
        (["٢٥وأ"], "أو٢٥"),
        (["הָ" + "ש"], "שהָ"),  # a point stays with its letter
    ],
)
def test_a_line_is_read_in_its_direction(words, read_as):
    assert " ".join(word.text for word in logical_order(seen(*words))) == read_as


def test_a_word_keeps_the_box_where_it_is_seen():
    first, second = logical_order(seen("תשר", "לכ"))
    assert (first.box.x0, second.box.x0) == (1, 0)


def test_columns_of_hebrew_are_read_from_the_right(tmp_path):
    first = ["רשת נוירונים בנויה מיחידות", "רבות וכל יחידה מחשבת סכום", "של הקלטים שלה לפי משקל"]
    second = ["פונקציית ההפעלה נותנת לרשת", "קשר שאינו לינארי ולכן היא", "לומדת גם קבוצות מסובכות"]
    page = wide_text(160, 270, "שתי עמודות"[::-1], 16)
    for x, column in ((210, first), (20, second)):
        for row, line in enumerate(column):
            page += wide_text(x + 6 * (27 - len(line)), 220 - 12 * row, line[::-1], 6)
    parsed = read(write_pdf(tmp_path / "columns.pdf", page))
    assert parsed.pages[0].text.splitlines() == ["שתי עמודות", *first, *second]


def test_a_hebrew_page_is_read_and_searched_in_logical_order(tmp_path, empty_library, encoder):
    lines = ["רשת נוירונים בנויה מיחידות", "כל יחידה מחשבת סכום משוקלל"]
    page = wide_text(40, 260, "הרצאה שלישית"[::-1], 24) + "".join(
        wide_text(40, 200 - 20 * n, line[::-1]) for n, line in enumerate(lines)
    )
    parsed = read(write_pdf(tmp_path / "hebrew.pdf", page))
    assert parsed.pages[0].text.splitlines() == ["הרצאה שלישית", *lines]
    passages = chunk(parsed, encoder.count_tokens, ChunkSettings(64, 40))
    empty_library.add(parsed, passages, encoder.encode([p.text for p in passages]))
    assert [p.text for p, _ in empty_library.search_lexical("נוירונים", 5)] == [passages[0].text]
