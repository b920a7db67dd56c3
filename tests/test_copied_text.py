from __future__ import annotations

from dataclasses import replace

import markdown_it
import pytest
from tiny_models import hit

from rag.types import Answer, Lead, Sentence, Source
from ui.copied_text import as_bibtex, as_markdown, as_plain

TEXT = "Costs: $5 & 10 % of *all* {sets}.\nA second line."


@pytest.fixture
def answer() -> Answer:
    found = hit("p", TEXT, file="deck_1.pdf", pages=(4,)).with_stage("reranked", 0.87, 1)
    found = replace(found, passage=replace(found.passage, title="Sets & costs"))
    source = Source(1, " ".join(TEXT.split()), found, 0.9, 0, len(TEXT), 1.5)
    lead = Lead((TEXT.splitlines()[0],), 1, 0, len(TEXT.splitlines()[0]), score=0.91)
    sentence = Sentence(source.quote, 1, 0.93, "quoted")
    return Answer(
        "What does it cost?", "What does it cost?", (sentence,), (source,), (found,), "answered",
        leads=(lead,),
    )  # fmt: skip


def test_plain_text_has_its_citation_and_no_scores(answer):
    assert as_plain(answer) == ("Costs: $5 & 10 % of *all* {sets}. [1]\n\n[1] deck_1.pdf, p. 4\n")


def test_a_quotation_without_a_lead_keeps_its_lines(answer):
    assert as_plain(replace(answer, leads=())) == (
        "“Costs: $5 & 10 % of *all* {sets}.\nA second line.” [1]\n\n[1] deck_1.pdf, p. 4\n"
    )


def test_markdown_shows_the_same_words(answer):
    tokens = markdown_it.MarkdownIt().parse(as_markdown(answer))
    words = ["".join(c.content for c in one.children) for one in tokens if one.type == "inline"]
    assert words == ["Costs: $5 & 10 % of *all* {sets}. [1]", "[1] deck_1.pdf, p. 4"]


def test_markdown_of_a_line_that_looks_like_a_list(answer):
    lead = replace(answer.leads[0], items=("1. first - 2",))
    text = as_markdown(replace(answer, leads=(lead,)))
    tokens = markdown_it.MarkdownIt().parse(text)
    assert [one.type for one in tokens[:3]] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(c.content for c in tokens[1].children) == "1. first - 2 [1]"


def test_markdown_of_items_is_a_list(answer):
    lead = replace(answer.leads[0], label="Parts", items=("one *a*", "two"))
    html = markdown_it.MarkdownIt().render(as_markdown(replace(answer, leads=(lead,))))
    assert html == (
        "<p>Parts:</p>\n<ul>\n<li>one *a*</li>\n<li>two [1]</li>\n</ul>\n"
        "<ul>\n<li>[1] deck_1.pdf, p. 4</li>\n</ul>\n"
    )


def test_bibtex_names_document_page_and_words(answer):
    assert as_bibtex(answer) == (
        "@misc{deck-1-p4,\n"
        "  title = {Sets \\& costs},\n"
        "  howpublished = {deck\\_1.pdf, p. 4},\n"
        "  note = {Costs: \\$5 \\& 10 \\% of *all* \\{sets\\}.}\n"
        "}\n"
    )


def test_two_sources_of_a_page_have_keys_of_their_own(answer):
    twice = replace(answer, sources=(*answer.sources, replace(answer.sources[0], number=2)))
    assert "@misc{deck-1-p4-2," in as_bibtex(twice)
