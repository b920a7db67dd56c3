"""Letters of a file that it does not tell, from the names of its glyphs and the words that exist."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from ingest.layout.ligatures import restore_ligatures
from ingest.layout.page import LayoutLine, PageLayout
from ingest.weights.known_words import known_words

#: A capital is at most so far, in em, from the rest of its word; mathematical fonts leave such gaps.
INITIAL_GAP = 0.3
#: Other parts of a word are at most so far apart; most blanks are wider.
PART_GAP = 0.2

_SMALL = re.compile(r"[a-zäöüß]{2,}")


def restore_letters(layouts: Sequence[PageLayout], data: bytes) -> None:
    """Write the ligatures that a file does not map to letters into its laid-out pages, and join initials.

    Args:
        layouts: All of its pages.
        data: Its bytes.
    """

    def names() -> dict[tuple[str, int], str]:
        from ingest.readers.pdf import second_opinion  # loads pypdf, which most files do not need

        return second_opinion.ligature_names(data)

    restore_ligatures(layouts, names, known_words)
    for layout in layouts:
        for line in layout.lines:
            _join_initials(line)


def _join_initials(line: LayoutLine) -> None:
    """Join letters that are a word together, and none by themselves: "T hese", "sp ecifier"."""
    taken: set[int] = set()
    for first, second in pairwise(line.words):
        start, rest = _plain(first.text).lstrip("([{"), _SMALL.match(_plain(second.text))
        is_initial = len(start) == 1 and start.isupper() and start != "I"
        limit = (INITIAL_GAP if is_initial else PART_GAP) * line.size
        if (
            rest is not None
            and not second.attached
            and second.boxes[0].x0 - first.boxes[-1].x1 < limit
            and (is_initial or (len(start) > 1 and start.isalpha()))
            and rest[0] not in known_words()
            and (is_initial or start.casefold() not in known_words())
            and start.casefold() + rest[0] in known_words()
        ):
            second.text = first.text + second.text
            second.boxes = [*first.boxes, *second.boxes]
            second.borders, second.attached = first.borders, first.attached
            taken.add(id(first))
    if taken:
        line.words = [word for word in line.words if id(word) not in taken]


def _plain(text: str) -> str:
    """A text in which letters of mathematical alphabets are plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)
