"""The training texts: passages with questions, answers and their evidence.

`training/data/passages/` has a file for each subject, with a passage on each line:

    {"id", "lang", "style", "title", "text": [unit, ...],
     "questions":    [{"q", "lang", "answer": [[sentence, unit number from 1], ...]}, ...],
     "unanswerable": [{"q", "lang"}, ...],
     "followups":    [{"q", "lang", "after": number of a question from 1, "answer": ...}, ...]}

A unit is a sentence, a bullet, a row of a table or a formula with its line.
`training/data/README.md` is the data card.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest import resources

FOLDER = resources.package_file("training", "data", "passages")


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question about a passage; `answer` pairs sentences with unit numbers from 1.

    `answer` is empty where the passage does not answer it. Of a follow-up, `after` is the
    question before it, else "".
    """

    id: str
    passage: str
    question: str
    lang: str
    answer: tuple[tuple[str, int], ...] = ()
    after: str = ""

    @property
    def query(self) -> str:
        """The text to search for: a follow-up is preceded by the question before it."""
        return f"{self.after} {self.question}" if self.after else self.question

    @property
    def evidence(self) -> tuple[int, ...]:
        """The numbers of the units that answer it, ascending."""
        return tuple(sorted({unit for _, unit in self.answer}))


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A passage: its units in order, and the questions about it."""

    id: str
    lang: str
    style: str
    title: str
    units: tuple[str, ...]
    questions: tuple[TrainingQuestion, ...]

    @property
    def text(self) -> str:
        """The units, each on a line."""
        return "\n".join(self.units)

    @property
    def subject(self) -> str:
        """The part of the id before its number."""
        return self.id.rsplit("-", 1)[0]


def read_texts(files: Sequence[Path] = ()) -> list[TrainingText]:
    """All passages of some files, or of the whole folder in the order of file names.

    Raises:
        ValueError: a line is not a passage; the message names file and line.
    """
    texts = []
    for file in files or sorted(FOLDER.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                texts.append(_text(json.loads(line)))
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise ValueError(f"{file.name}, line {number}: {error!r}") from error
    return texts


def _text(raw: dict[str, Any]) -> TrainingText:
    name = raw["id"]

    def answer(item: dict[str, Any]) -> tuple[tuple[str, int], ...]:
        return tuple((sentence, int(unit)) for sentence, unit in item["answer"])

    questions = [
        TrainingQuestion(f"{name}.q{n}", name, item["q"], item["lang"], answer(item))
        for n, item in enumerate(raw["questions"], start=1)
    ]
    questions += [
        TrainingQuestion(f"{name}.u{n}", name, item["q"], item["lang"])
        for n, item in enumerate(raw.get("unanswerable", []), start=1)
    ]
    questions += [
        TrainingQuestion(
            f"{name}.f{n}",
            name,
            item["q"],
            item["lang"],
            answer(item),
            raw["questions"][item["after"] - 1]["q"],
        )
        for n, item in enumerate(raw.get("followups", []), start=1)
    ]
    units = tuple(raw["text"])
    return TrainingText(name, raw["lang"], raw["style"], raw["title"], units, tuple(questions))
