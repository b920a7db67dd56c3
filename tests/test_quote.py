"""rag.quote: leads with their sources, and the evidence that comes close to the best."""

from __future__ import annotations

from dataclasses import replace

from tiny_models import hit

from rag.lead import LeadUnits
from rag.quote import quoted_answer
from rag.settings import AnswerSettings
from rag.spans import units_of
from rag.types import Source

CAT = "A cat sleeps sixteen hours daily."
MICE = "It hunts mice at night."
LIGHT = "Light travels 299792458 metres every second."
CATS = hit("cats", f"{CAT}\n{MICE}", headings=("Animals", "Why cats are sleepy"))
PHYSICS = hit("light", LIGHT, headings=("Physics", "Light"), pages=(7,))
SOURCES = (
    Source(1, CAT, CATS, 0.9, selection_score=2.0),
    Source(2, MICE, CATS, 0.5, selection_score=0.5),
    Source(3, LIGHT, PHYSICS, 0.4, selection_score=-1.0),
)


def lead_of(found, row, label=""):
    return LeadUnits(found, (units_of(found.passage)[row],), label, 0.8)


def test_an_answer_without_leads_takes_what_comes_close_to_the_best():
    def texts(given=SOURCES, **settings):
        answer = quoted_answer((), given, AnswerSettings(**settings))
        assert [s.text for s in answer.sentences] == [source.quote for source in answer.sources]
        assert all((s.support, s.origin) == (1.0, "quoted") for s in answer.sentences)
        return [sentence.text for sentence in answer.sentences]

    # A slide's second passage is the same page, a page of the same number elsewhere is not.
    half = replace(SOURCES[2], hit=hit("light", LIGHT, pages=(1, 2)))
    assert texts((*SOURCES[:2], half), quote_margin=3.0, other_page_margin=0.0) == [
        CAT,
        MICE,
        LIGHT,
    ]
    elsewhere = replace(half.hit.passage, document="another")
    there = replace(half, hit=replace(half.hit, passage=elsewhere))
    assert texts((*SOURCES[:2], there), quote_margin=3.0, other_page_margin=0.0) == [CAT, MICE]
    assert texts(quotes=3, quote_margin=1.5, other_page_margin=3.0) == [CAT, MICE, LIGHT]
    assert texts(quotes=3, quote_margin=1.5, other_page_margin=2.9) == [CAT, MICE]
    assert texts(quotes=3, quote_margin=1.0, other_page_margin=3.0) == [CAT, LIGHT]
    assert texts(quotes=3, quote_margin=1.0, other_page_margin=1.0) == [CAT]
    assert texts(quotes=1, quote_margin=3.0, other_page_margin=3.0) == [CAT]


def test_a_lead_is_first_with_its_page_around_it():
    evidence = (replace(SOURCES[2], end=len(LIGHT), selection_score=2.0), SOURCES[0])
    answer = quoted_answer((lead_of(CATS, 1),), evidence, AnswerSettings(quotes=2))
    [lead] = answer.leads
    assert (lead.items, lead.source) == ((MICE,), 1)
    first, second = answer.sources
    assert (first.quote, first.hit) == (f"{CAT} {MICE}", CATS)
    assert second.quote == LIGHT
    assert first.hit.passage.text[lead.start : lead.end] == MICE


def test_two_leads_of_one_place_have_one_source():
    leads = lead_of(CATS, 0), lead_of(CATS, 1, "Cats")
    answer = quoted_answer(leads, (), AnswerSettings())
    assert [lead.source for lead in answer.leads] == [1, 1]
    assert [lead.text for lead in answer.leads] == [CAT, f"Cats: {MICE}"]
    assert [source.quote for source in answer.sources] == [f"{CAT} {MICE}"]


def test_leads_of_two_places_have_two_sources_whatever_the_number_of_quotes():
    leads = lead_of(PHYSICS, 0), lead_of(CATS, 0)
    answer = quoted_answer(leads, SOURCES, AnswerSettings(quotes=1))
    assert [source.hit.passage.id for source in answer.sources] == ["light", "cats"]
    assert [lead.source for lead in answer.leads] == [1, 2]


def test_evidence_beside_the_context_extends_it():
    """With room for the lead's words alone, the evidence of the same passage is still one source."""
    evidence = (replace(SOURCES[0], start=0, end=len(CAT)),)
    answer = quoted_answer((lead_of(CATS, 1),), evidence, AnswerSettings(span_words=0))
    assert [source.quote for source in answer.sources] == [f"{CAT} {MICE}"]
