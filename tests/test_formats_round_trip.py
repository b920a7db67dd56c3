"""Every format from file to cited answer: ingest, search, ask, and the quote's words on the page."""

from __future__ import annotations

from pathlib import Path

import docx
import nbformat
import pptx
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_readers_office import book

from ingest.page_boxes import boxes_of, ranges_of
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import ModelSettings, Settings


def write_lectures(folder: Path) -> None:
    """One small lecture of each format, each about an animal of its own."""
    folder.mkdir()
    deck = pptx.Presentation()
    for title, text in (("Start", "About this course on animals."), ("Whales", "A whale sings.")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = text
    slide.notes_slide.notes_text_frame.text = "The walrus dives for clams in cold water."
    deck.save(folder / "a.pptx")
    script = docx.Document()
    script.add_heading("Birds of the night", 1)
    script.add_paragraph("Birds have feathers and lay eggs in nests.")
    script.add_heading("3.2 Owls", 2)
    script.add_paragraph("The owl hunts mice in the forest at night.")
    script.save(folder / "b.docx")
    book(folder / "c.epub")
    (folder / "d.md").write_text(
        "# Insects\n\nInsects have six legs and three parts.\n\n## Bees\n\n"
        "The bee dances to show where nectar is.\n"
    )
    (folder / "e.html").write_text(
        "<h1>Fish</h1><p>Fish breathe under water by gills.</p>"
        "<h2>2 Salmon</h2><p>The salmon leaps up the rapids to spawn.</p>"
    )
    (folder / "f.txt").write_text("The tortoise carries its shell for a hundred years.\n")
    cells = [
        new_markdown_cell("# Spiders\n\nSpiders have eight legs and no wings at all."),
        new_code_cell("legs = 8"),
        new_markdown_cell("The spider weaves a web of silk between two branches."),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "g.ipynb")


@pytest.fixture
def library(tmp_path, encoder) -> Library:
    write_lectures(tmp_path / "lectures")
    library = Library(tmp_path / "library", create=True)
    reports = list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40))
    assert [report.outcome for report in reports] == ["added"] * 7, reports
    return library


@pytest.mark.parametrize(
    ("question", "quote", "citation"),
    [
        ("Where does the walrus dive for clams?", "The walrus dives", "a.pptx, slide 2"),
        ("What does the owl hunt in the forest?", "The owl hunts", "b.docx, section 3.2 Owls"),
        ("Where does a delta spread out?", "A delta spreads", "c.epub, section 1.1 Deltas"),
        ("Why does the bee dance to nectar?", "The bee dances", "d.md, section “Bees”"),
        ("Why does the salmon leap up the rapids?", "The salmon leaps", "e.html, section 2 Salmon"),
        ("How long does the tortoise carry its shell?", "The tortoise carries", "f.txt, part 1"),
        ("Between what does the spider weave a web?", "The spider weaves", "g.ipynb, cell 3"),
    ],
)
def test_an_answer_is_quoted_from_its_file_and_cites_the_place(
    library, encoder, question, quote, citation
):
    settings = Settings().with_changes(retrieval={"min_cosine": 0.0, "top_k": 3})
    models = Models(ModelSettings(reranker="none", generator="none"), encoder=encoder)
    answer = Pipeline(library, models, settings).ask(question)
    [source] = [source for source in answer.sources if quote in source.quote]
    assert source.citation == citation

    passage = source.hit.passage
    start = passage.text.index(quote)

    def page(number: int):
        return library.page(passage.document, number)

    ranges = ranges_of(passage, start, start + len(quote), page)
    [(number, marked)] = ranges.items()
    assert [page(number).text[first:end] for first, end in marked] == [quote]
    boxes = boxes_of(passage, start, start + len(quote), page)
    assert boxes.keys() == ranges.keys()
    assert all(box.x0 < box.x1 <= page(number).width for box in boxes[number])


def test_a_second_run_leaves_all_unchanged_and_a_library_verifies(library, encoder, tmp_path):
    reports = ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40)
    assert {report.outcome for report in reports} == {"unchanged"}
    assert library.verify() == []
