"""Route a question that names a lecture and hardly says more, by the nearest of some examples."""

from __future__ import annotations

import re

import numpy as np

from ingest.embed import Encoder
from ingest.text.languages import Language
from ingest.text.languages.course import CourseWords
from rag.course.catalogue import Lecture
from rag.course.cued import SPAN_WORDS, Names, word_spans

_VECTORS: dict[tuple[str, str], np.ndarray] = {}  # by encoder and language, computed once

_LEFT_OVER = 1  # word of its own beside the lecture
_MIN_COSINE = 0.6
_MARGIN = 0.01  # of the best kind's cosine over that of questions for the search


def by_examples(
    text: str, words: CourseWords, spoken: Language, encoder: Encoder, names: Names
) -> tuple[str, Lecture] | None:
    """The kind of the nearest example and the lecture that a question names; None for the search."""
    if _own_words(text, spoken) > _LEFT_OVER + SPAN_WORDS:
        return None  # whichever name were in it
    for start, end in word_spans(text):
        if _own_words(f"{text[:start]} {text[end:]}", spoken) > _LEFT_OVER:
            continue
        lecture = names.reference(text[start:end], words)
        if lecture is None:
            continue
        label = words.examples["summary"][0]
        name = next(iter(re.findall(r"\w+ 2", label)))
        kind = _nearest_kind(f"{text[:start]}{name}{text[end:]}", words, encoder)
        return (kind, lecture) if kind else None
    return None


def _nearest_kind(text: str, words: CourseWords, encoder: Encoder) -> str:
    """The kind whose example is nearest to a question; "" for one that the search answers."""
    kinds = [kind for kind, examples in words.examples.items() for _ in examples]
    texts = [example for examples in words.examples.values() for example in examples]
    key = (encoder.identity, texts[0])
    if key not in _VECTORS:
        _VECTORS[key] = encoder.encode(texts)
    cosines = np.asarray(_VECTORS[key] @ encoder.encode([text])[0])
    search = max(c for c, kind in zip(cosines, kinds, strict=True) if not kind)
    best = int(cosines.argmax())
    near = cosines[best] >= _MIN_COSINE and cosines[best] - search >= _MARGIN
    return kinds[best] if near else ""


def _own_words(text: str, spoken: Language) -> int:
    """How many words of a text are not among the language's frequent ones."""
    words = [word for word in text.casefold().split() if re.search(r"\w", word)]
    frequent = spoken.evident_words  # a set that is made at each call
    return sum(word.strip(".,?!") not in frequent for word in words)
