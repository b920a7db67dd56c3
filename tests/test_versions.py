"""rag.versions: one page in two versions of a lecture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.types import Passage, Span
from rag.spans import quotable_spans, span_text
from rag.types import Hit, Source
from rag.versions import unite_versions

OLD = "The written exam counts 40 percent of the grade.\nThe project counts the rest of the grade."
NEW = OLD.replace("40", "50")
OTHER = "A dog guards the house of its owner at night.\nIt barks at strangers and at the postman."


def hit(document, text, folder="", number=0):
    spans = (Span(1, 0, len(text)),)
    passage = Passage(
        f"{document}-{number}", document, "admin.pdf", "Admin", (1,), ("Admin",), text, spans
    )
    return Hit(replace(passage, folder=folder), {})


def source(of, number=1, span=0):
    spans = quotable_spans(of.passage)
    start, end = spans[span].start, spans[span].end
    return Source(number, span_text(of.passage, spans[span]), of, 0.9, start, end, 2.0)


def test_versions_that_say_the_same_are_one_source_of_the_newer():
    old, new = hit("a", OLD, "year-2025"), hit("b", OLD, "year-2026")
    (united,) = unite_versions([source(old)], [old, new])
    assert united.citation == "year-2026/admin.pdf, p. 1"
    assert united.also == ("year-2025/admin.pdf, p. 1",)
    assert united.quote == "The written exam counts 40 percent of the grade."


@pytest.mark.parametrize("first", ["old", "new"])
def test_versions_that_differ_are_both_quoted_the_newer_first(first):
    hits = {"old": hit("a", OLD, "year-2025"), "new": hit("b", NEW, "year-2026")}
    united = unite_versions([source(hits[first])], list(hits.values()))
    assert [(s.number, s.hit.passage.folder, s.quote.split()[4]) for s in united] == [
        (1, "year-2026", "50"),
        (2, "year-2025", "40"),
    ]
    assert united[0].selection_score == united[1].selection_score


def test_evidence_from_both_versions_is_not_repeated():
    old, new = hit("a", OLD, "year-2025"), hit("b", NEW, "year-2026")
    united = unite_versions([source(old), source(new, 2)], [old, new])
    assert [s.hit.passage.folder for s in united] == ["year-2026", "year-2025"]


def test_other_pages_and_passages_of_one_document_stay_as_they_are():
    first, second, other = hit("a", OLD), hit("a", NEW, number=1), hit("c", OTHER)
    sources = [source(first), source(other, 2)]
    assert unite_versions(sources, [first, second, other]) == tuple(sources)
    assert unite_versions([], [first]) == ()


def test_without_a_year_the_order_stays():
    old, new = hit("a", OLD, "left"), hit("b", NEW, "right")
    united = unite_versions([source(old)], [old, new])
    assert [s.hit.passage.folder for s in united] == ["left", "right"]
