"""Accents, hats and arrows that a file draws apart from their letter."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ingest.layout.segments import Piece, Rule, Segment

#: How far, in em, a mark's middle may be from its letter's.
MARK_REACH = 0.6
#: How far above a letter's baseline its bar is, in em.
BAR_HEIGHT = (0.4, 1.0)
#: A line so far below a baseline, in em, belongs to what stands on it.
UNDERLINE = 0.6
#: How far from the letter's ends a bar ends, in em.
BAR_REACH = 0.25

#: Accents that TeX draws beside their letter, and their combining forms.
_ACCENTS = {
    "\u00a8": "\u0308",
    "\u00b4": "\u0301",
    "\u0060": "\u0300",
    "\u02c6": "\u0302",
    "\u02dc": "\u0303",
    "\u02c7": "\u030c",
    "\u02da": "\u030a",
    "\u00b8": "\u0327",
    "\u00af": "\u0304",
    "\u02d9": "\u0307",
    "\u005e": "\u0302",
    "\u007e": "\u0303",
}
_DOTLESS = {"\u0131": "i", "\u0237": "j"}


def compose_accents(pieces: list[Piece]) -> list[Piece]:
    """Accents drawn over a letter become one character with it."""
    pieces = _attach_nearest(pieces)
    if not any(piece.text in _ACCENTS for piece in pieces):
        return pieces
    composed = list(pieces)
    for accent in [piece for piece in pieces if piece.text in _ACCENTS]:
        centre = (accent.x0 + accent.x1) / 2
        under = [
            piece
            for piece in composed
            if piece is not accent and piece.text[:1].isalpha() and piece.x0 <= centre <= piece.x1
        ]
        if not under:
            continue
        letter = under[0]
        base = _DOTLESS.get(letter.text, letter.text)
        whole = unicodedata.normalize("NFC", base + _ACCENTS[accent.text])
        letter.text = whole
        letter.boxes = [*letter.boxes, *accent.boxes]
        composed = [piece for piece in composed if piece is not accent]
    return composed


def _attach_nearest(pieces: list[Piece]) -> list[Piece]:
    """Combining marks of a line go to the letter whose middle is nearest to theirs."""
    marks = [piece for piece in pieces if all(map(unicodedata.combining, piece.text))]
    letters = [piece for piece in pieces if not piece.is_blank and piece not in marks]
    if not marks or not letters:
        return pieces
    lone = set(map(id, marks))
    for mark in marks:
        middle = mark.x0 + mark.x1
        letter = min(letters, key=lambda piece: abs(piece.x0 + piece.x1 - middle))
        if abs(letter.x0 + letter.x1 - middle) <= 2 * MARK_REACH * letter.size:
            letter.text = unicodedata.normalize("NFC", letter.text + mark.text)
            letter.boxes = [*letter.boxes, *mark.boxes]
            lone.discard(id(mark))
    gone = {id(mark) for mark in marks} - lone
    return [piece for piece in pieces if id(piece) not in gone]


def write_bars(segments: Sequence[Segment], rules: Sequence[Rule]) -> None:
    """Give a letter the bar that is drawn closely above it, as wide as the letter: `x̄`."""
    for rule in rules:
        letter = _letter_below(rule, segments)
        if letter is not None:
            letter.text = unicodedata.normalize("NFC", letter.text + "\u0304")


def _letter_below(rule: Rule, segments: Sequence[Segment]) -> Piece | None:
    """The letter that a bar covers from end to end, with nothing closely above the bar."""
    below: list[Piece] = []
    for segment in segments:
        size = segment.size
        if segment.x0 > rule.x1 or segment.x1 < rule.x0 or abs(segment.y - rule.y) > 1.5 * size:
            continue
        for piece in segment.pieces:
            if piece.is_blank or not rule.x0 <= (piece.x0 + piece.x1) / 2 <= rule.x1:
                continue
            depth = (piece.y - rule.y) / piece.size
            if -UNDERLINE <= depth < BAR_HEIGHT[0]:
                return None  # an underlined word, a numerator, or a line through a word
            if depth > 0:
                below.append(piece)
    if len(below) != 1 or len(below[0].text) != 1 or not below[0].text.isalpha():
        return None
    (letter,) = below
    reach = BAR_REACH * letter.size
    is_over = letter.y - rule.y <= BAR_HEIGHT[1] * letter.size
    ends = abs(letter.x0 - rule.x0) <= reach and abs(letter.x1 - rule.x1) <= reach
    return letter if is_over and ends else None


def attach_marks(segments: list[Segment]) -> list[Segment]:
    """Hats, bars and arrows that are drawn apart go to the letter below their centre."""
    rest = []
    for segment in segments:
        if len(segment.pieces) == 1 and segment.pieces[0].text in _ACCENTS:
            if not _set_on_tall_letter(segment.pieces[0], segments):
                rest.append(segment)
            continue
        if not all(unicodedata.combining(piece.text[0]) for piece in segment.pieces):
            rest.append(segment)
            continue
        for mark in segment.pieces:
            below = [
                piece
                for host in segments
                if host is not segment and -0.3 * host.size < host.y - mark.y < 1.2 * host.size
                for piece in host.pieces
                if piece.x0 - 0.2 * piece.size <= mark.x0 <= piece.x1 + 0.2 * piece.size
                and not piece.is_blank
            ]
            if below:
                middle = (mark.x0 + mark.x1) / 2
                letter = min(below, key=lambda piece: abs((piece.x0 + piece.x1) / 2 - middle))
                letter.text = unicodedata.normalize("NFC", letter.text + mark.text)
                letter.boxes = [*letter.boxes, *mark.boxes]
    return rest


def _set_on_tall_letter(accent: Piece, segments: Sequence[Segment]) -> bool:
    """Give an accent that is raised above its line, as over capitals, to the letter below it."""
    middle = (accent.x0 + accent.x1) / 2
    for host in segments:
        if not 0 < host.y - accent.y < MARK_REACH * host.size:
            continue
        for piece in host.pieces:
            if piece.x0 <= middle <= piece.x1 and len(piece.text) == 1 and piece.text.isalpha():
                piece.text = unicodedata.normalize("NFC", piece.text + _ACCENTS[accent.text])
                piece.boxes = [*piece.boxes, *accent.boxes]
                return True
    return False
