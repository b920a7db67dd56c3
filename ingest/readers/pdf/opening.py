"""Open a PDF file, and say in one sentence why one cannot be opened."""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pypdfium2 as pdfium

from ingest.errors import UnreadableFile

_PDFIUM = threading.Lock()  # pdfium keeps global state and is not safe for threads
_LAYERS = b"/OCProperties"  # of the catalogue, which may lie in a stream of objects
_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm")
_MAX_PACKED, _MAX_UNPACKED = 1 << 20, 1 << 24  # bytes of such a stream that are looked at
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLAIN_WORDS = 10  # of the first pages; what is encrypted has none
#: A file of a few kB may declare a million pages, each a copy of one.
MAX_PAGES = 10_000
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD in fpdfview.h
_EVERYWHERE = (-1e6, -1e6, 1e6, 1e6)  # points; the intersection with a media box is that box


def read_bytes(path: Path, remedy: str) -> bytes:
    """A file's bytes.

    Raises:
        UnreadableFile: the system cannot read it; the message ends with the remedy.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name}: cannot be read ({error.strerror}); {remedy}") from error


def without_prefix(data: bytes) -> bytes:
    """A PDF file's bytes from its header on, wherever it is; other bytes as they are.

    pdfium looks for the header in the first 1024 bytes alone. Offsets in the file count from the
    header, or are found by a search for the objects.
    """
    start = data.find(b"%PDF-")
    return data[start:] if start > 0 else data


def has_layers(data: bytes) -> bool:
    """Whether a PDF file may have layers (optional content), which a reader can switch off."""
    if _LAYERS in data or b"/Encrypt" in data:
        return True
    for match in _OBJECT_STREAM.finditer(data):
        start = data.find(b"stream", match.start())
        try:
            unpacked = zlib.decompressobj().decompress(
                data[start + 6 : start + 6 + _MAX_PACKED].lstrip(b"\r\n"), _MAX_UNPACKED
            )
        except zlib.error:  # packed in another way, or damaged
            continue
        if _LAYERS in unpacked:
            return True
    return False


@contextmanager
def open_pdf(name: str, data: bytes) -> Iterator[pdfium.PdfDocument]:
    """The document in a file's bytes, for as long as the block lasts; one at a time.

    Args:
        name: The file's name, for the messages.
        data: Its bytes.

    Raises:
        UnreadableFile: it is encrypted, cut off, damaged, or has no pages.
    """
    with _PDFIUM:
        pdf = _open(name, without_prefix(data))
        try:
            yield pdf
        finally:
            pdf.close()


def load_page(pdf: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    """A page of an open document; a crop box that leaves nothing of the page does not count.

    Args:
        pdf: The document.
        number: The page, from 1.

    Raises:
        pdfium.PdfiumError: the page cannot be loaded.
    """
    page = pdf[number - 1]
    if min(page.get_size()) < 1:
        page.set_cropbox(*_EVERYWHERE)
        page.close()  # pdfium computes the size when it loads the page
        page = pdf[number - 1]
    return page


def _open(name: str, data: bytes) -> pdfium.PdfDocument:
    damage = UnreadableFile(f"{name}: is cut off or damaged; export or download it again")
    try:
        pdf = pdfium.PdfDocument(data)
        if len(pdf) > MAX_PAGES:
            pages = len(pdf)
            pdf.close()
            raise UnreadableFile(
                f"{name}: has {pages} pages, more than {MAX_PAGES}; split it into several files"
            )
        if len(pdf) > 0:
            return pdf
        pdf.close()
        damage = UnreadableFile(f"{name}: has no pages; export or download it again")
    except pdfium.PdfiumError as error:
        # pdfium may report the error of the file opened before, so look into this one as well.
        if error.err_code == _PASSWORD_ERROR and b"/Encrypt" in data:
            if (plain := _plain_copy(data)) is not None:
                return plain
            raise UnreadableFile(f"{name}: is encrypted; save a copy without a password") from error
    from ingest.readers.pdf.second_opinion import flat_copy  # loads pypdf, which is seldom needed

    copy = flat_copy(data)
    if copy is None:
        raise damage
    try:
        return pdfium.PdfDocument(copy[0])
    except pdfium.PdfiumError as error:
        raise damage from error


def _plain_copy(data: bytes) -> pdfium.PdfDocument | None:
    """A file that only says it is encrypted, opened as one that is not; None if its text is no text."""
    try:
        pdf = pdfium.PdfDocument(data.replace(b"/Encrypt", b"/Ignored"))
        words = sum(
            len(_WORD.findall(page.get_textpage().get_text_bounded())) for page in islice(pdf, 5)
        )
    except pdfium.PdfiumError:
        return None
    if words >= _PLAIN_WORDS:
        return pdf
    pdf.close()
    return None
