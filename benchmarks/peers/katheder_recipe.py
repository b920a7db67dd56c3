"""Katheder: `ingest` as the command line does it, reading in child processes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from recipe import Recipe, measure

from ingest.chunk import embedding_text
from ingest.embed import BiEncoder
from ingest.pipeline import ingest
from ingest.reading import ReadingLimits
from ingest.store import Library


def load(folder: str) -> Recipe:
    """The recipe with a loaded encoder."""
    encoder = BiEncoder(folder)
    encoder.encode(["warm", "up"])

    def run(files: list[str]) -> tuple[int, list[str]]:
        paths, limits = list(map(Path, files)), ReadingLimits()
        with tempfile.TemporaryDirectory() as scratch:
            library = Library(Path(scratch) / "library", create=True)
            pages = sum(report.pages for report in ingest(paths, library, encoder, limits=limits))
            library.search_dense(encoder.encode(["warm"])[0], 1)  # builds and saves the index
            texts = [embedding_text(p) for d in library.documents() for p in library.passages(d.id)]
        return pages, texts

    return run


if __name__ == "__main__":
    measure(load, ("katheder", "pypdfium2", "torch"))
