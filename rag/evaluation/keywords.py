"""Keywords of question sets: regular expressions of others, matched within a limit of time.

Matching some patterns takes exponential time. A pattern is tried when its set comes in, on texts on
which such patterns are slow, and every later match has a limit too.
"""

from __future__ import annotations

import logging
from functools import lru_cache

import regex

logger = logging.getLogger(__name__)

_LONGEST = 1000  # characters of a keyword
_SHOWN = 60  # of them, in a message
_TRIAL_SECONDS = 0.1  # of CPU time, for each text on which a keyword is tried
_MATCH_SECONDS = 0.5  # of CPU time, for one text of a lecture
_REPEATS = 3000


def matches_keyword(text: str, keyword: str) -> bool:
    """Whether a regular expression matches in a text, whatever its case and blanks.

    One that takes longer than half a second does not match, and the log says so.
    """
    try:
        match = _compiled(keyword).search(" ".join(text.split()), timeout=_MATCH_SECONDS)
    except TimeoutError:
        logger.warning(
            "keyword %s took more than %g s and was taken not to match",
            shortened(keyword),
            _MATCH_SECONDS,
        )
        return False
    return match is not None


def keyword_fault(keyword: str) -> str:
    """Why a text cannot be a keyword, as the end of a sentence; "" where it can."""
    if len(keyword) > _LONGEST:
        return f"has {len(keyword)} characters, expected at most {_LONGEST}"
    try:
        pattern = _compiled(keyword)
    except (regex.error, OverflowError, MemoryError, RecursionError) as error:
        return f"is not a regular expression ({error})"
    try:
        if pattern.search("", timeout=_TRIAL_SECONDS) is not None:
            return "matches every text"
        for text in _slow_texts(keyword):
            pattern.search(text, timeout=_TRIAL_SECONDS)
    except TimeoutError:
        return (
            "takes too long to match, as patterns with a repetition inside of a repetition do; "
            "simplify it"
        )
    return ""


def shortened(keyword: str) -> str:
    """A keyword as a message shows it."""
    return repr(keyword if len(keyword) <= _SHOWN else keyword[: _SHOWN - 1] + "…")


@lru_cache(maxsize=1000)
def _compiled(keyword: str) -> regex.Pattern[str]:
    return regex.compile(keyword, regex.IGNORECASE)


def _slow_texts(keyword: str) -> list[str]:
    """Texts that repeat what a pattern names, and end with what it needs behind another character."""
    letters = [character for character in dict.fromkeys(keyword) if character.isalnum()][:8]
    words = "".join(character if character.isalnum() else " " for character in keyword).split()[:4]
    parts = dict.fromkeys(["a", "1", " ", "ab ", *letters, *words])
    rest = "\0" + "".join(dict.fromkeys(keyword))  # so that all that a match needs is there
    return [part * (_REPEATS // len(part)) + rest for part in parts]
