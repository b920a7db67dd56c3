"""Glyphs on one baseline as segments, with their exponents, indices and fractions written in.

Glyphs join a segment by where they are, not by when they were drawn.
"""

from __future__ import annotations

import statistics
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from ingest.layout.accents import attach_marks, compose_accents, write_bars
from ingest.layout.fractions import write_fractions
from ingest.layout.glyphs import Glyph
from ingest.layout.roots import write_roots
from ingest.layout.scripts import attach_scripts
from ingest.layout.segments import SAME_BASELINE, Piece, Rule, Segment, Upright, drop_lone_brackets
from ingest.layout.stacks import write_stacks
from ingest.layout.symbols import TALL_SIGNS
from ingest.layout.tall_signs import DrawnSign
from ingest.types import Box

#: A gap as wide as this, in em, ends a segment; spaces in justified text stay below it.
SEGMENT_GAP = 1.0
#: A gap so wide, in em, ends a segment where a vertical line runs through it.
LINE_ROOM = 0.35
#: The same between letters of a fixed-pitch font: four blanks of a listing.
FIXED_PITCH_GAP = 2.5
#: Drawn signs that fill so much of a gap, as a share, are a part of the line.
DRAWN_SHARE = 0.4
#: Such signs follow at least so many letters and blanks.
PROSE = 5
#: The name of the font of signs that are drawn as shapes.
DRAWN_FONT = "drawn signs"
#: Lines nearer than so many points meet.
CORNER = 2.0
#: Two lines on one height, within so many points, whose ends are so near are borders of two
#: cells, if a table has more of them.
SAME_HEIGHT, END_TO_END = 0.4, 1.7


def segments_of(
    glyphs: Sequence[Glyph],
    rules: Sequence[Rule] = (),
    uprights: Sequence[Upright] = (),
    signs: Sequence[Box] = (),
    tall_signs: Sequence[DrawnSign] = (),
) -> list[Segment]:
    """The segments of glyphs of one direction, with their scripts and fractions written in.

    Args:
        glyphs: In any order; blanks count as gaps.
        rules: Horizontal lines of the page, which may be fraction bars.
        uprights: Vertical lines, which part what is on both sides of them.
        signs: Shapes of the size of letters, which join what is on both sides of them.
        tall_signs: Roots and brackets that are drawn as shapes.
    """
    if tall_signs and glyphs:
        glyphs = [*glyphs, *_glyphs_of(tall_signs, glyphs)]
    segments = [
        _segment(part)
        for baseline in _baselines(glyphs)
        for part in _parts(baseline, uprights, signs)
        if any(not glyph.is_blank for glyph in part)
    ]
    segments = attach_marks(segments)
    bars = _without_borders(rules, uprights)
    segments = write_fractions(segments, bars)
    segments = write_roots(segments)
    write_bars(segments, bars)
    segments = write_stacks(segments)
    joined = _joined(attach_scripts(segments))
    for segment in joined:
        drop_lone_brackets(segment)
    return joined


def _glyphs_of(signs: Sequence[DrawnSign], glyphs: Sequence[Glyph]) -> Iterator[Glyph]:
    """Drawn signs as glyphs of the page's usual size: a root hangs from its bar, a bracket is on its axis."""
    size = statistics.median(glyph.size for glyph in glyphs)
    font = glyphs[0].font._replace(name=DRAWN_FONT, fixed_pitch=False, bold=False, direction=0)
    for sign in signs:
        box = sign.box
        axis = (box.y0 + box.y1) / 2
        near = [g for g in glyphs if abs(g.y - 0.25 * g.size - axis) < 0.2 * g.size]
        y = min(near, key=lambda g: abs(g.x1 - box.x0)).y if near else axis + 0.25 * size
        y = box.y0 if sign.text == "√" else y
        yield Glyph(sign.text, box.x0, box.x1, y, size, font, box, glyphs[-1].order + 1)


def _without_borders(rules: Sequence[Rule], uprights: Sequence[Upright]) -> list[Rule]:
    """The rules of which no end meets another line, as those of a table's cells do."""
    ends: dict[int, list[Rule]] = defaultdict(list)
    places = Counter((round(rule.x0), round(rule.x1)) for rule in rules)
    for rule in rules:
        ends[round(rule.y)].append(rule)

    def goes_on(rule: Rule) -> bool:
        near = (o for y in (-1, 0, 1) for o in ends[round(rule.y) + y] if o is not rule)
        gaps = [
            min(abs(o.x0 - rule.x1), abs(rule.x0 - o.x1))
            for o in near
            if abs(o.y - rule.y) < SAME_HEIGHT
        ]
        gap = min(gaps, default=END_TO_END)
        return gap < SAME_HEIGHT or (
            gap < END_TO_END and places[round(rule.x0), round(rule.x1)] > 1
        )

    lines = sorted(uprights, key=lambda line: line.x)
    edges = [line.x for line in lines]
    return [
        rule
        for rule in rules
        if not goes_on(rule)
        and not any(
            line.y0 - CORNER < rule.y < line.y1 + CORNER
            for end in (rule.x0, rule.x1)
            for line in lines[bisect(edges, end - CORNER) : bisect(edges, end + CORNER)]
        )
    ]


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Join segments of one baseline between which a script has filled the gap."""
    joined: list[Segment] = []
    for segment in _by_baseline(segments):
        for other in reversed(joined[-6:]):
            gap = (segment.x0 - other.x1) / max(segment.size, other.size)
            if (
                abs(segment.y - other.y) < SAME_BASELINE * min(segment.size, other.size)
                and -0.2 < gap < 0.6 * SEGMENT_GAP
                and 0.6 < segment.size / other.size < 1.7
            ):
                other.pieces.extend(segment.pieces)
                other.top, other.bottom = (
                    min(other.top, segment.top),
                    max(other.bottom, segment.bottom),
                )
                break
        else:
            joined.append(segment)
    return joined


def _by_baseline(segments: Sequence[Segment]) -> list[Segment]:
    """Segments from top to bottom, those of one baseline from left to right."""
    rows: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda s: s.y):
        if rows and segment.y - rows[-1][0].y < SAME_BASELINE * min(segment.size, rows[-1][0].size):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [segment for row in rows for segment in sorted(row, key=lambda s: s.x0)]


def _baselines(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Glyphs grouped by baseline, each group from left to right."""
    group: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.y, glyph.x0)):
        if group and glyph.y - group[-1].y > SAME_BASELINE * min(glyph.size, group[-1].size):
            yield sorted(group, key=lambda glyph: (glyph.x0, glyph.order))
            group = []
        group.append(glyph)
    if group:
        yield sorted(group, key=lambda glyph: (glyph.x0, glyph.order))


def _parts(
    glyphs: Sequence[Glyph], uprights: Sequence[Upright], signs: Sequence[Box]
) -> Iterator[list[Glyph]]:
    """A baseline's glyphs, parted at wide gaps and lines; blanks at a part's ends are dropped."""
    part: list[Glyph] = []
    y = glyphs[0].y
    lines = [line.x for line in uprights if line.y0 <= y - 0.3 * glyphs[0].size and y <= line.y1]
    reach, size = 0.0, 0.0  # of the part's last letter
    for glyph in glyphs:
        if glyph.is_blank:
            if part:
                part.append(glyph)
            continue
        gap = glyph.x0 - reach
        fixed = glyph.font.fixed_pitch and bool(part) and part[0].font.fixed_pitch
        wide = (FIXED_PITCH_GAP if fixed else SEGMENT_GAP) * max(glyph.size, size)
        if part and (
            (
                gap > wide
                and not (gap < 1.6 * wide and _is_spaced(part))
                and not (len(part) >= PROSE and _is_drawn_over(reach, glyph, signs))
            )
            or (gap > LINE_ROOM * glyph.size and any(reach < x < glyph.x0 for x in lines))
            or not 0.45 < glyph.size / size < 2.2
        ):
            yield _trimmed(part)
            part = []
        part.append(glyph)
        reach, size = max(glyph.x1, reach if gap < 0 and len(part) > 1 else 0), glyph.size
    if part:
        yield _trimmed(part)


def _is_drawn_over(start: float, glyph: Glyph, signs: Sequence[Box]) -> bool:
    """Whether the gap between `start` and a glyph is filled by drawn signs, as by a formula."""
    top, bottom = glyph.y - 1.2 * glyph.size, glyph.y + 0.6 * glyph.size
    drawn, reach = 0.0, start
    inside = [
        s for s in signs if s.x0 >= start and s.x1 <= glyph.x0 and top < s.y0 and s.y1 < bottom
    ]
    for sign in sorted(inside, key=lambda s: s.x0):
        if sign.x1 - sign.x0 > 1.5 * glyph.size:  # an arrow or a box
            return False
        drawn += max(0.0, min(sign.x1, glyph.x0) - max(sign.x0, reach))
        reach = max(reach, sign.x1)
    return drawn > DRAWN_SHARE * (glyph.x0 - start)


def _is_spaced(part: Sequence[Glyph]) -> bool:
    """Whether the part is letter-spaced so far: every letter far from the next."""
    letters = [glyph for glyph in part if not glyph.is_blank]
    if len(letters) < 3:
        return False
    gaps = [b.x0 - a.x1 for a, b in pairwise(letters)]
    return min(gaps) > 0.25 * letters[0].size


def _trimmed(part: list[Glyph]) -> list[Glyph]:
    while part and part[-1].is_blank:
        part.pop()
    return part


@lru_cache(maxsize=256)
def _has_tall_signs(font: str) -> bool:
    """Whether a font's name is one of those of tall brackets."""
    return font == DRAWN_FONT or bool(TALL_SIGNS.search(font))


def _segment(glyphs: Sequence[Glyph]) -> Segment:
    pieces = [
        Piece(
            glyph.text,
            glyph.x0,
            glyph.x1,
            glyph.y,
            glyph.size,
            glyph.font.bold,
            glyph.font.fixed_pitch,
            [glyph.box],
            glyph.order,
            is_tall=_has_tall_signs(glyph.font.name),
        )
        for glyph in glyphs
        if glyph.text
    ]
    pieces = _without_shafts(compose_accents(pieces))
    letters = [piece for piece in pieces if not piece.is_blank] or pieces
    sizes = [piece.size for piece in letters]
    return Segment(
        pieces, statistics.median(piece.y for piece in letters), statistics.median(sizes)
    )


def _without_shafts(pieces: list[Piece]) -> list[Piece]:
    """The pieces without arrows that only draw the shaft of the `↦` before them."""
    return [
        piece
        for before, piece in zip([None, *pieces], pieces, strict=False)
        if not (piece.text == "→" and before is not None and before.text == "↦")
    ]
