"""The service as an ASGI application, alone or with the app's pages beneath it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from ui.identity.oidc import Provider
from ui.identity.wall import Wall
from ui.service import chat_completions, documents, errors, evaluations, pages, questions
from ui.service.access import Access, Reader
from ui.service.documents import ingestion, tidy_uploads
from ui.service.engine import Engine
from ui.service.evaluations import evaluation
from ui.service.guard import Guard
from ui.service.jobs import Jobs
from ui.service.metrics import Metrics, RequestLog
from ui.service.pipeline_routes import pipeline_routes

if TYPE_CHECKING:
    from streamlit.web.server.starlette import App as Pages

_FIRST_PAGE_SECONDS = 15  # after the start, in which the first page has the processor for itself


def create_app(
    engine: Engine,
    *,
    hosts: Iterable[str],
    is_open: bool,
    pages_app: Pages | None = None,
    is_worker: bool = False,
    provider: Provider | None = None,
) -> FastAPI:
    """Build the application.

    Args:
        engine: Library, models and queue.
        hosts: The names by which the service may be reached.
        is_open: Whether no key is needed as long as none was made.
        pages_app: Streamlit's application, which gets every path that is not the service's, of who
            is signed in.
        is_worker: Whether it serves the command line of one user, at a socket that only the user can
            open: requests of whole pipelines then need no key and bring all settings.
        provider: The sign-on for those pages, where the settings name one.
    """
    settings = engine.settings.app
    jobs = Jobs(engine.folder, {"ingest": ingestion(engine), "evaluate": evaluation(engine)})

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        end = threading.Event()
        delay = 0 if pages_app is None else _FIRST_PAGE_SECONDS
        prepare = threading.Thread(
            target=_prepare,
            # A worker's user waits for a few questions at most.
            args=(engine, end, settings.read_ahead and not is_worker, delay),
            name="katheder-prepare",
            daemon=True,
        )
        prepare.start()
        if jobs.start(resume=not is_worker):  # not a worker's, which ends when it is idle
            await run_in_threadpool(tidy_uploads, engine, jobs)
        try:
            if pages_app is None:
                yield
            else:
                async with pages_app.lifespan()(app):
                    yield
        finally:
            end.set()
            await run_in_threadpool(jobs.stop)

    app = FastAPI(
        title="Katheder",
        version=version("katheder"),
        description="Questions of lectures, answered in short sentences with their pages.",
        lifespan=lifespan,
        openapi_url=None,  # a route below, for who has a key
        docs_url=None,  # these two pages fetch their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        responses={
            "default": {
                "description": "What is wrong, and what to do.",
                "content": {
                    "application/json": {
                        "example": errors.message("BadScope", "There is no course 'AI'; …")
                    }
                },
            }
        },
    )
    app.state.engine, app.state.jobs = engine, jobs
    app.state.metrics = metrics = Metrics(engine.queue)
    app.state.access = Access(
        engine.folder, is_open=is_open, requests_per_minute=settings.requests_per_minute
    )
    errors.register(app)
    _add_health(app)
    for router in (
        questions.router,
        documents.router,
        documents.jobs_router,
        pages.router,
        evaluations.router,
        chat_completions.router,
        pipeline_routes(engine, is_worker=is_worker),
    ):
        app.include_router(router)
    if pages_app is not None:
        app.mount("/", Wall(pages_app, settings, engine.folder, provider))
    app.add_middleware(RequestLog, metrics=metrics)
    app.add_middleware(
        Guard,
        hosts=[*hosts, *settings.allowed_hosts],
        max_upload_mb=settings.max_upload_mb,
        has_pages=pages_app is not None,
        is_worker=is_worker,
    )
    return app


def _prepare(engine: Engine, end: threading.Event, reads_ahead: bool, delay: float) -> None:
    """Load library and models before somebody asks, and read passages while nobody does.

    Who asks is told if loading fails. After a page was drawn, it loads them itself.
    """
    if end.wait(delay):
        return
    from rag.rerank import read_ahead

    with contextlib.suppress(Exception):
        pipeline = engine.load()
        passages = read_ahead(pipeline.store, pipeline.reranker) if reads_ahead else iter(())
        is_at_end = False
        while not is_at_end and not end.is_set():
            with engine.queue.idle_turn(end):
                is_at_end = next(passages, None) is None


def _add_health(app: FastAPI) -> None:
    """The routes for whoever watches the service."""

    @app.get("/health", tags=["health"])
    async def health() -> dict[str, str]:
        """Whether the service runs; needs no key."""
        return {"status": "ok"}

    @app.get("/ready", tags=["health"])
    async def ready(request: Request) -> Any:
        """Whether library and models answer, 503 with the reason if not; needs no key."""
        engine: Engine = request.app.state.engine
        if engine.load.is_loading:
            fault = errors.message("Loading", "The models are being loaded; ask again in a moment.")
            return JSONResponse(fault, 503, {"Retry-After": "2"})
        try:
            await run_in_threadpool(engine.load)
        except Exception as error:
            return JSONResponse(errors.fault_body(error), 503)
        return {"status": "ready"}

    @app.get("/openapi.json", include_in_schema=False)
    async def schema(client: Reader) -> dict[str, Any]:
        """The description of all routes."""
        return app.openapi()

    @app.get("/metrics", tags=["health"], response_class=Response)
    async def metrics(client: Reader, request: Request) -> Response:
        """Counts and times for Prometheus."""
        values: Metrics = request.app.state.metrics
        return Response(values.text(), media_type=values.content_type)
