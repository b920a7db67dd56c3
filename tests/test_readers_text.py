"""Markdown, HTML, plain text and notebooks: the blocks read, their order, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ingest.chunk import ChunkSettings, chunk
from ingest.errors import UnreadableFile
from ingest.pipeline import find_files, ingest
from ingest.readers import read
from ingest.store import Library
from ingest.types import ParsedDocument

MARKDOWN = """---
title: "Lecture notes"
---
# Priors

A *prior* is a [distribution](https://example.org/never-fetched) before the data.
It goes on here. ![a bell curve](http://example.org/bell.png)

## 1.1 Conjugate priors

- Beta
  - for **Bernoulli**
    1. heads
    2. tails
- Gamma

| name | range |
|------|-------|
| Beta | 0 to 1 |
| a\\|b | `x` |

```python
def f(x):
    return x  # twice
```

<script>alert("never")</script>

# Posteriors

Bayes.
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def lines(parsed: ParsedDocument, number: int) -> list[str]:
    page = parsed.pages[number - 1]
    return [page.text[line.start : line.end] for line in page.lines]


def test_markdown_has_a_page_for_each_heading_with_its_blocks_in_order(write):
    parsed = read(write("notes.md", MARKDOWN))
    assert [page.heading for page in parsed.pages] == [
        "Priors",
        "1.1 Conjugate priors",
        "Posteriors",
    ]
    assert parsed.document.title == "Lecture notes"
    assert [(s.title, s.level, s.page) for s in parsed.outline] == [
        ("Priors", 0, 1),
        ("1.1 Conjugate priors", 1, 2),
        ("Posteriors", 0, 3),
    ]
    assert lines(parsed, 1) == [
        "Priors",
        "A prior is a distribution before the data. It goes on here. a bell curve",
    ]
    assert lines(parsed, 2) == [
        "1.1 Conjugate priors",
        "• Beta",
        "  • for Bernoulli",
        "    1. heads",
        "    2. tails",
        "• Gamma",
        "| name | range |",
        "| Beta | 0 to 1 |",
        "| a\\|b | x |",
        "def f(x):",
        "    return x  # twice",
    ]
    assert "    1. heads" in parsed.pages[1].text  # nested twice
    assert "never" not in parsed.pages[1].text


def test_words_and_lines_lie_on_the_page_where_the_text_says(write):
    parsed = read(write("notes.md", MARKDOWN + "\n\n" + "many words in a long paragraph " * 300))
    for page in parsed.pages:
        words = [page.text[word.start : word.end] for word in page.words]
        assert words == page.text.split()
        for word in page.words:
            assert 0 <= word.box.x0 < word.box.x1 <= page.width
            assert 0 <= word.box.y0 < word.box.y1 <= page.height
    assert parsed.pages[-1].height > parsed.pages[0].height  # as high as its text needs


def test_passages_of_sections_cite_their_title(write, encoder):
    long = "The conjugate prior keeps its family. " * 6
    source = f"# Priors\n\n{long}\n\n## 2.1 Conjugate\n\n{long}\n\n## Without number\n\n{long}"
    parsed = read(write("notes.md", source))
    citations = [p.citation for p in chunk(parsed, encoder.count_tokens, ChunkSettings(64, 60))]
    assert citations == [
        "notes.md, section 1",
        "notes.md, section 2.1 Conjugate",
        "notes.md, section “Without number”",
    ]


HTML = """<!DOCTYPE html><html><head><title>Sorting</title><style>p { color: red }</style></head>
<body><nav>Home | Next</nav><h1>Sorting</h1><p>Merge sort is <b>stable</b>.<br>It copies.</p>
<p style="display: none">unseen</p><p hidden>unseen</p><script>document.write("unseen")</script>
<h2>Quick&shy;sort</h2><ol start="3"><li>pick<ul><li>a pivot</li></ul></li><li>part</li></ol>
<table><caption>Costs</caption><tr><th>best</th><th>worst</th></tr><tr><td>n log n</td><td>n<sup>2</sup></td></tr></table>
<pre>if x:
    swap()</pre><img src="http://example.org/x.png" alt="a diagram">
<p>Sum <math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></semantics></math>.</p>
</body></html>"""


def test_html_is_read_as_a_browser_shows_it(write):
    parsed = read(write("page.html", HTML))
    assert [page.heading for page in parsed.pages] == ["Sorting", "Quicksort"]
    assert lines(parsed, 1) == ["Sorting", "Merge sort is stable.", "It copies."]
    assert lines(parsed, 2) == [
        "Quicksort",
        "3. pick",
        "  • a pivot",
        "4. part",
        "Costs",
        "| best | worst |",
        "| n log n | n^2 |",
        "if x:",
        "    swap()",
        "a diagram",
        "Sum $x^2$ .",
    ]


def test_a_table_that_only_lays_out_a_page_is_read_as_text(write):
    html = "<table><tr><td><p>left part</p></td></tr></table><p>below</p>"
    assert lines(read(write("layout.html", html)), 1) == ["left part", "below"]


def test_deep_and_broken_html_gives_its_text(write):
    deep = "<div>" * 5000 + "<p>bottom of it" + "</div>" * 20
    with pytest.raises(UnreadableFile, match="holds no text"):
        read(write("empty.html", "<html><body><script>1</script></body></html>"))
    assert "seen" in read(write("deep.html", "<p>seen</p>" + deep)).pages[0].text


def test_entities_of_a_file_are_not_expanded(write):
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><html><body>safe &b;</body></html>'
    outside = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><p>safe &f;</p>'
    for name, source in (("bomb.html", bomb), ("outside.xhtml", outside)):
        text = read(write(name, source)).pages[0].text
        assert "safe" in text
        assert "haha" not in text
        assert "root:" not in text


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"],
)
def test_plain_text_is_read_in_its_encoding(write, encoding):
    text = "Größe und Maß.\r\n\r\nÄpfel fallen überall, naïve Bäume auch. " * 10
    parsed = read(write("text.txt", text.encode(encoding)))
    assert "Größe und Maß." in lines(parsed, 1)
    assert "naïve" in parsed.pages[0].text


def test_plain_text_in_other_letters(write):
    russian = "Это простой текст о вероятности и статистике, написанный для проверки. " * 8
    assert "вероятности" in read(write("ru.txt", russian.encode("cp1251"))).pages[0].text


def test_html_and_its_declared_encoding(write):
    html = '<meta charset="iso-8859-2"><p>Příklad žlutý kůň</p>'
    assert "kůň" in read(write("cz.html", html.encode("iso-8859-2"))).pages[0].text


def test_plain_text_is_cut_to_parts_between_paragraphs(write, encoder):
    paragraph = "A paragraph has several words that fill a line. " * 20
    parsed = read(write("long.txt", "\n\n".join([paragraph] * 9) + "\fLast page."))
    assert [page.number for page in parsed.pages] == [1, 2, 3, 4]
    assert lines(parsed, 4) == ["Last page."]
    passages = chunk(parsed, encoder.count_tokens, ChunkSettings(64, 40))
    assert passages[0].citation == "long.txt, part 1"


def test_lists_and_indented_lines_of_plain_text(write):
    parsed = read(
        write("a.txt", "Steps:\n- first\n  goes on\n- second\n\n    x = 1\n      y = 2\n")
    )
    assert lines(parsed, 1) == ["Steps:", "- first goes on", "- second", "    x = 1", "      y = 2"]


def notebook(*cells: object) -> str:
    return str(nbformat.writes(new_notebook(cells=list(cells))))


def test_a_notebook_has_a_page_for_each_cell_with_its_printed_output(write, encoder):
    path = write(
        "lab.ipynb",
        notebook(
            new_markdown_cell("# Gradient descent\n\nA *step* down the slope."),
            new_code_cell(
                "for i in range(2):\n    print(i)",
                outputs=[
                    new_output("stream", name="stdout", text="0\n1\n"),
                    new_output(
                        "execute_result",
                        data={
                            "text/html": "<table><tr><th>a</th><th>b</th></tr>"
                            "<tr><td>1</td><td>2</td></tr></table>",
                            "text/plain": "   a  b\n0  1  2",
                        },
                    ),
                    new_output(
                        "error", ename="ValueError", evalue="too steep", traceback=["\x1b[31m"]
                    ),
                ],
            ),
            new_code_cell(""),
            new_markdown_cell("# Outlook\n\nThe end of the lab, with more to come. " * 2),
        ),
    )
    parsed = read(path)
    assert parsed.document.title == "Gradient descent"
    assert lines(parsed, 1) == ["Gradient descent", "A step down the slope."]
    assert lines(parsed, 2) == [
        "for i in range(2):",
        "    print(i)",
        "0",
        "1",
        "| a | b |",
        "| 1 | 2 |",
        "ValueError: too steep",
    ]
    assert parsed.document.pages == 4  # the empty cell counts
    passages = chunk(parsed, encoder.count_tokens, ChunkSettings(64, 16))
    assert passages[-1].citation == "lab.ipynb, cell 4"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.md", b"", "is empty"),
        ("blank.md", b" \n\n ", "holds no text"),
        ("binary.txt", b"MZ\x90\x00\x03\x01\x02\x03abcdefghijklmnopqrs", "is no text file"),
        ("cut.ipynb", b'{"cells": [{"cell_type": "code"', "no readable notebook"),
        ("list.ipynb", b"[1, 2]", "no readable notebook"),
        ("number.ipynb", b"7", "no readable notebook"),
        (
            "odd.ipynb",
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}',
            "notebook",
        ),
    ],
)
def test_a_broken_file_is_one_line(write, name, content, reason):
    with pytest.raises(UnreadableFile, match=reason) as caught:
        read(write(name, content))
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


def test_files_of_all_kinds_are_found_searched_and_cited(write, tmp_path, encoder):
    write("a.md", "# Whales\n\nThe whale sings under water.\n\n# Owls\n\nThe owl hunts at night.")
    write("b.html", "<h1>Bees</h1><p>The bee dances for nectar.</p>")
    write("c.txt", "The ant carries leaves.")
    write("d.ipynb", notebook(new_code_cell("x = 1"), new_markdown_cell("The spider weaves webs.")))
    write("e.csv", "not,read")
    write("README.md", "About this folder.")
    library = Library(tmp_path / "library", create=True)
    files = find_files([tmp_path / "files"])
    assert [file.name for file in files] == ["a.md", "b.html", "c.txt", "d.ipynb"]
    reports = list(ingest(files, library, encoder, passage_tokens=40))
    assert [report.outcome for report in reports] == ["added"] * 4, reports
    best = {}
    for word in ("owl", "bee", "ant", "spider"):
        query = encoder.encode([f"the {word}"])[0]
        best[word] = library.search_dense(query, 1)[0][0].citation
    assert best["bee"].startswith("b.html, section")
    assert best["ant"] == "c.txt, part 1"
    assert best["spider"].startswith("d.ipynb, cell")


def test_cells_over_several_rows_and_columns_stand_at_their_place(write):
    """Worked by hand: the first cell spans two rows, the second two columns, a row ends early."""
    html = (
        "<table><tr><th>kind<th>name<th>time<th>note"
        "<tr><td rowspan='2'>tree<td colspan=2>AVL<td>fast"
        "<tr><td>heap<td>log n<td rowspan=9>old"
        "<tr><td>list<td>chain"
        "</table>"
    )
    page = read(write("spans.html", html)).pages[0]
    assert page.text.splitlines() == [
        "| kind | name | time | note |",
        "| tree | AVL | | fast |",
        "| tree | heap | log n | old |",
        "| list | chain | | old |",
    ]
