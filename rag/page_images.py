"""Images of pages for a language model that sees."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ingest.errors import KathederError
from ingest.store import Store
from rag.types import Source


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a data URI with a PNG; `number` is that of its source, the sides are in pixels."""

    number: int
    citation: str
    width: int
    height: int
    uri: str

    @property
    def line(self) -> str:
        """What the image shows, in a few words."""
        return f"[{self.number}] {self.citation} ({self.width} × {self.height} pixels)"


@runtime_checkable
class Seeing(Protocol):
    """A writer that may see images."""

    @property
    def sees(self) -> bool:
        """Whether the model takes images."""


def page_images(
    sources: Sequence[Source], store: Store, most: int, pixels: int
) -> tuple[PageImage, ...]:
    """The first page of each of the first sources, each page once.

    Args:
        sources: Best first. Those whose file has no pages to see, or is gone, are passed over.
        store: The library.
        most: Number of images.
        pixels: Most pixels of one.
    """
    from ingest.readers.page_images import PICTURE_SUFFIXES, page_image  # needs pdfium

    paths = {document.id: Path(document.path) for document in store.documents()}
    images: list[PageImage] = []
    seen = set[tuple[str, int]]()
    for source in sources:
        document, page = source.hit.passage.document, source.pages[0]
        path = paths.get(document)
        if len(images) == most:
            break
        if (document, page) in seen or path is None or path.suffix.lower() not in PICTURE_SUFFIXES:
            continue
        seen.add((document, page))
        try:
            picture = page_image(path, page)
        except (KathederError, OSError):  # the file was moved or changed
            continue
        shrink = min(1.0, math.sqrt(pixels / (picture.width * picture.height)))
        size = (max(1, int(picture.width * shrink)), max(1, int(picture.height * shrink)))
        file = io.BytesIO()
        picture.resize(size).save(file, "PNG")
        uri = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
        images.append(PageImage(source.number, source.citation, *size, uri))
    return tuple(images)
