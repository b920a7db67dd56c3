"""Evaluate every point of a grid over settings, and mark which are worth their time.

Points that share encoder and chunking share a library, and all points of an encoder share the
questions' vectors. Started again, a sweep continues with the question where it stopped. The best
of many points looks better on the questions that it was chosen by than it is; measure it on
others. `rag.evaluation.sweep_plan` describes the file.
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ingest.embed import Encoder
from ingest.pipeline import find_files, index_config, ingest
from ingest.store import Library
from ingest.text.detect import question_language
from rag.errors import BadSettings
from rag.evaluation.cached_encoder import CachedEncoder
from rag.evaluation.measure import measure_run
from rag.evaluation.questions import Question, history_of, read_questions
from rag.evaluation.run import evaluate
from rag.evaluation.run_file import Run, read_run
from rag.evaluation.sweep_plan import SweepPlan, read_plan
from rag.followup import expand_with_answer, expand_with_history
from rag.models import Models
from rag.pair_reranker import PairReranker
from rag.pipeline import Pipeline
from rag.settings import ModelSettings, Settings


@dataclass(frozen=True, slots=True)
class SweepResult:
    """A point's figures: quality with its 95 % interval, and the median seconds of a question.

    The seconds count the encoding of the question as it was measured when its vector was made.
    Every point begins with the reranker's cache empty, so that their seconds can be compared.
    `best` tells whether no other point is as good in less time or better in as much.
    """

    number: int
    point: Mapping[str, Any]
    run: Path
    quality: float
    low: float
    high: float
    seconds: float
    n: int
    failed: int
    best: bool = False


@dataclass(frozen=True, slots=True)
class LibraryBuilt:
    """A library is up to date for the points of one chunking; `failures` are messages."""

    chunking: Mapping[str, int]
    passages: int
    files_read: int
    files: int
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointDone:
    """A point is measured; `done` of `total` are."""

    result: SweepResult
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SweepDone:
    """All points are measured; the results in the order of the grid, the Pareto front marked."""

    plan: SweepPlan
    results: tuple[SweepResult, ...]


SweepEvent = LibraryBuilt | PointDone | SweepDone


def _query_texts(question: Question, questions: Sequence[Question]) -> list[str]:
    """All that a question may be searched with."""
    text, history = question.question.strip(), history_of(question, questions)
    if not history:
        return [text]
    return [
        text,
        f"{history[-1].question} {text}",
        expand_with_history(text, history, question_language(text)),
        expand_with_answer(text, history),
    ]


def sweep(path: Path, models: Models | None = None) -> Iterator[SweepEvent]:
    """Run a sweep, yielding as libraries and points are done, and all results at the end.

    Writes `output/sweep.json`; each point has a run of its own in `output/runs`, for
    `katheder report` and `katheder compare`.

    Raises:
        BadSettings, BadQuestionFile: see `read_plan`.
        BadRunFile: a run was begun under conditions that have changed since.
    """
    plan = read_plan(path)
    models = models or Models()
    questions = read_questions(plan.questions)[: plan.limit]
    texts = [text for q in questions for text in _query_texts(q, questions)]
    points = plan.points()
    runs = plan.output / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    encoders: dict[tuple[str, ...], CachedEncoder] = {}
    libraries: dict[Path, Library] = {}
    results: list[SweepResult] = []
    for number, point in enumerate(points, start=1):
        settings = plan.at(point)
        encoder = _cached_encoder(models, settings.models, plan.output, encoders)
        encoder.prepare(texts)
        folder = _library_folder(plan, settings, encoder)
        if folder not in libraries:
            libraries[folder], event = _build(folder, plan, settings, encoder)
            yield event
        pipeline = Pipeline(
            libraries[folder], models.with_settings(settings.models, encoder=encoder), settings
        )
        output = runs / f"{point_name(point)}.jsonl"
        if isinstance(pipeline.reranker, PairReranker):  # an earlier point read the same pages
            pipeline.reranker.clear_cache()
        for _ in evaluate(questions, pipeline, output, generate=plan.generate):
            pass
        run = read_run(output)
        results.append(_result(number, point, run, questions, encoder.seconds(texts), plan.quality))
        yield PointDone(results[-1], number, len(points))
    final = tuple(pareto(results))
    _write(plan, final)
    yield SweepDone(plan, final)


def pareto(results: Sequence[SweepResult]) -> list[SweepResult]:
    """The results, those marked `best` that no other one beats.

    One beats another if it is at least as good and at least as fast, and one of the two more so.
    """

    def beaten(result: SweepResult) -> bool:
        return any(
            other.quality >= result.quality
            and other.seconds <= result.seconds
            and (other.quality, other.seconds) != (result.quality, result.seconds)
            for other in results
        )

    return [replace(result, best=not beaten(result)) for result in results]


def point_name(point: Mapping[str, Any]) -> str:
    """A file name for a point: its values in letters that a file name may have, and a hash."""
    digest = hashlib.sha256(json.dumps(point, sort_keys=True).encode()).hexdigest()[:8]
    words = "_".join(f"{name.split('.')[-1]}-{value}" for name, value in point.items())
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', words)[:80]}_{digest}"


def _cached_encoder(
    models: Models,
    settings: ModelSettings,
    folder: Path,
    encoders: dict[tuple[str, ...], CachedEncoder],
) -> CachedEncoder:
    """One for each bi-encoder, device and numeric type."""
    key = (settings.encoder, settings.device, settings.dtype)
    if key not in encoders:
        encoder = models.with_settings(settings).encoder
        encoders[key] = CachedEncoder(encoder, folder, settings.device, settings.dtype)
    return encoders[key]


def _result(
    number: int,
    point: Mapping[str, Any],
    run: Run,
    questions: Sequence[Question],
    encoding: float,
    quality: str,
) -> SweepResult:
    figures = measure_run(questions, run)
    if (figure := figures.get(quality)) is None:
        names = ", ".join(one.metric for one in figures.figures if one.group == "all")
        raise BadSettings(f"quality = {quality!r}: the runs have {names}")
    successes = [line for line in run.lines.values() if not line.error]
    seconds = [line.seconds - line.stages.get("encode", 0.0) for line in successes]
    median = statistics.median(seconds) + encoding if seconds else float("nan")
    return SweepResult(
        number,
        point,
        run.path,
        figure.value,
        figure.low,
        figure.high,
        median,
        figure.n,
        len(run.lines) - len(successes),
    )


def _library_folder(plan: SweepPlan, settings: Settings, encoder: Encoder) -> Path:
    config = index_config(
        encoder, settings.chunking.passage_tokens, settings.chunking.overlap_tokens
    )
    name = hashlib.sha256(json.dumps(asdict(config)).encode()).hexdigest()[:12]
    return plan.output / "libraries" / name


def _build(
    folder: Path, plan: SweepPlan, settings: Settings, encoder: Encoder
) -> tuple[Library, LibraryBuilt]:
    """Bring a library up to date with the lectures."""
    library = Library(folder, create=True)
    files = find_files(plan.lectures)
    paths = {str(file.resolve()) for file in files}
    for document in library.documents():
        if document.path not in paths:
            library.remove(document.id)
    chunking = settings.chunking.model_dump()
    reports = list(ingest(files, library, encoder, **chunking))
    failures = tuple(report.message for report in reports if report.outcome == "failed")
    if library.count() == 0:
        raise BadSettings(
            f"lectures: nothing could be read from {', '.join(map(str, plan.lectures))}"
            + "".join(f"; {message}" for message in failures)
        )
    files_read = sum(report.outcome in ("added", "replaced") for report in reports)
    return library, LibraryBuilt(chunking, library.count(), files_read, len(files), failures)


def _write(plan: SweepPlan, results: Sequence[SweepResult]) -> None:
    rows = [{**asdict(r), "run": r.run.name, "point": dict(r.point)} for r in results]
    text = json.dumps({"quality": plan.quality, "points": rows}, ensure_ascii=False, indent=2)
    (plan.output / "sweep.json").write_text(text + "\n", encoding="utf-8")
