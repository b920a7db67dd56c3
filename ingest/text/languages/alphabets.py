"""Letters with marks of languages that the program has no other knowledge of."""

from __future__ import annotations

from collections.abc import Iterable

_VIETNAMESE = "ăâđêôơư" + "".join(map(chr, range(0x1EA1, 0x1EFA, 2)))
_ROMANIAN = "ăâîșț"
_PINYIN = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_AFRICAN = "ɓɗƙƴẹọṣǝɛɔŋƒ"
ALPHABETS = tuple(map(frozenset, (_VIETNAMESE, _ROMANIAN, _PINYIN, _AFRICAN)))
#: A text with so many different letters of an alphabet is in its language.
EVIDENCE = 3


def letters_of_languages(text: Iterable[str]) -> frozenset[str]:
    """The letters, small and capital, of the alphabets that a text's letters show."""
    used = {letter.lower() for letter in text}
    small = [alphabet for alphabet in ALPHABETS if len(used & alphabet) >= EVIDENCE]
    return frozenset(
        letter for alphabet in small for each in alphabet for letter in (each, each.upper())
    )
