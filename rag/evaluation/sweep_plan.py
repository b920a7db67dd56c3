"""A sweep's plan: a TOML file with a grid over settings, the questions and the lectures.

    questions = "../corpus/questions/dev.jsonl"
    lectures = ["../corpus"]
    output = "sweep"                    # libraries, a run a point, the table and the page
    generate = false                    # the default: retrieve pages, without answers
    limit = 50                          # only the first questions
    quality = "reranked nDCG@10"        # what is plotted against seconds, and the default
    allow_test = false                  # refuse questions that are kept for the final figure

    [settings.retrieval]                # shared by all points
    candidates = 50

    [grid]
    "chunking.passage_tokens" = [100, 200]
    "retrieval.candidates" = [20, 50]

Paths are relative to the file's own folder.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from rag.errors import BadQuestionFile, BadSettings
from rag.evaluation.questions import read_questions
from rag.settings import Settings, load_settings

QUALITY = "reranked nDCG@10"


class SweepPlan(BaseModel):
    """A sweep's file, read and checked; see the module for an example."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )

    questions: Path
    """A question file."""
    lectures: list[Path] = Field(min_length=1)
    """Files and folders to make a library of."""
    output: Path = Path("sweep")
    """The folder for libraries, runs, table and page."""
    generate: StrictBool = False
    """Make answers too, not only retrieve passages."""
    limit: Annotated[StrictInt, Field(ge=1)] | None = None
    """Only the first so many questions."""
    quality: str = QUALITY
    """The measure that is plotted against seconds."""
    allow_test: StrictBool = False
    """Allow questions that are kept for testing."""
    settings: dict[str, dict[str, Any]] = {}
    """Settings that all points share, by section and field."""
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(min_length=1)
    """Values by dotted name of a setting."""

    @field_validator("questions", "output")
    @classmethod
    def _in_folder(cls, path: Path, info: ValidationInfo) -> Path:
        return _folder(info) / path

    @field_validator("lectures")
    @classmethod
    def _all_in_folder(cls, paths: list[Path], info: ValidationInfo) -> list[Path]:
        return [_folder(info) / path for path in paths]

    @cached_property
    def base(self) -> Settings:
        """The settings of the environment with those that all points share."""
        return load_settings().with_changes(**self.settings)

    def points(self) -> list[dict[str, Any]]:
        """The values of every point by dotted name; the last name of the grid varies fastest."""
        return [
            dict(zip(self.grid, values, strict=True))
            for values in itertools.product(*self.grid.values())
        ]

    def at(self, point: Mapping[str, Any]) -> Settings:
        """The settings of a point.

        Raises:
            BadSettings: a name is not SECTION.FIELD, or a value does not fit.
        """
        sections: dict[str, dict[str, Any]] = {}
        for name, value in point.items():
            section, dot, key = name.partition(".")
            if not dot or "." in key:
                raise BadSettings(
                    f"{name} in the grid: expected SECTION.FIELD, as retrieval.candidates"
                )
            sections.setdefault(section, {})[key] = value
        return self.base.with_changes(**sections)


def read_plan(path: Path) -> SweepPlan:
    """Read and check a sweep's file: every point's settings, and which questions it uses.

    Raises:
        BadSettings: no TOML, or a key or value that does not fit; it is named.
        BadQuestionFile: questions that are kept for testing, and `allow_test` is not set.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadSettings(f"The sweep {path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"The sweep {path} is not TOML: {error}") from error
    try:
        plan = SweepPlan.model_validate(values, context={"folder": path.resolve().parent})
    except ValidationError as error:
        raise BadSettings(_sentences(error, path)) from error
    for point in plan.points():
        plan.at(point)
    if not plan.allow_test:
        _refuse_test_questions(plan.questions, path)
    return plan


def _folder(info: ValidationInfo) -> Path:
    """The folder of the file that is read; the working folder for a plan made in Python."""
    return Path(info.context["folder"]) if info.context else Path()


def _sentences(error: ValidationError, path: Path) -> str:
    """Every fault with its key, the value seen, and the value expected."""
    sentences = []
    for fault in error.errors():
        key = ".".join(map(str, fault["loc"]))
        if fault["type"] == "missing":
            sentences.append(f"{key} is missing in {path}")
        elif fault["type"] == "extra_forbidden":
            keys = ", ".join(SweepPlan.model_fields)
            sentences.append(f"{key} in {path}: there is no such key; the keys are {keys}")
        else:
            sentences.append(f"{key} = {fault['input']!r} in {path}: {fault['msg']}")
    return "; ".join(sentences)


def _refuse_test_questions(questions: Path, path: Path) -> None:
    """Raise where a question file is, or shares questions with, one that is kept for testing."""
    remedy = f"Tune on others, or set allow_test = true in {path}."
    if re.search(r"(^|[^a-z])test([^a-z]|$)", questions.stem.lower()):
        raise BadQuestionFile(f"{questions} is kept for testing. {remedy}")
    test_set = questions.with_name("test.jsonl")
    if test_set.is_file():
        ids = {question.id for question in read_questions(test_set)}
        shared = [q.id for q in read_questions(questions) if q.id in ids]
        if shared:
            raise BadQuestionFile(
                f"{questions} shares {len(shared)} questions with {test_set}, {shared[0]} first. {remedy}"
            )
