"""Questions that are worth asking: about terms that the lectures define."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import zip_longest

import streamlit as st

from ingest.store import Library
from ingest.text.languages import language
from ingest.types import Document, Passage
from rag.course.guide import stored_guide
from rag.spans import span_text, units_of
from rag.unit_kinds import content_stems, defines

_NUMBER = 4
_MAX_WORDS = 5  # of a term
_MIN_ANSWER = 6  # words of the sentence that defines it
_TRIED = 60  # passages of a document
_MENTIONS = 3  # of each word of a term in them; what is named less is no topic
_LONG = 6  # letters; a shorter word alone is a term if it is an abbreviation
_WORD = re.compile(r"\w+")
_TERM_WORD = re.compile(r"[^\W\d_](?:[^\W_]|-){2,}")
_OPENING = re.compile(r"^(?:An?|The|Eine?|Der|Die|Das)\s+")
_NAMED = {"en": "What is meant by “{term}”?", "de": "Was ist mit „{term}“ gemeint?"}


def suggestions(library: Library, documents: Collection[str] | None = None) -> list[str]:
    """Four questions that the lectures answer: those of stored guides, then about defined terms.

    Args:
        library: Whose lectures are looked at, each in turn.
        documents: The ids of those that count; None for all.
    """
    questions = _guide_questions(library, documents)
    if len(questions) < _NUMBER:
        questions += [q for q in term_questions(library, documents) if q not in questions]
    return questions[:_NUMBER]


def _guide_questions(library: Library, documents: Collection[str] | None) -> list[str]:
    """The questions of the stored guides, the first of each lecture before any second one."""
    config = library.config()
    if config is None:
        return []
    scope = [d.id for d in library.documents() if documents is None or d.id in documents]
    guides = [stored_guide(library, id, config.encoder) for id in scope]
    columns = [[entry.name for entry in guide.questions] for guide in guides if guide]
    rows = zip_longest(*columns)
    return [question for row in rows for question in row if question][:_NUMBER]


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def term_questions(library: Library, documents: Collection[str] | None = None) -> list[str]:
    """Four questions about terms that the lectures define, the same for the same library.

    Args:
        library: Whose lectures are looked at, each in turn.
        documents: The ids of those that count; None for all.
    """
    rng = random.Random(library.content_hash())
    scope = [d for d in library.documents() if documents is None or d.id in documents]
    rng.shuffle(scope)
    questions: list[str] = []
    terms = [_defined_terms(library, document, rng) for document in scope]
    for _ in range(_NUMBER):
        for document, found in zip(scope, terms, strict=True):
            term = next(found, None)
            if term is None:
                continue
            question = _NAMED.get(document.language, _NAMED["en"]).format(term=term)
            if question not in questions:
                questions.append(question)
            if len(questions) == _NUMBER:
                return questions
    return questions


def _defined_terms(library: Library, document: Document, rng: random.Random) -> Iterator[str]:
    """Terms that a sentence of the document defines: headings, then those that open a sentence."""
    passages = [p for p in library.passages(document.id) if not p.is_navigation]
    passages = rng.sample(passages, min(len(passages), _TRIED))
    for passage in passages:
        heading = _OPENING.sub("", passage.headings[-1], count=1) if passage.headings else ""
        heading = heading[:1].upper() + heading[1:]
        if heading and defining_sentence(passage, heading):
            yield heading
    words = Counter(word for passage in passages for word in _WORD.findall(passage.text.casefold()))
    terms = [term for passage in passages for term in opening_terms(passage)]
    for in_words in (True, False):  # "Linear probe" says more than "Head"
        for term in terms:
            is_mentioned = all(words[w] >= _MENTIONS for w in _WORD.findall(term.casefold()))
            if (" " in term) == in_words and is_mentioned:
                yield term


def opening_terms(passage: Passage) -> Iterator[str]:
    """The terms of one to three words that open a sentence which defines them."""
    spoken = language(passage.language)
    for unit in units_of(passage):
        text = span_text(passage, unit)
        if len(text.split()) < _MIN_ANSWER:
            continue
        for number in (3, 2, 1):
            opening = _OPENING.match(text)
            words = text[opening.end() if opening else 0 :].split()[:number]
            term = " ".join(words)
            if (
                len(content_stems(term, spoken)) == len(words) == number
                and all(_TERM_WORD.fullmatch(word) for word in words)
                and (number > 1 or len(term) >= _LONG or term.isupper())
                and defines(text, term, spoken)
            ):
                yield term[0].upper() + term[1:]
                break


def defining_sentence(passage: Passage, term: str) -> str:
    """The first sentence of a passage that says what a term is; "" where none does."""
    spoken = language(passage.language)
    words = term.split()
    if not 1 <= len(words) <= _MAX_WORDS or term[-1] in "?!:." or not term[0].isupper():
        return ""
    if not content_stems(term, spoken):
        return ""
    for unit in units_of(passage):
        text = span_text(passage, unit)
        if len(text.split()) >= _MIN_ANSWER and defines(text, term, spoken):
            return text
    return ""
