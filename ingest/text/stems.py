"""Reduce words to stems, so that a search finds a word's other forms and spellings."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache, lru_cache

import snowballstemmer

from ingest.text.languages import Language

_TURN = threading.Lock()  # a Snowball stemmer keeps the word that it works on in itself


@lru_cache(maxsize=200_000)
def stem(word: str, language: Language) -> str:
    """The stem of one word in small letters without accents.

    Snowball's algorithm of the language, over the composed and case-folded word without accents
    that the language does not have. German ü, ö, ä and ß have the stems of ue, oe, ae and ss, and
    the language's old and new spellings of a word have one stem.
    Forms that Unicode calls equivalent have one stem.
    Source: Porter, Snowball: A language for stemming algorithms (2001), snowballstem.org.
    """
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())
    native = "".join(
        letter if letter in language.letters else _without_accents(letter) for letter in composed
    )
    for spelling, common in language.spellings:
        native = spelling.sub(common, native)
    with _TURN:
        stemmed: str = _stemmer(language.stemmer).stemWord(native)
    return _without_accents(stemmed) or composed


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@cache
def _stemmer(algorithm: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(algorithm)
