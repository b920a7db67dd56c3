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
from ingest.citations import unit_of
from ingest.running_lines import repeated_lines
from ingest.text.languages import Language, language
from ingest.text.sentences import CLOSING_MARKS
from ingest.types import Line, Page, ParsedDocument, Passage, Span

#: Rises when the same document would be cut differently; a library stores it.
CHUNKER_VERSION = 5


@dataclass(frozen=True, slots=True)
class _Block:
    """Text that is cut together: a slide or a build, or notes between two slides.

    `build` holds the page numbers of a slide, in order, and is empty for notes; `spans` are its
    sentences and items; `is_navigation` as of a passage.
    """

    build: tuple[int, ...]
    spans: list[Span]
    is_navigation: bool = False


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
        tokens = count_tokens([texts[span.page][span.start : span.end] for span in block.spans])
        units = [
            Unit(span, count, headings.above(span.page, span.start), continues)
            for span, count, continues in zip(
                block.spans, tokens, _continues(block.spans, texts), strict=True
            )
        ]
        for section in [units] if block.build else split_at_headings(units):
            packed = pack(parsed.document, texts, block.build, section, count_tokens, settings)
            passages.extend(
                replace(passage, is_navigation=block.is_navigation) for passage in packed
            )
    labels = {page.number: page.label or str(page.number) for page in parsed.pages}
    recognised = {page.number for page in parsed.pages if page.origin == "ocr"}
    return [
        replace(
            passage,
            id=f"{parsed.document.id[:16]}-{number:04d}",
            labels=_labels(passage.pages, labels),
            recognised=tuple(page for page in passage.pages if page in recognised),
        )
        for number, passage in enumerate(passages)
    ]


def _continues(spans: Sequence[Span], texts: Mapping[int, str]) -> Iterator[bool]:
    """For each span, whether it is the rest of a sentence that the page before begins."""
    for before, span in zip([None, *spans], spans, strict=False):
        if before is None or before.page == span.page:
            yield False
            continue
        ended = texts[before.page][before.start : before.end].rstrip()[-1:] in CLOSING_MARKS
        yield not ended and texts[span.page][span.start : span.end].lstrip()[:1].islower()


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
    notes = _Block((), [])
    for build in group_builds(parsed.pages, body_lines):
        page = build[-1]  # on it, a build is complete
        if page.slides:
            if notes.spans:
                yield notes
                notes = _Block((), [])
            yield from _slides_of_handout(page, body_lines[page.number], spoken)
            continue
        spans = sentence_spans(page, body_lines[page.number], spoken)
        if not spans or headings.is_divider(page, body_lines[page.number]):
            continue
        leads = page.number in navigation
        if not page.is_slide and not leads:
            notes.spans.extend(spans)
            if has_sections and len(body_lines[page.number]) > 1:  # a heading alone leads on
                yield notes
                notes = _Block((), [])
            continue
        if notes.spans:
            yield notes
            notes = _Block((), [])
        yield _Block(tuple(step.number for step in build), spans, leads)
    if notes.spans:
        yield notes


def _slides_of_handout(page: Page, lines: Sequence[Line], spoken: Language) -> Iterator[_Block]:
    """One block for each slide of a handout's page."""
    for slide in page.slides:
        inside = [line for line in lines if slide.start <= line.start < slide.end]
        spans = sentence_spans(page, inside, spoken)
        if spans:
            yield _Block((page.number,), spans)
    slides = page.slides
    rest = [line for line in lines if not any(s.start <= line.start < s.end for s in slides)]
    spans = sentence_spans(page, rest, spoken)
    if spans:
        yield _Block((page.number,), spans)
