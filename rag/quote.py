"""An answer in quotations: the leads, what the page says around them, and further sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.text.scripts import count_words
from rag.lead import LeadUnits
from rag.rerank import logits
from rag.settings import AnswerSettings
from rag.spans import TextSpan, span_text, units_of
from rag.types import Lead, Sentence, Source


@dataclass(frozen=True, slots=True)
class QuotedAnswer:
    """Leads, the quotations as sentences, and the sources of both, numbered from 1."""

    leads: tuple[Lead, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    sources: tuple[Source, ...] = ()


def quoted_answer(
    leads: Sequence[LeadUnits], evidence: Sequence[Source], settings: AnswerSettings
) -> QuotedAnswer:
    """Give each lead its source, and add the evidence that comes close to the best.

    A lead's source is its page's text around it, up to `span_words` words; leads whose texts
    overlap have one, and evidence from their passages extends it. Other evidence follows, at most `quotes` sources in all,
    unless there are more leads.

    Args:
        leads: Of the parts of a question, in order; none where only evidence is quoted.
        evidence: Best first.
        settings: How much is quoted.
    """
    sources: list[Source] = []
    numbers = []
    for lead in leads:
        source = _source_of(lead, settings.span_words)
        row = next((n for n, other in enumerate(sources) if _overlap(other, source)), None)
        if row is None:
            sources.append(source)
        else:
            sources[row] = _united(sources[row], source)
        numbers.append(len(sources) if row is None else row + 1)
    contexts = len(sources)
    for source in _near_the_best(evidence, settings):
        row = next(
            (
                n
                for n, other in enumerate(sources)
                if _overlap(other, source) or (n < contexts and _share_passage(other, source))
            ),
            None,
        )
        if row is not None:
            sources[row] = replace(_united(sources[row], source), also=source.also)
        elif len(sources) < settings.quotes:
            sources.append(source)
    sources = [replace(source, number=n) for n, source in enumerate(sources, 1)]
    return QuotedAnswer(
        tuple(
            Lead(lead.items, number, lead.start, lead.end, lead.label, lead.score)
            for lead, number in zip(leads, numbers, strict=True)
        ),
        tuple(Sentence(source.quote, source.number, 1.0, "quoted") for source in sources),
        tuple(sources),
    )


def _near_the_best(evidence: Sequence[Source], settings: AnswerSettings) -> list[Source]:
    """The best piece of evidence, and those that come close to it."""
    if not evidence:
        return []
    best = evidence[0]

    def is_near(source: Source) -> bool:
        same_page = source.hit.passage.shares_page(best.hit.passage)
        margin = settings.quote_margin if same_page else settings.other_page_margin
        return source.selection_score >= best.selection_score - margin

    return [source for source in evidence if is_near(source)][: settings.quotes]


def _source_of(lead: LeadUnits, max_words: int) -> Source:
    span = context_of(lead, max_words)
    quote = span_text(lead.hit.passage, span)
    logit = round(float(logits([lead.score])[0]), 4)
    return Source(0, quote, lead.hit, lead.score, span.start, span.end, logit)


def context_of(lead: LeadUnits, max_words: int) -> TextSpan:
    """The part of the page around a lead: whole units on both sides, up to some words.

    It stays on the pages of the lead, so that the citation of both is the same.
    """
    passage = lead.hit.passage
    units = units_of(passage)
    pages = set(passage.pages_of(lead.start, lead.end))
    on_pages = [pages.issuperset(passage.pages_of(unit.start, unit.end)) for unit in units]
    words = [count_words(span_text(passage, unit)) for unit in units]
    inside = [row for row, unit in enumerate(units) if lead.start <= unit.start < lead.end]
    first, last = inside[0], inside[-1]
    while True:
        grown = False
        for start, end in ((first, min(last + 1, len(units) - 1)), (max(first - 1, 0), last)):
            if (
                (start, end) != (first, last)
                and all(on_pages[start : end + 1])
                and sum(words[start : end + 1]) <= max_words
            ):
                first, last, grown = start, end, True
                break
        if not grown:
            return TextSpan(units[first].start, units[last].end)


def _overlap(first: Source, second: Source) -> bool:
    within = first.start < second.end and second.start < first.end
    return within and _share_passage(first, second)


def _share_passage(first: Source, second: Source) -> bool:
    return first.hit.passage.id == second.hit.passage.id


def _united(first: Source, second: Source) -> Source:
    span = TextSpan(min(first.start, second.start), max(first.end, second.end))
    quote = span_text(first.hit.passage, span)
    return replace(first, quote=quote, start=span.start, end=span.end)
