"""Text and questions as the terms of the lexical search: stems, and names in capitals.

A passage is indexed by the stems of its own language, and a question's words are searched in it by
their stems under that language, so that a question finds text in another language that uses the
same word. A word in capitals that in small letters is a stop word, as AND, OR or MIT, has a
term of its own, which the word in small letters does not match. A German umlaut is found as its
letter with an e, as its letter alone, and as itself, whatever the language around it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from ingest.text.languages import LANGUAGES, Language
from ingest.text.names import is_in_capitals
from ingest.text.stems import stem

#: Consecutive terms; `d_k` is one of two.
Phrase = tuple[str, ...]

_WORD = re.compile(r"\w+")
_TERM = re.compile("(?:[^\\W_][\u0300-\u036f]*)+")  # with accents that are not composed
_NAME = "\ue000"  # opens the term of a name in capitals; repaired text has no such character
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def index_terms(text: str, language: Language) -> str:
    """The terms of a text in its order, with a blank between two."""
    return " ".join(term for _, _, terms in _located_terms(text, language) for term in terms)


def question_phrases(question: str, language: Language, text_language: Language) -> list[Phrase]:
    """What to search for a question in texts of one language, as alternatives, each once.

    The question's stop words are left out, except in a question of stop words alone.

    Args:
        question: In any words.
        language: The question's, whose stop words are left out.
        text_language: That of the texts that are searched.
    """
    text = unicodedata.normalize("NFC", question)
    if text.isupper():
        text = text.lower()  # here capitals mark no names
    words = _WORD.findall(text)
    content_words = [word for word in words if not _is_stop_word(word, language)]
    phrases = [
        phrase for word in content_words or words for phrase in _alternatives(word, text_language)
    ]
    return list(dict.fromkeys(phrases))


def matches(text: str, language: Language, phrases: Iterable[Phrase]) -> list[tuple[int, int]]:
    """Where a text has one of the phrases: (start, end) of each of their words, in order."""
    located = list(_located_terms(text, language))
    matched: set[int] = set()
    for phrase in phrases:
        for first in range(len(located) - len(phrase) + 1):
            window = range(first, first + len(phrase))
            if all(
                term in located[position][2] for position, term in zip(window, phrase, strict=True)
            ):
                matched.update(window)
    return [located[position][:2] for position in sorted(matched)]


def _located_terms(text: str, language: Language) -> Iterator[tuple[int, int, Sequence[str]]]:
    """(start, end, its terms) of each word of a text."""
    for match in _TERM.finditer(text):
        word = match[0]
        spellings = (word, word.translate(_SPELT_OUT))
        terms = list(dict.fromkeys(stem(spelling, language) for spelling in spellings))
        if _is_name(word):
            terms.append(_NAME + word.lower())
        yield match.start(), match.end(), terms


def _alternatives(word: str, language: Language) -> Iterator[Phrase]:
    """The phrases that one word of a question matches."""
    if _is_name(word):
        yield (_NAME + word.lower(),)
        return
    for spelling in (word, word.translate(_SPELT_OUT)):
        phrase = tuple(stem(part, language) for part in _TERM.findall(spelling))
        if phrase:
            yield phrase


def _is_stop_word(word: str, language: Language) -> bool:
    return word.lower() in language.stop_words and not is_in_capitals(word)


def _is_name(word: str) -> bool:
    """Whether only its capitals tell a word from a stop word."""
    return is_in_capitals(word) and word.lower() in _all_stop_words()


@cache
def _all_stop_words() -> frozenset[str]:
    return frozenset().union(*(language.stop_words for language in LANGUAGES.values()))
