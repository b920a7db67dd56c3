"""Tables become rows of cells, with what wraps inside a cell."""

import pytest
from raw_pdf import bar, text, write_pdf

from ingest.chunk import ChunkSettings, chunk
from ingest.readers.pdf import read_pdf
from ingest.text.rows import cells_of


@pytest.fixture
def read(tmp_path):
    def make(*operators: str) -> str:
        (page,) = read_pdf(write_pdf(tmp_path / "t.pdf", "".join(operators))).pages
        return page.text

    return make


def cells(rows, *, left=40, top=250, pitch=20, width=110) -> list[str]:
    return [
        text(left + width * column, top - pitch * row, cell, size=10)
        for row, line in enumerate(rows)
        for column, cell in enumerate(line)
        if cell
    ]


ROWS = [("Model", "Size", "Score"), ("Alpha", "12 M", "71.5"), ("Beta", "30 M", "74.0")]


def test_cells_of_a_row_are_parted_by_bars(read):
    assert read(*cells(ROWS)).splitlines() == [
        "| Model | Size | Score |",
        "| Alpha | 12 M | 71.5 |",
        "| Beta | 30 M | 74.0 |",
    ]


def test_lines_that_wrap_in_a_cell_stay_in_it(read):
    operators = cells([("Kind", "Order", "Use")])
    operators += cells([("Causal", "earlier tokens", "decoders"), ("attention", "alone", "")],
                       top=220, pitch=12)  # fmt: skip
    operators += cells([("Self-atten-", "all tokens", "encoders"), ("tion", "", "")],
                       top=180, pitch=12)  # fmt: skip
    operators += cells([("Cross", "another text", "translation")], top=140)
    assert read(*operators).splitlines() == [
        "| Kind | Order | Use |",
        "| Causal attention | earlier tokens alone | decoders |",
        "| Self-attention | all tokens | encoders |",
        "| Cross | another text | translation |",
    ]


def test_two_rows_are_a_table_only_between_rules(read):
    rules = [bar(35, 340, y) for y in (264, 243, 222)]
    assert " | " in read(*cells(ROWS[:2]), *rules)
    assert " | " not in read(*cells(ROWS[:2]))


def test_lists_and_formulas_beside_each_other_are_no_table(read):
    assert " | " not in read(*cells([("1.", "one"), ("2.", "two"), ("3.", "three")], width=30))
    assert " | " not in read(*cells([("a", "b"), ("c", "d"), ("e", "f")]))


def test_a_row_is_a_sentence_of_its_own(tmp_path):
    parsed = read_pdf(write_pdf(tmp_path / "t.pdf", "".join(cells(ROWS))))
    (passage,) = chunk(
        parsed, lambda texts: [len(t.split()) for t in texts], ChunkSettings(256, 200)
    )
    assert len(passage.spans) == 3


def test_a_line_between_columns_parts_them_however_close(read):
    upright = "80 190 0.8 80 re f\n"
    rows = [("Alpha", "71.5"), ("Beta", "74.0"), ("Gamma", "77.2")]
    assert read(*cells(rows, width=45), upright).splitlines() == [
        "| Alpha | 71.5 |",
        "| Beta | 74.0 |",
        "| Gamma | 77.2 |",
    ]


def test_a_title_or_a_line_above_a_table_hides_none_of_its_columns(read):
    above = [text(40, 282, "Generative models", size=8), text(300, 282, "Lecture 1", size=8)]
    above += [text(40, 268, "These three models were measured on one machine", size=10)]
    assert read(*above, *cells(ROWS)).splitlines()[2:] == [
        "| Model | Size | Score |",
        "| Alpha | 12 M | 71.5 |",
        "| Beta | 30 M | 74.0 |",
    ]


def test_a_line_below_a_table_is_no_row(read):
    below = text(40, 250 - 60, "All were run twice.", size=10)
    assert read(*cells(ROWS), below).splitlines()[2:] == [
        "| Beta | 30 M | 74.0 |",
        "All were run twice.",
    ]


def test_empty_cells_keep_their_place(read):
    rows = [
        ("Layer", "Output", "Weights"),
        ("input", "28", ""),
        ("", "14", "160"),
        ("dense", "10", "9"),
    ]
    assert read(*cells([*rows, ("sum", "52", "169"), ("all", "1", "2")])).splitlines()[:4] == [
        "| Layer | Output | Weights |",
        "| input | 28 | |",
        "| | 14 | 160 |",
        "| dense | 10 | 9 |",
    ]


def test_contents_references_and_numbered_formulas_are_no_table(read):
    contents = [(f"{n} Topic number {n} " + ". " * 20, str(2 * n)) for n in range(1, 5)]
    assert "|" not in read(*cells(contents, width=300))
    works = [(f"[A{n}]", "A. Author. The title of a book that is read.") for n in range(4)]
    assert "|" not in read(*cells(works, width=40))
    formulas = [(f"loss = {n} x + bias", f"(2.{n})") for n in range(4)]
    assert "|" not in read(*cells(formulas, width=250))


def test_a_bar_in_a_cell_is_no_border(read):
    page = read(*cells([*ROWS, ("P(a|b)", "1", "2")]))
    assert cells_of(page.splitlines()[-1]) == ["P(a|b)", "1", "2"]


# ---- passages ----


def count_words(texts):
    return [len(text.split()) for text in texts]


def passages_of(path, passage_tokens=200):
    return chunk(read_pdf(path), count_words, ChunkSettings(256, passage_tokens))


def test_a_long_table_repeats_caption_and_first_row_in_each_passage(tmp_path):
    rows = [("Model", "Size", "Score"), *((f"Net {n}", f"{n} M", f"{n}.5") for n in range(9))]
    caption = text(40, 268, "Table 3: Nets and their sizes", size=10)
    passages = passages_of(write_pdf(tmp_path / "t.pdf", caption + "".join(cells(rows))), 60)
    assert len(passages) > 1
    assert {passage.kind for passage in passages} == {"table"}
    assert [passage.overlap for passage in passages] == [0, *[2] * (len(passages) - 1)]
    for passage in passages:
        lines = passage.text.splitlines()
        assert lines[:2] == ["Table 3: Nets and their sizes", "| Model | Size | Score |"]
        assert all(line.startswith("| Net") for line in lines[2:])
    own = [line for passage in passages for line in passage.text.splitlines()[2:]]
    assert own == [f"| Net {n} | {n} M | {n}.5 |" for n in range(9)]


def test_a_table_on_a_slide_with_text_is_a_passage_of_its_own(tmp_path):
    words = "Smaller nets are faster, and most of them are nearly as good as the larger ones were."
    slide = text(40, 280, "Results", size=24) + text(40, 100, words, size=9)
    passages = passages_of(write_pdf(tmp_path / "t.pdf", slide + "".join(cells(ROWS))))
    assert [(passage.kind, passage.pages) for passage in passages] == [
        ("text", (1,)),
        ("table", (1,)),
    ]
    assert passages[0].text == f"Results\n{words}"
    assert passages[1].headings[-1] == "Results"


def test_a_table_of_notes_goes_on_over_the_page(tmp_path):
    first = [("Model", "Size", "Score"), *((f"Net {n}", f"{n} M", f"{n}.5") for n in range(4))]
    rest = [(f"Net {n}", f"{n} M", f"{n}.5") for n in range(4, 7)]
    pages = ["".join(cells(rows, top=550)) for rows in (first, rest)]
    (passage,) = passages_of(write_pdf(tmp_path / "t.pdf", *pages, height=600))
    assert passage.text.count("Net") == 7
    assert passage.pages == (1, 2)
    start = passage.text.index("| Net 5")
    assert passage.pages_of(start, start + 5) == (2,)


def test_the_sentence_around_a_table_of_notes_stays_whole(tmp_path):
    lines = ["The score of a model grows with its size, as the table below says, although"]
    page = text(40, 560, lines[0], size=9) + "".join(cells(ROWS, top=530))
    page += text(
        40, 440, "the smallest one is an exception that nobody could explain so far.", size=9
    )
    passages = passages_of(write_pdf(tmp_path / "t.pdf", page, height=600))
    assert [passage.kind for passage in passages] == ["text", "table"]
    assert "exception" in passages[0].text
