"""Code listings keep their lines and their indentation, down to the passages."""

from pathlib import Path

import pytest
import typst
from raw_pdf import text, write_pdf

from ingest.chunk import ChunkSettings, chunk
from ingest.page_boxes import boxes_of, single_blanks
from ingest.readers.pdf import read_pdf

LISTING = """\
for epoch in range(10):
    for x, y in loader:
        loss = f(model(x), y)
        if step % 100 == 0:
            print(loss.item())
    scheduler.step()"""


@pytest.fixture
def typeset(tmp_path):
    def make(source: str) -> Path:
        path = tmp_path / "code.pdf"
        path.write_bytes(typst.compile(f"#set page(width: 25cm, height: 14cm)\n{source}".encode()))
        return path

    return make


def test_a_listing_keeps_its_indentation(typeset):
    path = typeset(f"= Training loop\n```python\n{LISTING}\n```\nIt prints the loss.")
    (page,) = read_pdf(path).pages
    assert page.text == f"Training loop\n{LISTING}\nIt prints the loss.\n"
    assert [line.is_code for line in page.lines] == [False, *[True] * 6, False]


def test_code_in_a_proportional_font_is_known_by_its_look(tmp_path):
    lines = ["class Net(nn.Module):", "def __init__(self, d=512):", "super().__init__()"]
    operators = [text(40, 260, "A layer in code", size=20)]
    for depth, line in enumerate(lines):
        operators.append(text(40 + 28.8 * depth, 220 - 18 * depth, line))
    (page,) = read_pdf(write_pdf(tmp_path / "c.pdf", "".join(operators))).pages
    assert page.text.splitlines()[1:] == [lines[0], f"    {lines[1]}", f"        {lines[2]}"]


def test_equations_and_prose_are_no_code(tmp_path):
    lines = ["y = mx + b", "E = mc", "for example, this one", "if the data are few, stop."]
    operators = [text(40, 260 - 18 * number, line) for number, line in enumerate(lines)]
    (page,) = read_pdf(write_pdf(tmp_path / "c.pdf", "".join(operators))).pages
    assert not any(line.is_code for line in page.lines)


def test_prose_in_a_typewriter_font_is_no_code(typeset):
    path = typeset(
        '#set text(font: "DejaVu Sans Mono", size: 9pt)\n'
        "The perceptron stops when the classes are separable, and it turns its weights "
        "until then. Nobody knows beforehand how many steps that takes, but a bound is known."
    )
    (page,) = read_pdf(path).pages
    assert not any(line.is_code for line in page.lines)


def test_line_numbers_of_a_listing_are_left_out(typeset):
    path = typeset(
        "#show raw.line: it => [#box(width: 1.5em, text(gray, str(it.number))) #it.body]\n"
        f"```python\n{LISTING}\n```"
    )
    (page,) = read_pdf(path).pages
    assert page.text == f"{LISTING}\n"


def test_a_passage_keeps_the_lines_of_code_and_their_boxes(typeset):
    parsed = read_pdf(typeset(f"= Training loop\n```python\n{LISTING}\n```"))
    (passage,) = chunk(
        parsed, lambda texts: [len(t.split()) for t in texts], ChunkSettings(256, 200)
    )
    assert passage.text == f"Training loop\n{LISTING}"
    start = passage.text.index("print(")
    boxes = boxes_of(passage, start, start + 5, lambda number: parsed.pages[number - 1])
    word = next(w for w in parsed.pages[0].words if parsed.pages[0].text[w.start :][:5] == "print")
    assert boxes == {1: (word.box,)}


@pytest.mark.parametrize(
    ("text_of_span", "expected"),
    [("    a  b ", "    a b"), (" a\nb", "a b"), ("\n  a", "a"), ("", "")],
)
def test_only_an_indentation_keeps_its_blanks(text_of_span, expected):
    assert single_blanks(text_of_span) == expected


def test_two_listings_side_by_side_are_read_one_after_the_other(typeset):
    path = typeset(
        "#grid(columns: (1fr, 1fr), ```\na = 1\nif a:\n    b = 2\n```, ```\nc = 3\nif c:\n    d = 4\n```)"
    )
    (page,) = read_pdf(path).pages
    assert page.text == "a = 1\nif a:\n    b = 2\nc = 3\nif c:\n    d = 4\n"


def test_comments_beside_code_stay_on_their_lines(typeset):
    path = typeset("```\na = 1          # one\nb = 2          # two\nc = a + b      # three\n```")
    (page,) = read_pdf(path).pages
    assert page.text == "a = 1 # one\nb = 2 # two\nc = a + b # three\n"
