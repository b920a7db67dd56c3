"""The bar of a set's condition, which fonts of tall signs draw as parts below each other."""

from ingest.layout.glyphs import Font, Glyph, with_whole_bars
from ingest.layout.lines import segments_of
from ingest.types import Box


def glyph(text: str, x: float, y: float, font: str = "CMR10", top: float | None = None) -> Glyph:
    """A glyph of 10 pt whose baseline is at `y`, 5 pt wide and 6.6 pt high."""
    known = Font(font, 10.0, False, False, 0, False, (0, 0, 0))
    top = y - 6.6 if top is None else top
    return Glyph(text, x, x + 5, y, 10.0, known, Box(x, top, x + 5, top + 6.6), int(x))


def bar_of(*tops: float) -> list[Glyph]:
    return [glyph("|", 40, top + 5.9, "ABCDEF+CMEX10", top) for top in tops]


def read(glyphs: list[Glyph]) -> list[str]:
    return [segment.text for segment in segments_of(with_whole_bars(glyphs))]


LINE = [glyph("{", 20, 100), glyph("x", 25.5, 100), glyph("y", 50, 100), glyph("}", 55, 100)]


def test_two_parts_of_a_bar_are_one_sign_of_their_line():
    assert read([*LINE, *bar_of(91.5, 97.5)]) == ["{x | y}"]
    assert read([*LINE, *bar_of(88.5, 94.5, 100.5)]) == ["{x | y}"]


def test_bars_of_other_lines_or_of_letters_stay_apart():
    far = [glyph("a", 28, 160), glyph("b", 52, 160)]
    parts = bar_of(93.1, 153.1)
    assert len(with_whole_bars([*LINE, *far, *parts])) == 8
    letters = [glyph("|", 40, 98), glyph("|", 40, 104)]
    assert len(with_whole_bars([*LINE, *letters])) == 6
