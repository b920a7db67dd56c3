"""Question sets: each question with the pages that answer it and what a right answer contains.

A file has one JSON object a line; see `Question` for its fields. Further fields (`tags`,
`source`, ...) are kept, and results can be grouped by them. The same faults that
`read_questions` refuses are listed by `check_questions`, which also checks with a library that
the gold pages exist and contain the keywords.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ingest.store import Library
from rag.errors import BadQuestionFile
from rag.evaluation.keywords import keyword_fault, matches_keyword, shortened
from rag.types import Turn


@dataclass(frozen=True, slots=True)
class Gold:
    """Pages of a document, by its file name and from 1, that answer a question."""

    doc: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with all pages that answer it; no `gold` means that the lectures do not.

    `keywords` are regular expressions, matched whatever the case; a right answer matches each.
    `after` is the id of the question that this one follows in a conversation. `metadata` are
    the fields that a file has besides these, for its author's own use.
    """

    id: str
    question: str
    type: str
    lang: str
    gold: tuple[Gold, ...]
    answer: str = ""
    keywords: tuple[str, ...] = ()
    after: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def answerable(self) -> bool:
        """Whether the lectures answer it."""
        return bool(self.gold)

    @property
    def gold_pages(self) -> frozenset[tuple[str, int]]:
        """Every gold page as (file name, page)."""
        return frozenset((gold.doc, page) for gold in self.gold for page in gold.pages)

    def as_dict(self) -> dict[str, Any]:
        """The question as a line of a file holds it."""
        values = asdict(self)
        if self.after is None:
            del values["after"]
        return values | values.pop("metadata")

    def groups(self, name: str) -> tuple[str, ...]:
        """The groups that a field puts the question into: its value, or each value of a list."""
        value = self.metadata.get(name, getattr(self, name) if name in _GROUPING else None)
        values = value if isinstance(value, list | tuple) else [value]
        return tuple(
            dict.fromkeys(
                entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)
                for entry in values
                if entry is not None
            )
        )


_GROUPING = ("type", "lang")  # the fields of every question that put it into a group
_FIELDS = tuple(one.name for one in fields(Question) if one.name != "metadata")
_SIMILARITY = 0.75  # of a misspelt field to the one that it is taken for; "glod" is "gold"


def read_questions(path: Path) -> list[Question]:
    """Read a question file, in order.

    Raises:
        BadQuestionFile: it cannot be read, or a line does not fit; the message names the
            first such line, what is wrong with it, and how to see the others.
    """
    numbered, faults = _parse(path)
    if faults:
        more = f" ({len(faults)} faults; `katheder questions check {path}` lists them)"
        raise BadQuestionFile(faults[0] + (more if len(faults) > 1 else ""))
    if not numbered:
        raise BadQuestionFile(f"{path} holds no questions; expected one JSON object a line")
    return [question for _, question in numbered]


def questions_from(values: Sequence[dict[str, Any]], origin: str) -> list[Question]:
    """Questions from plain values, such as a run keeps of the set that it was made with.

    Raises:
        BadQuestionFile: a value does not fit.
    """
    questions = []
    for number, value in enumerate(values, start=1):
        question, faults = _question(value)
        if question is None:
            raise BadQuestionFile(f"{origin}, question {number}: {faults[0]}")
        questions.append(question)
    return questions


def check_grouping(questions: Sequence[Question], by: Sequence[str]) -> None:
    """Check that each field to group by is there.

    Raises:
        BadQuestionFile: no question has it; the message names those that there are.
    """
    own = dict.fromkeys(name for question in questions for name in question.metadata)
    names = [*_GROUPING, *own]
    for name in by:
        if questions and not any(question.groups(name) for question in questions):
            close = difflib.get_close_matches(name, names, 1, _SIMILARITY)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise BadQuestionFile(
                f"No question has the field {name!r}{hint}; group by {', '.join(names)}."
            )


def grouped(questions: Sequence[Question], by: Sequence[str]) -> dict[str, list[Question]]:
    """All questions, and those of each value of some fields, as "tags: exam", in order.

    A question whose field holds a list is in each of its groups, one without the field in none.
    """
    groups = {"all": list(questions)} if questions else {}
    for name in by:
        members: dict[str, list[Question]] = {}
        for question in questions:
            for value in question.groups(name):
                members.setdefault(value, []).append(question)
        groups |= {f"{name}: {value}": members[value] for value in sorted(members)}
    return groups


def check_questions(path: Path, library: Library) -> list[str]:
    """Everything that is wrong with a question file, one line for each fault, in its order.

    Besides the file's form: gold documents that the library does not have, pages out of
    range, and keywords that no gold page matches, or that the gold answer does not.
    """
    numbered, faults = _parse(path)
    by_file: dict[str, list[dict[int, str]]] = {}
    for document in library.documents():
        pages = {page.number: f"{page.heading}\n{page.text}" for page in library.pages(document.id)}
        by_file.setdefault(document.file, []).append(pages)
    for number, question in numbered:
        where = f"{path}:{number}: {question.id}"
        texts = []
        for gold in question.gold:
            if gold.doc not in by_file:
                faults.append(
                    f"{where}: gold document {gold.doc!r} is not in the library "
                    f"(which holds {', '.join(sorted(by_file)) or 'nothing'})"
                )
                continue
            for page in gold.pages:
                page_texts = [pages[page] for pages in by_file[gold.doc] if page in pages]
                if not page_texts:
                    last = max(max(pages, default=0) for pages in by_file[gold.doc])
                    faults.append(
                        f"{where}: gold page {page} of {gold.doc} is out of range, "
                        f"which has pages 1 to {last}"
                    )
                texts.extend(page_texts)
        if question.answer:
            faults.extend(
                f"{where}: keyword {keyword!r} is not in its answer"
                for keyword in question.keywords
                if not matches_keyword(question.answer, keyword)
            )
        if texts:
            faults.extend(
                f"{where}: keyword {keyword!r} is on none of its gold pages"
                for keyword in question.keywords
                if not any(matches_keyword(text, keyword) for text in texts)
            )
    return sorted(faults, key=_line_number)


def history_of(question: Question, questions: Sequence[Question]) -> tuple[Turn, ...]:
    """The conversation that a question follows, oldest first, each turn with its gold answer.

    Gold answers rather than a run's own make runs comparable: one bad answer spoils one line.
    """
    by_id = {other.id: other for other in questions}
    turns: list[Turn] = []
    seen = {question.id}
    at = question.after
    while at is not None and at in by_id and at not in seen:
        seen.add(at)
        turns.append(Turn(by_id[at].question, by_id[at].answer))
        at = by_id[at].after
    return tuple(reversed(turns))


def _line_number(fault: str) -> int:
    match = re.search(r":(\d+): ", fault)
    return int(match.group(1)) if match else 0


def _parse(path: Path) -> tuple[list[tuple[int, Question]], list[str]]:
    """The sound questions with their line numbers, and every fault of the others."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        return [], [f"{path} cannot be read ({error.strerror})"]
    except UnicodeDecodeError as error:
        return [], [f"{path} is not UTF-8 text ({error.reason} at byte {error.start})"]
    numbered: list[tuple[int, Question]] = []
    faults: list[str] = []
    first: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            faults.append(f"{where}: not JSON ({error.msg} at column {error.colno})")
            continue
        question, line_faults = _question(value)
        faults.extend(f"{where}: {fault}" for fault in line_faults)
        if question is None:
            continue
        if question.id in first:
            faults.append(f"{where}: id {question.id!r} is that of line {first[question.id]}")
        elif question.after is not None and question.after not in first:
            faults.append(
                f"{where}: {question.id}: after = {question.after!r} names no question above it"
            )
        first.setdefault(question.id, number)
        numbered.append((number, question))
    return numbered, faults


def _question(value: Any) -> tuple[Question | None, list[str]]:
    """A question from a JSON value, or None and what is wrong with it."""
    if not isinstance(value, dict):
        return None, [f"expected an object, got {type(value).__name__}"]
    name = value.get("id")
    prefix = f"{name}: " if isinstance(name, str) and name else ""
    metadata = {key: entry for key, entry in value.items() if key not in _FIELDS}
    faults = [
        f"{prefix}unknown field {key!r}; did you mean {intended!r}?"
        for key in metadata
        if (intended := _intended_field(key, value))
    ]
    for key in ("id", "question", "type", "lang"):
        if not isinstance(value.get(key), str) or not value[key].strip():
            faults.append(f"{prefix}{key} = {value.get(key)!r}, expected a text")
    if not isinstance(value.get("answer", ""), str):
        faults.append(f"{prefix}answer = {value['answer']!r}, expected a text")
    if not isinstance(value.get("after", None), str | None):
        faults.append(f"{prefix}after = {value['after']!r}, expected a question's id")
    gold = _gold(value.get("gold"))
    if gold is None:
        faults.append(
            f"{prefix}gold = {value.get('gold')!r}, "
            'expected a list of {"doc": file name, "pages": [numbers from 1]}'
        )
    keywords = value.get("keywords", [])
    if not isinstance(keywords, list) or not all(isinstance(word, str) for word in keywords):
        faults.append(f"{prefix}keywords = {keywords!r}, expected a list of texts")
    else:
        for word in keywords:
            if fault := keyword_fault(word):
                faults.append(f"{prefix}keyword {shortened(word)} {fault}")
    if faults or gold is None:
        return None, faults
    return (
        Question(
            id=value["id"],
            question=value["question"],
            type=value["type"],
            lang=value["lang"],
            gold=gold,
            answer=value.get("answer", ""),
            keywords=tuple(keywords),
            after=value.get("after"),
            metadata=metadata,
        ),
        [],
    )


def _intended_field(key: str, value: Mapping[str, Any]) -> str | None:
    """The field that an unknown one is most likely a misspelling of; None for a field of its own."""
    # Many words are close to two letters; "uid" beside an id is a field of its own.
    candidates = [name for name in _FIELDS if len(name) > 2 or name not in value]
    close = difflib.get_close_matches(key.lower(), candidates, 1, _SIMILARITY)
    return close[0] if close else None


def _gold(value: Any) -> tuple[Gold, ...] | None:
    """Gold pages from a JSON value; None where it does not fit."""
    if not isinstance(value, list):
        return None
    golds = []
    for entry in value:
        if not isinstance(entry, dict) or set(entry) != {"doc", "pages"}:
            return None
        doc, pages = entry["doc"], entry["pages"]
        if not isinstance(doc, str) or not doc or not isinstance(pages, list) or not pages:
            return None
        if not all(type(page) is int and page >= 1 for page in pages):
            return None
        golds.append(Gold(doc, tuple(pages)))
    return tuple(golds)
