"""Words and sentences that go on on the next page of notes."""

from __future__ import annotations

import raw_pdf
from conftest import WordEncoder

from ingest.chunk import ChunkSettings, chunk
from ingest.readers import read
from ingest.types import Passage
from rag.spans import quotable_spans


def notes(path, *pages: list[str], size=(300, 400)):
    """Pages of lines of 12 points, each with a page number."""
    contents = [
        "".join(raw_pdf.text(40, 360 - 16 * row, line) for row, line in enumerate(lines))
        + raw_pdf.text(150, 20, str(number), 9)
        for number, lines in enumerate(pages, start=1)
    ]
    return read(raw_pdf.write_pdf(path, *contents, width=size[0], height=size[1]))


def cut(lecture, passage: int = 30) -> list[Passage]:
    return chunk(lecture, WordEncoder().count_tokens, ChunkSettings(64, passage, 0))


FIRST = ["Trees are simple models.", "Boosting fits each tree to the gradi-"]
SECOND = ["ent of the loss of all trees before it.", "It stops when the loss no longer falls."]


def test_a_word_broken_over_a_page_is_whole_on_its_first_page(tmp_path):
    lecture = notes(tmp_path / "n.pdf", FIRST, SECOND)
    first, second = lecture.pages
    assert first.text.startswith(
        "Trees are simple models.\nBoosting fits each tree to the gradient\n"
    )
    assert second.text.startswith("of the loss of all trees before it.\nIt stops")
    for page in lecture.pages:
        words = [page.text[word.start : word.end] for word in page.words]
        assert words == page.text.split()
        for line in page.lines:
            assert "\n" not in page.text[line.start : line.end]
            assert page.text[line.end] == "\n"


def test_its_sentence_is_quoted_whole_and_cited_with_both_pages(tmp_path):
    lecture = notes(tmp_path / "n.pdf", FIRST, SECOND)
    (passage,) = cut(lecture)
    quotes = {passage.text[span.start : span.end]: span for span in quotable_spans(passage)}
    sentence = "Boosting fits each tree to the gradient\nof the loss of all trees before it."
    assert passage.pages_of(quotes[sentence].start, quotes[sentence].end) == (1, 2)
    assert passage.pages_of(passage.text.index("It stops"), len(passage.text)) == (2,)


def test_a_compound_keeps_its_hyphen_and_a_shared_part_stays(tmp_path):
    lecture = notes(
        tmp_path / "n.pdf",
        ["This is a state-of-the-art method and a low-rank one.", "We like every low-"],
        ["rank matrix that we find here.", "They compare input-"],
        ["and output layers of these nets.", "The end of it comes here."],
    )
    assert "We like every low-rank\n" in lecture.pages[0].text
    assert "They compare input-\n" in lecture.pages[1].text
    assert lecture.pages[2].text.startswith("and output layers")


def test_slides_are_not_joined(tmp_path):
    lecture = notes(tmp_path / "n.pdf", FIRST, SECOND, size=(400, 300))
    assert "gradi-" in lecture.pages[0].text


def test_a_passage_does_not_end_inside_a_sentence_that_fits(tmp_path):
    lecture = notes(
        tmp_path / "n.pdf",
        [f"Sentence {n} of the first page is short." for n in range(3)] + FIRST[1:],
        SECOND,
    )
    passages = cut(lecture, passage=24)
    assert len(passages) > 1
    (holder,) = [p for p in passages if "Boosting" in p.text]
    assert "all trees before it." in holder.text
    joined = "\n".join(passage.text for passage in passages)
    assert joined.count("Sentence") == 3
    assert joined.count("It stops") == 1


def test_the_rest_of_a_sentence_is_no_heading(tmp_path):
    lecture = notes(
        tmp_path / "n.pdf",
        ["A kernel is symmetric if its matrix"],
        ["is positive semidefinite for all points."],
    )
    assert lecture.pages[1].heading == ""
