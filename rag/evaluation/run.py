"""Runs: put a set of questions to a pipeline and write down what came, one line a question.

A run is a JSON-lines file and a sidecar that says under what conditions it was made (settings,
models, library, versions, machine) and with which questions, so that it can be measured by
itself. Each line is flushed when its question is done; started again, a run goes on.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from rag.errors import BadRunFile
from rag.evaluation.questions import Question, history_of, questions_from
from rag.pipeline import Pipeline
from rag.types import Answer, Answered, Hit, StageDone

DEPTH = 100  # passages of each order that a line keeps
_PACKAGES = ("katheder", "torch", "sentence-transformers", "transformers", "faiss-cpu", "numpy")
_FREE = ("date",)  # what a run that goes on need not share with its beginning


@dataclass(frozen=True, slots=True)
class Place:
    """Pages of a document that were found or cited together; of a passage, all its pages.

    `score` is that of the order it stands in, or None where that stage did not score it; the
    order of a list counts, not the scores. `passage` is the passage's id where it is known.
    """

    doc: str
    pages: tuple[int, ...]
    score: float | None = None
    passage: str = ""

    @property
    def spots(self) -> frozenset[tuple[str, int]]:
        """Every page as (file name, page)."""
        return frozenset((self.doc, page) for page in self.pages)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; a single page is an int, several are a list."""
        page = self.pages[0] if len(self.pages) == 1 else list(self.pages)
        values: dict[str, Any] = {"doc": self.doc, "page": page}
        if self.score is not None:
            values["score"] = self.score
        if self.passage:
            values["passage"] = self.passage
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Place:
        """The place that `as_dict` wrote."""
        page = values["page"]
        pages = (page,) if isinstance(page, int) else tuple(page)
        return cls(values["doc"], pages, values.get("score"), values.get("passage", ""))


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an answer, the words quoted for it, and where they stand.

    `support` in [0, 1] is the pipeline's own judgement; `origin` is "written" or "quoted".
    """

    text: str
    quote: str
    support: float
    doc: str
    pages: tuple[int, ...]
    origin: str = "written"

    def as_dict(self) -> dict[str, Any]:
        """Plain values; a single page is an int, several are a list."""
        return {
            "text": self.text,
            "quote": self.quote,
            "support": self.support,
            **Place(self.doc, self.pages).as_dict(),
            "origin": self.origin,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Said:
        """The sentence that `as_dict` wrote."""
        place = Place.from_dict(values)
        return cls(
            values["text"],
            values.get("quote", ""),
            values.get("support", 0.0),
            place.doc,
            place.pages,
            values.get("origin", "written"),
        )


@dataclass(frozen=True, slots=True)
class RunLine:
    """What came of a question.

    `retrieved` is the fused order and `reranked` the last stage's, best first; without a
    reranker they are the same. `answer` is the sentences' text without marks, "" where there
    is none. `seconds` is the whole time and `stages` its parts by stage. `score` is the
    confidence by which the pipeline decides to abstain, None in a run without answers; `query` what was searched
    for; `tokens` the length of the model's draft; `error` what went wrong, "" for nothing.
    """

    id: str
    retrieved: tuple[Place, ...] = ()
    reranked: tuple[Place, ...] = ()
    answer: str = ""
    citations: tuple[Place, ...] = ()
    abstained: bool = False
    seconds: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    score: float | None = None
    sentences: tuple[Said, ...] = ()
    tokens: int = 0
    query: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The line as plain values that `json.dumps` takes."""
        return {
            "id": self.id,
            "retrieved": [place.as_dict() for place in self.retrieved],
            "reranked": [place.as_dict() for place in self.reranked],
            "answer": self.answer,
            "citations": [place.as_dict() for place in self.citations],
            "abstained": self.abstained,
            "seconds": self.seconds,
            "stages": dict(self.stages),
            "error": self.error,
            "score": self.score,
            "sentences": [sentence.as_dict() for sentence in self.sentences],
            "tokens": self.tokens,
            "query": self.query,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunLine:
        """The line that `as_dict` wrote; fields that a line need not have may be missing."""
        places = {
            name: tuple(Place.from_dict(place) for place in values[name])
            for name in ("retrieved", "reranked", "citations")
        }
        return cls(
            id=values["id"],
            answer=values["answer"],
            abstained=values["abstained"],
            seconds=values["seconds"],
            stages=values["stages"],
            error=values.get("error", ""),
            score=values.get("score"),
            sentences=tuple(Said.from_dict(said) for said in values.get("sentences", ())),
            tokens=values.get("tokens", 0),
            query=values.get("query", ""),
            **places,
        )


@dataclass(frozen=True)
class Run:
    """A run as read: its conditions, and its lines by question id in the order of the file."""

    path: Path
    meta: dict[str, Any]
    lines: dict[str, RunLine]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @cached_property
    def questions(self) -> list[Question]:
        """The questions that it was made with, those not reached among them."""
        return questions_from(self.meta.get("questions", []), str(meta_path(self.path)))

    @property
    def generated(self) -> bool:
        """Whether answers were asked for, or passages alone."""
        return bool(self.meta.get("generate", True))


@dataclass(frozen=True, slots=True)
class Progress:
    """A question is done: its line, and how many of how many are, earlier starts included."""

    line: RunLine
    done: int
    total: int


def meta_path(path: Path) -> Path:
    """The sidecar of a run: `RUN.meta.json` beside `RUN.jsonl`."""
    return path.with_suffix(".meta.json")


def read_run(path: Path) -> Run:
    """Read a run and its sidecar; a last line that was not written to its end is left out.

    Raises:
        BadRunFile: one of the two is missing or damaged.
    """
    text = _read(path)
    lines: dict[str, RunLine] = {}
    for number, line in enumerate(text[: text.rfind("\n") + 1].split("\n"), start=1):
        if not line.strip():
            continue
        try:
            read = RunLine.from_dict(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRunFile(
                f"{path}:{number}: no line of a run ({type(error).__name__}: {error}). "
                "Delete the line, and evaluate again to replace it."
            ) from error
        lines[read.id] = read
    return Run(path, _read_meta(path), lines)


def evaluate(
    questions: Sequence[Question],
    pipeline: Pipeline,
    output: Path,
    *,
    generate: bool = True,
    limit: int | None = None,
) -> Iterator[Progress]:
    """Put questions to a pipeline and append a line for each to a run; yields after each.

    Questions that the run already holds are skipped. A question that fails is written down
    with its error and with what was found before it failed.

    Args:
        questions: In the order asked; a follow-up gets the conversation before it, with gold
            answers in place of the pipeline's.
        pipeline: Its settings, models and library are the run's conditions.
        output: The run's file; the sidecar stands beside it.
        generate: Write answers too; otherwise it ends with the passages.
        limit: Stop after the first so many questions of the set.

    Raises:
        BadRunFile: the run was begun under other conditions; the message names what differs.
    """
    meta = describe(questions, pipeline, generate)
    finished = _resume(output, meta)
    asked = list(questions[:limit] if limit is not None else questions)
    waiting = [question for question in asked if question.id not in finished]
    done = len(asked) - len(waiting)
    if not waiting:
        return
    _warm(pipeline, generate)
    with output.open("a", encoding="utf-8") as file:
        for question in waiting:
            line = answer_one(question, questions, pipeline, generate)
            file.write(json.dumps(line.as_dict(), ensure_ascii=False) + "\n")
            file.flush()
            done += 1
            yield Progress(line, done, len(asked))


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
    found = list(orders.get("retrieve", ()))
    ordered = list(orders.get("rerank", found))
    line = RunLine(
        id=question.id,
        retrieved=tuple(_place(hit, hit.score("fused")) for hit in found[:DEPTH]),
        reranked=tuple(
            _place(hit, hit.score("reranked" if "rerank" in orders else "fused"))
            for hit in ordered[:DEPTH]
        ),
        abstained=False,
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
        "generate": generate,
        "least_confidence": pipeline.least_confidence,
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


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Where two sidecars differ, as `settings.retrieval.top_k: 8, now 5`; dates may."""
    found = []
    for key in dict.fromkeys([*old, *new]):
        name = f"{prefix}{key}"
        a, b = old.get(key), new.get(key)
        if a == b or name in _FREE:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found.extend(differences(a, b, f"{name}."))
        elif name == "questions":
            found.append(f"questions: {len(a or ())}, now {len(b or ())}, or other ones")
        else:
            found.append(f"{name}: {a}, now {b}")
    return found


def _resume(output: Path, meta: dict[str, Any]) -> set[str]:
    """Make a run's file fit to be appended to; the ids that it already holds."""
    if not output.is_file() or output.stat().st_size == 0:
        output.parent.mkdir(parents=True, exist_ok=True)
        target = meta_path(output)
        partial = target.with_suffix(".part")
        partial.write_text(json.dumps(meta, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(target)
        return set()
    run = read_run(output)
    if differ := differences(run.meta, json.loads(json.dumps(meta))):
        raise BadRunFile(
            f"The run {output} was begun under other conditions: {'; '.join(differ)}. "
            "Name another file with --output, or delete this one."
        )
    with output.open("r+b") as file:  # a torn last line is asked again
        file.truncate(file.read().rfind(b"\n") + 1)
    return set(run.lines)


def _warm(pipeline: Pipeline, generate: bool) -> None:
    """Load models and index, so that the first question's seconds are like the others'."""
    pipeline.search("warm up")
    if generate and pipeline.settings.answer.writer:
        pipeline.writer.load()


def _with_answer(line: RunLine, answer: Answer, pipeline: Pipeline) -> RunLine:
    sources = {source.number: source for source in answer.sources}
    sentences = tuple(
        Said(
            sentence.text,
            sources[sentence.source].quote,
            sentence.support,
            sources[sentence.source].hit.passage.file,
            sources[sentence.source].hit.passage.pages,
            sentence.origin,
        )
        for sentence in answer.sentences
    )
    cited = () if answer.abstained else [_place(source.hit, None) for source in answer.sources]
    return replace(
        line,
        answer=" ".join(sentence.text for sentence in answer.sentences),
        citations=tuple(dict.fromkeys(cited)),
        abstained=answer.abstained,
        sentences=sentences,
        tokens=pipeline.writer.count_tokens(answer.draft) if answer.draft else 0,
        query=answer.query,
    )


def _place(hit: Hit, score: float | None) -> Place:
    passage = hit.passage
    rounded = None if score is None else round(score, 6)
    return Place(passage.file, passage.pages, rounded, passage.id)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadRunFile(
            f"{path} cannot be read ({error.strerror}). "
            f"Make a run with `katheder evaluate QUESTIONS.jsonl --output {path}`."
        ) from error


def _read_meta(path: Path) -> dict[str, Any]:
    sidecar = meta_path(path)
    try:
        meta = json.loads(_read(sidecar))
    except json.JSONDecodeError as error:
        raise BadRunFile(f"{sidecar} is not JSON ({error.msg}); make the run anew") from error
    if not isinstance(meta, dict):
        raise BadRunFile(f"{sidecar} holds no object; make the run anew")
    return meta
