"""Items of lists keep their levels, as blanks before them."""

from __future__ import annotations

from raw_pdf import text, write_pdf

from ingest.chunk import ChunkSettings, chunk
from ingest.page_boxes import boxes_of
from ingest.readers import read
from ingest.readers.pdf import read_pdf

ITEMS = [  # level, words
    (0, "- Models of pictures"),
    (1, "- autoencoders"),
    (2, "- with noise"),
    (2, "- without"),
    (1, "- diffusion"),
    (0, "- Models of text"),
    (1, "- transformers"),
]
EXPECTED = [f"{'  ' * level}{words}" for level, words in ITEMS]


def count_words(texts):
    return [len(each.split()) for each in texts]


def passages_of(lecture):
    return chunk(lecture, count_words, ChunkSettings(256, 200))


def items(left=40, top=250):
    return [
        text(left + 18 * level, top - 16 * row, words, size=10)
        for row, (level, words) in enumerate(ITEMS)
    ]


def test_items_of_a_page_are_indented_by_two_blanks_a_level(tmp_path):
    (page,) = read_pdf(write_pdf(tmp_path / "l.pdf", "".join(items()))).pages
    assert page.text.splitlines() == EXPECTED
    assert [page.text[line.start : line.end] for line in page.lines] == EXPECTED


def test_the_order_of_drawing_does_not_matter(tmp_path):
    (page,) = read_pdf(write_pdf(tmp_path / "l.pdf", "".join(reversed(items())))).pages
    assert page.text.splitlines() == EXPECTED


def test_a_passage_keeps_the_levels_and_its_words_their_boxes(tmp_path):
    lecture = read_pdf(write_pdf(tmp_path / "l.pdf", "".join(items())))
    (passage,) = passages_of(lecture)
    assert passage.text.splitlines() == EXPECTED
    start = passage.text.index("noise")
    ((box,),) = boxes_of(passage, start, start + 5, {1: lecture.pages[0]}.get).values()
    assert box.y0 < 300 - (250 - 32) < box.y1 + 1
    assert box.x0 > 40 + 36 + 10


def test_text_between_two_lists_begins_with_the_first_level_again(tmp_path):
    page = text(40, 260, "- one item", size=10) + text(58, 244, "- below it", size=10)
    page += text(40, 220, "Some text stands here.", size=10) + text(
        58, 200, "- another list", size=10
    )
    (read_page,) = read_pdf(write_pdf(tmp_path / "l.pdf", page)).pages
    assert read_page.text.splitlines() == [
        "- one item",
        "  - below it",
        "Some text stands here.",
        "- another list",
    ]


def test_an_item_of_two_lines_is_one_sentence_at_its_level(make_pdf):
    words = "an item that is long enough to be broken at the end of its line and goes on below"
    source = f'#slide("Lists")[\n- First item\n  - {words}\n- Last item\n]'
    (passage,) = passages_of(read(make_pdf("lists.pdf", source)))
    lines = passage.text.splitlines()
    first = lines.index("• First item")
    assert lines[first + 1 : first + 3] == [f"  ‣ {words}", "• Last item"]


def test_lists_side_by_side_have_levels_of_their_own(tmp_path):
    page = "".join([*items(left=30), *items(left=230)])
    (read_page,) = read_pdf(write_pdf(tmp_path / "l.pdf", page)).pages
    assert read_page.text.splitlines() == [*EXPECTED, *EXPECTED]


def test_markdown_and_html_give_the_same_levels(tmp_path):
    markdown = tmp_path / "l.md"
    markdown.write_text("# Lists\n\n" + "\n".join(EXPECTED) + "\n", encoding="utf-8")
    page = tmp_path / "l.html"
    page.write_text(
        "<h1>Lists</h1><ul><li>Models of pictures<ul><li>autoencoders<ul><li>with noise</li>"
        "<li>without</li></ul></li><li>diffusion</li></ul></li>"
        "<li>Models of text<ul><li>transformers</li></ul></li></ul>",
        encoding="utf-8",
    )
    for file in (markdown, page):
        (passage,) = passages_of(read(file))
        lines = passage.text.splitlines()[1:]
        assert lines == [line.replace("- ", "• ") for line in EXPECTED]


def test_code_of_markdown_and_notebooks_keeps_its_indentation(tmp_path):
    code = "def train(model):\n    for batch in data:\n        step(model, batch)\n    return model"
    file = tmp_path / "c.md"
    file.write_text(f"# Training\n\nThe loop of a training is short.\n\n```python\n{code}\n```\n")
    lecture = read(file)
    (passage,) = passages_of(lecture)
    assert passage.text.endswith(code)
    assert [line.is_code for line in lecture.pages[0].lines] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]
