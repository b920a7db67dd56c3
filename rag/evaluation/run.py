"""Make a run: put a set of questions to a pipeline and write a line for each to a file.

Each line is flushed when its question is done; started again, a run continues. See
`rag.evaluation.run_file` for the file and its sidecar.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.disk import naming_disk_fault, write_whole
from rag.errors import BadRunFile, BadSettings
from rag.evaluation.leads import is_clean
from rag.evaluation.questions import Question, history_of
from rag.evaluation.run_file import (
    AnswerLead,
    AnswerSentence,
    PageReference,
    RunLine,
    differences,
    meta_path,
    read_run,
)
from rag.pipeline import Pipeline
from rag.settings import Settings
from rag.types import Answer, Answered, Hit, Lead, Source, StageDone

DEPTH = 100  # passages of each order that a line keeps
_PACKAGES = ("katheder", "torch", "sentence-transformers", "transformers", "faiss-cpu", "numpy")


@dataclass(frozen=True, slots=True)
class QuestionDone:
    """A question is done: its line, and how many of how many are, earlier starts included."""

    line: RunLine
    done: int
    total: int


def evaluate(
    questions: Sequence[Question],
    pipeline: Pipeline,
    output: Path,
    *,
    generate: bool = True,
    limit: int | None = None,
) -> Iterator[QuestionDone]:
    """Put questions to a pipeline and append a line for each to a run; yields after each.

    Questions that the run already holds are skipped. A question that fails gets a line with
    its error and with what was retrieved before it failed.

    Args:
        questions: In this order; a follow-up gets the conversation before it, with gold
            answers in place of the pipeline's.
        pipeline: Its settings, models and library are the run's conditions.
        output: The run's file; its sidecar is beside it.
        generate: Make answers too; else a line ends with the passages.
        limit: Stop after the first so many questions of the set.

    Raises:
        BadRunFile: the run was begun under other conditions; the message names what differs.
        DiskFull: there is no room for a line; the run goes on from the last whole one.
    """
    meta = describe(questions, pipeline, generate)
    finished = _resume(output, meta)
    selected = list(questions[:limit] if limit is not None else questions)
    remaining = [question for question in selected if question.id not in finished]
    done = len(selected) - len(remaining)
    if not remaining:
        return
    _warm(pipeline, generate)
    with naming_disk_fault(output.parent), output.open("a", encoding="utf-8") as file:
        for question in remaining:
            line = answer_one(question, questions, pipeline, generate)
            file.write(json.dumps(line.as_dict(), ensure_ascii=False) + "\n")
            file.flush()
            done += 1
            yield QuestionDone(line, done, len(selected))


def answer_one(
    question: Question, questions: Sequence[Question], pipeline: Pipeline, generate: bool = True
) -> RunLine:
    """Put one question to a pipeline; whatever it raises becomes the line's error."""
    start = time.perf_counter()
    stages: dict[str, float] = {}
    orders: dict[str, Sequence[Hit]] = {}
    answer: Answer | None = None
    error = ""
    last = "rerank" if pipeline.reranker is not None else "retrieve"
    try:
        events = pipeline.stream(question.question, history=history_of(question, questions))
        for event in events:
            if isinstance(event, StageDone):
                stages[event.stage] = event.seconds
                if event.stage in ("retrieve", "rerank"):
                    orders[event.stage] = event.hits
                if event.stage == last and not generate:
                    break
            elif isinstance(event, Answered):
                answer = event.answer
                stages.update(answer.seconds)
    except Exception as fault:
        error = f"{type(fault).__name__}: {fault}"
    seconds = time.perf_counter() - start
    retrieved = list(orders.get("retrieve", ()))
    reranked = list(orders.get("rerank", retrieved))
    line = RunLine(
        id=question.id,
        retrieved=tuple(_reference(hit, hit.score("fused")) for hit in retrieved[:DEPTH]),
        reranked=tuple(
            _reference(hit, hit.score("reranked" if "rerank" in orders else "fused"))
            for hit in reranked[:DEPTH]
        ),
        seconds=round(seconds, 6),
        stages={stage: round(value, 6) for stage, value in stages.items()},
        error=error,
        score=None if answer is None else answer.confidence,
    )
    return line if answer is None else _with_answer(line, answer, pipeline)


def describe(questions: Sequence[Question], pipeline: Pipeline, generate: bool) -> dict[str, Any]:
    """The conditions of a run: what the sidecar holds."""
    import torch

    return {
        "settings": pipeline.settings.model_dump(mode="json", exclude={"app"}),
        "models": pipeline.model_names,
        "library": pipeline.store.content_hash(),
        "scope": pipeline.scope.as_dict() or None,
        "generate": generate,
        "least_confidence": pipeline.thresholds.least,
        "doubt_confidence": pipeline.thresholds.doubt,
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _PACKAGES},
        "machine": {
            "system": platform.platform(),
            "architecture": platform.machine(),
            "processors": os.cpu_count(),
            "threads": torch.get_num_threads(),
        },
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "questions": [question.as_dict() for question in questions],
    }


def _resume(output: Path, meta: dict[str, Any]) -> set[str]:
    """Make a run's file fit to be appended to; the ids that it already holds."""
    if not output.is_file() or output.stat().st_size == 0:
        write_whole(meta_path(output), (json.dumps(meta, ensure_ascii=False) + "\n").encode())
        return set()
    run = read_run(output)
    if changes := differences(_with_current_names(run.meta), json.loads(json.dumps(meta))):
        raise BadRunFile(
            f"The run {output} was begun under other conditions: {'; '.join(changes)}. "
            "Name another file with --output, or delete this one."
        )
    with output.open("r+b") as file:  # a line cut off by a kill is made again
        file.truncate(file.read().rfind(b"\n") + 1)
    return set(run.lines)


def _with_current_names(meta: dict[str, Any]) -> dict[str, Any]:
    """A sidecar whose settings have today's names, and the defaults where they are newer than it."""
    try:
        settings = Settings().with_changes(**meta["settings"])
    except (BadSettings, KeyError, TypeError):
        return meta
    return meta | {"settings": settings.model_dump(mode="json", exclude={"app"})}


def _warm(pipeline: Pipeline, generate: bool) -> None:
    """Load models and index, so that the first question's seconds are like the others'."""
    pipeline.search("warm up")
    if generate and pipeline.settings.answer.writer:
        pipeline.writer.load()


def _with_answer(line: RunLine, answer: Answer, pipeline: Pipeline) -> RunLine:
    sources = {source.number: source for source in answer.sources}
    sentences = tuple(
        AnswerSentence(
            sentence.text,
            sources[sentence.source].quote,
            sentence.support,
            sources[sentence.source].hit.passage.file,
            sources[sentence.source].pages,
            sentence.origin,
        )
        for sentence in answer.sentences
    )
    leads = tuple(_answer_lead(lead, sources[lead.source]) for lead in answer.leads)
    citations = (
        ()
        if answer.abstained
        else [
            replace(_reference(source.hit, None), pages=source.pages) for source in answer.sources
        ]
    )
    return replace(
        line,
        answer=" ".join(
            [*(lead.text for lead in answer.leads), *(said.text for said in answer.sentences)]
        ),
        citations=tuple(dict.fromkeys(citations)),
        grade=answer.grade,
        sentences=sentences,
        leads=leads,
        tokens=pipeline.writer.count_tokens(answer.draft) if answer.draft else 0,
        query=answer.query,
    )


def _answer_lead(lead: Lead, source: Source) -> AnswerLead:
    passage = source.hit.passage
    pages = passage.pages_of(lead.start, lead.end)
    return AnswerLead(lead.text, passage.file, pages, is_clean(passage, lead.start, lead.end))


def _reference(hit: Hit, score: float | None) -> PageReference:
    passage = hit.passage
    rounded = None if score is None else round(score, 6)
    return PageReference(passage.file, passage.pages, rounded, passage.id)
