"""Scripts that put no blanks between words: Chinese, Japanese, Thai and their like.

What counts words, cuts text or searches it asks here, since a blank tells nothing about them.
"""

from __future__ import annotations

import re

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_SOUTH_EAST_ASIAN = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ebd\u0ec0-\u0ecd"  # Lao
    "\u1000-\u103f\u1050-\u109d"  # Myanmar
    "\u1780-\u17d3"  # Khmer
)
_MARKS = (  # vowel signs and tones, which belong to the letter before them
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d"
    "\u17b4-\u17d3"
)
#: A character class, for patterns, of all letters of these scripts.
UNSPACED = f"[{HAN}{KANA}{_SOUTH_EAST_ASIAN}]"

_LETTER = re.compile(f"(?:(?![{_MARKS}]){UNSPACED})[{_MARKS}]*|[{_MARKS}]+")
_PART = re.compile(rf"(?:(?![{_MARKS}]){UNSPACED})[{_MARKS}]*|[{_MARKS}]+|(?:(?!{UNSPACED})\S)+")
_SPACED_WORD = re.compile(rf"(?:(?!{UNSPACED})\w){{2,}}")
_KANA = re.compile(f"[{KANA}]")
_HAN = re.compile(f"[{HAN}]")
_LETTERS_OF_A_WORD = 2  # of these scripts; a Chinese word has 1.7 on average, a Japanese one more
_KANA_SHARE = 0.1  # of its letters: with fewer a text with Han is Chinese


def unspaced_letters(text: str) -> list[tuple[int, int]]:
    """(start, end) of each letter of these scripts with its vowel signs, in order."""
    return [match.span() for match in _LETTER.finditer(text)]


def words_and_letters(text: str) -> list[tuple[int, int]]:
    """(start, end) of what a line can be broken between: words by blanks, letters of these scripts."""
    return [match.span() for match in _PART.finditer(text)]


def count_words(text: str) -> int:
    """Number of words between blanks; of a script without blanks, two letters count as one word."""
    letters = len(unspaced_letters(text))
    if not letters:
        return len(text.split())
    return len(words_and_letters(text)) - letters + -(-letters // _LETTERS_OF_A_WORD)


def count_longer_words(text: str) -> int:
    """As `count_words`, but of the words between blanks only those of two letters or more."""
    letters = len(unspaced_letters(text))
    return len(_SPACED_WORD.findall(text)) + -(-letters // _LETTERS_OF_A_WORD)


def language_of_script(text: str) -> tuple[str, int]:
    """Japanese or Chinese by a text's letters, and how many of its letters say so; ("", 0) for none."""
    kana, han = len(_KANA.findall(text)), len(_HAN.findall(text))
    if not kana + han:
        return "", 0
    return ("ja" if kana >= _KANA_SHARE * (kana + han) else "zh"), kana + han
