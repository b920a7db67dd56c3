"""Handouts: several slides on one page, each read and cut on its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from raw_pdf import text, write_pdf

from ingest.chunk import ChunkSettings, chunk
from ingest.readers.pdf import read_pdf
from ingest.types import ParsedDocument

TOPICS = (
    "Perceptron", "Sigmoid", "Softmax", "Hinge loss", "Momentum", "Adam", "Dropout", "Pooling",
    "Padding",
)  # fmt: skip


def slide(number: int, topic: str, x: float, y: float, scale: float) -> list[str]:
    """A slide's operators with its top left corner at (x, y), y upwards."""
    return [
        text(x + 20 * scale, y - 40 * scale, topic, size=24 * scale),
        text(x + 24 * scale, y - 80 * scale, f"{topic} is defined here.", size=14 * scale),
        text(x + 24 * scale, y - 105 * scale, f"A remark on {topic} follows.", size=14 * scale),
        text(x + 320 * scale, y - 225 * scale, str(number), size=8 * scale),
    ]


def handout(
    path: Path, rows: int, columns: int, *, portrait: bool, numbers: bool, by_columns: bool = False
) -> Path:
    width, height = (595, 842) if portrait else (842, 595)
    pitch_x, pitch_y = width / columns, height / rows
    scale = min(pitch_x / 380, pitch_y / 280)
    operators = []
    for k in range(rows * columns):
        row, column = (k % rows, k // rows) if by_columns else divmod(k, columns)
        x, y = column * pitch_x + 10 * scale, height - row * pitch_y - 20 * scale
        operators += slide(k + 1, TOPICS[k], x, y, scale)[: 4 if numbers else 3]
    return write_pdf(path, "".join(operators), width=width, height=height)


@pytest.mark.parametrize(
    ("rows", "columns", "portrait"),
    [(2, 1, True), (2, 2, False), (2, 2, True), (3, 2, True), (2, 3, False), (3, 3, False)],
)
@pytest.mark.parametrize("numbers", [True, False])
def test_each_slide_of_a_handout_is_read_on_its_own(tmp_path, rows, columns, portrait, numbers):
    if columns == 1 and not numbers:
        pytest.skip("two headings on one page of notes look the same")
    path = handout(tmp_path / "h.pdf", rows, columns, portrait=portrait, numbers=numbers)
    (page,) = read_pdf(path).pages
    topics = list(TOPICS[: rows * columns])
    assert [slide.heading for slide in page.slides] == topics
    assert [page.text[slide.start : slide.end].splitlines() for slide in page.slides] == [
        [topic, f"{topic} is defined here.", f"A remark on {topic} follows."] for topic in topics
    ]


@pytest.mark.parametrize("place", [0, 3])
def test_a_title_without_a_number_is_one_of_the_slides(tmp_path, place):
    operators, topics = [], list(TOPICS[:4])
    topics[place] = "Neural networks"
    for k, topic in enumerate(topics):
        row, column = divmod(k, 2)
        x, y = column * 421 + 10, 595 - row * 297 - 20
        if k == place:
            operators += [text(x + 60, y - 120, topic, size=14), text(x + 60, y - 140, "Jane Doe")]
        else:
            operators += slide(k + (1 if place else 0), topic, x, y, 1.0)
    (page,) = read_pdf(
        write_pdf(tmp_path / "h.pdf", "".join(operators), width=842, height=595)
    ).pages
    first_lines = [page.text[slide.start : slide.end].splitlines()[0] for slide in page.slides]
    assert first_lines == topics


def side_by_side(path: Path, marks: tuple[str, str], *, low: bool = True) -> Path:
    """Two slides on a landscape page, each in the middle of its half."""
    operators = []
    for column, mark in enumerate(marks):
        operators += slide(0, TOPICS[column], 421 * column + 15, 460 if low else 590, 1.0)[:3]
        operators.append(text(421 * column + 340, 240 if low else 20, mark, size=8))
    return write_pdf(path, "".join(operators), width=842, height=595)


@pytest.mark.parametrize("marks", [("1", "2"), ("7/40", "8/40"), ("9 of 12", "10 of 12")])
def test_two_slides_side_by_side_are_told_by_their_numbers(tmp_path, marks):
    (page,) = read_pdf(side_by_side(tmp_path / "h.pdf", marks)).pages
    assert [slide.heading for slide in page.slides] == list(TOPICS[:2])
    assert [page.text[slide.start : slide.end].splitlines() for slide in page.slides] == [
        [topic, f"{topic} is defined here.", f"A remark on {topic} follows."]
        for topic in TOPICS[:2]
    ]


@pytest.mark.parametrize(
    ("marks", "low"), [(("3", "7"), True), (("1", "2"), False), (("a", "b"), True)]
)
def test_two_columns_without_numbers_that_count_up_are_one_slide(tmp_path, marks, low):
    assert read_pdf(side_by_side(tmp_path / "h.pdf", marks, low=low)).pages[0].slides == ()


def test_numbers_may_tell_the_total(tmp_path):
    operators = []
    for row in range(2):
        operators += slide(0, TOPICS[row], 60, 800 - 421 * row, 1.2)[:3]
        operators.append(text(500, 500 - 421 * row, f"{row + 11}/40", size=8))
    path = write_pdf(tmp_path / "h.pdf", "".join(operators), width=595, height=842)
    (page,) = read_pdf(path).pages
    assert [slide.heading for slide in page.slides] == list(TOPICS[:2])
    assert "40" not in page.text


def test_numbers_tell_the_order_of_slides_that_run_down_the_page(tmp_path):
    path = handout(tmp_path / "h.pdf", 3, 2, portrait=True, numbers=True, by_columns=True)
    (page,) = read_pdf(path).pages
    assert [slide.heading for slide in page.slides] == list(TOPICS[:6])


def test_two_columns_of_notes_are_no_handout(tmp_path):
    operators = [text(40, 560, "Chapter one", size=18)]
    for column in (40, 440):
        for line in range(20):
            operators.append(text(column, 520 - 20 * line, f"A line {line} of the notes here."))
    path = write_pdf(tmp_path / "n.pdf", "".join(operators), width=842, height=595)
    assert read_pdf(path).pages[0].slides == ()


def test_a_slide_of_a_handout_is_a_passage_with_its_own_heading(tmp_path, count_words):
    path = handout(tmp_path / "h.pdf", 2, 2, portrait=False, numbers=True)
    parsed: ParsedDocument = read_pdf(path)
    passages = chunk(parsed, count_words, ChunkSettings(256, 200))
    assert [passage.headings[-1] for passage in passages] == list(TOPICS[:4])
    assert all(passage.pages == (1,) for passage in passages)
    assert passages[1].text.splitlines() == [
        "Sigmoid", "Sigmoid is defined here.", "A remark on Sigmoid follows.",
    ]  # fmt: skip


@pytest.fixture
def count_words() -> Callable[[list[str]], list[int]]:
    return lambda texts: [len(text.split()) for text in texts]


def test_a_library_keeps_the_slides_of_a_page(tmp_path, empty_library, count_words):
    parsed = read_pdf(handout(tmp_path / "h.pdf", 2, 2, portrait=False, numbers=True))
    passages = chunk(parsed, count_words, ChunkSettings(256, 200))
    empty_library.add(parsed, passages, np.eye(len(passages), 64, dtype=np.float32))
    (page,) = empty_library.pages(parsed.document.id)
    assert page.slides == parsed.pages[0].slides
