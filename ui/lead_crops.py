"""What a lead's words show on the page: a formula, a table or a figure, as a picture of that part."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from PIL import Image

from ingest.crops import Crop, crop_regions
from ingest.errors import KathederError
from ingest.store import Library
from rag.types import Answer, Lead
from ui.page_view import page_picture, pictured_file
from ui.text import t

_SCALE = 2.0  # pixels a point
_WIDTH = 1.5  # CSS pixels a point, so that a formula is a little larger than the text beside it
_MOST = 2  # crops a lead
_ALT = {
    "formula": "Formula on page {page} of {file}",
    "table": "Table on page {page} of {file}",
    "figure": "Figure on page {page} of {file}",
    "picture": "Figure on page {page} of {file}",
}


@dataclass(frozen=True, slots=True)
class LeadCrop:
    """A part of a page as a picture, two pixels a point, and what it shows in words."""

    image: Image.Image
    alt: str


def lead_crops(answer: Answer, lead: Lead, library: Library) -> list[LeadCrop]:
    """The first two regions of the page that hold words of a lead, from top to bottom.

    A document without pictures of its pages has none, nor has one whose file is gone.
    """
    passage = answer.sources[lead.source - 1].hit.passage
    crops = crop_regions(
        passage, lead.start, lead.end, lambda number: library.page(passage.document, number)
    )
    document = next((d for d in library.documents() if d.id == passage.document), None)
    if not crops or document is None:
        return []
    try:
        file = pictured_file(library, document)
        if file is None:
            return []
        return [
            LeadCrop(
                _cut(page_picture(file, crop.page, _SCALE), crop),
                t(_ALT[crop.kind], page=crop.page, file=document.name),
            )
            for crop in crops[:_MOST]
        ]
    except KathederError:  # the file is gone or damaged; the text is still there
        return []


def show_lead_crops(answer: Answer, lead: Lead, library: Library) -> None:
    """Draw them beneath the lead."""
    for crop in lead_crops(answer, lead, library):
        st.image(crop.image, width=round(crop.image.width / _SCALE * _WIDTH), alt=crop.alt)


def _cut(page: Image.Image, crop: Crop) -> Image.Image:
    box = crop.box
    edges = (box.x0, box.y0, box.x1, box.y1)
    left, top, right, bottom = (round(edge * _SCALE) for edge in edges)
    return page.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
