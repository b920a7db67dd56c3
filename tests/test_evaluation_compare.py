from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.evaluation.compare import compare
from rag.evaluation.questions import Gold, Question
from rag.evaluation.run_file import PageReference, Run, RunLine

QUESTIONS = [
    Question(f"q{n}", f"Question {n}?", "factoid" if n % 2 else "why", "en", (Gold("a.pdf", (n,)),))
    for n in range(1, 13)
]


def ranking(right: int, rank: int | None, length: int = 10) -> tuple[PageReference, ...]:
    """Ten pages of another file, with page `right` of a.pdf at a rank, or nowhere."""
    references = [PageReference("b.pdf", (number,)) for number in range(1, length + 1)]
    if rank:
        references[rank - 1] = PageReference("a.pdf", (right,))
    return tuple(references)


def make_run(name: str, ranks: dict[str, int | None], **meta: object) -> Run:
    """A run without answers that shows each question's right page at the rank given."""
    lines = {}
    for id, rank in ranks.items():
        order = ranking(int(id[1:]), rank)
        lines[id] = RunLine(id, order, order, seconds=0.1 * (rank or 10))
    return Run(Path(f"{name}.jsonl"), {"generate": False, **meta}, lines)


def test_differences_wins_and_losses_worked_by_hand():
    a = make_run("base", {"q1": 1, "q2": 2, "q3": None, "q4": 4})
    b = make_run("new", {"q1": 1, "q2": 1, "q3": 5, "q4": None})
    row = compare(QUESTIONS, a, b).row("reranked RR@10")
    assert row.n == 4
    assert row.a == pytest.approx((1 + 1 / 2 + 0 + 1 / 4) / 4)
    assert row.b == pytest.approx((1 + 1 + 1 / 5 + 0) / 4)
    assert row.difference == pytest.approx((0.5 + 0.2 - 0.25) / 4)
    assert (row.wins, row.losses, row.ties) == (2, 1, 1)
    assert row.low < row.difference < row.high


def test_of_seconds_the_smaller_wins():
    a = make_run("base", {"q1": 1, "q2": 2})
    b = make_run("new", {"q1": 2, "q2": 1})
    b = replace(b, lines={**b.lines, "q1": replace(b.lines["q1"], seconds=9.0)})
    row = compare(QUESTIONS, a, b).row("seconds")
    assert (row.wins, row.losses) == (1, 1)
    assert row.difference == pytest.approx((8.9 - 0.1) / 2)


def test_swapping_the_runs_swaps_the_signs():
    a = make_run("base", {q.id: n % 7 + 1 for n, q in enumerate(QUESTIONS)})
    b = make_run("new", {q.id: (n * 5) % 9 + 1 for n, q in enumerate(QUESTIONS)})
    forth, back = compare(QUESTIONS, a, b), compare(QUESTIONS, b, a)
    for row in forth.rows:
        other = back.row(row.metric, row.group)
        assert other.difference == pytest.approx(-row.difference)
        assert (other.wins, other.losses, other.p) == (row.losses, row.wins, row.p)
        assert (other.low, other.high) == pytest.approx((-row.high, -row.low), abs=1e-9)


def test_a_run_equals_itself():
    a = make_run("base", {"q1": 1, "q2": 3})
    comparison = compare(QUESTIONS, a, a)
    assert all((row.difference, row.p, row.wins, row.losses) == (0, 1, 0, 0) for row in comparison.rows)  # fmt: skip
    assert comparison.changes == ()


def test_only_questions_of_both_runs_count():
    a = make_run("base", {"q1": 1, "q2": 1, "q3": 1})
    b = make_run("new", {"q2": 2, "q3": 2, "q4": 2, "q5": 2})
    comparison = compare(QUESTIONS, a, b)
    assert comparison.shared == 2
    assert comparison.only_a == ("q1",)
    assert comparison.only_b == ("q4", "q5")
    assert comparison.row("reranked Success@1").n == 2


def test_a_better_run_is_told_from_a_lucky_one():
    base = make_run("base", dict.fromkeys([q.id for q in QUESTIONS], 3))
    better = make_run("better", dict.fromkeys([q.id for q in QUESTIONS], 1))
    lucky = make_run("lucky", {q.id: 1 if q.id == "q1" else 3 for q in QUESTIONS})
    row = compare(QUESTIONS, base, better).row("reranked RR@10")
    assert row.p < 0.002
    assert row.low > 0
    row = compare(QUESTIONS, base, lucky).row("reranked RR@10")
    assert row.p == 1.0  # one difference: each of the two sign patterns is as far
    assert row.low == 0


def test_the_questions_that_changed_most_come_first():
    a = make_run("base", {"q1": 1, "q2": None, "q3": 3, "q4": 2})
    b = make_run("new", {"q1": 2, "q2": 1, "q3": 3, "q4": 2})
    comparison = compare(QUESTIONS, a, b)
    assert [change.id for change in comparison.changes] == ["q2", "q1"]
    assert comparison.changes[0].values["reranked nDCG@10"] == (0.0, 1.0)


def test_groups_and_conditions():
    a = make_run("base", {"q1": 1, "q2": 1}, settings={"retrieval": {"candidates": 50}})
    b = make_run("new", {"q1": 1, "q2": 2}, settings={"retrieval": {"candidates": 10}})
    comparison = compare(QUESTIONS, a, b)
    assert comparison.row("reranked nDCG@10", "type: why").n == 1
    assert comparison.row("reranked nDCG@10", "type: factoid").difference == 0
    assert any("settings.retrieval.candidates" in line for line in comparison.conditions)
    json.dumps(comparison.as_dict())


def test_groups_of_an_own_field():
    tagged = [
        replace(q, metadata={"tags": ["exam"] if n < 2 else ["exam", "hard"]})
        for n, q in enumerate(QUESTIONS[:4])
    ]
    a = make_run("base", {"q1": 1, "q2": 1, "q3": 1, "q4": 1})
    b = make_run("new", {"q1": 1, "q2": 1, "q3": 2, "q4": 2})
    comparison = compare(tagged, a, b, by=["tags"])
    assert comparison.groups == ["all", "tags: exam", "tags: hard"]
    assert comparison.row("reranked nDCG@10", "tags: hard").n == 2
    assert comparison.row("reranked nDCG@10", "tags: hard").losses == 2
    assert comparison.row("reranked nDCG@10", "tags: exam").n == 4


def test_better_is_told_from_worse_by_the_direction_of_a_measure():
    a = make_run("base", dict.fromkeys([q.id for q in QUESTIONS], 3))
    b = make_run("new", dict.fromkeys([q.id for q in QUESTIONS], 1))
    forth, back = compare(QUESTIONS, a, b), compare(QUESTIONS, b, a)
    assert forth.row("reranked RR@10").better is True
    assert back.row("reranked RR@10").better is False
    assert forth.row("seconds").better is True  # 0.1 s in place of 0.3 s
    assert compare(QUESTIONS, a, a).row("seconds").better is None
