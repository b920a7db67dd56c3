"""Correct a page's text or hide a page, and cut its document again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.chunk import ChunkSettings
from ingest.embed import Encoder
from ingest.errors import BadPage
from ingest.files import file_hash
from ingest.guides import remove_guide
from ingest.indexing import Indexer
from ingest.pipeline import index_config
from ingest.readers import read
from ingest.readers.pdf.opening import open_pdf
from ingest.readers.pdf.titles import read_outline
from ingest.store import Library
from ingest.tracking import stored_document
from ingest.types import Correction, Document, Page, Section

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageChange:
    """What a page says (None: what was read), and whether it is hidden from the answers."""

    text: str | None = None
    hidden: bool = False


def correct_page(
    library: Library,
    encoder: Encoder,
    document: str,
    number: int,
    text: str | None,
    *,
    passage_tokens: int = 200,
    overlap_tokens: int = 0,
) -> None:
    """Give a page another text, from which answers are made until its file says something else.

    The correction is stored beside what was read, and made again when the document is read again.

    Args:
        library: The library.
        encoder: Its encoder; only passages with another text are encoded.
        document: The document's id.
        number: The page's, from 1.
        text: What the page says, a line for each line; None: what its file says.
        passage_tokens: As the library was built, see `ingest.pipeline.ingest`.
        overlap_tokens: Likewise.

    Raises:
        BadPage: the document has no such page, or the text has no words.
        LibraryMismatch: the library was built with another encoder or other lengths.
    """
    if text is not None and not any(letter.isalnum() for letter in text):
        raise BadPage(
            f"The new text of page {number} has no words; hide the page with `katheder library "
            "hide`, or give its text."
        )
    hidden = (
        number in library.corrections(document) and library.corrections(document)[number].hidden
    )
    change_pages(
        library,
        encoder,
        document,
        {number: PageChange(text, hidden)},
        passage_tokens=passage_tokens,
        overlap_tokens=overlap_tokens,
    )


def hide_pages(
    library: Library,
    encoder: Encoder,
    document: str,
    numbers: Collection[int],
    *,
    hidden: bool = True,
    passage_tokens: int = 200,
    overlap_tokens: int = 0,
) -> None:
    """Take pages of a document out of searches and answers, or put them back.

    The other arguments and the errors are those of `correct_page`.
    """
    before = library.corrections(document)
    texts = {number: before[number].text if number in before else None for number in numbers}
    change_pages(
        library,
        encoder,
        document,
        {number: PageChange(text, hidden) for number, text in texts.items()},
        passage_tokens=passage_tokens,
        overlap_tokens=overlap_tokens,
    )


def change_pages(
    library: Library,
    encoder: Encoder,
    document: str,
    changes: Mapping[int, PageChange],
    *,
    passage_tokens: int = 200,
    overlap_tokens: int = 0,
) -> None:
    """Change several pages of a document, by number, and cut it again; see `correct_page`."""
    library.check_config(index_config(encoder, passage_tokens, overlap_tokens))
    own = next(one for one in library.documents() if one.id == document)
    parsed = replace(stored_document(library, own), outline=_outline(own))
    pages: dict[int, Page] = {page.number: page for page in parsed.pages}
    corrections = library.corrections(document)
    for number, change in changes.items():
        if number not in pages:
            raise BadPage(f"{own.name} has no page {number}; it has pages 1 to {own.pages}.")
        corrections.pop(number, None)
        if change.text is not None or change.hidden:
            corrections[number] = Correction(pages[number], change.text, change.hidden)
    lengths = ChunkSettings(encoder.window, passage_tokens, overlap_tokens)
    Indexer(library, encoder, lengths, library).add_corrected(
        parsed, dict(sorted(corrections.items())), may_be_empty=True
    )
    remove_guide(document, library.folder)


def _outline(document: Document) -> tuple[Section, ...]:
    """The outline of a document's file, by which passages get their headings; () if it is gone."""
    path = Path(document.path)
    try:
        if file_hash(path) != document.id:
            return ()
        if path.suffix.lower() == ".pdf":
            with open_pdf(path.name, path.read_bytes()) as pdf:
                return tuple(read_outline(pdf))
        return read(path).outline
    except Exception as error:  # passages have fewer headings then
        logger.info("%s: no outline (%r)", document.file, error)
        return ()
