"""Compare texts by their content words and numbers, without a model."""

from __future__ import annotations

import re
from functools import lru_cache

_STEM = 5  # two words with the same first letters count as forms of one word

_STOP_WORDS = (
    "about above after again against almost also always another any anything around because been "
    "before being below between both called cannot could does doing done down during each either "
    "else enough even every from further gets give given gives goes have having hence here however "
    "instead into itself just less like made make makes many means might more most much must need "
    "needs neither never only other others otherwise over rather same several should since some "
    "something still such than that their them then there therefore these they thing this those "
    "through thus together under until upon used uses using very well were what when where whether "
    "which while whole whose will with within without would your "
    "aber alle allem allen aller alles also andere anderen auch beide beiden beim bereits bleibt "
    "damit dann daher darf dass dazu dein denn deren dessen dies diese diesem diesen dieser dieses "
    "doch dort durch eine einem einen einer eines erst etwa etwas gegen gibt haben hier immer indem "
    "jede jedem jeden jeder jedes jedoch kann keine keinen können lässt machen macht mehr muss "
    "müssen nach nicht noch oder ohne sehr sein seine seinem seinen seiner selbst sich sind sodass "
    "soll sollen somit sondern statt über und viele vielen vom wann weil welche welchem welchen "
    "welcher welches wenn werden wird wobei wurde wurden zwar zwischen"
)
_IGNORED = frozenset(_STOP_WORDS.split())


@lru_cache(maxsize=20_000)  # the same few thousand texts are compared with each other
def stems(text: str) -> frozenset[str]:
    """The first letters of each content word, lower case."""
    words = re.findall(r"[^\W\d_]{4,}", text.lower())
    return frozenset(word[:_STEM] for word in words if word not in _IGNORED)


def numbers(text: str) -> set[str]:
    """The numbers of a text, as written in digits."""
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def support(sentence: str, evidence: str) -> float:
    """The share of a sentence's content words, in [0, 1], that occur in its evidence."""
    content = stems(sentence)
    return len(content & stems(evidence)) / len(content) if content else 1.0


def shared_words(one: str, other: str) -> float:
    """The number of content words in both texts, as a share in [0, 1] of those in either."""
    first, second = stems(one), stems(other)
    return len(first & second) / max(len(first | second), 1)
