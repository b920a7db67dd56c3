"""Terms of study in other languages: what "overfitting" is called in a German lecture."""

from __future__ import annotations

import pkgutil
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from itertools import takewhile

from ingest.text.languages import LANGUAGES, Language, glossary, language
from ingest.text.stems import stem

_WORD = re.compile(r"[^\W_]+")
_MOST_ENDING = 2  # letters by which a form of a term differs from it at the end


def translations(text: str, spoken: Language, other: Language) -> tuple[str, ...]:
    """The terms of a text in another language, in the text's order, each once.

    Where one term is a part of another one, the longer one counts: of "shortest path" the path alone
    is not translated.

    Args:
        text: A question, or a part of it.
        spoken: Its language.
        other: The language of the translations; a term may have several.
    """
    located = _located_terms(text, spoken, other)
    return tuple(dict.fromkeys(meaning for _, _, meanings in located for meaning in meanings))


def translated(question: str, spoken: Language, other: Language, text: str = "") -> str:
    """A question with its terms in another language, for a text in that language.

    Args:
        question: Any.
        spoken: The question's language.
        other: The text's language.
        text: Of several translations the one that it holds is taken, else the first. A term that it
            holds untranslated stays.
    """
    located = _located_terms(question, spoken, other)
    held = f" {' '.join(_stems(text, other))} " if located and text else ""
    for start, end, meanings in reversed(located):
        names = [question[start:end], *meanings]
        name = next((name for name in names if f" {' '.join(_stems(name, other))} " in held), None)
        question = f"{question[:start]}{name or meanings[0]}{question[end:]}"
    return question


def names_in(term: str, other: Language) -> tuple[str, ...]:
    """A term as it is, and translated into a language from each other one that knows it."""
    return (
        term,
        *(name for spoken in LANGUAGES.values() for name in translations(term, spoken, other)),
    )


def _located_terms(
    text: str, spoken: Language, other: Language
) -> list[tuple[int, int, tuple[str, ...]]]:
    """(start, end, translations) of each term of a text, in order."""
    terms = _terms(spoken.code, other.code)
    if not terms:
        return []
    longest = max(map(len, terms))
    words = list(_WORD.finditer(text))
    stems = [stem(word[0], spoken) for word in words]
    frequent = spoken.evident_words
    located = []
    first = 0
    while first < len(words):
        for length in range(min(longest, len(words) - first), 0, -1):
            part = slice(first, first + length)
            is_frequent = all(word[0].casefold() in frequent for word in words[part])
            forms = terms.get(tuple(stems[part]), {})
            start, end = words[first].start(), words[first + length - 1].end()
            meanings = tuple(
                meaning
                for term, several in forms.items()
                if _is_form_of(text[start:end], term, spoken, text.islower())
                for meaning in several
            )
            if meanings and not is_frequent:
                located.append((start, end, tuple(dict.fromkeys(meanings))))
                first += length - 1
                break
        first += 1
    return located


def _is_form_of(words: str, term: str, spoken: Language, is_lower: bool) -> bool:
    """Whether words with the stems of a term are a form of it: "sliding" is none of "slide".

    In a language of capital nouns one in small letters is another word, unless all are small.
    """
    if spoken.capitalised_nouns and not is_lower and words[0].isupper() < term[0].isupper():
        return False
    pairs = zip(_WORD.findall(_plain(words)), _WORD.findall(_plain(term)), strict=True)
    return all(
        max(len(one), len(two)) - _count_shared(one, two) <= _MOST_ENDING for one, two in pairs
    )


def _count_shared(first: str, second: str) -> int:
    """How many letters two words have in common at their beginning."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in same)


def _plain(text: str) -> str:
    """A text in small letters without accents."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _stems(text: str, spoken: Language) -> list[str]:
    return [stem(word, spoken) for word in _WORD.findall(text)]


@cache
def _terms(spoken: str, other: str) -> Mapping[tuple[str, ...], Mapping[str, tuple[str, ...]]]:
    """The terms of a language with their translations, by the stems of their words."""
    terms: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
    for module in pkgutil.iter_modules(glossary.__path__):
        values = import_module(f"{glossary.__name__}.{module.name}")
        if {spoken, other} != set(values.CODES) or spoken == other:
            continue
        for line in values.TERMS.splitlines():
            sides = [side.strip() for side in line.partition("=")[::2]]
            if not all(sides):
                continue
            by_code = dict(zip(values.CODES, sides, strict=True))
            meanings = tuple(term.strip() for term in by_code[other].split(","))
            for term in map(str.strip, by_code[spoken].split(",")):
                forms = terms.setdefault(tuple(_stems(term, language(spoken))), {})
                forms[term] = (*forms.get(term, ()), *meanings)
    return terms
