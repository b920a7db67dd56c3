"""Cut a lecture into passages: the units that are embedded, found and cited.

A slide is one passage; a build, whose pages only add to the page before, is one passage with
all its pages; a slide too long for the encoder is cut between its lines. Notes are cut at
headings and sentences and run on across pages. Running headers, footers and page numbers are
left out. Each passage knows where its text stands in the pages.
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest import clean
from ingest.types import Line, Page, ParsedDocument, Passage, Span

#: Rises when the same lecture would be cut differently; a library remembers it.
CHUNKER_VERSION = 3

#: Counts the encoder's tokens of each text, without the two that frame a sequence.
TokenCounter = Callable[[Sequence[str]], list[int]]

_FRAME_TOKENS = 2  # [CLS] and [SEP]
_MAX_CONTEXT_TOKENS = 48
_CLOSING = ",;:.)]"
_SHATTERED = 4  # lines of up to so many characters are pieces of one formula or drawing
_ABBREVIATIONS = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|al|fig|eq|eqs|sec|ch|no|vol|pp?|resp|approx|dr|prof|"
    r"z\.\s?b|d\.\s?h|u\.\s?a|bzw|ca|nr|abb|gl|vgl|usw|kap|max|min)|\b[A-Z]|^\W*\d+(?:\.\d+)*)\.$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?][\"')\]”“]*\s+(?=[\"'(\[„“]?[A-ZÄÖÜ0-9])")


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How long passages may be, in tokens of the encoder.

    `window` is the encoder's longest input; `passage_tokens` the longest passage wanted;
    `overlap_tokens` how much of a passage the next one repeats, in whole sentences.
    """

    window: int = 256
    passage_tokens: int = 200
    overlap_tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a line that stays whole: a span, its tokens, and the headings above it."""

    span: Span
    tokens: int
    headings: tuple[str, ...]


def chunk(
    lecture: ParsedDocument, count_tokens: TokenCounter, settings: ChunkSettings
) -> list[Passage]:
    """Cut a lecture into passages, in reading order.

    Every passage with its context fits `settings.window`. Their spans, without each one's
    first `overlap`, cover the kept text of every page once (of a build, the last page's).

    Raises:
        ValueError: the settings leave no room for text.
    """
    if settings.window < 24:
        raise ValueError(f"the encoder's window must be at least 24 tokens, got {settings.window}")
    if settings.passage_tokens < 16 or settings.overlap_tokens >= settings.passage_tokens // 2:
        raise ValueError(
            f"passage_tokens must be at least 16 and over twice overlap_tokens, got "
            f"{settings.passage_tokens} and {settings.overlap_tokens}"
        )
    skipped = clean.repeated_lines(lecture.pages)
    kept = {
        page.number: [line for line in page.lines if (page.number, line) not in skipped]
        for page in lecture.pages
    }
    headings = _HeadingPaths(lecture, kept)
    stretches: list[tuple[tuple[int, ...], list[Span]]] = []  # pages (of a build), spans
    for build in _builds(lecture.pages, kept):
        page = build[-1]
        spans = _sentences(page, kept[page.number])
        if not spans or (page.is_slide and headings.is_divider(page, kept[page.number])):
            continue
        if page.is_slide:
            stretches.append((tuple(step.number for step in build), spans))
        elif stretches and not stretches[-1][0]:
            stretches[-1][1].extend(spans)
        else:
            stretches.append(((), spans))
    texts = {page.number: page.text for page in lecture.pages}
    passages: list[Passage] = []
    for pages, spans in stretches:
        units = _measure(spans, texts, headings, count_tokens)
        for group in [units] if pages else _sections(units):
            passages.extend(_pack(lecture, texts, pages, group, count_tokens, settings))
    return [
        replace(passage, id=f"{lecture.document.id[:16]}-{number:04d}")
        for number, passage in enumerate(passages)
    ]


def embedding_text(passage: Passage) -> str:
    """What the encoder reads: the headings that the text does not open with, then the text."""
    opening = passage.text.split("\n", 1)[0]
    context = " › ".join(heading for heading in passage.headings if heading not in opening)
    return f"{context}\n{passage.text}" if context else passage.text


def windows(
    text: str, room: int, count_tokens: TokenCounter, lead: str = ""
) -> list[tuple[int, int]]:
    """Where to cut a text so that each piece has at most `room` tokens; offsets of each piece.

    `lead` is read before every piece but the first, and takes its share of the room. Cuts are
    between words; a single word longer than the room stays as it is.
    """
    whole, heading = count_tokens([text, lead])
    if whole <= room:
        return [(0, len(text))]
    words = [(match.start(), match.end()) for match in re.finditer(r"\S+", text)]
    lengths = count_tokens([text[start:end] for start, end in words])
    pieces: list[tuple[int, int]] = []
    first, used = 0, 0
    for position, length in enumerate(lengths):
        budget = room - (heading if pieces else 0)
        if position > first and used + length > budget:
            pieces.append((words[first][0], words[position - 1][1]))
            first, used = position, 0
        used += length
    pieces.append((words[first][0], words[-1][1]))
    return pieces


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Split text at line ends and sentence ends; offsets of each piece, blanks trimmed."""
    pieces = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in [*_sentence_ends(line[0]), len(line[0])]:
            piece = text[start : line.start() + end]
            trimmed = piece.strip()
            if trimmed:
                lead = len(piece) - len(piece.lstrip())
                pieces.append((start + lead, start + lead + len(trimmed)))
            start = line.start() + end
    return pieces


def _sentence_ends(text: str) -> Iterator[int]:
    for match in _SENTENCE_END.finditer(text):
        if not _ABBREVIATIONS.search(text[: match.start() + 1]):
            yield match.end()


# ---- builds --------------------------------------------------------------------------------


def _builds(pages: Sequence[Page], kept: dict[int, list[Line]]) -> Iterator[list[Page]]:
    """Group slides that only add to the slide before; every other page stands alone."""
    group: list[Page] = []
    for page in pages:
        if group and not _adds_to(group[-1], page, kept):
            yield group
            group = []
        group.append(page)
    if group:
        yield group


def _adds_to(before: Page, after: Page, kept: dict[int, list[Line]]) -> bool:
    """Whether a slide repeats nearly all words of the one before, under the same heading."""
    if not (before.is_slide and after.is_slide) or before.heading != after.heading:
        return False
    old, new = _words(before, kept), _words(after, kept)
    if not old or old.total() > new.total():
        return False
    return (old & new).total() >= 0.95 * old.total()


def _words(page: Page, kept: dict[int, list[Line]]) -> Counter[str]:
    lines = kept[page.number]
    return Counter(word for line in lines for word in page.text[line.start : line.end].split())


# ---- headings ------------------------------------------------------------------------------


class _HeadingPaths:
    """Which headings stand above a place: from the PDF's outline, else from the type sizes."""

    def __init__(self, lecture: ParsedDocument, kept: dict[int, list[Line]]) -> None:
        self.title = lecture.document.title
        self.kept = kept
        marks = list(self._from_outline(lecture))
        self.sections = {title for _, _, level, title in marks if level == 0}
        if len(marks) < 2:
            marks = list(self._from_sizes(lecture.pages))
        self.marks = sorted(marks, key=lambda mark: mark[:3])  # page, offset, level, title
        self.slides = {page.number: page.heading for page in lecture.pages if page.is_slide}

    def above(self, page: int, offset: int) -> tuple[str, ...]:
        """The lecture's title and the headings down to this place, outermost first."""
        path: list[tuple[int, str]] = []
        for mark_page, mark_offset, level, title in self.marks:
            if (mark_page, mark_offset) > (page, offset):
                break
            path = [entry for entry in path if entry[0] < level] + [(level, title)]
        names = [self.title, *(title for _, title in path), self.slides.get(page, "")]
        return tuple(dict.fromkeys(name for name in names if name))

    def is_divider(self, page: Page, lines: list[Line]) -> bool:
        """Whether a slide shows nothing but the name of the section that it opens."""
        text = " ".join(page.text[line.start : line.end] for line in lines)
        return text in self.sections

    def _from_outline(self, lecture: ParsedDocument) -> Iterator[tuple[int, int, int, str]]:
        pages = {page.number: page for page in lecture.pages}
        for section in lecture.outline:
            page = pages.get(section.page)
            if page and section.title:
                yield section.page, self._offset(page, section.title), section.level, section.title

    def _offset(self, page: Page, title: str) -> int:
        """Where a title of the outline stands on its page; 0 where it is not found."""
        wanted = _letters(title)
        for line in self.kept[page.number]:
            found = _letters(page.text[line.start : line.end])
            if found and (found == wanted or found.endswith(wanted)):
                return line.start
        return 0

    def _from_sizes(self, pages: Sequence[Page]) -> Iterator[tuple[int, int, int, str]]:
        """Headings of notes without an outline: larger than the text, or bold and numbered."""
        notes = [page for page in pages if not page.is_slide]
        sizes = Counter[float]()
        for page in notes:
            for line in self.kept[page.number]:
                sizes[line.size] += line.end - line.start
        usual = sizes.most_common(1)[0][0] if sizes else 0.0
        for page in notes:
            for line in self.kept[page.number]:
                text = page.text[line.start : line.end]
                numbered = re.match(r"\d+(?:\.\d+)*\.?\s+[^\W\d_]", text)
                large = line.size >= 1.15 * usual
                if (
                    len(text) <= 90
                    and re.search(r"[^\W\d_]{3}", text)
                    and (large or (line.bold and numbered))
                ):
                    level = text.split()[0].strip(".").count(".") if numbered else int(not large)
                    yield page.number, line.start, level, text


def _letters(title: str) -> str:
    """A heading without its number, blanks and punctuation, for comparisons."""
    return re.sub(r"^[\d.]+|\W+", "", title).casefold()


# ---- sentences -----------------------------------------------------------------------------


def _sentences(page: Page, lines: Sequence[Line]) -> list[Span]:
    """The kept text of a page as spans: items and sentences, each line in exactly one."""
    spans: list[Span] = []
    for start, end in _paragraphs(page, lines):
        cut = start
        for offset in [*_sentence_ends(page.text[start:end]), end - start]:
            if page.text[cut : start + offset].strip():
                spans.append(Span(page.number, cut, start + offset))
            cut = start + offset
    return spans


def _paragraphs(page: Page, lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Join lines that run on; break at bullets, table rows, changes of size, gaps and skipped lines."""
    start = end = -1
    before: Line | None = None
    for line in lines:
        if before is not None and _runs_on(page, before, line):
            end = line.end
        else:
            if start >= 0:
                yield start, end
            start, end = line.start, line.end
        before = line
    if start >= 0:
        yield start, end


def _runs_on(page: Page, before: Line, line: Line) -> bool:
    """Whether a line continues the paragraph of the line before."""
    between = page.text[before.end : line.start]
    if between == "":  # a hyphenated word runs over the line end
        return True
    if between != "\n":  # a skipped line stands between
        return False
    if max(before.end - before.start, line.end - line.start) <= _SHATTERED:
        return True
    first = page.text[line.start : line.end].split(maxsplit=1)[0]
    if first[0] in _CLOSING:  # after an index or an exponent, which is set on a line of its own
        return True
    if clean.is_bullet(first) or first[0] in clean.BULLETS:
        return False
    if (
        abs(before.size - line.size) > 0.12 * max(before.size, line.size)
        or before.bold != line.bold
    ):
        return False
    gap = line.box.y0 - before.box.y1
    wide = before.box.x1 - before.box.x0 > 0.45 * page.width
    wide = wide and not (_has_cells(page, before) or _has_cells(page, line))
    goes_on = first[0].islower()  # a narrow column's line, broken in mid-sentence
    return -line.size <= gap <= 0.6 * line.size and (wide or goes_on)


def _has_cells(page: Page, line: Line) -> bool:
    """Whether words stand further apart than the line is high, as in a table's row."""
    first, last = (
        bisect_left(page.words, end, key=lambda word: word.start) for end in (line.start, line.end)
    )
    words = page.words[first:last]
    return any(b.box.x0 - a.box.x1 > line.size for a, b in itertools.pairwise(words))


def _measure(
    spans: Sequence[Span],
    texts: dict[int, str],
    headings: _HeadingPaths,
    count_tokens: TokenCounter,
) -> list[_Unit]:
    tokens = count_tokens([texts[span.page][span.start : span.end] for span in spans])
    return [
        _Unit(span, count, headings.above(span.page, span.start))
        for span, count in zip(spans, tokens, strict=True)
    ]


def _sections(units: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    """Split notes where the headings change; a heading alone goes with what follows it."""
    group: list[_Unit] = []
    for unit in units:
        if group and unit.headings != group[-1].headings and sum(u.tokens for u in group) > 24:
            yield group
            group = []
        group.append(unit)
    if group:
        yield group


# ---- packing -------------------------------------------------------------------------------


def _pack(
    lecture: ParsedDocument,
    texts: dict[int, str],
    pages: tuple[int, ...],
    units: Sequence[_Unit],
    count_tokens: TokenCounter,
    settings: ChunkSettings,
) -> Iterator[Passage]:
    """Fill passages of about equal length with whole units."""
    budget = min(_MAX_CONTEXT_TOKENS, settings.window // 4)
    headings = _fitting_context(units[-1].headings, count_tokens, budget)
    context_tokens = count_tokens([" › ".join(headings)])[0]
    limit = min(settings.passage_tokens, settings.window - _FRAME_TOKENS - context_tokens)
    pieces = [piece for unit in units for piece in _split(unit, texts, count_tokens, limit)]
    total = sum(piece.tokens for piece in pieces)
    target = total / math.ceil(total / limit) if total else limit
    document = lecture.document
    for group, overlap in _groups(pieces, limit, target, settings.overlap_tokens):
        spans = tuple(piece.span for piece in group)
        yield Passage(
            id="",
            document=document.id,
            file=document.file,
            title=document.title,
            pages=pages or tuple(sorted({span.page for span in spans})),
            headings=headings,
            text="\n".join(" ".join(texts[s.page][s.start : s.end].split()) for s in spans),
            spans=spans,
            overlap=overlap,
            language=document.language,
        )


def _groups(
    pieces: Sequence[_Unit], limit: int, target: float, overlap_tokens: int
) -> Iterator[tuple[list[_Unit], int]]:
    """Close a passage when the next piece would not fit, or when it has reached its share."""
    group: list[_Unit] = []
    overlap = size = 0
    for piece in pieces:
        if group[overlap:] and (size + piece.tokens > limit or size + piece.tokens / 2 > target):
            yield group, overlap
            group, size = _tail(group, min(overlap_tokens, limit - piece.tokens))
            overlap = len(group)
        group.append(piece)
        size += piece.tokens
    if group[overlap:]:
        yield group, overlap


def _tail(group: Sequence[_Unit], budget: int) -> tuple[list[_Unit], int]:
    """The last whole units of a passage that fit into a budget of tokens, and their tokens."""
    tail: list[_Unit] = []
    size = 0
    for unit in reversed(group):
        if size + unit.tokens > budget:
            break
        tail.insert(0, unit)
        size += unit.tokens
    return tail, size


def _split(
    unit: _Unit, texts: dict[int, str], count_tokens: TokenCounter, limit: int
) -> list[_Unit]:
    """Cut a unit that is longer than a passage between its words (inside one only if it must)."""
    if unit.tokens <= limit:
        return [unit]
    span = unit.span
    text = texts[span.page][span.start : span.end]
    starts = [match.start() for match in re.finditer(r"\S+\s*", text)]
    if len(starts) < 2:
        starts = list(range(0, len(text), max(1, len(text) * limit // (2 * unit.tokens))))
    ends = [*starts[1:], len(text)]
    counts = count_tokens([text[a:b] for a, b in zip(starts, ends, strict=True)])
    pieces: list[_Unit] = []
    begin, size = 0, 0
    for start, count in zip(starts, counts, strict=True):
        if size and size + count > limit:
            pieces.append(
                replace(
                    unit,
                    span=replace(span, start=span.start + begin, end=span.start + start),
                    tokens=size,
                )
            )
            begin, size = start, 0
        size += count
    pieces.append(replace(unit, span=replace(span, start=span.start + begin), tokens=size))
    if any(piece.tokens > limit for piece in pieces):  # one endless word: cut it by letters
        return [small for piece in pieces for small in _split(piece, texts, count_tokens, limit)]
    return pieces


def _fitting_context(
    headings: tuple[str, ...], count_tokens: TokenCounter, budget: int
) -> tuple[str, ...]:
    """Drop headings from the second on, then the first one's last words, until they fit."""
    while len(headings) > 1 and count_tokens([" › ".join(headings)])[0] > budget:
        headings = (headings[0], *headings[2:]) if len(headings) > 2 else headings[:1]
    if count_tokens([" › ".join(headings)])[0] <= budget:
        return headings
    words = headings[0].split()
    sizes = itertools.accumulate(count_tokens(words))
    kept = [word for word, size in zip(words, sizes, strict=True) if size <= budget]
    return (" ".join(kept),) if kept else ()
