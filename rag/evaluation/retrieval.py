"""Which of a run's passages show a question's gold pages, for ir-measures to count.

**Pages and items.** A build of slides is one passage with several pages, so counting pages would
punish or reward a library for how it was cut. What counts is therefore the passage: a list is
ranked by passages, and a passage is right when any of its pages is gold. Gold pages that one
passage of the run shows together (directly, or linked by a third page) are one *item*; a gold
page that no passage of the run shows is an item of its own. A passage that shows an item which
is higher in the list already counts as wrong at its rank. Recall is the share of a question's
items that were retrieved, and ir-measures computes all measures from the items' ranks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import R

from rag.evaluation.questions import Question
from rag.evaluation.run_file import PageReference, Run, RunLine

Judgements = dict[str, dict[str, int]]
Rankings = dict[str, dict[str, float]]


def ranked_items(
    questions: Iterable[Question], run: Run, stage: str
) -> tuple[Judgements, Rankings]:
    """Judgements and a ranking that ir-measures takes; see the module for what an item is.

    Args:
        questions: Those without gold pages are left out.
        run: Holds a line for each of them.
        stage: "retrieved" or "reranked".

    Returns:
        For each question id, its items with the relevance 1, and the items and wrong passages
        in rank order, scored by minus their rank.
    """
    judgements: Judgements = {}
    rankings: Rankings = {}
    for question in questions:
        if not question.answerable:
            continue
        line = run.lines[question.id]
        items = gold_items(question, line)
        judgements[question.id] = {_item_name(item): 1 for item in items}
        ranking: dict[str, float] = {}
        for rank, passage in enumerate(line.passages(stage), start=1):
            item = next((item for item in items if passage.shows(item)), None)
            name = f"passage {rank}" if item is None else _item_name(item)
            if name in ranking:  # a second passage on an item: wrong at its rank
                name = f"passage {rank}"
            ranking[name] = float(-rank)
        rankings[question.id] = ranking
    return judgements, rankings


def gold_items(question: Question, line: RunLine) -> list[frozenset[tuple[str, int]]]:
    """The gold pages of a question in groups that the run's passages show together, in order."""
    items = [frozenset([page]) for page in sorted(question.gold_pages)]
    for passage in (*line.retrieved, *line.reranked):
        linked = [item for item in items if passage.shows(item)]
        if len(linked) > 1:
            items = [item for item in items if item not in linked]
            items.append(frozenset().union(*linked))
    return sorted(items, key=sorted)


def first_right_rank(question: Question, passages: Sequence[PageReference]) -> int | None:
    """The rank, from 1, of the first passage that shows a gold page."""
    gold = question.gold_pages
    return next((n for n, ref in enumerate(passages, start=1) if ref.shows(gold)), None)


@dataclass(frozen=True, slots=True)
class RecallPoint:
    """Mean recall of a stage among the first `cutoff` passages."""

    stage: str
    cutoff: int
    recall: float


def recall_curve(
    questions: Iterable[Question], run: Run, stage: str, cutoffs: Sequence[int] = range(1, 21)
) -> list[RecallPoint]:
    """Recall over the number of passages looked at; empty where no question has gold pages."""
    answerable = [q for q in questions if q.id in run.lines and q.answerable]
    if not answerable:
        return []
    values = ir_measures.calc_aggregate(
        [R @ k for k in cutoffs], *ranked_items(answerable, run, stage)
    )
    return [RecallPoint(stage, k, float(values[R @ k])) for k in cutoffs]


_MOVE_CLASSES = ((11, "over 10"), (4, "4 to 10"), (2, "2 or 3"), (1, "1"))  # least move, label


def rank_moves(questions: Iterable[Question], run: Run) -> dict[str, int]:
    """How many questions' first right passage rose or fell by how many ranks in reranking.

    Returns:
        Counts by class, from "up over 10" to "down over 10", and "not retrieved" for questions
        whose right passage is missing before or after.
    """
    risen = [f"up {label}" for _, label in _MOVE_CLASSES]
    fallen = [f"down {label}" for _, label in reversed(_MOVE_CLASSES)]
    counts = dict.fromkeys([*risen, "same", *fallen, "not retrieved"], 0)
    for question in questions:
        line = run.lines.get(question.id)
        if line is None or not question.answerable:
            continue
        before = first_right_rank(question, line.retrieved)
        after = first_right_rank(question, line.reranked)
        if before is None or after is None:
            counts["not retrieved"] += 1
        elif before == after:
            counts["same"] += 1
        else:
            move = abs(before - after)
            label = next(label for least, label in _MOVE_CLASSES if move >= least)
            counts[f"{'up' if after < before else 'down'} {label}"] += 1
    return counts


def _item_name(item: frozenset[tuple[str, int]]) -> str:
    doc, page = min(item)
    return f"{doc}#{page}"
