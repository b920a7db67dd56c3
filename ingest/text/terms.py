"""Text and questions as the terms of the lexical search: stems, and names in capitals.

A passage is indexed by the stems of its own language, and a question's words are searched in it by
their stems under that language, so that a question finds text in another language that uses the
same word. A word in capitals that in small letters is a stop word, as AND, OR or MIT, has a
term of its own, which the word in small letters does not match. A Greek letter is found by its
name, and the name by the letter. A symbol with an index is found with and without its mark, R0 as R_0. A German umlaut is found as its
letter with an e, as its letter alone, and as itself, whatever the language around it.

A script without blanks between words, such as Chinese, is indexed by overlapping pairs of letters,
and each run of letters by its last one too, so that a letter alone is found as the beginning of a
term. A question's run without its stop words is searched as a phrase of pairs, and by each pair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from ingest.text.glossary import translations
from ingest.text.languages import LANGUAGES, Language
from ingest.text.names import is_in_capitals
from ingest.text.scripts import UNSPACED, unspaced_letters
from ingest.text.stems import stem

#: Consecutive terms; `d_k` is one of two. The last one may end with `ANY_END`.
Phrase = tuple[str, ...]
#: Ends the beginning of a term, which stands for all terms with that beginning.
ANY_END = "*"

_WORD = re.compile(r"\w+")
_TERM = re.compile(  # a run of letters without blanks, or a word with accents that are not composed
    f"(?:{UNSPACED})+|(?:(?!{UNSPACED})[^\\W_][\u0300-\u036f]*)+"
)
_IS_UNSPACED = re.compile(UNSPACED)
_SYMBOL = re.compile(r"([^\W\d_]{1,3})(\d[^\W_]{0,2})")  # R0, H2O
_NAME = "\ue000"  # opens the term of a name in capitals; repaired text has no such character
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def index_terms(text: str, language: Language) -> str:
    """The terms of a text in its order, with a blank between two."""
    return " ".join(term for _, _, terms in _located_terms(text, language) for term in terms)


def question_phrases(question: str, language: Language, text_language: Language) -> list[Phrase]:
    """What to search for a question in texts of one language, as alternatives, each once.

    The question's stop words are left out, except in a question of stop words alone. Terms of study
    are searched in other languages by their translations too.

    Args:
        question: In any words.
        language: The question's, whose stop words are left out.
        text_language: That of the texts that are searched.
    """
    text = unicodedata.normalize("NFC", question)
    if text.isupper():
        text = text.lower()  # here capitals mark no names
    words = [part for word in _WORD.findall(text) for part in _split_at_scripts(word)]
    content_words = [part for word in words for part in _without_stop_words(word, language)]
    phrases = [
        phrase for word in content_words or words for phrase in _alternatives(word, text_language)
    ]
    for term in translations(text, language, text_language):
        phrases.append(tuple(stem(word, text_language) for word in _TERM.findall(term)))
    return list(dict.fromkeys(phrases))


def matches(text: str, language: Language, phrases: Iterable[Phrase]) -> list[tuple[int, int]]:
    """Where a text has one of the phrases: (start, end) of each of their words, in order.

    What overlaps, as pairs of letters do, is one.
    """
    located = list(_located_terms(text, language))
    ends: dict[int, int] = {}  # of what is matched, by the position of its word
    for phrase in phrases:
        for first in range(len(located) - len(phrase) + 1):
            window = range(first, first + len(phrase))
            if all(
                _is_among(term, located[position][2])
                for position, term in zip(window, phrase, strict=True)
            ):
                for position, term in zip(window, phrase, strict=True):
                    start, end, _ = located[position]
                    letters = len(term) - 1 if term.endswith(ANY_END) else end - start
                    ends[position] = max(start + letters, ends.get(position, 0))
    spans: list[tuple[int, int]] = []
    for position, end in sorted(ends.items()):
        start = located[position][0]
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _is_among(term: str, terms: Sequence[str]) -> bool:
    if term.endswith(ANY_END):
        return any(other.startswith(term.removesuffix(ANY_END)) for other in terms)
    return term in terms


def _located_terms(text: str, language: Language) -> Iterator[tuple[int, int, Sequence[str]]]:
    """(start, end, its terms) of each word of a text."""
    for match in _TERM.finditer(text):
        word = match[0]
        if _IS_UNSPACED.match(word):
            letters = unspaced_letters(word)
            for (start, end), (_, following) in pairwise([*letters, letters[-1]]):
                pair = match.start() + start, match.start() + max(end, following)
                yield *pair, [text[slice(*pair)]]
            continue
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
    if _IS_UNSPACED.match(word):
        letters = unspaced_letters(word)
        pairs = [word[start:end] for (start, _), (_, end) in pairwise(letters)]
        if len(pairs) > 1:
            yield tuple(pairs)
        yield from [(pair,) for pair in pairs] or [(word + ANY_END,)]
        return
    if other := _greek_letters().get(word.lower()):
        yield (other,)
    if symbol := _SYMBOL.fullmatch(word):
        yield tuple(part.lower() for part in symbol.groups())
    if "_" in word.strip("_"):
        yield (word.replace("_", "").lower(),)
    for spelling in (word, word.translate(_SPELT_OUT)):
        phrase = tuple(stem(part, language) for part in _TERM.findall(spelling))
        if phrase:
            yield phrase


def _split_at_scripts(word: str) -> list[str]:
    """A word's runs of letters of scripts without blanks, and what is between them."""
    return [part for part in re.split(f"((?:{UNSPACED})+)", word) if part.strip("_")]


def _without_stop_words(word: str, language: Language) -> list[str]:
    """The word, or none if it is a stop word; what they leave of a run without blanks."""
    if _IS_UNSPACED.match(word):
        return [part for part in _unspaced_stop_words(language).split(word) if part]
    return [] if word.lower() in language.stop_words and not is_in_capitals(word) else [word]


@cache
def _greek_letters() -> dict[str, str]:
    """The Greek small letters by their names, and the names by the letters; both are written."""
    letters = "αβγδεζηθικλμνξοπρστυφχψω"
    names = [unicodedata.name(letter).split()[-1].lower() for letter in letters]
    pairs = [
        (name.replace("lamda", "lambda"), letter)
        for name, letter in zip(names, letters, strict=True)
    ]
    return dict(pairs) | {letter: name for name, letter in pairs}


@cache
def _unspaced_stop_words(language: Language) -> re.Pattern[str]:
    """The language's stop words of scripts without blanks, the longer ones first."""
    words = [word for word in language.stop_words if _IS_UNSPACED.match(word)]
    return re.compile("|".join(sorted(words, key=lambda word: (-len(word), word))) or r"(?!)")


def _is_name(word: str) -> bool:
    """Whether only its capitals tell a word from a stop word."""
    return is_in_capitals(word) and word.lower() in _all_stop_words()


@cache
def _all_stop_words() -> frozenset[str]:
    return frozenset().union(*(language.stop_words for language in LANGUAGES.values()))
