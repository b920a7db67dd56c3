"""Join a page's lines to paragraphs, and cut the paragraphs into sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.chunk.line_rules import decide
from ingest.text.languages import Language
from ingest.text.sentences import sentence_ends
from ingest.types import Line, Page, Span


def sentence_spans(page: Page, lines: Sequence[Line], spoken: Language) -> list[Span]:
    """The text of a page's lines as sentences, list items and rows, with each line in exactly one."""
    spans: list[Span] = []
    whole = {line.start for line in lines if line.is_code or line.is_row}
    for paragraph_start, paragraph_end in paragraphs(page, lines):
        if paragraph_start in whole:
            spans.append(Span(page.number, paragraph_start, paragraph_end))
            continue
        text = page.text[paragraph_start:paragraph_end]
        start = paragraph_start
        for offset in [*sentence_ends(text, spoken), len(text)]:
            end = paragraph_start + offset
            if page.text[start:end].strip():
                spans.append(Span(page.number, start, end))
            start = end
    return spans


def paragraphs(page: Page, lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """(start, end) of each group of lines of which each continues the one before."""
    start = end = -1
    before: Line | None = None
    for line in lines:
        if before is not None and decide(page, before, line)[1]:
            end = line.end
        else:
            if start >= 0:
                yield start, end
            start, end = line.start, line.end
        before = line
    if start >= 0:
        yield start, end
