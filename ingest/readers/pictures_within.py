"""Pictures inside a document (slides, sections): their text by the recogniser, or a mark."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from ingest.readers.typesetting import Block
from ingest.recognition import TextRecogniser

_MIN_SIDE = 100  # pixels: smaller pictures are signs and logos
_MAX_SIDE = 2200  # pixels that are read; larger pictures are made smaller
_MAX_PIXELS = 50_000_000
_MIN_WORDS = 2  # fewer are a logo, or noise


class PictureText:
    """Reads the text of a document's pictures, or marks them as unread.

    The same picture counts once: what recurs on slides is a background.
    """

    def __init__(self, recogniser: TextRecogniser | None) -> None:
        """Read with a recogniser; without one, only mark the pictures."""
        self._recogniser = recogniser
        self._seen: set[int] = set()

    def blocks(self, content: bytes) -> Iterator[Block]:
        """The lines in a picture, from top to bottom; a block without text if it was not read."""
        if hash(content) in self._seen:
            return
        self._seen.add(hash(content))
        picture = open_picture(content)
        if picture is None or min(picture.size) < _MIN_SIDE:
            return
        if self._recogniser is None:
            yield Block("picture", "")
            return
        picture.thumbnail((_MAX_SIDE, _MAX_SIDE))
        lines = self._recogniser.read(picture, 1.0)
        lines.sort(key=lambda line: (line.box.y0, line.box.x0))
        if sum(len(line.text.split()) for line in lines) >= _MIN_WORDS:
            yield Block("picture", "\n".join(line.text for line in lines))


def open_picture(content: bytes) -> Image.Image | None:
    """A picture in RGB; None for what is none, is damaged, or too large to hold."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                return None
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
