"""A citation names the pages of its quote, by the numbers printed on them and by the file's."""

from __future__ import annotations

from dataclasses import replace

import pypdf
import raw_pdf
from conftest import WordEncoder
from pypdf.constants import PageLabelStyle
from tiny_models import hit

from ingest.chunk import ChunkSettings, chunk
from ingest.citations import cite
from ingest.readers import read
from ingest.types import Span
from rag.plain_values import source_dict
from rag.types import Source

TEXT = "Cats sleep all day.\nDogs bark at night.\nBirds sing at dawn."


def source(quote: str, **fields) -> Source:
    found = hit("p", TEXT, pages=(3, 4, 5), **fields)
    spans = (Span(3, 0, 19), Span(4, 0, 19), Span(5, 0, 19))
    found = replace(found, passage=replace(found.passage, spans=spans))
    start = TEXT.index(quote)
    return Source(1, quote, found, 0.5, start, start + len(quote))


def test_a_source_names_the_page_of_its_quote_and_not_of_its_passage():
    assert source("Dogs bark at night.").pages == (4,)
    assert source("Dogs bark").citation.endswith(", p. 4")
    assert source("night.\nBirds sing").pages == (4, 5)
    assert source(TEXT).citation.endswith(", pp. 3-5")
    assert source_dict(source("Birds sing at dawn."))["pages"] == [5]


def test_a_build_is_cited_by_its_last_page():
    found = hit("p", "Cats sleep all day.", pages=(3, 4, 5))
    passage = replace(found.passage, spans=(Span(5, 0, 19),))
    assert Source(1, "Cats", replace(found, passage=passage), 0.5, 0, 4).pages == (5,)


def test_printed_numbers_come_first_where_they_differ():
    assert cite("notes.pdf", (16,), labels=("12",)) == "notes.pdf, p. 12, PDF page 16"
    assert cite("notes.pdf", (3, 4), labels=("iii", "1")) == "notes.pdf, pp. iii-1, PDF pages 3-4"
    labelled = source("Dogs bark", labels=("i", "ii", "5"))
    assert labelled.citation.endswith(", p. ii, PDF page 4")
    assert source("Birds sing", labels=("i", "ii", "5")).citation.endswith(", p. 5")


def test_what_is_read_from_a_picture_says_so():
    assert source("Dogs bark", recognised=(4,)).is_recognised
    assert not source("Cats sleep", recognised=(4,)).is_recognised


def test_the_labels_of_a_file_reach_its_passages_and_the_search(tmp_path, library):
    pages = [
        raw_pdf.text(40, 700, f"About {topic}", 18)
        + raw_pdf.text(40, 660, f"The {topic} of a model is measured in units of its own.", 12)
        for topic in ("entropy", "variance", "margin")
    ]
    path = raw_pdf.write_pdf(tmp_path / "notes.pdf", *pages, width=595, height=842)
    writer = pypdf.PdfWriter(clone_from=path)
    writer.set_page_label(0, 1, PageLabelStyle.LOWERCASE_ROMAN, start=3)
    writer.set_page_label(2, 2, PageLabelStyle.DECIMAL, start=3)
    writer.write(path)
    lecture = read(path)
    assert [page.label for page in lecture.pages] == ["iii", "iv", ""]
    encoder = WordEncoder()
    passages = chunk(lecture, encoder.count_tokens, ChunkSettings(64, 20, 0))
    assert {passage.pages: passage.labels for passage in passages}[(1,)] == ("iii",)
    library.add(lecture, passages, encoder.encode([passage.text for passage in passages]))
    (best, _), *_ = library.search_lexical("What is on page iv?", 3)
    assert best.pages == (2,)
    assert best.citation == "notes.pdf, p. iv, PDF page 2"
    assert library.verify() == []
