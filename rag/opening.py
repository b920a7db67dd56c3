"""Open a library for questions: it must hold lectures, indexed with the encoder in use."""

from __future__ import annotations

from pathlib import Path

from ingest.errors import LibraryMissing
from ingest.store import Library
from rag.models import Models
from rag.settings import ChunkingSettings


def open_library(folder: Path, models: Models, chunking: ChunkingSettings) -> Library:
    """The library in a folder; the encoder is loaded where there is one.

    Raises:
        LibraryMissing: there is none, or it is empty.
        LibraryMismatch: it was built with another encoder.
        ModelMissing: the encoder is not on this machine.
    """
    library = Library(folder)
    if library.count() == 0:
        raise LibraryMissing(
            f"The library at {folder} is empty. Fill it with `katheder ingest PATH... --library {folder}`."
        )
    config, encoder = library.config(), models.encoder
    if config is not None and config.encoder != encoder.identity:
        from ingest.pipeline import index_config  # needs the readers

        library.check_config(
            index_config(encoder, chunking.passage_tokens, chunking.overlap_tokens),
            search_only=True,
        )
    return library
