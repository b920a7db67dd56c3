"""ingest.page_boxes: the marked boxes against what pdfium's own search finds on the page."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from ingest.page_boxes import boxes_of, merge_adjacent
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from ingest.text.repair import BULLETS
from ingest.types import Box
from rag.spans import quotable_spans

CORPUS = Path(__file__).parents[1] / "corpus"


def area(boxes):
    """The area that some boxes cover together, by the grid of their edges."""
    xs = sorted({edge for box in boxes for edge in (box.x0, box.x1)})
    ys = sorted({edge for box in boxes for edge in (box.y0, box.y1)})
    total = 0.0
    for left, right in itertools.pairwise(xs):
        for top, bottom in itertools.pairwise(ys):
            x, y = (left + right) / 2, (top + bottom) / 2
            if any(b.x0 <= x <= b.x1 and b.y0 <= y <= b.y1 for b in boxes):
                total += (right - left) * (bottom - top)
    return total


def overlap(first, second):
    """Intersection over union of two sets of boxes."""
    union = area([*first, *second])
    return (area(first) + area(second) - union) / union


def searched(path, number, words):
    """The boxes that pdfium's search gives for some words, or None where it does not find them."""
    pdf = pdfium.PdfDocument(path)
    page = pdf[number - 1]
    text = page.get_textpage()
    match = text.search(words).get_next()
    boxes = None
    if match:
        rects = [text.get_rect(i) for i in range(text.count_rects(*match))]
        height = page.get_height()
        boxes = [Box(x0, height - y1, x1, height - y0) for x0, y0, x1, y1 in rects]
    pdf.close()
    return boxes


def test_neighbours_of_a_line_become_one_box():
    words = [Box(0, 0, 10, 10), Box(13, 1, 20, 10), Box(90, 0, 99, 10), Box(0, 20, 10, 30)]
    assert merge_adjacent(words) == [Box(0, 0, 20, 10), Box(90, 0, 99, 10), Box(0, 20, 10, 30)]
    assert merge_adjacent([]) == []


def test_the_boxes_of_a_sentence_are_those_of_its_words(library):
    [animals] = library.find("animals.pdf")
    cats = library.passages(animals.id)[0]
    start = cats.text.index("sixteen")
    boxes_by_page = boxes_of(
        cats, start, start + len("sixteen hours"), lambda n: library.page(animals.id, n)
    )
    [(page, boxes)] = boxes_by_page.items()
    assert page == 1
    words = list(library.page(animals.id, 1).words)
    text = library.page(animals.id, 1).text
    expected = [w.box for w in words if text[w.start : w.end] in ("sixteen", "hours")]
    assert boxes == (expected[0].union(expected[1]),)
    assert boxes_of(cats, 0, 0, lambda n: library.page(animals.id, n)) == {}
    assert boxes_of(cats, 0, 9, lambda n: None) == {}


def test_the_boxes_of_every_span_contain_exactly_its_words(library):
    """The inverse: the words inside the boxes are the words of the span."""
    for document in library.documents():
        for passage in library.passages(document.id):
            for piece in quotable_spans(passage):
                quote = passage.text[piece.start : piece.end]
                words_inside = []
                for number, boxes in boxes_of(
                    passage, piece.start, piece.end, lambda n, d=document.id: library.page(d, n)
                ).items():
                    page = library.page(document.id, number)
                    for word in page.words:
                        x = (word.box.x0 + word.box.x1) / 2
                        y = (word.box.y0 + word.box.y1) / 2
                        if any(b.x0 < x < b.x1 and b.y0 < y < b.y1 for b in boxes):
                            words_inside.append(page.text[word.start : word.end])
                assert words_inside == quote.split()


@pytest.mark.slow
def test_marks_cover_what_pdfium_finds(tmp_path, encoder):
    """At least forty pieces of the real lectures, each by pdfium's own search."""
    library = Library(tmp_path / "library", create=True)
    list(ingest(find_files([CORPUS]), library, encoder, passage_tokens=60))
    questions = [
        json.loads(line)
        for line in (CORPUS / "questions" / "opening.jsonl").read_text().splitlines()
    ]
    compared = []
    for question in questions:
        [gold, *_] = question["gold"]
        [document] = library.find(gold["doc"])
        for passage in library.passages(document.id):
            if passage.page not in gold["pages"]:
                continue
            for piece in quotable_spans(passage):
                quote = passage.text[piece.start : piece.end].strip(f" {BULLETS}")
                if "\n" in quote or not quote.isascii():  # pdfium searches letter by letter
                    continue
                start = passage.text.index(quote, piece.start)
                boxes_by_page = boxes_of(
                    passage,
                    start,
                    start + len(quote),
                    lambda n, d=document.id: library.page(d, n),
                )
                expected = searched(document.path, passage.page, quote)
                if expected and list(boxes_by_page) == [passage.page]:
                    marked = boxes_by_page[passage.page]
                    both = area(marked) + area(expected) - area([*marked, *expected])
                    compared.append((overlap(marked, expected), both / area(expected)))
    overlaps, covered = zip(*compared, strict=True)
    assert len(compared) >= 40
    assert min(covered) >= 0.9  # hardly any ink of the words is left out
    # pdfium's boxes are as high as the ink, ours as the line; short and low words differ most.
    assert sum(value >= 0.8 for value in overlaps) / len(overlaps) >= 0.85
    assert min(overlaps) >= 0.4
