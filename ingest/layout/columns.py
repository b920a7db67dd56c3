"""Whether two sides of a gap are columns of text, rather than the cells of a table."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from ingest.layout.gutters import Gutter, rows_of_people
from ingest.layout.items import SAME_ROW, Item, aligned, are_apart, bulleted, code, prose, rows_of

#: At least this share of both sides' lines has a line of the other side beside it in a table.
ALIGNED = 0.6
#: The same where the left side is a list of sentences, beside which the labels of a figure are by chance.
ALIGNED_LIST = 0.7
#: So many rows with three cells or more, and such a share of those with two, are a table's.
CELL_ROWS, CELL_ROW_SHARE = 3, 0.6
#: A side of which so many lines are relations is a derivation; what is beside each line is its reason.
RELATIONS, REASONS = 0.6, 0.9
#: At least this share of both sides' lines are entries of an index.
INDEX_ENTRIES = 0.8
#: What hangs below a term is indented by so many em; its lines begin within so many em of one place.
HANGING, SAME_INDENT = (0.8, 5.0), 0.3
#: Dashes behind lines are so many of them, as a share, in the rows of these.
DASHES = 0.9
#: Where such a share of both sides' items are cards of rows over both, they are read row by row.
CARDS = 0.5
#: A title is so many times as large as the text below it.
TITLE_SIZE = 1.15

#: A label of an item that is set apart from its text.
LABEL = re.compile(r"^(?:\(?\w{1,3}[.)]|\[\w{1,3}\])$")
_INDEX_ENTRY = re.compile(r"[^\W\d].*, \d+(?:[–-]\d+)?$")
_WORDLIKE = re.compile(r"[^\W_]")
_RELATION = re.compile(r"(?:^|\s)[=≤≥<>≈≡∼⇒⇔∝](?:\s|$)")


def are_columns(gutter: Gutter) -> bool:
    """Whether two sides are read one after the other, rather than row by row as a table."""
    left, right = gutter.left, gutter.right
    relations = sum(bool(_RELATION.search(s.segment.text)) for s in left) / len(left)
    if (
        relations >= RELATIONS
        and not code(left)
        and min(aligned(left, right), aligned(right, left)) >= REASONS
    ):
        return False
    if min(_cards_in_rows(left, right), _cards_in_rows(right, left)) >= CARDS:
        return False  # cards are read row by row
    shares = prose(left), prose(right)
    if min(shares) >= 0.5:
        return True
    listings = code(left), code(right)
    beside_code = min(listings) >= 0.7 or (min(listings) == 0 and max(shares) >= 0.5)
    if min(lines_of(left), lines_of(right)) > 2 and max(listings) >= 0.7 and beside_code:
        return True
    if min(bulleted(left), bulleted(right)) >= 0.3:
        return not _are_dashes_behind(left, right)
    if min(_index_entries(left), _index_entries(right)) >= INDEX_ENTRIES:
        return True
    if rows_of_people(gutter) or (_hangs(left) and _hangs(right)):
        return True
    if _are_rows_of_cells(left, right):
        return False
    for one in (0, 1):
        # A column of labels, each beside the first line of its text, is a table.
        labels, texts = ((left, right), (right, left))[one]
        top = min(text.top for text in texts)
        beside = [
            s for s in labels if s.bottom > top and (s.bulleted or _WORDLIKE.search(s.segment.text))
        ]
        if (
            beside
            and aligned(beside, [*texts, *gutter.over]) >= 0.9
            and prose(beside) < 0.3
            and (are_apart(beside) or all(LABEL.match(s.segment.text) for s in beside))
        ):
            return False
    if max(shares) < 0.3:
        return False
    limit = ALIGNED_LIST if shares[0] >= 0.7 and bulleted(left) >= 0.2 else ALIGNED
    return min(aligned(left, right), aligned(right, left)) < limit


def _are_dashes_behind(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Whether the right side goes on behind a dash what each line of the left side begins."""
    dashes = [[item.segment.text[:1] in "–—-" for item in side] for side in (left, right)]
    return all(dashes[1]) and not any(dashes[0]) and aligned(right, left) >= DASHES


def _cards_in_rows(side: Sequence[Item], other: Sequence[Item]) -> float:
    """The share of a side's items that are cards of a row that goes on on the other side."""
    rows = {item.y for item in other if item.card}
    return sum(item.card is not None and item.y in rows for item in side) / len(side)


def _hangs(side: Sequence[Item]) -> bool:
    """Whether a side is terms, each above lines that are all indented alike."""
    size = statistics.median(item.size for item in side)
    ordered = sorted((i for i in side if i.size < TITLE_SIZE * size), key=lambda item: item.y)
    if not ordered:
        return False
    edge = min(item.x0 for item in ordered)
    are_terms = [item.x0 - edge < SAME_INDENT * size for item in ordered]
    places = [
        item.x0 - edge for item, is_term in zip(ordered, are_terms, strict=True) if not is_term
    ]
    return (
        sum(are_terms) > 1
        and are_terms[0]
        and not any(one and other for one, other in pairwise([*are_terms, True]))
        and max(places) - min(places) < SAME_INDENT * size
        and HANGING[0] * size <= min(places) <= HANGING[1] * size
    )


def _index_entries(side: Sequence[Item]) -> float:
    """The share of a side's segments that are entries of an index: a term and the pages that it is on."""
    return sum(bool(_INDEX_ENTRY.search(s.segment.text)) for s in side) / len(side)


def _are_rows_of_cells(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Whether the lines of two sides that are beside each other have more cells than the two."""
    cells = [item for item in (*left, *right) if not item.bulleted]
    rows = [row for row in rows_of(cells) if len(row) > 1]
    ids = {id(item) for item in left}
    shared = [row for row in rows if 0 < sum(id(item) in ids for item in row) < len(row)]
    wide = sum(len(row) > 2 for row in shared)
    return wide >= CELL_ROWS and wide >= CELL_ROW_SHARE * len(shared)


def lines_of(segments: Sequence[Item]) -> int:
    """Number of rows, nearly: distinct baselines."""
    return len({round(s.y / (SAME_ROW * s.size)) for s in segments})
