"""Tell the language of a text by its frequent words and its letters."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection
from functools import cache

from ingest.text.languages import DEFAULT, LANGUAGES, Language, language
from ingest.text.scripts import language_of_script

_MARGIN = 1.5  # how many times the second language's evidence the first one's must be
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def language_of(text: str) -> str:
    """The ISO 639-1 code of a text's language; "" where its words show none, or two alike.

    A frequent word is evidence of 1, shared between the languages that have it; so is a letter
    that one language alone has, and two letters of Chinese or Japanese. A word that opens a question
    counts half a word more.
    """
    evidence: defaultdict[str, float] = defaultdict(float)
    code, letters = language_of_script(text)
    if code in LANGUAGES:
        evidence[code] += letters / 2
    for position, word in enumerate(_words(text)):
        owners = _owners().get(word) or _owners_of_letters(word)
        for code in owners:
            evidence[code] += 1 / len(owners)
            if position == 0 and word in LANGUAGES[code].question_words:
                evidence[code] += 0.5
    ranking = sorted(evidence.items(), key=lambda item: -item[1])[:2]
    if not ranking or ranking[0][1] < 1:
        return ""
    second = ranking[1][1] if len(ranking) > 1 else 0.0
    return ranking[0][0] if ranking[0][1] > _MARGIN * second else ""


def question_language(
    question: str, library: Collection[str] = (), interface: str = ""
) -> Language:
    """The language to answer a question in.

    Args:
        question: Its words decide where they show a language.
        library: Codes of the documents' languages; else it decides where it is one language.
        interface: Code of the language that the asker reads the program in; decides last.
    """
    codes = {code for code in library if code in LANGUAGES}
    code = language_of(question) or (codes.pop() if len(codes) == 1 else interface)
    return language(code) if code else DEFAULT


def _words(text: str) -> list[str]:
    """The words in small letters; those with an apostrophe or a hyphen also in their parts.

    A single letter is left out, as a formula's symbol, unless it is elided: the "d" of "d'un".
    """
    words = []
    for match in _WORD.finditer(unicodedata.normalize("NFC", text).casefold()):
        parts = re.findall(r"[^'’-]{2,}|[^'’-](?=['’])", match[0])
        words += parts if parts == [match[0]] or len(match[0]) == 1 else [match[0], *parts]
    return words


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    """Each frequent word, case-folded, with the languages that have it."""
    owners: dict[str, tuple[str, ...]] = {}
    for code, value in LANGUAGES.items():
        for word in {word.casefold() for word in value.evident_words}:
            owners[word] = (*owners.get(word, ()), code)
    return owners


def _owners_of_letters(word: str) -> tuple[str, ...]:
    return tuple(
        code for code, value in LANGUAGES.items() if not set(value.letters).isdisjoint(word)
    )
