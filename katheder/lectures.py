"""A library of lectures with the pipeline that answers questions about it, as one object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from ingest.errors import UnreadableFile
from ingest.folders import courses_of_folders
from ingest.library_folder import default_library
from ingest.milvus.address import library_path
from ingest.pipeline import FileReport, find_files, ingest
from ingest.readers import READERS
from ingest.store import Library
from ingest.types import Document
from rag.models import Models
from rag.pipeline import Pipeline
from rag.sampling import Sampling
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings, load_settings
from rag.types import Answer, Event, Hit, Turn


class Katheder:
    """Lectures to ask; the same library, settings and defaults as the command line's.

    Models are loaded when they are first needed: the language model never, unless the setting
    `answer.writer` is on.
    """

    def __init__(
        self,
        library: str | Path | None = None,
        settings: Settings | str | Path | None = None,
        *,
        models: Models | None = None,
    ) -> None:
        """Open a library, or make an empty one where there is none.

        Args:
            library: Its folder; by default KATHEDER_LIBRARY or the platform's data folder.
            settings: A settings tree or a TOML file; by default KATHEDER_SETTINGS and variables.
            models: In place of those that the settings name.

        Raises:
            BadSettings: a setting does not fit.
            LibraryMismatch: the folder holds a library of another format.
        """
        if not isinstance(settings, Settings):
            settings = load_settings(None if settings is None else Path(settings).expanduser())
        folder = default_library() if library is None else library_path(library).expanduser()
        self.settings = settings
        self.library = Library(folder, create=True)
        self.models = models or Models(settings.models)

    def __repr__(self) -> str:
        return f"Katheder({str(self.library.folder)!r}): {len(self.documents)} documents"

    @property
    def documents(self) -> list[Document]:
        """The documents of the library."""
        return self.library.documents()

    def add(self, *paths: str | Path, course: str = "", collection: str = "") -> list[FileReport]:
        """Read files, and all below folders, into the library; unchanged ones are skipped.

        A file that cannot be read is a report with the outcome "failed" and the reason as its
        message; the others are read all the same.

        Args:
            paths: Files or folders; `~` is the home folder.
            course: The course that the lectures join; by default those of a folder join the one
                of its name.
            collection: The older name of `course`.

        Raises:
            UnreadableFile: there is no file at these paths that a reader reads.
            LibraryMismatch: the library was built with another encoder or chunking.
        """
        sources = [Path(path).expanduser() for path in paths]
        files = find_files(sources)
        if not files:
            raise UnreadableFile(
                f"No files to read under {', '.join(map(str, paths)) or 'no path at all'}; "
                f"name a file or a folder that holds some ({', '.join(READERS)})."
            )
        chunking = self.settings.chunking.model_dump()
        reports = ingest(
            files,
            self.library,
            self.models.encoder,
            course=course or collection,
            folder_courses=courses_of_folders(self.library, sources),
            recogniser=self.models.recogniser,
            limits=self.settings.reading.limits,
            **chunking,
        )
        return list(reports)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        scope: Scope = EVERYTHING,
    ) -> Answer:
        """Answer a question from the lectures.

        Args:
            question: In any words.
            history: The turns of the conversation before, oldest first.
            sampling: How the language model writes, where it does, in place of the settings'.
            scope: The lectures that are asked, as `Scope(course="AI", up_to="5")`.

        Raises:
            LibraryMissing: the library is empty.
            BadScope: the scope names a course or lecture that does not exist.
            BadQuestion: the question holds no words.
        """
        return self.pipeline.ask(question, history=history, sampling=sampling, scope=scope)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        scope: Scope = EVERYTHING,
    ) -> Iterator[Event]:
        """Answer a question, yielding stages and words as they come and the answer last."""
        return self.pipeline.stream(question, history=history, sampling=sampling, scope=scope)

    def search(
        self, question: str, passages: int | None = None, *, scope: Scope = EVERYTHING
    ) -> list[Hit]:
        """The best passages for a question, best first.

        Args:
            question: In any words.
            passages: How many at most; by default `retrieval.top_k`.
            scope: The lectures that are searched.
        """
        pipeline = self.pipeline
        if passages is not None:
            changed = self.settings.with_changes(retrieval={"top_k": passages})
            pipeline = pipeline.with_settings(changed)
        return pipeline.search(question, scope=scope)

    @cached_property
    def pipeline(self) -> Pipeline:
        """What answers the questions.

        Raises:
            LibraryMissing: the library is empty.
        """
        return Pipeline.load(self.library.folder, self.settings, self.models)
