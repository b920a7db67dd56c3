from __future__ import annotations

from pathlib import Path

import ir_measures
import pytest

from rag.evaluation.measure import measure_run
from rag.evaluation.measures import RETRIEVAL
from rag.evaluation.questions import Gold, Question
from rag.evaluation.run_file import PageReference, Run, RunLine
from rag.evaluation.trec import write_trec

QUESTIONS = [
    Question("q1", "One?", "factoid", "en", (Gold("a deck.pdf", (1, 2, 9)),)),
    Question("q 2", "Two?", "factoid", "en", (Gold("b.pdf", (4,)),)),
    Question("q3", "Not in there?", "unanswerable", "en", ()),
    Question("q4", "Nothing found?", "factoid", "en", (Gold("b.pdf", (1,)),)),
    Question("q5", "Not asked?", "factoid", "en", (Gold("b.pdf", (1,)),)),
]


@pytest.fixture
def run() -> Run:
    """A build over gold pages, two passages of one page, a second passage on a gold page."""
    first = (
        PageReference("b.pdf", (7,), 0.9),
        PageReference("a deck.pdf", (1, 2, 3), 0.5),
        PageReference("b.pdf", (7,), 0.5),
        PageReference("a deck.pdf", (2,), 0.5),
        PageReference("a deck.pdf", (9,), 0.5),
    )
    second = (first[4], first[1], first[0], first[2], first[3])
    lines = {
        "q1": RunLine("q1", first, second),
        "q 2": RunLine("q 2", (PageReference("b.pdf", (5,)), PageReference("b.pdf", (4,))), (PageReference("b.pdf", (4,)),)),
        "q3": RunLine("q3", first, second),
        "q4": RunLine("q4", error="failed"),
    }  # fmt: skip
    return Run(Path("some run.jsonl"), {"generate": False}, lines)


def test_read_back_by_ir_measures_gives_the_same_figures(tmp_path: Path, run: Run):
    qrels, *orders = write_trec(QUESTIONS, run, tmp_path / "new" / "trec")
    run_figures = measure_run(QUESTIONS, run)
    judgements = list(ir_measures.read_trec_qrels(str(qrels)))
    for stage, path in zip(("retrieved", "reranked"), orders, strict=True):
        figures = ir_measures.calc_aggregate(
            RETRIEVAL, judgements, list(ir_measures.read_trec_run(str(path)))
        )
        for name in RETRIEVAL:
            assert figures[name] == pytest.approx(run_figures.value(f"{stage} {name}")), (
                stage,
                name,
            )
    # Worked by hand: q1 has its first item at rank 2, q 2 at rank 2, q4 has none.
    assert run_figures.value("retrieved RR@10") == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)


def test_the_files_line_by_line(tmp_path: Path, run: Run):
    qrels, retrieved, reranked = write_trec(QUESTIONS, run, tmp_path)
    assert qrels.name == "some run.qrels"
    assert qrels.read_text().splitlines() == [
        "q1 0 a%20deck.pdf#1 1",
        "q1 0 a%20deck.pdf#9 1",
        "q%202 0 b.pdf#4 1",
        "q4 0 b.pdf#1 1",
    ]
    assert retrieved.read_text().splitlines() == [
        "q1 Q0 b.pdf#7 1 1.000000 katheder",
        "q1 Q0 a%20deck.pdf#1 2 0.500000 katheder",
        "q1 Q0 b.pdf#7+2 3 0.333333 katheder",
        "q1 Q0 a%20deck.pdf#2 4 0.250000 katheder",
        "q1 Q0 a%20deck.pdf#9 5 0.200000 katheder",
        "q%202 Q0 b.pdf#5 1 1.000000 katheder",
        "q%202 Q0 b.pdf#4 2 0.500000 katheder",
    ]
    assert reranked.read_text().splitlines()[0] == "q1 Q0 a%20deck.pdf#9 1 1.000000 katheder"
