"""The route of page images."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from ingest.errors import BadPage
from ingest.store import Library
from ingest.types import Document
from ui.service.access import PageViewer
from ui.service.questions import engine_of

router = APIRouter(tags=["documents"])
DocumentId = Annotated[
    str, Path(pattern="^[0-9a-f]{12,64}$", description="A document's id, or 12 letters of it.")
]


@router.get(
    "/pages/{document}/{number}.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The page."}},
)
async def page(
    document: DocumentId,
    number: Annotated[int, Path(ge=1, le=100_000, description="The page, from 1.")],
    client: PageViewer,
    request: Request,
    passage: Annotated[str, Query(max_length=100, description="Whose words are marked.")] = "",
    start: Annotated[int | None, Query(ge=0, description="First character to mark.")] = None,
    end: Annotated[int | None, Query(ge=0, description="One past the last.")] = None,
    scale: Annotated[float, Query(gt=0.05, le=3, description="Pixels per point.")] = 1.5,
) -> Response:
    """A page of a document as PNG, with the words of a passage marked."""
    store = engine_of(request).library
    course = client.course if client else ""

    def draw() -> bytes:
        from ui.service.page_pictures import page_png

        one = document_of(store, document, course)
        passages = {each.id: each for each in store.passages(one.id)} if passage else {}
        if passage and passage not in passages:
            raise BadPage(f"{one.name} has no passage {passage!r}; it may have been read again.")
        marked = None if start is None or end is None else (start, end)
        return page_png(store, one, number, passages.get(passage), marked, scale)

    content = await run_in_threadpool(draw)
    return Response(content, media_type="image/png", headers={"Cache-Control": "private"})


def document_of(library: Library, id: str, course: str) -> Document:
    """A document by its id, which must be in the course if one is named.

    Raises:
        BadPage: there is none.
    """
    members = set(library.course(course).documents) if course else None
    for document in library.documents():
        if document.id.startswith(id) and (members is None or document.id in members):
            return document
    raise BadPage(f"There is no document {id!r}; see GET /documents.")
