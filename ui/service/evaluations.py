"""The route that measures: a question set put to the pipeline as a job."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from ingest import resources
from rag.scope import Scope
from ui.service.access import Evaluator
from ui.service.documents import jobs_of
from ui.service.engine import Engine
from ui.service.errors import Refused
from ui.service.jobs import Job, Work
from ui.service.requests import Name

if TYPE_CHECKING:
    from rag.evaluation.questions import Question

router = APIRouter(tags=["evaluation"])
_MAX_QUESTIONS = 2000


class EvaluateRequest(BaseModel):
    """A question set and how it is put."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"example": {"questions": "dev", "generate": False, "limit": 20}},
    )

    questions: (
        Annotated[str, Field(max_length=100)]
        | Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_MAX_QUESTIONS)]
    )
    """The name of a bundled set, or questions as the lines of a question file are."""
    generate: bool = True
    """Make answers, or retrieve pages alone."""
    limit: Annotated[int | None, Field(ge=1, le=_MAX_QUESTIONS)] = None
    """Only the first so many."""
    course: Name = ""
    """Ask the lectures of this course alone."""


@router.post("/evaluate", status_code=202)
async def evaluate(body: EvaluateRequest, client: Evaluator, request: Request) -> dict[str, Any]:
    """Put questions to the pipeline and measure it; the figures are in the job at its end."""
    scope = client.within(Scope(body.course))
    _questions(body.questions)
    spec = {**body.model_dump(), "course": scope.course}
    return jobs_of(request).add("evaluate", spec, client.name, client.course).as_dict()


def evaluation(engine: Engine) -> Work:
    """What runs a question set; a run that was interrupted goes on where it ended."""

    def run(job: Job, stop: threading.Event) -> None:
        from rag.evaluation.measure import measure_run
        from rag.evaluation.run import evaluate
        from rag.evaluation.run_file import read_run

        spec = job.spec
        questions = _questions(spec["questions"])[: spec["limit"]]
        pipeline = engine.pipeline().within(Scope(spec["course"]))
        output = engine.folder / "runs" / f"service-{job.id}.jsonl"
        output.parent.mkdir(exist_ok=True)
        job.total = len(questions)
        events = evaluate(questions, pipeline, output, generate=spec["generate"])
        while True:
            with engine.queue.turn(engine.queue.enqueue(job.client), stop):
                event = next(events, None)
            if event is None:
                break
            job.results += [{}] * (event.done - 1 - len(job.results))  # of the run before
            job.results.append({"id": event.line.id, "error": event.line.error})
            if stop.is_set():
                return
        figures = measure_run(questions, read_run(output), by=("type", "lang"))
        job.result = {"run": output.name, **figures.as_dict()}

    return run


def _questions(named: str | list[dict[str, Any]]) -> list[Question]:
    """The questions of a bundled set, or of plain values.

    Raises:
        BadQuestionFile: a value does not fit.
        Refused: there is no such set.
    """
    from rag.evaluation.questions import questions_from, read_questions

    if not isinstance(named, str):
        return questions_from(named, "the request")
    sets = resources.question_sets()
    if named not in sets:
        raise Refused(404, f"There is no question set {named!r}; the sets are {', '.join(sets)}.")
    return read_questions(sets[named])
