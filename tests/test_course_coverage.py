"""Which things of a kind a lecture covers, over a small lecture made for real."""

from __future__ import annotations

import pytest

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings


@pytest.fixture
def pipeline(tmp_path, make_pdf, encoder) -> Pipeline:
    make_pdf(
        "lists.pdf",
        """
        #slide("Why lists?")[A list keeps things in order. We look at four ways to bring order into one.]
        #slide("Sorting algorithms")[Sorting is a common problem. Its cost depends on the number of entries.]
        #slide("Selection Sort: the idea")[Selection sort takes the smallest entry again and again.
        The complexity of this is quadratic in the number of entries.]
        #slide("Merge Sort")[Merge sort joins two halves that are sorted already.]
        #slide("Evaluating a sort")[Measure the seconds that it takes. Bogosort is a method that shuffles until it is done.]
        #slide("Searching")[Searching in order takes a logarithmic number of steps.]
        """,
    )
    library = Library(tmp_path / "library", create=True)
    reports = list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40))
    assert [report.outcome for report in reports] == ["added"]
    return Pipeline(library, Models(NO_MODELS, encoder=encoder), Settings())


def found(answer) -> list[tuple[str, str, int]]:
    return [
        (lead.label, " ".join(lead.items), answer.sources[lead.source - 1].pages[0])
        for lead in answer.leads
    ]


def test_the_things_of_a_kind_are_the_headings_and_compounds_that_name_one(pipeline):
    answer = pipeline.ask("Which sorting algorithms does lecture 1 cover?")
    assert answer.route == "covered"
    assert answer.introduction == "3 of the sorting algorithms in Lists:"
    assert found(answer) == [
        ("", "Selection sort takes the smallest entry again and again.", 3),
        ("", "Merge sort joins two halves that are sorted already.", 4),
        ("", "Bogosort is a method that shuffles until it is done.", 5),
    ]


def test_what_is_asked_of_each_thing_follows_it(pipeline):
    question = "Which sorting algorithms are covered in lecture 1, and what is their complexity?"
    assert found(pipeline.ask(question))[1] == (
        "",
        "The complexity of this is quadratic in the number of entries.",
        3,
    )


def test_one_thing_alone_is_left_to_the_search(pipeline):
    """Only one heading ends with "searching", and it has no other word."""
    assert pipeline.ask("Which searching methods does lecture 1 cover?").route == ""
