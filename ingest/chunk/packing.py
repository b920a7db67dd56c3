"""Fill passages of about equal length with sentences and items, each whole where it fits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.chunk.settings import ChunkSettings, TokenCounter
from ingest.page_boxes import single_blanks
from ingest.text.scripts import words_and_letters
from ingest.types import Document, Passage, PassageKind, Span

_SPECIAL_TOKENS = 2  # [CLS] and [SEP]
_MAX_CONTEXT_TOKENS = 48
_MAX_CONTEXT_SHARE = 4  # the context takes at most one in so many tokens of the window
_MIN_SECTION_TOKENS = 24  # a shorter section, such as a heading alone, goes with what follows


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or an item: where it is, its number of tokens, and the headings above it.

    `continues` is true of the part of a sentence that a page's end or a formula parts from its beginning.
    """

    span: Span
    tokens: int
    headings: tuple[str, ...]
    continues: bool = False


def split_at_headings(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Split notes where the headings change; a heading alone goes with what follows it."""
    section: list[Unit] = []
    for unit in units:
        tokens = sum(earlier.tokens for earlier in section)
        if section and unit.headings != section[-1].headings and tokens > _MIN_SECTION_TOKENS:
            yield section
            section = []
        section.append(unit)
    if section:
        yield section


def pack(
    document: Document,
    texts: Mapping[int, str],
    build: tuple[int, ...],
    units: Sequence[Unit],
    count_tokens: TokenCounter,
    settings: ChunkSettings,
) -> Iterator[Passage]:
    """Fill passages of about equal length with whole units; only a unit that is too long is cut.

    Args:
        document: The document that they belong to.
        texts: Each page's text by its number.
        build: The pages of a slide or a build; empty for notes, whose spans tell their pages.
        units: At least one, in reading order.
        count_tokens: Counts the encoder's tokens.
        settings: How long a passage may be.

    Yields:
        The passages in order, their `id` still empty.
    """
    headings, limit = passage_size(units[-1].headings, count_tokens, settings)
    fitting = [part for unit in units for part in split_unit(unit, texts, count_tokens, limit)]
    for group, overlap in unit_groups(fitting, limit, settings.overlap_tokens):
        spans = tuple(unit.span for unit in group)
        yield passage_of(document, texts, build, spans, headings, overlap)


def passage_size(
    headings: tuple[str, ...], count_tokens: TokenCounter, settings: ChunkSettings
) -> tuple[tuple[str, ...], int]:
    """Those of the headings that fit as a passage's context, and how many tokens its text may have."""
    context_limit = min(_MAX_CONTEXT_TOKENS, settings.window // _MAX_CONTEXT_SHARE)
    fitting = _fitting_headings(headings, count_tokens, context_limit)
    context_tokens = count_tokens([" › ".join(fitting)])[0]
    limit = min(settings.passage_tokens, settings.window - _SPECIAL_TOKENS - context_tokens)
    return fitting, limit


def passage_of(
    document: Document,
    texts: Mapping[int, str],
    build: tuple[int, ...],
    spans: tuple[Span, ...],
    headings: tuple[str, ...],
    overlap: int,
    kind: PassageKind = "text",
) -> Passage:
    """The passage of some spans, a line of text for each; its `id` is still empty."""
    return Passage(
        id="",
        document=document.id,
        file=document.file,
        title=document.title,
        pages=build or tuple(sorted({span.page for span in spans})),
        headings=headings,
        text="\n".join(single_blanks(texts[s.page][s.start : s.end]) for s in spans),
        spans=spans,
        overlap=overlap,
        language=document.language,
        kind=kind,
    )


def unit_groups(
    units: Sequence[Unit], limit: int, overlap_tokens: int = 0
) -> Iterator[tuple[list[Unit], int]]:
    """Group units into passages of about equal length, each with the number of units that it repeats.

    A passage ends when the next unit would make it longer than `limit`, or when half of that
    unit would make it longer than their mean length; not inside a sentence, if the whole fits into
    one.
    """
    total = sum(unit.tokens for unit in units)
    target = total / math.ceil(total / limit) if total else limit
    group: list[Unit] = []
    overlap = tokens = 0
    for index, unit in enumerate(units):
        rest = sum(part.tokens for part in _continuation(units, index))
        needed = unit.tokens + rest if unit.tokens + rest <= limit else unit.tokens
        full = tokens + needed > limit or tokens + needed / 2 > target
        begins = not unit.continues or tokens + unit.tokens > limit
        if group[overlap:] and full and begins:
            yield group, overlap
            group, tokens = _tail(group, min(overlap_tokens, limit - needed))
            overlap = len(group)
        group.append(unit)
        tokens += unit.tokens
    if group[overlap:]:
        yield group, overlap


def _continuation(units: Sequence[Unit], index: int) -> list[Unit]:
    """The parts of a unit's sentence on the pages behind it."""
    return list(itertools.takewhile(lambda unit: unit.continues, units[index + 1 :]))


def _tail(group: Sequence[Unit], limit: int) -> tuple[list[Unit], int]:
    """The last whole units of a passage that fit into `limit` tokens, and their tokens."""
    tail: list[Unit] = []
    tokens = 0
    for unit in reversed(group):
        if tokens + unit.tokens > limit:
            break
        tail.insert(0, unit)
        tokens += unit.tokens
    return tail, tokens


def split_unit(
    unit: Unit, texts: Mapping[int, str], count_tokens: TokenCounter, limit: int
) -> list[Unit]:
    """Cut a unit that is longer than a passage between its words (inside one only if it must)."""
    if unit.tokens <= limit:
        return [unit]
    span = unit.span
    text = texts[span.page][span.start : span.end]
    starts = [start for start, _ in words_and_letters(text)]
    if len(starts) < 2:
        starts = list(range(0, len(text), max(1, len(text) * limit // (2 * unit.tokens))))
    ends = [*starts[1:], len(text)]
    counts = count_tokens([text[a:b] for a, b in zip(starts, ends, strict=True)])
    parts: list[Unit] = []
    part_start, tokens = 0, 0
    for start, count in zip(starts, counts, strict=True):
        if tokens and tokens + count > limit:
            part = replace(span, start=span.start + part_start, end=span.start + start)
            parts.append(
                replace(unit, span=part, tokens=tokens, continues=unit.continues and not parts)
            )
            part_start, tokens = start, 0
        tokens += count
    last = replace(span, start=span.start + part_start)
    parts.append(replace(unit, span=last, tokens=tokens, continues=unit.continues and not parts))
    if any(part.tokens > limit for part in parts):  # one endless word: cut between letters
        return [small for part in parts for small in split_unit(part, texts, count_tokens, limit)]
    return parts


def _fitting_headings(
    headings: tuple[str, ...], count_tokens: TokenCounter, limit: int
) -> tuple[str, ...]:
    """Drop headings from the second on, then the first one's last words, until they fit."""
    while len(headings) > 1 and count_tokens([" › ".join(headings)])[0] > limit:
        headings = (headings[0], *headings[2:]) if len(headings) > 2 else headings[:1]
    if count_tokens([" › ".join(headings)])[0] <= limit:
        return headings
    words = headings[0].split()
    totals = itertools.accumulate(count_tokens(words))
    fitting = [word for word, total in zip(words, totals, strict=True) if total <= limit]
    return (" ".join(fitting),) if fitting else ()
