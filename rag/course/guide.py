"""The guide to a lecture: its outline, summary, key terms, questions that it answers, and what was not read.

A guide is stored in the library's folder. It holds for the text and the models that it was made
with: a lecture that was read again, or corrected, gets a new one.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ingest.embed import Encoder
from ingest.guides import guide_file
from ingest.store import Library
from ingest.text.languages.course import COURSE_WORDS
from ingest.types import Passage
from rag.course.catalogue import Catalogue, Lecture
from rag.course.contents import central_passages, outline_of, subheadings_of, summary_of
from rag.course.exam import exam_questions
from rag.course.sections import Section, is_aside
from rag.course.sentences import Choice
from rag.spans import TextSpan
from rag.study.definitions import Definition, definitions_in
from rag.types import Answer

log = logging.getLogger(__name__)

_FORMAT = 4
_TERMS = 12
_FORMULA = re.compile(r"[=∈∀∃∑∏∫∂√≤≥≠≈∞]")  # in no heading of words
_QUESTIONS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a guide: what it is about, the lecture's own words, and the page from 1."""

    name: str
    text: str
    page: int


@dataclass(frozen=True, slots=True)
class Guide:
    """What a reader should know of a lecture before reading it.

    `outline` are its headings, with those below them in `text`; `summary` its most central sentences
    under their headings; `terms` those that it defines; `questions` those that it answers, with the
    answers; `without_text` the pages that hold only pictures, and `pictures` those with pictures that
    were not read. `key` is a hash of all that it was made of.
    """

    key: str
    outline: tuple[Entry, ...] = ()
    summary: tuple[Entry, ...] = ()
    terms: tuple[Entry, ...] = ()
    questions: tuple[Entry, ...] = ()
    without_text: tuple[int, ...] = ()
    pictures: tuple[int, ...] = ()
    format: int = _FORMAT

    def as_dict(self) -> dict[str, Any]:
        """The guide as plain values for JSON."""
        values: dict[str, Any] = _GUIDE.dump_python(self, mode="json")
        return values


_GUIDE = TypeAdapter(Guide)


def stored_guide(library: Library, document: str, encoder: str) -> Guide | None:
    """The guide that is stored for a document; None where there is none that still holds.

    Args:
        library: With the document.
        document: Its id.
        encoder: The identity of the encoder in use.
    """
    try:
        text = guide_file(document, library.folder).read_bytes()
        guide = _GUIDE.validate_json(text)
    except (OSError, ValidationError):
        return None
    return guide if guide.key == _key(library.passages(document), encoder) else None


def guide_to(
    library: Library, document: str, encoder: Encoder, ask: Callable[[str], Answer]
) -> Guide:
    """The guide to a lecture: the stored one, else a new one, which is stored.

    Args:
        library: With the lecture. One that may not be written gets no stored guide.
        document: The id of the lecture.
        encoder: Of the library's vectors.
        ask: Answers a question by the search, to try the questions of the guide.

    Raises:
        ValueError: the library holds no such document.
    """
    if guide := stored_guide(library, document, encoder.identity):
        return guide
    catalogue = Catalogue.of(library)
    lecture = catalogue.by_document(document)
    if lecture is None:
        raise ValueError(f"the library holds no document {document!r}")
    guide = _new_guide(lecture, catalogue, library, encoder, ask)
    _store(guide, guide_file(document, library.folder))
    return guide


def _new_guide(
    lecture: Lecture,
    catalogue: Catalogue,
    library: Library,
    encoder: Encoder,
    ask: Callable[[str], Answer],
) -> Guide:
    id = lecture.document.id
    passages = catalogue.passages(lecture)
    words = COURSE_WORDS.get(lecture.document.language, COURSE_WORDS["en"])
    questions = exam_questions(central_passages([lecture], catalogue), words, ask, _QUESTIONS)
    return Guide(
        key=_key(passages, encoder.identity),
        outline=tuple(
            Entry(
                section.heading,
                "; ".join(name for name, _ in subheadings_of(section)),
                section.pages[0],
            )
            for section in outline_of(lecture, catalogue)
        ),
        summary=tuple(
            Entry(name, choice.text, _page(choice.passage, choice.span))
            for name, choice in named_choices(
                summary_of(lecture, catalogue, encoder), lecture.title
            )
        ),
        terms=tuple(
            Entry(one.term, one.meaning if one.kind == "abbreviation" else one.text, one.pages[0])
            for one in key_terms(passages, _TERMS)
        ),
        questions=tuple(
            Entry(one.question, " ".join(one.items), _page(one.passage, one.span))
            for one in questions
        ),
        without_text=tuple(library.pages_without_text().get(id, ())),
        pictures=tuple(library.unread_pictures().get(id, ())),
    )


def named_choices(
    choices: Sequence[tuple[Section, Choice]], title: str
) -> Iterator[tuple[str, Choice]]:
    """A summary's sentences under their headings; "" for one that says nothing new.

    That is a formula, what the sentence says itself, the lecture's title, or the heading before.
    """
    before = title
    for section, choice in choices:
        heading = section.heading
        says_nothing = _FORMULA.search(heading) or choice.text in heading
        yield "" if says_nothing or heading == before else heading, choice
        before = heading


def key_terms(passages: Sequence[Passage], number: int) -> list[Definition]:
    """The terms that a lecture defines, by page; of more than `number`, those that it names most."""
    text = "\n".join(passage.text for passage in passages).casefold()
    definitions: dict[str, Definition] = {}
    for one in definitions_in([one for one in passages if not is_aside(one)]):
        definitions.setdefault(one.term.casefold(), one)
    often = sorted(definitions.values(), key=lambda one: -text.count(one.term.casefold()))
    return sorted(often[:number], key=lambda one: (one.pages, one.start))


def _page(passage: Passage, span: TextSpan) -> int:
    return passage.pages_of(span.start, span.end)[0]


def _key(passages: Sequence[Passage], encoder: str) -> str:
    """A hash of a lecture's passages, the encoder and the form of a guide."""
    digest = hashlib.sha256(f"{_FORMAT} {encoder}".encode())
    for passage in passages:
        digest.update(f"{passage.id}\0{passage.headings}\0{passage.text}\0".encode())
    return digest.hexdigest()


def _store(guide: Guide, file: Path) -> None:
    """Write a guide in one step; a library that may not be written is left as it is."""
    try:
        file.parent.mkdir(exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(_GUIDE.dump_json(guide, indent=1))
        part.replace(file)
    except OSError as error:
        log.warning("The guide %s was not stored: %s", file, error.strerror)
