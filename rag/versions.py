"""The same page in two versions of a lecture: shown as one, or where they differ both, newer first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.types import Passage
from rag.spans import TextSpan, quotable_spans, span_text
from rag.types import Hit, Source

_WORD = re.compile(r"\w+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SAME_PAGE = 0.7  # share of words that two versions of a passage have in common, of all their words
_SAME_SENTENCE = 0.6  # likewise, of a sentence


def unite_versions(sources: Sequence[Source], hits: Sequence[Hit]) -> tuple[Source, ...]:
    """The evidence with what other versions of its pages say.

    Where another version says the same, the source names its place too (`also`), and the newer one
    is the source. Where it says something else, as another number, it becomes a source of its own
    beside the first, the newer before the older.

    Args:
        sources: Evidence, best first.
        hits: The passages that were retrieved, among which versions are looked for.

    Returns:
        The sources, numbered from 1.
    """
    united: list[Source] = []
    for source in sources:
        passage = source.hit.passage
        if any(_overlaps(source, other) for other in united):
            continue
        group = [source]
        for hit in hits:
            if hit.passage.document != passage.document and _is_version(hit.passage, passage):
                version = _version_of(source, hit)
                if version is not None and not any(_overlaps(version, other) for other in united):
                    group.append(version)
        united += _merge_equal(sorted(group, key=lambda each: -_year(each.hit.passage)))
    return tuple(replace(source, number=n) for n, source in enumerate(united, start=1))


def newest_versions(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those of which another one is a newer version of the page."""
    return [
        hit
        for hit in hits
        if not any(
            other.passage.document != hit.passage.document
            and _year(other.passage) > _year(hit.passage)
            and _is_version(other.passage, hit.passage)
            for other in hits
        )
    ]


def _merge_equal(group: Sequence[Source]) -> list[Source]:
    """Sources of several versions in their order, those with the same words as one."""
    merged: list[Source] = []
    for source in group:
        row = next((n for n, other in enumerate(merged) if _agree(other, source)), None)
        if row is None:
            merged.append(source)
        else:
            merged[row] = replace(merged[row], also=(*merged[row].also, source.citation))
    return merged


def _version_of(source: Source, hit: Hit) -> Source | None:
    """What another version says in place of a source; None where it says nothing like it."""
    parts = [span_text(source.hit.passage, span) for span in quotable_spans(source.hit.passage)]
    quoted = [part for part in parts if part in source.quote] or [source.quote]
    spans = [
        span
        for span in quotable_spans(hit.passage)
        if any(_likeness(span_text(hit.passage, span), part) >= _SAME_SENTENCE for part in quoted)
    ]
    if not spans:
        return None
    start, end = spans[0].start, spans[-1].end
    quote = span_text(hit.passage, TextSpan(start, end))
    return replace(source, quote=quote, hit=hit, start=start, end=end)


def _is_version(first: Passage, second: Passage) -> bool:
    return _likeness(first.text, second.text) >= _SAME_PAGE


def _agree(first: Source, second: Source) -> bool:
    return _WORD.findall(first.quote.casefold()) == _WORD.findall(second.quote.casefold())


def _overlaps(first: Source, second: Source) -> bool:
    """Whether two sources quote the same words of one passage."""
    if first.citation in second.also and _agree(first, second):
        return True
    same = first.hit.passage.id == second.hit.passage.id
    return same and first.start < second.end and second.start < first.end


def _likeness(first: str, second: str) -> float:
    """The words that two texts have in common, as a share of all their words (Jaccard)."""
    words, others = (set(_WORD.findall(text.casefold())) for text in (first, second))
    return len(words & others) / max(len(words | others), 1)


def _year(passage: Passage) -> int:
    """The last year that a passage's folder, file name or title names; 0 where there is none."""
    return max(map(int, _YEAR.findall(f"{passage.name} {passage.title}")), default=0)
