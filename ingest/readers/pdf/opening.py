"""Open a PDF file, and say in one sentence why one cannot be opened."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2 as pdfium

from ingest.errors import UnreadableFile

_PDFIUM = threading.Lock()  # pdfium keeps global state and is not safe for threads
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD in fpdfview.h


def read_bytes(path: Path, remedy: str) -> bytes:
    """A file's bytes.

    Raises:
        UnreadableFile: the system cannot read it; the message ends with the remedy.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name}: cannot be read ({error.strerror}); {remedy}") from error


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
        pdf = _open(name, data)
        try:
            yield pdf
        finally:
            pdf.close()


def _open(name: str, data: bytes) -> pdfium.PdfDocument:
    try:
        pdf = pdfium.PdfDocument(data)
        page_count = len(pdf)
    except pdfium.PdfiumError as error:
        # pdfium may report the error of the file opened before, so look into this one as well.
        if error.err_code == _PASSWORD_ERROR and b"/Encrypt" in data:
            raise UnreadableFile(f"{name}: is encrypted; save a copy without a password") from error
        raise UnreadableFile(
            f"{name}: is cut off or damaged; export or download it again"
        ) from error
    if page_count == 0:
        raise UnreadableFile(f"{name}: has no pages; export or download it again")
    return pdf
