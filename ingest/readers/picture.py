"""Read PNG and JPEG files: one page, whose text the recogniser reads."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image, ImageOps

from ingest.errors import UnreadableFile
from ingest.layout.page import lay_out
from ingest.picture_rules import NO_LINES, ruled_lines
from ingest.readers.decoding import read_bytes
from ingest.readers.pdf.composition import compose_page, hyphenated_words
from ingest.readers.pdf.opening import open_pdf
from ingest.readers.pdf.titles import document_title
from ingest.recognition import TextRecogniser, reading_scale
from ingest.text.detect import language_of
from ingest.types import Document, ParsedDocument

#: A picture's longer side in points, that of A4, whatever its pixels.
LONG_SIDE = 842.0
_MAX_PIXELS = 100_000_000


def read_picture(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a picture as one page; without a recogniser it is only marked.

    Raises:
        UnreadableFile: the file is missing, damaged, no PNG or JPEG, too large, or without text.
    """
    data = read_bytes(path)
    picture = _open(path.name, data)
    per_point = max(picture.size) / LONG_SIDE
    sheet = io.BytesIO()  # a PDF around the picture, so that its lines are laid out as a page's
    picture.save(sheet, "PDF", resolution=72 * per_point)
    lines, ruled = [], NO_LINES
    if recogniser is not None:
        scale = min(per_point, reading_scale(picture.width / per_point, picture.height / per_point))
        size = (round(picture.width / per_point * scale), round(picture.height / per_point * scale))
        sized = picture.resize(size)
        lines, ruled = recogniser.read(sized, scale), ruled_lines(sized, scale)
    with open_pdf(path.name, sheet.getvalue()) as pdf:
        layout = lay_out(pdf[0], lines, ruled)
    layout.origin = "picture" if recogniser is None else "ocr"
    page = compose_page(1, layout, hyphenated_words([layout]))
    if recogniser is not None and not page.words:
        raise UnreadableFile(f"{path.name}: shows no text that can be read")
    document = Document(
        id=hashlib.sha256(data).hexdigest(),
        path=str(path.resolve()),
        file=path.name,
        title=document_title("", page, path.stem),
        pages=1,
        language=language_of(page.text),
    )
    return ParsedDocument(document, (page,))


def picture_page(path: Path, scale: float) -> Image.Image:
    """A picture as its page is shown, `scale` pixels a point.

    Raises:
        UnreadableFile: the file is missing, damaged, or no PNG or JPEG.
    """
    picture = _open(path.name, read_bytes(path))
    factor = scale * LONG_SIDE / max(picture.size)
    return picture.resize(
        (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    )


def _open(name: str, data: bytes) -> Image.Image:
    """The picture in RGB on white, upright."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as file:
            if file.width * file.height > _MAX_PIXELS:
                raise UnreadableFile(
                    f"{name}: has {file.width} x {file.height} pixels, more than "
                    f"{_MAX_PIXELS // 10**6} million; make it smaller"
                )
            picture = ImageOps.exif_transpose(file)
            if picture.mode.startswith("I"):  # 16 bits a pixel
                picture = picture.point(lambda value: value / 256).convert("L")
            upright = picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableFile(
            f"{name}: is no readable PNG or JPEG; save or download it again"
        ) from error
    sheet = Image.new("RGB", upright.size, "white")
    sheet.paste(upright, mask=upright.getchannel("A"))
    return sheet
