"""Does a lead begin and end where the page does? A second opinion on how leads are cut.

The module knows nothing of the units that a lead is made of: it looks at the characters around it.
"""

from __future__ import annotations

import re

from ingest.text.languages import language
from ingest.text.sentences import CLOSING_MARKS
from ingest.types import Passage
from rag.spans import MARKER

_OPEN_END = ",:;([{-–—/=+<→"
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_CLOSED = re.compile(rf"[{re.escape(CLOSING_MARKS)}][\s)\]”\"»]*$")


def is_clean(passage: Passage, start: int, end: int) -> bool:
    """Whether `text[start:end]` of a passage begins and ends at a boundary of the page.

    It begins at a line, behind its bullet, or behind the end of a sentence, and not in the middle
    of a sentence that the line before began; it ends likewise. No bracket is open at its end.
    """
    text = passage.text
    return _begins(text, start) and _ends(passage, start, end) and _is_balanced(text[start:end])


def _begins(text: str, start: int) -> bool:
    line_start = text.rfind("\n", 0, start) + 1
    if MARKER.fullmatch(text[line_start:start] + " ") or _CLOSED.search(text[line_start:start]):
        return True
    if text[line_start:start].strip():
        return False
    previous = text[:line_start].rstrip()
    goes_on = text[start].islower() and not MARKER.match(text[line_start : start + 1] + " ")
    return not (previous and goes_on and previous[-1] not in CLOSING_MARKS + ":")


def _ends(passage: Passage, start: int, end: int) -> bool:
    lead, rest = passage.text[start:end], passage.text[end:]
    if lead[-1] in _OPEN_END or lead.split()[-1].lower() in (
        language(passage.language).continuation_words
    ):
        return False
    if _CLOSED.search(lead):
        return True
    if rest.split("\n", 1)[0].strip():
        return False
    following = rest.lstrip()
    return not (following and following[0].islower())


def _is_balanced(text: str) -> bool:
    return all(text.count(opening) <= text.count(closing) for opening, closing in _BRACKETS)
