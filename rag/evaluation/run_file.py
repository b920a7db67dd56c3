"""A run as a file: a JSON line for each question, and a sidecar with the run's conditions.

The sidecar says under what conditions a run was made (settings, models, library, versions,
machine) and with which questions, so that it can be measured by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from ingest.citations import cite
from rag.errors import BadRunFile
from rag.evaluation.questions import Question, questions_from
from rag.types import Grade

_NOT_COMPARED = ("date",)  # may differ where a run is continued


@dataclass(frozen=True, slots=True)
class PageReference:
    """Pages of a document that were retrieved or cited together; of a passage, all its pages.

    `score` is that of the order it is in, or None where that stage did not score it; the order
    of a list counts, not the scores. `passage` is the passage's id, "" where it is not known.
    """

    doc: str
    pages: tuple[int, ...]
    score: float | None = None
    passage: str = ""

    @property
    def page_ids(self) -> frozenset[tuple[str, int]]:
        """Every page as (file name, page)."""
        return frozenset((self.doc, page) for page in self.pages)

    def shows(self, pages: frozenset[tuple[str, int]]) -> bool:
        """Whether one of its pages is among some, each as (file name, page)."""
        return any((self.doc, page) in pages for page in self.pages)

    @property
    def citation(self) -> str:
        """File and pages: `deck.pdf, p. 4` or `deck.pdf, pp. 4-6`."""
        return cite(self.doc, self.pages)

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
    def from_dict(cls, values: Mapping[str, Any]) -> PageReference:
        """The reference that `as_dict` wrote."""
        page = values["page"]
        pages = (page,) if isinstance(page, int) else tuple(page)
        return cls(values["doc"], pages, values.get("score"), values.get("passage", ""))


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of an answer, the words quoted for it, and the pages that they are from.

    `support` in [0, 1] is the pipeline's own judgement; `origin` is "written" or "quoted".
    """

    text: str
    quote: str
    support: float
    doc: str
    pages: tuple[int, ...]
    origin: str = "written"

    @property
    def reference(self) -> PageReference:
        """The pages of its quote."""
        return PageReference(self.doc, self.pages)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; a single page is an int, several are a list."""
        return {
            "text": self.text,
            "quote": self.quote,
            "support": self.support,
            **self.reference.as_dict(),
            "origin": self.origin,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AnswerSentence:
        """The sentence that `as_dict` wrote."""
        reference = PageReference.from_dict(values)
        return cls(
            values["text"],
            values.get("quote", ""),
            values.get("support", 0.0),
            reference.doc,
            reference.pages,
            values.get("origin", "written"),
        )


@dataclass(frozen=True, slots=True)
class AnswerLead:
    """A lead of an answer and the pages that it is from.

    `clean` tells whether it begins and ends at a boundary of its page, see
    `rag.evaluation.leads.is_clean`.
    """

    text: str
    doc: str
    pages: tuple[int, ...]
    clean: bool

    @property
    def reference(self) -> PageReference:
        """The pages of its words."""
        return PageReference(self.doc, self.pages)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; a single page is an int, several are a list."""
        return {"text": self.text, **self.reference.as_dict(), "clean": self.clean}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AnswerLead:
        """The lead that `as_dict` wrote."""
        reference = PageReference.from_dict(values)
        return cls(values["text"], reference.doc, reference.pages, values["clean"])


@dataclass(frozen=True, slots=True)
class RunLine:
    """What a pipeline made of one question.

    `retrieved` is the fused order and `reranked` the last stage's, best first; without a
    reranker they are the same. `answer` is the whole answer without marks, leads first, "" where there
    is none. `seconds` is the whole time and `stages` its parts by stage. `score` is the
    confidence by which the pipeline grades its answer, None in a run without answers; `query`
    the text that was searched for; `tokens` the length of the model's draft; `error` what went
    wrong, "" for nothing.
    """

    id: str
    retrieved: tuple[PageReference, ...] = ()
    reranked: tuple[PageReference, ...] = ()
    answer: str = ""
    citations: tuple[PageReference, ...] = ()
    grade: Grade = "answered"
    seconds: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    score: float | None = None
    sentences: tuple[AnswerSentence, ...] = ()
    tokens: int = 0
    query: str = ""
    leads: tuple[AnswerLead, ...] = ()

    @property
    def lead(self) -> str:
        """What is shown first: the leads; of an answer without one, as a written one, all of it."""
        return " ".join(lead.text for lead in self.leads) or self.answer

    @property
    def abstained(self) -> bool:
        """Whether no answer was shown, only the nearest pages."""
        return self.grade == "not_answered"

    def passages(self, stage: str) -> tuple[PageReference, ...]:
        """The order of a stage, "retrieved" or "reranked"."""
        return {"retrieved": self.retrieved, "reranked": self.reranked}[stage]

    def as_dict(self) -> dict[str, Any]:
        """The line as plain values that `json.dumps` takes."""
        return {
            "id": self.id,
            "retrieved": [passage.as_dict() for passage in self.retrieved],
            "reranked": [passage.as_dict() for passage in self.reranked],
            "answer": self.answer,
            "citations": [citation.as_dict() for citation in self.citations],
            "abstained": self.abstained,
            "grade": self.grade,
            "seconds": self.seconds,
            "stages": dict(self.stages),
            "error": self.error,
            "score": self.score,
            "sentences": [sentence.as_dict() for sentence in self.sentences],
            "leads": [lead.as_dict() for lead in self.leads],
            "tokens": self.tokens,
            "query": self.query,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunLine:
        """The line that `as_dict` wrote; fields that a line need not have may be missing.

        Lines of older versions have no `grade`, but `abstained`.
        """
        grade = values.get("grade", "not_answered" if values["abstained"] else "answered")
        if grade not in get_args(Grade):
            raise ValueError(f"grade {grade!r}, expected one of {', '.join(get_args(Grade))}")
        references = {
            name: tuple(PageReference.from_dict(reference) for reference in values[name])
            for name in ("retrieved", "reranked", "citations")
        }
        return cls(
            id=values["id"],
            answer=values["answer"],
            grade=grade,
            seconds=values["seconds"],
            stages=values["stages"],
            error=values.get("error", ""),
            score=values.get("score"),
            sentences=tuple(map(AnswerSentence.from_dict, values.get("sentences", ()))),
            leads=tuple(map(AnswerLead.from_dict, values.get("leads", ()))),
            tokens=values.get("tokens", 0),
            query=values.get("query", ""),
            **references,
        )


@dataclass(frozen=True)
class Run:
    """A run as read: its conditions, and its lines by question id in the order of the file."""

    path: Path
    meta: dict[str, Any]
    lines: dict[str, RunLine]

    @property
    def name(self) -> str:
        """The file's name without `.jsonl`."""
        return _without_suffix(self.path)

    @cached_property
    def questions(self) -> list[Question]:
        """The questions that it was made with, those not reached among them."""
        return questions_from(self.meta.get("questions", []), str(meta_path(self.path)))

    @property
    def date(self) -> str:
        """When it was begun, as `2026-01-31`; "" where its sidecar does not say so."""
        return str(self.meta.get("date", ""))[:10]

    @property
    def generated(self) -> bool:
        """Whether it has answers, or passages alone."""
        return bool(self.meta.get("generate", True))

    @property
    def reranks(self) -> bool:
        """Whether a second stage changed any order."""
        return any(line.retrieved != line.reranked for line in self.lines.values())


def meta_path(path: Path) -> Path:
    """The sidecar of a run: `RUN.meta.json` beside `RUN.jsonl`, of `run-0.5` `run-0.5.meta.json`."""
    return path.with_name(f"{_without_suffix(path)}.meta.json")


def _without_suffix(path: Path) -> str:
    """The name of a run; what follows the dot of another name, as in `run-0.5`, is a part of it."""
    return path.name.removesuffix(".jsonl")


def read_run(path: Path) -> Run:
    """Read a run and its sidecar; a last line that was not written to its end is left out.

    Raises:
        BadRunFile: one of the two is missing or damaged.
    """
    text = _read(path)
    lines: dict[str, RunLine] = {}
    for number, row in enumerate(text[: text.rfind("\n") + 1].split("\n"), start=1):
        if not row.strip():
            continue
        try:
            line = RunLine.from_dict(json.loads(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRunFile(
                f"{path}:{number}: not a line of a run ({type(error).__name__}: {error}). "
                "Delete the line, and evaluate again to replace it."
            ) from error
        lines[line.id] = line
    return Run(path, _read_meta(path), lines)


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Where two sidecars differ, as `settings.retrieval.top_k: 8, now 5`; dates may."""
    lines = []
    for key in dict.fromkeys([*old, *new]):
        name = f"{prefix}{key}"
        a, b = old.get(key), new.get(key)
        if a == b or name in _NOT_COMPARED:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            lines.extend(differences(a, b, f"{name}."))
        elif name == "questions":
            lines.append(f"questions: {len(a or ())}, now {len(b or ())}, or different ones")
        else:
            lines.append(f"{name}: {a}, now {b}")
    return lines


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadRunFile(
            f"{path} cannot be read ({error.strerror}). "
            f"Make a run with `katheder evaluate QUESTIONS.jsonl --output {path}`."
        ) from error


def _read_meta(path: Path) -> dict[str, Any]:
    sidecar, older = meta_path(path), path.with_suffix(".meta.json")
    if not sidecar.exists() and older.exists():  # written before each name had its own
        sidecar = older
    try:
        meta = json.loads(_read(sidecar))
    except json.JSONDecodeError as error:
        raise BadRunFile(f"{sidecar} is not JSON ({error.msg}); make the run again") from error
    if not isinstance(meta, dict):
        raise BadRunFile(f"{sidecar} does not hold an object; make the run again")
    return meta
