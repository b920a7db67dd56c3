"""A small library behind the service, for its tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conftest import WordEncoder
from fastapi import FastAPI
from raw_pdf import text, write_pdf

from ingest.pipeline import ingest
from ingest.store import Library
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings
from ui.service.app import create_app
from ui.service.engine import Engine, Loader

CHUNKING = {"passage_tokens": 40}


def make_library(folder: Path) -> Library:
    """Two documents, a PDF in the course Zoo and a text in the course Physics."""
    files = folder / "files"
    files.mkdir(parents=True)
    cats = "A cat sleeps sixteen hours a day. It hunts mice at night."
    write_pdf(
        files / "animals.pdf",
        text(40, 250, "Cats", 20, "F2") + text(40, 200, cats),
        text(40, 250, "Dogs", 20, "F2") + text(40, 200, "A dog guards the house at night."),
    )
    (files / "physics.md").write_text("# Light\n\nLight travels at 299792458 metres per second.\n")
    library = Library(folder / "library", create=True)
    for name, course in (("animals.pdf", "Zoo"), ("physics.md", "Physics")):
        reports = list(ingest([files / name], library, WordEncoder(), course=course, **CHUNKING))
        assert [report.outcome for report in reports] == ["added"]
    return library


def make_engine(library: Library, **sections: dict[str, Any]) -> Engine:
    """An engine with the word encoder and no other model."""
    sections = {"chunking": CHUNKING, "models": {"reranker": "none"}, **sections}
    settings = Settings().with_changes(**sections)
    models = Models(NO_MODELS, encoder=WordEncoder())
    load = Loader(lambda: Pipeline(Library(library.folder), models, settings))
    return Engine(library.folder, settings, models, load)


def make_app(library: Library, *, is_open: bool = True, **sections: dict[str, Any]) -> FastAPI:
    """The service of a library at localhost, and at the name that test clients use."""
    return create_app(
        make_engine(library, **sections), hosts=["localhost", "testserver"], is_open=is_open
    )
