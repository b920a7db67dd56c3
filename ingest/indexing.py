"""Cut a document that was read, encode its passages, and store it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ingest.chunk import ChunkSettings, chunk
from ingest.corrections import carried_corrections, with_corrections, without_hidden_pages
from ingest.embed import Encoder
from ingest.errors import UnreadableFile
from ingest.store import Library
from ingest.text.visible import file_name, one_line
from ingest.tracking import vectors_of
from ingest.types import Correction, ParsedDocument


@dataclass(frozen=True, slots=True)
class Indexer:
    """A library with what passages are made by; `earlier` has the corrections of documents."""

    library: Library
    encoder: Encoder
    settings: ChunkSettings
    earlier: Library

    def add(self, parsed: ParsedDocument, *, may_be_empty: bool = False) -> tuple[int, int]:
        """Cut, encode and store a document; the number of its passages, and of those not encoded.

        Raises:
            UnreadableFile: it has no passage, and no picture that may hold one.
        """
        parsed = printable(parsed)
        corrections = carried_corrections(self.earlier, parsed)
        return self.add_corrected(parsed, corrections, may_be_empty=may_be_empty)

    def add_corrected(
        self,
        parsed: ParsedDocument,
        corrections: Mapping[int, Correction],
        *,
        may_be_empty: bool = False,
    ) -> tuple[int, int]:
        """As `add`, with these corrections of the pages as they were read, by page number."""
        parsed = with_corrections(parsed, corrections)
        cut = without_hidden_pages(parsed)
        passages = chunk(cut, self.encoder.count_tokens, self.settings)
        unread = any(page.origin == "picture" for page in parsed.pages)
        if not (passages or corrections or (unread and may_be_empty)):
            raise UnreadableFile(
                f"{parsed.document.file}: has no text except running headers and page numbers"
                + ("; its pictures were not read" if unread else "")
            )
        vectors, reused = vectors_of(self.library, self.encoder, passages, parsed.document.path)
        self.library.add(parsed, passages, vectors, corrections)
        return len(passages), reused


def printable(parsed: ParsedDocument) -> ParsedDocument:
    """A document whose file name and title are one line of visible characters."""
    document = parsed.document
    document = replace(document, file=file_name(document.file), title=one_line(document.title))
    return replace(parsed, document=document)
