"""Chinese and Japanese that is written downwards."""

from raw_pdf import wide_text, write_pdf

from ingest.layout.frame import Frame
from ingest.layout.glyphs import Font, Glyph
from ingest.layout.lines import segments_of
from ingest.layout.order import reading_order
from ingest.layout.vertical import split_vertical
from ingest.readers.pdf import read_pdf
from ingest.types import Box

FRAME = Frame(400, 300, 1, 0, 0, -1, 0, 300)
FONT = Font("Mincho", 18, False, False, 0, False, (0, 0, 0))
FIRST, SECOND = "深層学習は多層の網を使う。", "勾配は誤差を下げる。"


def glyph(letter: str, x: float, y: float, order: int) -> Glyph:
    """A character whose box begins at (x, y)."""
    return Glyph(letter, x, x + 18, y + 16, 18, FONT, Box(x, y, x + 18, y + 18), order)


def test_columns_are_read_downwards_from_right_to_left():
    glyphs = [
        glyph(letter, 300 - 36 * column, 20 + 20 * row, 20 * column + row)
        for column, words in enumerate((FIRST, SECOND))
        for row, letter in enumerate(words)
    ]
    rest, downwards = split_vertical(glyphs, FRAME)
    assert rest == []
    rows = reading_order(segments_of(downwards))
    lines = ["".join(piece.text for s in row.segments for piece in s.pieces) for row in rows]
    assert lines == [FIRST, SECOND]


def test_lines_that_run_to_the_right_stay_as_they_are():
    glyphs = [
        glyph(letter, 40 + 18 * column, 20 + 30 * row, 20 * row + column)
        for row, words in enumerate((FIRST, SECOND))
        for column, letter in enumerate(words)
    ]
    assert split_vertical(glyphs, FRAME) == (glyphs, [])


def test_downward_text_in_a_font_that_is_not_in_the_file_is_read(tmp_path):
    """pdfium gives no character of it, since its boxes have no width; pypdf does."""
    page = "".join(wide_text(340 - 24 * n, 260, line, 16) for n, line in enumerate((FIRST, SECOND)))
    path = write_pdf(tmp_path / "vertical.pdf", page)
    path.write_bytes(path.read_bytes().replace(b"/Identity-H", b"/Identity-V"))
    text = read_pdf(path).pages[0].text.replace("\n", "")
    assert text == FIRST + SECOND


def test_a_table_of_single_characters_is_not_enough():
    assert split_vertical([glyph("一", 40, 20, 0), glyph("二", 40, 40, 1)], FRAME)[1] == []
