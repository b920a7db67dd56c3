"""The server of the Model Context Protocol: tools, pages as resources, prompts for study.

It answers by the same pipeline as `katheder ask`. The SDK hides the text of ordinary exceptions
from clients, so what a reader can mend is raised as its own errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from ingest.errors import BadPage, KathederError
from ingest.store import Library
from ingest.types import Document
from rag.answerer import Answerer
from rag.pipeline import Pipeline
from rag.scope import Scope
from rag.settings import Settings
from ui.mcp.values import (
    AskResult,
    LectureList,
    SearchResult,
    answer_values,
    lecture_values,
    passage_values,
)
from ui.service.page_pictures import page_png
from ui.worker import open_pipeline

MAX_PASSAGES = 50
_INSTRUCTIONS = (
    "Lectures of the user, on their own machine. Use search_lectures or ask_lectures before you "
    "answer a question about them, name document and page of what you say, and say so where the "
    "lectures do not answer."
)
_READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

Question = Annotated[str, Field(min_length=1, max_length=4000, description="In any words.")]
Course = Annotated[str, Field(description="The lectures of this course alone; see list_lectures.")]
Lectures = Annotated[
    list[str],
    Field(description="These lectures alone, each by its number, title, file name or id."),
]
UpTo = Annotated[str, Field(description="This lecture and those before it.")]
DocumentName = Annotated[
    str, Field(description="A document's id, or its file name where only one has it.")
]


def build_server(folder: Path, settings: Settings, pipeline: Answerer | None = None) -> MCPServer:
    """The server of a library.

    Args:
        folder: The library's.
        settings: Of the pipeline.
        pipeline: Answers the questions; by default what `katheder ask` uses.
    """
    server: MCPServer = MCPServer(
        "katheder",
        title="Katheder",
        version=version("katheder"),
        instructions=_INSTRUCTIONS,
        log_level="WARNING",
    )

    loading = Lock()
    loaded = [pipeline] if pipeline else []

    def answerer(passages: int | None = None) -> Answerer:
        """What `katheder ask` uses; a pipeline in this process is loaded once."""
        with loading:
            if not loaded:
                loaded.append(open_pipeline(folder, settings))
        if passages is None:
            return loaded[0]
        changed = settings.with_changes(retrieval={"top_k": passages})
        if isinstance(loaded[0], Pipeline):
            return loaded[0].with_settings(changed)
        return open_pipeline(folder, changed)

    @server.tool(title="Search the lectures", annotations=_READS)
    def search_lectures(
        question: Question,
        passages: Annotated[int, Field(ge=1, le=MAX_PASSAGES, description="How many.")] = 5,
        course: Course = "",
        lectures: Lectures = [],  # noqa: B006  the SDK reads the default as a JSON schema
        up_to: UpTo = "",
    ) -> SearchResult:
        """Find the passages of the lectures for a question, best first, each with document and page."""
        with _faults_as(ToolError):
            scope = Scope(course, tuple(lectures), up_to)
            hits = answerer(passages).search(question, scope=scope)
            return SearchResult(question=question, passages=list(map(passage_values, hits)))

    @server.tool(title="Ask the lectures", annotations=_READS)
    def ask_lectures(
        question: Question,
        course: Course = "",
        lectures: Lectures = [],  # noqa: B006
        up_to: UpTo = "",
    ) -> AskResult:
        """Answer a question from the lectures; every sentence has the number of its source."""
        with _faults_as(ToolError):
            scope = Scope(course, tuple(lectures), up_to)
            return answer_values(answerer().ask(question, scope=scope))

    @server.tool(title="Read a page", annotations=_READS, structured_output=False)
    def read_page(
        document: DocumentName,
        page: Annotated[int, Field(ge=1, description="From 1.")],
        image: Annotated[bool, Field(description="Also the page as a picture.")] = True,
    ) -> list[Any]:
        """The text of a page, and the page as a picture."""
        with _faults_as(ToolError):
            library = Library(folder)
            one = document_named(library, document)
            text = page_text(library, one, page)
            heading = f"{one.file}, page {page} of {one.pages} (document {one.id})"
            picture = [Image(data=page_png(library, one, page), format="png")] if image else []
            return [f"{heading}\n\n{text}", *picture]

    @server.tool(title="List the lectures", annotations=_READS)
    def list_lectures(course: Course = "") -> LectureList:
        """The documents with their ids, pages and courses; those of a course in its order."""
        with _faults_as(ToolError):
            return lecture_list(Library(folder), course)

    @server.resource("lectures://list", mime_type="application/json", title="The lectures")
    def lectures_resource() -> dict[str, Any]:
        """The documents with their ids, pages and courses."""
        with _faults_as(ResourceError):
            return lecture_list(Library(folder)).model_dump()

    @server.resource(
        "lectures://{document}/{page}/text", mime_type="text/plain", title="A page's text"
    )
    def text_resource(document: str, page: int) -> str:
        """The text of a page, by the document's id and the page's number from 1."""
        with _faults_as(ResourceError):
            library = Library(folder)
            return page_text(library, document_named(library, document), page)

    @server.resource(
        "lectures://{document}/{page}/image", mime_type="image/png", title="A page's picture"
    )
    def image_resource(document: str, page: int) -> bytes:
        """A page as a picture, by the document's id and the page's number from 1."""
        with _faults_as(ResourceError):
            library = Library(folder)
            return page_png(library, document_named(library, document), page)

    @server.prompt(title="Explain a topic")
    def explain(topic: str) -> str:
        """Explain a topic from the lectures, with pages."""
        return (
            f"Explain {topic} as my lectures do. Search them first, read the best pages, then give "
            "the definition, one example and what it is used for. Name document and page behind each "
            "statement, and say what the lectures leave open."
        )

    @server.prompt(title="Quiz me")
    def quiz(topic: str, questions: str = "5") -> str:
        """Questions on a topic of the lectures, one after the other."""
        return (
            f"Ask me {questions} questions on {topic}, one at a time, each answered by a page of my "
            "lectures that you found before. After my reply say what was right, what was missing, "
            "and name document and page."
        )

    @server.prompt(title="Summarise a lecture")
    def summarise(lecture: str) -> str:
        """The main points of a lecture, with pages."""
        return (
            f"Summarise {lecture} for my revision: find it with list_lectures, read its pages, and "
            "give at most ten points in its own order, each with its page."
        )

    return server


def serve(server: MCPServer, address: tuple[str, int] | None) -> None:
    """Serve on standard input and output, or over HTTP at a host and port, until it is ended."""
    if address is None:
        server.run("stdio")
    else:
        server.run("streamable-http", host=address[0], port=address[1])


def document_named(library: Library, name: str) -> Document:
    """The document of an id (or twelve letters of it) or of a file name.

    Raises:
        BadPage: there is none, or several have the name.
    """
    documents = library.documents()
    found = [one for one in documents if len(name) >= 12 and one.id.startswith(name)]
    found = found or [one for one in documents if name in (one.file, one.name)]
    if len(found) == 1:
        return found[0]
    ids = ", ".join(one.id for one in found)
    several = f"{len(found)} documents are called {name!r}; name one by its id: {ids}."
    raise BadPage(several if found else f"There is no document {name!r}; see list_lectures.")


def page_text(library: Library, document: Document, number: int) -> str:
    """The text of a page.

    Raises:
        BadPage: the document has no such page.
    """
    page = library.page(document.id, number)
    if page is None:
        raise BadPage(f"{document.file} has no page {number}; its pages are 1 to {document.pages}.")
    return page.text


def lecture_list(library: Library, course: str = "") -> LectureList:
    """The documents of a library, or of a course in its order; raises BadCourse for an unknown one."""
    documents = {document.id: document for document in library.documents()}
    courses = library.courses()
    ids = library.course(course).documents if course else documents
    return LectureList(
        lectures=[
            lecture_values(documents[id], [one.name for one in courses if id in one.documents])
            for id in ids
            if id in documents
        ]
    )


@contextmanager
def _faults_as(kind: type[Exception]) -> Iterator[None]:
    """Raise what a reader can mend as an error whose text the SDK passes on."""
    try:
        yield
    except KathederError as error:
        raise kind(str(error)) from error
