"""Which of the rules that join lines to paragraphs are right? Pairs of lines, marked by hand.

    python -m benchmarks.line_joins [--words]

benchmarks/line_joins.jsonl holds pairs of neighbouring lines of twelve real lectures (the
development half of ../shared/lectures) and, for each, whether a reader who saw the page judged
that the second line continues the sentence, item, cell or formula of the first. Two samples:

- strata: 286 pairs, 22 for each of the thirteen cases that the rules told apart when they were
  drawn. A pair's `weight` is the number of the half's pairs that it represents, so that weighted
  figures are those of all pairs.
- disagreements: 103 pairs that were drawn later, where variants of the rules differ (and some
  where they do not), to check a choice that was made on the first sample. They have no weight.

Printed are the share of right decisions by sample and by the rule that decides, and the same with
each rule left out. The file holds no words of the lectures, only where the lines are; --words
prints the texts of the pairs that are decided wrongly.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.chunk.line_rules import RULES, decide
from ingest.readers import read
from ingest.types import Box, Line, Page

ROOT = Path(__file__).resolve().parents[1]
PAIRS = ROOT / "benchmarks" / "line_joins.jsonl"
LECTURES = ROOT.parent / "shared" / "lectures" / "pdfs"
_BOX_TOLERANCE = 1.5  # points; boxes are stored in whole points


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines and whether the second continues the first.

    `lines` are offsets into the page's text as it was read when `text`, the first 16 digits of
    its SHA-256, was taken; `boxes` find the lines where a reader orders the text otherwise.
    """

    deck: str
    page: int  # from 1
    text: str
    lines: tuple[tuple[int, int], tuple[int, int]]
    boxes: tuple[Box, Box]
    continues: bool
    sample: str
    weight: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Pair:
        """The pair of a line of the file."""
        first, second = values["lines"]
        return cls(
            values["deck"],
            values["page"],
            values["text"],
            ((first[0], first[1]), (second[0], second[1])),
            (Box(*values["boxes"][0]), Box(*values["boxes"][1])),
            values["mark"] == "continues",
            values["sample"],
            values["weight"],
        )


@dataclass(frozen=True, slots=True)
class PlacedPair:
    """A pair with its page and lines as they are read today."""

    pair: Pair
    page: Page
    before: Line
    line: Line

    def is_right(self, without: frozenset[str] = frozenset()) -> bool:
        """Whether the rules, some left out, decide as the mark says."""
        return decide(self.page, self.before, self.line, without)[1] == self.pair.continues


def read_pairs(path: Path = PAIRS) -> list[Pair]:
    """All pairs of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Pair.from_dict(json.loads(line)) for line in lines]


def text_hash(page: Page) -> str:
    """What a pair remembers of the page's text."""
    return hashlib.sha256(page.text.encode()).hexdigest()[:16]


def find_lines(pair: Pair, page: Page) -> tuple[Line, Line] | None:
    """The pair's lines on a page: by offsets if the text is the same, else by their boxes.

    None where the page has no such lines any more.
    """
    if text_hash(page) == pair.text:
        by_offsets = {(line.start, line.end): line for line in page.lines}
        lines = [by_offsets.get(offsets) for offsets in pair.lines]
    else:
        lines = [
            next((line for line in page.lines if _is_near(line.box, box)), None)
            for box in pair.boxes
        ]
    before, line = lines
    return None if before is None or line is None else (before, line)


def _is_near(a: Box, b: Box) -> bool:
    corners = zip((a.x0, a.y0, a.x1, a.y1), (b.x0, b.y0, b.x1, b.y1), strict=True)
    return all(abs(x - y) <= _BOX_TOLERANCE for x, y in corners)


def place_pairs(pairs: Sequence[Pair], lectures: Path) -> Iterator[PlacedPair]:
    """The pairs whose lines are found on their pages; each deck is read once."""
    for deck in dict.fromkeys(pair.deck for pair in pairs):
        pages = read(lectures / deck).pages
        for pair in (pair for pair in pairs if pair.deck == deck):
            page = pages[pair.page - 1]
            lines = find_lines(pair, page)
            if lines is not None:
                yield PlacedPair(pair, page, *lines)


def share_right(pairs: Sequence[PlacedPair], without: frozenset[str] = frozenset()) -> str:
    """The right decisions as a count and, where the pairs have weights, as a share of all pairs."""
    right = [placed.is_right(without) for placed in pairs]
    text = f"{sum(right):>4} of {len(pairs):<4} {sum(right) / max(1, len(pairs)):.3f}"
    weights = [placed.pair.weight for placed in pairs]
    if sum(weights) > 0:
        weighted = sum(w for w, is_right in zip(weights, right, strict=True) if is_right)
        text += f"  weighted {weighted / sum(weights):.3f}"
    return text


def report(pairs: Sequence[PlacedPair]) -> Iterator[str]:
    """The tables, line by line."""
    samples = {
        name: [p for p in pairs if p.pair.sample == name] for name in ("strata", "disagreements")
    }
    for name, members in samples.items():
        yield f"{name:<16}{share_right(members)}"
    yield "\nby the rule that decides"
    for rule in [*RULES, "none"]:
        members = [p for p in pairs if decide(p.page, p.before, p.line)[0] == rule]
        if members:
            yield f"  {rule:<14}{share_right(members)}"
    yield "\nwithout a rule: strata, disagreements, and of the pairs that it changes how many it has right"
    for rule in RULES:
        off = frozenset({rule})
        changed = [p for p in pairs if p.is_right() != p.is_right(off)]
        helped = sum(p.is_right() for p in changed)
        yield (
            f"  {rule:<14}{share_right(samples['strata'], off)}   "
            f"{share_right(samples['disagreements'], off)}   {helped} of {len(changed)}"
        )


def wrong_pairs(pairs: Sequence[PlacedPair]) -> Iterator[str]:
    """The texts of the pairs that are decided wrongly."""
    for placed in pairs:
        rule, continues = decide(placed.page, placed.before, placed.line)
        if continues != placed.pair.continues:
            first, second = (
                placed.page.text[line.start : line.end] for line in (placed.before, placed.line)
            )
            decision = "joined" if continues else "parted"
            yield f"{placed.pair.deck}, p. {placed.pair.page}: {decision} by {rule}\n  {first}\n  {second}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", action="store_true", help="print the pairs decided wrongly")
    parser.add_argument("--lectures", type=Path, default=LECTURES, help="folder with the PDFs")
    options = parser.parse_args(arguments)
    pairs = read_pairs()
    decks = sorted({pair.deck for pair in pairs})
    missing = [deck for deck in decks if not (options.lectures / deck).is_file()]
    if missing:
        sys.exit(
            f"{options.lectures} lacks {len(missing)} of {len(decks)} decks, {missing[0]} first. They are "
            "not part of the repository; name the folder that holds them with --lectures."
        )
    placed = list(place_pairs(pairs, options.lectures))
    same = sum(text_hash(p.page) == p.pair.text for p in placed)
    print(
        f"{len(pairs)} pairs: {same} found by their offsets, {len(placed) - same} by their boxes, "
        f"{len(pairs) - len(placed)} lost, since the reader makes other lines today\n"
    )
    for line in report(placed):
        print(line)
    if options.words:
        print()
        for text in wrong_pairs(placed):
            print(text)


if __name__ == "__main__":
    main()
