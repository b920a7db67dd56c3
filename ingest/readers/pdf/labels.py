"""The numbers printed on a PDF's pages, where the file says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pypdfium2 as pdfium

from ingest.types import Page

_MAX_LENGTH = 12  # characters; a longer label is a name


def page_labels(pdf: pdfium.PdfDocument) -> list[str]:
    """Each page's label, such as "iii"; "" where it has none, or its number is the same."""
    labels = []
    for index in range(len(pdf)):
        try:
            label = " ".join(pdf.get_page_label(index).split())
        except (pdfium.PdfiumError, UnicodeError):
            label = ""
        useful = len(label) <= _MAX_LENGTH and label.isprintable() and label != str(index + 1)
        labels.append(label if useful else "")
    return labels


def with_labels(pages: Sequence[Page], labels: Sequence[str]) -> tuple[Page, ...]:
    """The pages with their labels, as far as there are any."""
    known = dict(enumerate(labels, start=1))
    return tuple(replace(page, label=known.get(page.number, "")) for page in pages)
