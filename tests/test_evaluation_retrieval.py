from __future__ import annotations

import math

import pytest
from run_builders import line, question, refs, run_of

from rag.evaluation.measure import measure_run
from rag.evaluation.measures import RETRIEVAL
from rag.evaluation.retrieval import gold_items, ranked_items
from rag.evaluation.run_file import PageReference


def test_retrieval_by_hand():
    """Gold pages 3, (7, 8: one build) and 20, so three items; the build stands at rank 2."""
    one = question(gold=(("a.pdf", (3, 7, 8)), ("b.pdf", (20,))))
    passages = (*refs(1, (6, 7, 8), 2, (7, 8), 3), *refs(3, doc="b.pdf"))
    values = measure_run([one], run_of(line(retrieved=passages))).per_question["q"]
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    hand = {
        "Success@1": 0,
        "Success@5": 1,
        "Success@10": 1,
        "R@1": 0,
        "R@3": 1 / 3,  # of the items; the build's two pages are one
        "R@5": 2 / 3,  # the build's second passage at rank 4 finds nothing new
        "R@10": 2 / 3,  # page 3 of another file is not page 3
        "R@20": 2 / 3,
        "RR@10": 1 / 2,
        "nDCG@10": (1 / math.log2(3) + 1 / math.log2(6)) / ideal,
    }
    assert set(hand) == {str(measure) for measure in RETRIEVAL}
    for name, value in hand.items():
        assert values[f"retrieved {name}"] == pytest.approx(value), name


def test_builds_are_neither_punished_nor_rewarded():
    """A slide shown once, and the same slide as a build of four pages, are worth the same."""
    single = measure_run([question(gold=(("a.pdf", (4,)),))], run_of(line(retrieved=refs(9, 4))))
    build = measure_run(
        [question(gold=(("a.pdf", (4, 5, 6, 7)),))], run_of(line(retrieved=refs(9, (4, 5, 6, 7))))
    )
    assert single.per_question["q"] == build.per_question["q"]


def test_items_are_what_the_passages_of_either_order_show_together():
    one = question(gold=(("a.pdf", (1, 2, 3, 9)), ("b.pdf", (1,))))
    shown = line(retrieved=refs((1, 2), 5), reranked=refs((2, 3), 5))
    items = [sorted(page for _, page in item) for item in gold_items(one, shown)]
    assert items == [[1, 2, 3], [9], [1]]
    assert [len(item) for item in gold_items(one, line())] == [1] * 5


def test_the_orders_before_and_after_reranking_are_measured_apart():
    values = measure_run([question()], run_of(line(retrieved=refs(2, 1), reranked=refs(1, 2))))
    assert values.value("retrieved Success@1") == 0
    assert values.value("reranked Success@1") == 1
    assert values.value("retrieved RR@10") == 0.5


def test_rank_and_not_score_decides():
    passages = (
        PageReference("a.pdf", (1,), 0.1),
        PageReference("a.pdf", (2,), 0.9),
        PageReference("a.pdf", (3,)),
    )
    judgements, rankings = ranked_items([question()], run_of(line(retrieved=passages)), "retrieved")
    assert judgements == {"q": {"a.pdf#1": 1}}
    assert rankings == {"q": {"a.pdf#1": -1.0, "passage 2": -2.0, "passage 3": -3.0}}
