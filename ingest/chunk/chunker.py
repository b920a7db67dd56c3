"""Cut a whole document into passages.

A slide is one passage; a build, whose pages only add to the page before, is one passage with
all its pages; a slide too long for the encoder is cut between its lines. Notes are cut at
headings and sentences, and a passage may continue on the next page. Running headers, footers and
page numbers are left out. Each passage keeps the offsets of its text on the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.chunk.builds import group_builds
from ingest.chunk.headings import HeadingPaths
from ingest.chunk.navigation import navigation_pages
from ingest.chunk.packing import Unit, pack, split_at_headings
from ingest.chunk.paragraphs import sentence_spans
from ingest.chunk.settings import ChunkSettings, TokenCounter
from ingest.chunk.tables import TableSpans, continues, pack_table, split_tables
from ingest.citations import unit_of
from ingest.running_lines import repeated_lines
from ingest.text.languages import Language, language
from ingest.text.sentences import CLOSING_MARKS, can_go_on, has_open_end
from ingest.types import Line, Page, ParsedDocument, Passage, Span

#: Rises when the same document would be cut differently; a library stores it.
CHUNKER_VERSION = 12


@dataclass(frozen=True, slots=True)
class _Block:
    """Text that is cut together: a slide or a build, or notes between two slides.

    `build` holds the page numbers of a slide, in order, and is empty for notes; `spans` are its
    sentences and items; `tables` are not among them; `is_navigation` as of a passage.
    """

    build: tuple[int, ...]
    spans: list[Span]
    tables: list[TableSpans]
    is_navigation: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it holds neither text nor a table."""
        return not self.spans and not self.tables


def chunk(
    parsed: ParsedDocument, count_tokens: TokenCounter, settings: ChunkSettings
) -> list[Passage]:
    """Cut a document into passages, in reading order.

    Every passage with its context fits `settings.window`. Their spans, without each one's first
    `overlap`, cover the body text of every page once (of a build, the last page's).

    Raises:
        ValueError: the settings leave no room for text.
    """
    settings.check()
    body_lines = _body_lines(parsed)
    headings = HeadingPaths(parsed, body_lines)
    texts = {page.number: page.text for page in parsed.pages}
    passages: list[Passage] = []
    for block in _blocks(parsed, body_lines, headings):
        cut: list[Passage] = []
        tokens = count_tokens([texts[span.page][span.start : span.end] for span in block.spans])
        units = [
            Unit(span, count, headings.above(span.page, span.start), continues)
            for span, count, continues in zip(
                block.spans, tokens, _continues(block.spans, texts), strict=True
            )
        ]
        for section in [units] if block.build and units else split_at_headings(units):
            cut += pack(parsed.document, texts, block.build, section, count_tokens, settings)
        for table in block.tables:
            row = table.rows[0]
            cut += pack_table(
                parsed.document,
                texts,
                block.build,
                table,
                headings.above(row.page, row.start),
                count_tokens,
                settings,
            )
        if block.tables:
            cut.sort(key=_place)
        passages += (replace(passage, is_navigation=block.is_navigation) for passage in cut)
    labels = {page.number: page.label or str(page.number) for page in parsed.pages}
    recognised = {page.number for page in parsed.pages if page.origin == "ocr"}
    corrected = {page.number for page in parsed.pages if page.origin == "corrected"}
    return [
        replace(
            passage,
            id=f"{parsed.document.id[:16]}-{number:04d}",
            labels=_labels(passage.pages, labels),
            recognised=tuple(page for page in passage.pages if page in recognised),
            corrected=tuple(page for page in passage.pages if page in corrected),
        )
        for number, passage in enumerate(passages)
    ]


def _continues(spans: Sequence[Span], texts: Mapping[int, str]) -> Iterator[bool]:
    """For each span, whether it is the rest of a sentence that a page's end or a formula interrupts."""
    is_open = False  # a sentence that formulas interrupt has not ended
    for before, span in zip([None, *spans], spans, strict=False):
        if before is None:
            yield False
            continue
        first = texts[before.page][before.start : before.end].strip()
        text = texts[span.page][span.start : span.end].strip()
        ended = first[-1:] in CLOSING_MARKS
        if before.page != span.page:
            yield not ended and text[:1].islower()
            continue
        is_open = (is_open and not ended) or has_open_end(first)
        is_open = is_open and can_go_on(text)
        yield is_open


def _place(passage: Passage) -> tuple[int, int]:
    """Where a passage's own text begins: page, and offset in its text."""
    first = passage.spans[passage.overlap]
    return first.page, first.start


def _labels(pages: Sequence[int], labels: Mapping[int, str]) -> tuple[str, ...]:
    """The numbers printed on some pages; none where they are the same."""
    printed = tuple(labels[page] for page in pages)
    return () if printed == tuple(map(str, pages)) else printed


def _body_lines(parsed: ParsedDocument) -> dict[int, list[Line]]:
    """Each page's lines by its number, without running headers, footers and page numbers."""
    has_paper = unit_of(parsed.document.file) in ("page", "slide")  # else nothing runs on top
    repeated = repeated_lines(parsed.pages) if has_paper else set()
    return {
        page.number: [line for line in page.lines if (page.number, line) not in repeated]
        for page in parsed.pages
    }


def _blocks(
    parsed: ParsedDocument, body_lines: dict[int, list[Line]], headings: HeadingPaths
) -> Iterator[_Block]:
    """One block for each build, and one for the notes between two slides; no dividers.

    Notes whose pages are sections have a block for each, so that each is cited by its title.
    """
    has_sections = unit_of(parsed.document.file) in ("section", "part")
    spoken = language(parsed.document.language)
    navigation = navigation_pages(parsed, body_lines)
    notes = _Block((), [], [])
    for build in group_builds(parsed.pages, body_lines):
        page = build[-1]  # on it, a build is complete
        lines = body_lines[page.number]
        if page.slides:
            if not notes.is_empty:
                yield notes
                notes = _Block((), [], [])
            yield from _slides_of_handout(page, lines, spoken)
            continue
        if not lines or headings.is_divider(page, lines):
            continue
        if page.number in navigation:
            spans, tables = sentence_spans(page, lines, spoken), list[TableSpans]()
        else:
            spans, tables = split_tables(page, lines, spoken)
            if not page.is_slide:
                _add_to_notes(notes, spans, tables, lines)
                if has_sections and len(lines) > 1:  # a heading alone leads on
                    yield notes
                    notes = _Block((), [], [])
                continue
        if not notes.is_empty:
            yield notes
            notes = _Block((), [], [])
        build_pages = tuple(step.number for step in build)
        yield _Block(build_pages, spans, tables, page.number in navigation)
    if not notes.is_empty:
        yield notes


def _add_to_notes(
    notes: _Block, spans: list[Span], tables: list[TableSpans], lines: Sequence[Line]
) -> None:
    """Add a page; a table at its top goes on with the one that ended the page before."""
    ended = notes.tables[-1] if notes.tables else None
    last_span = notes.spans[-1] if notes.spans else None
    if (
        ended is not None
        and tables
        and tables[0].rows[0].start == lines[0].start
        and continues(ended, tables[0])
        and not (last_span and _is_behind(last_span, ended.rows[-1]))
    ):
        ended.rows += tables[0].rows
        ended.below += tables[0].below
        tables = tables[1:]
    notes.spans.extend(spans)
    notes.tables.extend(tables)


def _is_behind(span: Span, row: Span) -> bool:
    return (span.page, span.start) > (row.page, row.start)


def _slides_of_handout(page: Page, lines: Sequence[Line], spoken: Language) -> Iterator[_Block]:
    """One block for each slide of a handout's page."""
    rest = list(lines)
    for slide in (*page.slides, None):
        inside = [line for line in rest if slide is None or slide.start <= line.start < slide.end]
        rest = [line for line in rest if line not in inside]
        alone = replace(page, heading=slide.heading if slide else "")
        block = _Block((page.number,), *split_tables(alone, inside, spoken))
        if not block.is_empty:
            yield block
