"""Accents, hats and arrows that a file draws apart from their letter."""

from __future__ import annotations

import unicodedata

from ingest.layout.segments import Piece, Segment

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
}
_DOTLESS = {"\u0131": "i", "\u0237": "j"}


def compose_accents(pieces: list[Piece]) -> list[Piece]:
    """Accents drawn over a letter become one character with it."""
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


def attach_marks(segments: list[Segment]) -> list[Segment]:
    """Hats, bars and arrows that are drawn apart go to the letter below their centre."""
    rest = []
    for segment in segments:
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
