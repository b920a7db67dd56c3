"""Title pages: they name a lecture, its author, date or place, and say nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.text.languages import LANGUAGES
from ingest.text.repair import is_bullet

_MAX_LINES = 12
_MAX_WORDS = 14  # of a line; an abstract's lines are longer
_PLACE = re.compile(
    r"\b(?:19|20)\d\d\b|@|https?:|www\.|\b(?:universit\w*|institut\w*|departments?|prof\.|dr\."
    r"|(?:fach)?hochschule|fakultät\w*|faculty|college|schools?|lehrstuhl|semester|lecturer|dozent\w*"
    r"|vorlesung\w*|seminar|ecole|école|laboratoire)\b",
    re.I,
)
_AUTHORS = re.compile(
    r"(?:(?:[Bb]y|[Vv]on|[Pp]ar)\s+)?[A-ZÄÖÜÉ][\w'’-]*\.?(?:[\s,&]+(?:and|und|et|van|von|de|der)?\s*"
    r"[A-ZÄÖÜÉ][\w'’-]*\.?){1,8}"
)


_NUMBERED = re.compile(
    rf"\b(?:{'|'.join(sorted(w for value in LANGUAGES.values() for w in value.lecture_words if len(w) > 2))})"
    r"\s+\d{1,3}$",
    re.I,
)


def only_names(lines: Sequence[str]) -> bool:
    """Whether a few lines can be a title page's: none is an item, a sentence or a long line."""
    return len(lines) <= _MAX_LINES and not any(map(_says_something, lines))


def is_title_page(lines: Sequence[str]) -> bool:
    """Whether a page's lines are a title with an author, a date, a place or a lecture's number below it."""
    return only_names(lines) and any(
        _PLACE.search(line) or _AUTHORS.fullmatch(line) or _NUMBERED.search(line)
        for line in lines[1:]
    )


def _says_something(line: str) -> bool:
    words = line.split()
    if _AUTHORS.fullmatch(line):  # "J. Doe" is no item J
        return False
    ends = line[-1] in "!?:;" or (line[-1] == "." and len(words[-1]) > 4 and len(words) > 3)
    return is_bullet(words[0]) or ends or len(words) > _MAX_WORDS
