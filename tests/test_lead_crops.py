"""ui.lead_crops: a lead out of a formula has that part of the page beneath it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from ingest.pipeline import ingest
from ingest.readers.page_images import page_image
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import Settings
from tests.test_crops import SLIDE
from ui.lead_crops import lead_crops

NO_MODELS = Settings().with_changes(models={"reranker": "none"}).models


@pytest.fixture
def answer(make_pdf, empty_library, encoder):
    """The lead of a question about a formula's slide, and the library."""
    path = make_pdf("kernel.pdf", SLIDE)
    list(ingest([path], empty_library, encoder))
    settings = Settings().with_changes(answer={"min_confidence": 0.0, "doubt_confidence": 0.0})
    pipeline = Pipeline(empty_library, Models(NO_MODELS, encoder=encoder), settings)
    return pipeline.ask("What is the kernel of two points?"), empty_library, path


def test_the_crop_of_a_lead_is_that_part_of_the_page(answer):
    given, library, path = answer
    [lead] = given.leads
    text = given.sources[lead.source - 1].hit.passage.text
    formula = next(line for line in text.splitlines() if "exp" in line)
    start = text.index(formula)
    formula_lead = replace(lead, start=start, end=start + len(formula))
    [crop] = lead_crops(given, formula_lead, library)
    assert crop.alt == "Formula on page 1 of kernel.pdf"
    page = np.asarray(page_image(path, 1, 2.0).convert("L"))
    cut = np.asarray(crop.image.convert("L"))
    row = int((cut < 128).sum(axis=1).argmax())  # that of the most ink
    places = [
        (y, x)
        for y in range(len(page) - len(cut) + 1)
        for x in np.flatnonzero(
            (sliding_window_view(page[y + row], cut.shape[1]) == cut[row]).all(1)
        )
    ]
    assert any((page[y : y + len(cut), x : x + cut.shape[1]] == cut).all() for y, x in places)


def test_a_lead_of_plain_words_has_no_crop_nor_one_whose_file_is_gone(answer):
    given, library, path = answer
    [lead] = given.leads
    text = given.sources[lead.source - 1].hit.passage.text
    plain = text.index("It is largest")
    assert lead_crops(given, replace(lead, start=plain, end=plain + 13), library) == []
    formula = replace(lead, start=0, end=len(text))
    assert lead_crops(given, formula, library)
    path.unlink()
    assert lead_crops(given, formula, library) == []
