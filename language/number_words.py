"""Numbers in words, in English and German, and the pieces that the words are made of.

"two hundred forty-two" becomes the pieces two, hundred, forty, two; "zweihundertzweiundvierzig"
becomes zwei, hundert, zwei, und, vierzig.
"""

from __future__ import annotations

import re
import unicodedata

from language.errors import LanguageError

LARGEST = 99_999
LANGUAGES = ("en", "de")
_MOST_PIECES = 20

_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_ENGLISH_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_GERMAN = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
_GERMAN_TENS = [
    "zwanzig",
    "dreißig",
    "vierzig",
    "fünfzig",
    "sechzig",
    "siebzig",
    "achtzig",
    "neunzig",
]

PIECES: tuple[str, ...] = (
    *(*_ENGLISH, *_ENGLISH_TENS, "and", "hundred", "thousand"),
    *(*_GERMAN, *_GERMAN_TENS, "ein", "und", "hundert", "tausend"),
)
_LONGEST_FIRST = re.compile("|".join(sorted(PIECES, key=len, reverse=True)))


def in_words(number: int, language: str = "en", *, joined: bool = False) -> str:
    """A number from 0 to 99,999 in words.

    Args:
        number: The number.
        language: "en" or "de".
        joined: Write "and" behind hundreds and thousands, as British English does.

    Raises:
        LanguageError: the number is outside the range, or the language unknown.
    """
    if not 0 <= number <= LARGEST:
        raise LanguageError(f"The number is {number}, expected 0 to {LARGEST}")
    if language not in LANGUAGES:
        raise LanguageError(f"The language is {language!r}, expected one of {', '.join(LANGUAGES)}")
    return _english(number, joined) if language == "en" else _german(number, alone=True)


def pieces(words: str) -> list[str]:
    """The pieces of numbers in words, from left to right, each as long as can be.

    Raises:
        LanguageError: a part of the text is no number word of the two languages.
    """
    found: list[str] = []
    text = unicodedata.normalize("NFC", words).lower().replace("dreissig", "dreißig")
    for word in re.split(r"[\s\-–]+", text):
        place = 0
        while place < len(word):
            piece = _LONGEST_FIRST.match(word, place)
            if piece is None:
                raise LanguageError(
                    f"{word[place:][:40]!r} is no number word; "
                    "write a number such as 'forty-two' or 'zweiundvierzig'"
                )
            found.append(piece[0])
            place = piece.end()
    if not found:
        raise LanguageError("There is no number word; write 'forty-two' or 'zweiundvierzig'")
    if len(found) > _MOST_PIECES:
        raise LanguageError(
            f"The number has {len(found)} pieces, expected at most {_MOST_PIECES}; "
            f"write one from 0 to {LARGEST}"
        )
    return found


def _english(number: int, joined: bool) -> str:
    if number < 20:
        return _ENGLISH[number]
    if number < 100:
        tens = _ENGLISH_TENS[number // 10 - 2]
        return f"{tens}-{_ENGLISH[number % 10]}" if number % 10 else tens
    unit, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    head = f"{_english(number // unit, joined)} {name}"
    rest = number % unit
    if not rest:
        return head
    return f"{head} {'and ' if joined and rest < 100 else ''}{_english(rest, joined)}"


def _german(number: int, *, alone: bool) -> str:
    """`alone`: "eins" at the end of a number, "ein" before another piece."""
    if number == 1:
        return "eins" if alone else "ein"
    if number < 20:
        return _GERMAN[number]
    if number < 100:
        tens = _GERMAN_TENS[number // 10 - 2]
        return f"{_german(number % 10, alone=False)}und{tens}" if number % 10 else tens
    unit, name = (1000, "tausend") if number >= 1000 else (100, "hundert")
    rest = number % unit
    head = f"{_german(number // unit, alone=False)}{name}"
    return head + (_german(rest, alone=alone) if rest else "")
