"""Drafts of questions from a lecture's headings, for a person to correct, and question files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ingest.store import Library
from ingest.text.detect import language_of
from ingest.text.languages import language
from ingest.types import Document
from rag.evaluation.questions import Gold, Question
from rag.spans import quotable_spans, span_text
from rag.unit_kinds import defines

_QUESTION = {"en": "What is meant by “{topic}”?", "de": "Was ist mit „{topic}“ gemeint?"}
_WORDS = range(1, 8)  # of a heading that a question can be about
_MOST = 40  # drafts of a lecture


def draft_questions(library: Library, document: Document) -> list[Question]:
    """A question about each heading, with its pages, and the sentence that answers it best.

    The answer is the first sentence that defines the heading's words, else the first sentence; it
    is a draft too. Headings that are questions stay as they are.

    Args:
        library: Holds the document.
        document: One lecture.
    """
    spoken = language(document.language)
    form = _QUESTION.get(spoken.code, _QUESTION["en"])
    pages: dict[str, set[int]] = {}
    answers: dict[str, str] = {}
    for passage in library.passages(document.id):
        topic = passage.headings[-1].strip() if passage.headings else ""
        if passage.is_navigation or len(topic.split()) not in _WORDS or topic == document.title:
            continue
        texts = [span_text(passage, span) for span in quotable_spans(passage)]
        if not texts:
            continue
        pages.setdefault(topic, set()).update(passage.pages)
        best = next((text for text in texts if defines(text, topic, spoken)), "")
        if best or topic not in answers:
            answers[topic] = best or texts[0]
    return [
        Question(
            id=f"{Path(document.file).stem}-{number:03}",
            question=topic if topic.endswith("?") else form.format(topic=topic.rstrip(":.")),
            type="definition",
            lang=spoken.code,
            gold=(Gold(document.file, tuple(sorted(pages[topic]))),),
            answer=answers[topic],
        )
        for number, topic in enumerate(list(pages)[:_MOST], start=1)
    ]


def new_question(
    questions: Sequence[Question],
    text: str,
    kind: str,
    gold: Sequence[Gold],
    answer: str,
    keywords: Sequence[str],
) -> Question:
    """A question with an id that a set does not have yet.

    Args:
        questions: Those of the set.
        text: The question.
        kind: Its type, as `definition`.
        gold: The pages that answer it; none if the lectures do not.
        answer: What a right answer says, "" for nothing.
        keywords: Words that a right answer has; they are not read as regular expressions.
    """
    known = {question.id for question in questions}
    number = len(known) + 1
    while f"q{number:03}" in known:
        number += 1
    words = tuple(_literal(word) for word in keywords)
    return Question(
        f"q{number:03}", text, kind, language_of(text) or "en", tuple(gold), answer, words
    )


def _literal(word: str) -> str:
    """A regular expression for the word itself, in which letters and blanks stay readable."""
    return "".join(f"\\{sign}" if sign in r"\.^$*+?{}[]|()" else sign for sign in word)


def question_lines(questions: Sequence[Question]) -> str:
    """The questions as a file holds them, one JSON object a line."""
    return "".join(
        json.dumps(question.as_dict(), ensure_ascii=False) + "\n" for question in questions
    )
