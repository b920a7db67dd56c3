"""Evaluate every point of a grid over settings, and show which are worth their time.

A sweep is a TOML file; its paths count from the file's own folder:

    questions = "../corpus/questions/dev.jsonl"
    lectures = ["../corpus"]
    output = "sweep"                    # libraries, a run a point, the table and the page
    generate = false                    # the default: find pages alone
    limit = 50                          # only the first questions
    quality = "reranked nDCG@10"        # what is plotted against seconds, and the default
    allow_test = false                  # refuse questions that are kept for the final figure

    [settings.retrieval]                # shared by all points
    candidates = 50

    [grid]
    "chunking.passage_tokens" = [100, 200]
    "retrieval.candidates" = [20, 50]

Points that share encoder and chunking share a library, and all points of an encoder share the
questions' vectors. Started again, a sweep goes on with the question where it stopped. The best
of many points looks better on the questions it was chosen by than it is; measure it on others.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import statistics
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ingest.embed import Encoder
from ingest.pipeline import find_files, index_config, ingest
from ingest.store import Library
from ingest.text.detect import question_language
from rag.errors import BadQuestionFile, BadSettings
from rag.evaluation import plot
from rag.evaluation.metrics import Report, measure
from rag.evaluation.plot import Chart
from rag.evaluation.questions import Question, history_of, read_questions
from rag.evaluation.run import Run, evaluate, read_run
from rag.followup import expand_with_history
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import ModelSettings, Settings, load_settings

QUALITY = "reranked nDCG@10"
_KEYS = {"questions", "lectures", "output", "generate", "limit", "quality", "allow_test"}
_TABLES = {"settings", "grid"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep's file, read and checked."""

    questions: Path
    lectures: tuple[Path, ...]
    output: Path
    grid: Mapping[str, tuple[Any, ...]]
    settings: Settings
    generate: bool = False
    limit: int | None = None
    quality: str = QUALITY

    def points(self) -> list[dict[str, Any]]:
        """The values of every point by dotted name; the last name of the grid turns fastest."""
        return [
            dict(zip(self.grid, values, strict=True))
            for values in itertools.product(*self.grid.values())
        ]

    def at(self, point: Mapping[str, Any]) -> Settings:
        """The settings of a point; raises BadSettings where a value does not fit."""
        return _changed(self.settings, point)


@dataclass(frozen=True, slots=True)
class Result:
    """A point's figures: quality with its 95 % interval, and the median seconds of a question.

    The seconds count the encoding of the question as it was measured when its vector was made.
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
class Progress:
    """What has just been done; the last one of a sweep holds all results."""

    text: str
    done: int
    total: int
    results: tuple[Result, ...] = ()

    def __str__(self) -> str:
        return self.text


class RememberingEncoder:
    """A bi-encoder that keeps the vectors of questions, on disk as well.

    Single texts that were prepared are looked up; everything else is encoded as ever.
    """

    def __init__(self, encoder: Encoder, folder: Path, device: str = "", dtype: str = "") -> None:
        """Wrap a bi-encoder; what it made on another device or in other numbers is another's."""
        self._encoder = encoder
        key = f"{encoder.identity} {device} {dtype}"
        name = hashlib.sha256(key.encode()).hexdigest()[:12]
        self._file = folder / f"questions-{name}.npz"
        self._vectors: dict[str, np.ndarray] = {}
        self._seconds: dict[str, float] = {}
        if self._file.is_file():
            with np.load(self._file) as kept:
                texts = [str(text) for text in kept["texts"]]
                self._vectors = dict(zip(texts, kept["vectors"], strict=True))
                self._seconds = dict(zip(texts, map(float, kept["seconds"]), strict=True))

    @property
    def identity(self) -> str:
        """That of the bi-encoder."""
        return self._encoder.identity

    @property
    def dimension(self) -> int:
        """That of the bi-encoder."""
        return self._encoder.dimension

    @property
    def window(self) -> int:
        """That of the bi-encoder."""
        return self._encoder.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the bi-encoder counts them."""
        return self._encoder.count_tokens(texts)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of texts; that of one prepared text is not made again."""
        if len(texts) == 1 and texts[0] in self._vectors:
            return self._vectors[texts[0]][None, :]
        return self._encoder.encode(texts)

    def prepare(self, texts: Sequence[str]) -> None:
        """Encode questions one by one, as a pipeline does, and keep vectors and seconds."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if not missing:
            return
        self._encoder.encode(missing[:1])  # warm
        for text in missing:
            start = time.perf_counter()
            self._vectors[text] = self._encoder.encode([text])[0]
            self._seconds[text] = time.perf_counter() - start
        partial = self._file.with_name(f"partial-{self._file.name}")
        np.savez(
            partial,
            texts=np.array(list(self._vectors)),
            vectors=np.array(list(self._vectors.values())),
            seconds=np.array(list(self._seconds.values())),
        )
        partial.replace(self._file)

    def seconds(self, texts: Sequence[str]) -> float:
        """The median time that encoding one of some prepared texts took."""
        return statistics.median(self._seconds[text] for text in texts)


def read_plan(path: Path) -> Plan:
    """Read and check a sweep's file: every point's settings, and which questions it asks.

    Raises:
        BadSettings: no TOML, or a key or value that does not fit; it is named.
        BadQuestionFile: questions that are kept for testing, and `allow_test` is not set.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"The sweep {path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"The sweep {path} is not TOML: {error}") from error
    for key in values:
        if key not in _KEYS | _TABLES:
            known = ", ".join(sorted(_KEYS | _TABLES))
            raise BadSettings(f"{key} in {path}: there is no such key; known are {known}")
    lectures = values.get("lectures")
    wanted = {
        "questions": (isinstance(values.get("questions"), str), "the path of a question file"),
        "lectures": (
            bool(lectures) and isinstance(lectures, list) and all(isinstance(p, str) for p in lectures),
            "a list of paths",
        ),
        "output": (isinstance(values.get("output", "sweep"), str), "the path of a folder"),
        "generate": (isinstance(values.get("generate", False), bool), "true or false"),
        "allow_test": (isinstance(values.get("allow_test", False), bool), "true or false"),
        "quality": (isinstance(values.get("quality", ""), str), "the name of a metric"),
        "limit": (_is_count(values.get("limit", 1)), "a whole number of at least 1"),
        "grid": (
            bool(values.get("grid"))
            and isinstance(values["grid"], dict)
            and all(isinstance(found, list) and found for found in values["grid"].values()),
            'lists of values by dotted name, as "retrieval.candidates" = [20, 50]',
        ),
    }  # fmt: skip
    for key, (fits, what) in wanted.items():
        if not fits:
            raise BadSettings(f"{key} = {values.get(key)!r} in {path}: wanted {what}")
    folder = path.resolve().parent
    plan = Plan(
        questions=folder / values["questions"],
        lectures=tuple(folder / lecture for lecture in values["lectures"]),
        output=folder / values.get("output", "sweep"),
        grid={name: tuple(found) for name, found in values["grid"].items()},
        settings=load_settings().with_changes(**values.get("settings", {})),
        generate=values.get("generate", False),
        limit=values.get("limit"),
        quality=values.get("quality", QUALITY),
    )
    for point in plan.points():
        plan.at(point)
    if not values.get("allow_test", False):
        _refuse_test(plan.questions, path)
    return plan


def sweep(path: Path, models: Models | None = None) -> Iterator[Progress]:
    """Run a sweep, yielding as libraries and points are done, and the table at the end.

    Writes `output/sweep.json` and `output/sweep.html`; each point has a run of its own in
    `output/runs`, for `katheder report` and `katheder compare`.

    Raises:
        BadSettings, BadQuestionFile: see `read_plan`.
        BadRunFile: a run was begun under conditions that have changed since.
    """
    plan = read_plan(path)
    models = models or Models()
    questions = read_questions(plan.questions)[: plan.limit]
    texts = [
        expand_with_history(
            q.question.strip(), history_of(q, questions), question_language(q.question)
        )
        for q in questions
    ]
    points = plan.points()
    runs = plan.output / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    encoders: dict[tuple[str, ...], RememberingEncoder] = {}
    libraries: dict[Path, Library] = {}
    results: list[Result] = []
    for number, point in enumerate(points, start=1):
        settings = plan.at(point)
        encoder = _remembering(models, settings.models, plan.output, encoders)
        encoder.prepare(texts)
        folder = _library_folder(plan, settings, encoder)
        if folder not in libraries:
            libraries[folder], note = _build(folder, plan, settings, encoder)
            yield Progress(note, number - 1, len(points))
        pipeline = Pipeline(
            libraries[folder], models.with_settings(settings.models, encoder=encoder), settings
        )
        output = runs / f"{point_name(point)}.jsonl"
        for _ in evaluate(questions, pipeline, output, generate=plan.generate):
            pass
        run = read_run(output)
        results.append(_result(number, point, run, questions, encoder.seconds(texts), plan.quality))
        last = results[-1]
        text = (
            f"{number} of {len(points)}  {_values(point)}: {plan.quality} {last.quality:.3f}, "
            f"{plot.seconds_text(last.seconds)} a question"
        )
        yield Progress(text, number, len(points))
    final = tuple(pareto(results))
    _write(plan, final)
    yield Progress(table(final, plan.quality), len(points), len(points), final)


def pareto(results: Sequence[Result]) -> list[Result]:
    """The results, those marked `best` that no other one beats.

    One beats another if it is at least as good and at least as fast, and one of the two more so.
    """

    def beaten(result: Result) -> bool:
        return any(
            other.quality >= result.quality
            and other.seconds <= result.seconds
            and (other.quality, other.seconds) != (result.quality, result.seconds)
            for other in results
        )

    return [replace(result, best=not beaten(result)) for result in results]


def table(results: Sequence[Result], quality: str = QUALITY) -> str:
    """A line a point, best quality first; a star marks the Pareto front."""
    names = list(results[0].point) if results else []
    heads = ["", "#", *names, quality, "95 % interval", "median", "n", "failed"]
    rows = [
        [
            "*" if result.best else "",
            str(result.number),
            *(str(result.point[name]) for name in names),
            f"{result.quality:.3f}",
            f"[{result.low:.3f}, {result.high:.3f}]",
            plot.seconds_text(result.seconds),
            str(result.n),
            str(result.failed),
        ]
        for result in sorted(results, key=lambda result: (-result.quality, result.seconds))
    ]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [heads, *rows]
    )


def point_name(point: Mapping[str, Any]) -> str:
    """A file name for a point: its values as far as they can stand in one, and a hash."""
    digest = hashlib.sha256(json.dumps(point, sort_keys=True).encode()).hexdigest()[:8]
    words = "_".join(f"{name.split('.')[-1]}-{value}" for name, value in point.items())
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', words)[:80]}_{digest}"


def chart(results: Sequence[Result], quality: str = QUALITY) -> str:
    """Quality over seconds, each point with its number; the Pareto front is joined and filled."""
    seconds = [max(result.seconds, 1e-6) for result in results]
    low, high = min(seconds) * 0.8, max(seconds) * 1.25
    bottom = min(result.low for result in results)
    top = max(result.high for result in results)
    room = max(top - bottom, 0.02) * 0.08
    drawn = Chart(
        f"{quality} over seconds",
        (low, high),
        (bottom - room, top + room),
        "median seconds of a question",
        quality,
        log_x=True,
    )
    drawn.y_ticks([(y, f"{y:.3g}") for y in plot.rounded(bottom - room, top + room)])
    drawn.x_ticks(plot.decades(low, high))
    front = sorted((r for r in results if r.best), key=lambda result: result.seconds)
    drawn.line([(max(r.seconds, 1e-6), r.quality) for r in front], 0)
    for result, x in zip(results, seconds, strict=True):
        series = 0 if result.best else plot.NEUTRAL
        drawn.whisker(x, result.low, result.high, series)
        tip = f"{result.number}: {_values(result.point)}, {result.quality:.3f}"
        drawn.dot(x, result.quality, series, tip, radius=5, hollow=not result.best)
        across, down = drawn.at(x, result.quality)
        drawn.text(across + 7, down - 5, str(result.number), strong=result.best)
    return drawn.render()


def _remembering(
    models: Models,
    chosen: ModelSettings,
    folder: Path,
    known: dict[tuple[str, ...], RememberingEncoder],
) -> RememberingEncoder:
    """One for each bi-encoder, device and numeric type."""
    key = (chosen.encoder, chosen.device, chosen.dtype)
    if key not in known:
        encoder = models.with_settings(chosen).encoder
        known[key] = RememberingEncoder(encoder, folder, chosen.device, chosen.dtype)
    return known[key]


def _values(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())


def _result(
    number: int,
    point: Mapping[str, Any],
    run: Run,
    questions: Sequence[Question],
    encoding: float,
    quality: str,
) -> Result:
    report: Report = measure(questions, run)
    try:
        row = report.row(quality)
    except KeyError:
        known = ", ".join(r.metric for r in report.rows if r.group == "all")
        raise BadSettings(f"quality = {quality!r}: the runs have {known}") from None
    sound = [line for line in run.lines.values() if not line.error]
    seconds = [line.seconds - line.stages.get("encode", 0.0) for line in sound]
    median = statistics.median(seconds) + encoding if seconds else float("nan")
    return Result(
        number,
        point,
        run.path,
        row.value,
        row.low,
        row.high,
        median,
        row.n,
        len(run.lines) - len(sound),
    )


def _library_folder(plan: Plan, settings: Settings, encoder: Encoder) -> Path:
    recipe = index_config(
        encoder, settings.chunking.passage_tokens, settings.chunking.overlap_tokens
    )
    name = hashlib.sha256(json.dumps(asdict(recipe)).encode()).hexdigest()[:12]
    return plan.output / "libraries" / name


def _build(folder: Path, plan: Plan, settings: Settings, encoder: Encoder) -> tuple[Library, str]:
    """Bring a library up to date with the lectures, and say what became of it."""
    library = Library(folder, create=True)
    files = find_files(plan.lectures)
    paths = {str(file.resolve()) for file in files}
    for document in library.documents():
        if document.path not in paths:
            library.remove(document.id)
    reports = list(ingest(files, library, encoder, **settings.chunking.model_dump()))
    failed = [report.message for report in reports if report.outcome == "failed"]
    if library.count() == 0:
        raise BadSettings(
            f"lectures: nothing could be read from {', '.join(map(str, plan.lectures))}"
            + "".join(f"; {message}" for message in failed)
        )
    fresh = sum(report.outcome in ("added", "replaced") for report in reports)
    chunking = ", ".join(
        f"{name} {value}" for name, value in settings.chunking.model_dump().items()
    )
    note = (
        f"library with {chunking}: {library.count()} passages, {fresh} of {len(files)} files read"
    )
    return library, "\n".join([note, *failed])


def _changed(settings: Settings, point: Mapping[str, Any]) -> Settings:
    sections: dict[str, dict[str, Any]] = {}
    for name, value in point.items():
        section, dot, key = name.partition(".")
        if not dot or "." in key:
            raise BadSettings(f"{name} in the grid: wanted SECTION.FIELD, as retrieval.candidates")
        sections.setdefault(section, {})[key] = value
    return settings.with_changes(**sections)


def _refuse_test(questions: Path, path: Path) -> None:
    """Raise where a question file is, or shares questions with, one that is kept for testing."""
    remedy = f"Tune on others, or set allow_test = true in {path}."
    if re.search(r"(^|[^a-z])test([^a-z]|$)", questions.stem.lower()):
        raise BadQuestionFile(f"{questions} is kept for testing. {remedy}")
    kept = questions.with_name("test.jsonl")
    if kept.is_file():
        ids = {question.id for question in read_questions(kept)}
        shared = [q.id for q in read_questions(questions) if q.id in ids]
        if shared:
            raise BadQuestionFile(
                f"{questions} shares {len(shared)} questions with {kept}, {shared[0]} first. {remedy}"
            )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1


def _write(plan: Plan, results: Sequence[Result]) -> None:
    rows = [{**asdict(r), "run": r.run.name, "point": dict(r.point)} for r in results]
    text = json.dumps({"quality": plan.quality, "points": rows}, ensure_ascii=False, indent=2)
    (plan.output / "sweep.json").write_text(text + "\n", encoding="utf-8")
    page = _PAGE.format(
        style=plot.STYLE,
        text=escape(
            f"{len(results)} points on {plan.questions.name}. The front, filled and starred, are "
            "the points that no other one beats in both."
        ),
        chart=chart(results, plan.quality),
        table=escape(table(results, plan.quality)),
    )
    (plan.output / "sweep.html").write_text(page, encoding="utf-8")


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Katheder: a sweep</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>{style}
body {{ margin: 0 auto; max-width: 1100px; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }} pre {{ overflow-x: auto; font-size: .85rem }}
svg.chart {{ max-width: 640px }}</style></head>
<body><h1>Quality and time</h1><p>{text}</p>{chart}<pre tabindex="0">{table}</pre></body></html>
"""
