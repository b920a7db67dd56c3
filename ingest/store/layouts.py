"""Lines, words, slides and regions of a page, packed for one row of the table of pages."""

from __future__ import annotations

import json
import zlib

import numpy as np

from ingest.types import Box, Line, Page, Region, Slide, Word


def pack_regions(page: Page) -> str:
    """A page's regions as a JSON list of kind, x0, y0, x1, y1."""
    return json.dumps(
        [(r.kind, r.box.x0, r.box.y0, r.box.x1, r.box.y1) for r in page.regions],
        separators=(",", ":"),
    )


def unpack_regions(regions: str) -> tuple[Region, ...]:
    """The regions that `pack_regions` packed."""
    return tuple(Region(kind, Box(*sides)) for kind, *sides in json.loads(regions))


def pack_layout(page: Page) -> bytes:
    """Lines and words as compressed float32 rows; offsets up to 2**24 stay exact.

    The first 4 bytes are the number of lines; a row is (start, end, x0, y0, x1, y1, size, style):
    style adds 1 for bold, 2 for code, 4 for a table's row.
    The slides of a handout follow as JSON, which older versions do not read.
    """
    rows = [
        (
            line.start,
            line.end,
            line.box.x0,
            line.box.y0,
            line.box.x1,
            line.box.y1,
            line.size,
            line.bold + 2 * line.is_code + 4 * line.is_row,
        )
        for line in page.lines
    ] + [
        (word.start, word.end, word.box.x0, word.box.y0, word.box.x1, word.box.y1, 0, 0)
        for word in page.words
    ]
    table = np.array(rows, dtype="<f4").reshape(-1, 8)
    slides = [(slide.start, slide.end, slide.heading) for slide in page.slides]
    return (
        len(page.lines).to_bytes(4, "little")
        + zlib.compress(table.tobytes(), 1)
        + (json.dumps(slides).encode() if slides else b"")
    )


def unpack_layout(layout: bytes) -> tuple[tuple[Line, ...], tuple[Word, ...], tuple[Slide, ...]]:
    """The lines, words and slides that `pack_layout` packed.

    Raises:
        ValueError: it packed nothing of the kind.
        zlib.error: likewise.
    """
    count = int.from_bytes(layout[:4], "little")
    stream = zlib.decompressobj()
    stored = np.frombuffer(stream.decompress(layout[4:]), dtype="<f4").reshape(-1, 8)
    if not stream.eof or count > len(stored):
        raise ValueError(f"the boxes of its words are cut off, {len(stored)} of {count} or more")
    slides = json.loads(stream.unused_data) if stream.unused_data else []
    table = stored.astype(np.float64).round(2).tolist()
    lines = tuple(
        Line(
            int(row[0]),
            int(row[1]),
            row[6],
            bool(int(row[7]) & 1),
            Box(*row[2:6]),
            bool(int(row[7]) & 2),
            bool(int(row[7]) & 4),
        )
        for row in table[:count]
    )
    words = tuple(Word(int(row[0]), int(row[1]), Box(*row[2:6])) for row in table[count:])
    return lines, words, tuple(Slide(*slide) for slide in slides)
