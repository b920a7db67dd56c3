"""Bullets that a page draws as shapes, as browsers and beamer do."""

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from raw_pdf import text, write_pdf

from ingest.layout.page import lay_out


@pytest.fixture
def read(tmp_path: Path):
    """The lines of a page with some operators, each with its blanks before the first word."""

    def make(*operators: str) -> list[str]:
        with pdfium.PdfDocument(write_pdf(tmp_path / "page.pdf", "".join(operators))) as pdf:
            lines = lay_out(pdf[0]).lines
        return [" " * line.indent + " ".join(word.text for word in line.words) for line in lines]

    return make


def square(x: float, y: float, side: float = 4) -> str:
    """A filled square whose lower left corner is at a point."""
    return f"{x} {y} {side} {side} re f\n"


LIST = (
    text(50, 200, "fast to train"),
    text(70, 184, "few settings"),
    text(50, 168, "read by people"),
)


def test_shapes_before_items_are_bullets_with_levels(read):
    marks = square(38, 202), square(58, 186), square(38, 170)
    assert read(*LIST, *marks) == ["• fast to train", "  • few settings", "• read by people"]


def test_one_shape_makes_no_list(read):
    assert read(*LIST, square(38, 202)) == ["fast to train", "few settings", "read by people"]


def test_shapes_in_a_row_are_no_bullets(read):
    rows = [square(38 - 7 * k, y) for y in (202, 170) for k in range(4)]
    assert read(*LIST, *rows) == ["fast to train", "few settings", "read by people"]


@pytest.mark.parametrize(
    "marks",
    [
        [square(10, 202), square(10, 170)],  # far away
        [square(30, 200, 14), square(30, 168, 14)],  # boxes to tick, or of a legend
        [square(38, 209), square(38, 177)],  # above the line
    ],
)
def test_other_shapes_are_no_bullets(read, marks):
    assert read(*LIST, *marks) == ["fast to train", "few settings", "read by people"]


def test_a_shape_behind_a_word_is_no_bullet_of_the_next(read):
    words = text(10, 200, "wide"), text(10, 168, "less")
    marks = square(40, 202), square(40, 170)
    assert read(*LIST, *words, *marks)[0].split()[0] == "wide"
    assert not any("•" in line for line in read(*LIST, *words, *marks))
