from __future__ import annotations

from pathlib import Path

import pytest
from run_builders import line, question, refs, run_of

from rag.evaluation.abstention import calibration_curve, score_histogram
from rag.evaluation.analysis import OUTCOMES, SourceTexts, analyse, unique_names
from rag.evaluation.retrieval import first_right_rank, rank_moves, recall_curve
from rag.evaluation.run_file import PageReference, Run


def analysis_of(questions, *lines, **meta):
    [analysis] = analyse(questions, [run_of(*lines, **meta)])
    return analysis


def test_the_recall_curve_worked_by_hand():
    questions = [question("a", gold=(("a.pdf", (1, 5)),)), question("b"), question("open", gold=())]
    run = run_of(line("a", refs(1, 2, 5)), line("b", refs(2, 1)), line("open", refs(1)))
    curve = recall_curve(questions, run, "reranked", [1, 2, 3])
    assert [(p.cutoff, p.recall) for p in curve] == [(1, 0.25), (2, 0.75), (3, 1.0)]
    assert recall_curve(questions[2:], run, "reranked") == []


def test_the_recall_curve_goes_through_the_figures():
    questions = [question("a", gold=(("a.pdf", (1, 5)),)), question("b")]
    analysis = analysis_of(questions, line("a", refs(1, 2, 5)), line("b", refs(2, 1), refs(1, 2)))
    curve = {(p.stage, p.cutoff): p.recall for p in analysis.recall}
    for stage in ("retrieved", "reranked"):
        for cutoff in (1, 3, 5, 10, 20):
            assert curve[stage, cutoff] == pytest.approx(
                analysis.figures.value(f"{stage} R@{cutoff}")
            )


def test_first_right_rank_and_moves_worked_by_hand():
    asked = question("a")
    assert first_right_rank(asked, refs(2, 1)) == 2
    assert first_right_rank(asked, refs(2, 3)) is None
    assert first_right_rank(asked, refs((3, 1))) == 1
    run = run_of(
        line("a", refs(2, 1), refs(1, 2)),
        line("b", refs(1, 2), refs(2, 1)),
        line("c", refs(1)),
        line("d", refs(2)),
        line("open", refs(1), refs(2)),
    )
    questions = [question(id) for id in "abcd"] + [question("open", gold=()), question("not run")]
    moves = {label: count for label, count in rank_moves(questions, run).items() if count}
    assert moves == {"up 1": 1, "same": 1, "down 1": 1, "not retrieved": 1}


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [(12, 1, "up over 10"), (11, 1, "up 4 to 10"), (5, 1, "up 4 to 10"), (4, 1, "up 2 or 3"),
     (1, 3, "down 2 or 3"), (1, 12, "down over 10"), (3, 3, "same")],
)  # fmt: skip
def test_a_move_is_in_its_class(before, after, label):
    def order(rank):
        return refs(*(1 if n == rank else 100 + n for n in range(1, 13)))

    moves = rank_moves([question()], run_of(line("q", order(before), order(after))))
    assert [name for name, n in moves.items() if n] == [label]


def test_calibration_worked_by_hand():
    scored = [(0.1, False), (0.2, False), (0.3, True), (0.5, True)]
    low, high = calibration_curve(scored, bins=2)
    assert (low.score, low.share, low.n) == (pytest.approx(0.15), 0.0, 2)
    assert (high.score, high.share, high.n) == (pytest.approx(0.4), 1.0, 2)
    # Wilson for 2 of 2: from 1 / (1 + z² / n) to 1.
    assert high.low == pytest.approx(1 / (1 + 1.959964**2 / 2))
    assert high.high == pytest.approx(1.0)
    assert calibration_curve([]) == []


def test_the_histogram_of_scores_counts_every_question_once():
    scored = [(0.0, question("a")), (0.52, question("b")), (1.0, question("c", gold=()))]
    bins = score_histogram(scored)
    assert [(b.answerable, b.unanswerable) for b in bins if b.answerable or b.unanswerable] == [
        (1, 0),
        (1, 0),
        (0, 1),
    ]
    assert (bins[0].low, bins[-1].high, len(bins)) == (0.0, 1.0, 20)
    assert score_histogram([]) == []


def test_outcomes_worked_by_hand():
    questions = [
        question("first", keywords=("noise",)),
        question("late", keywords=("noise",)),
        question("missing"),
        question("failed"),
        question("silent", gold=()),
        question("bold", gold=()),
        question("unsure"),
        question("wary", gold=()),
    ]
    analysis = analysis_of(
        questions,
        line("first", refs(1), answer="Noise."),
        line("late", refs(2, 3, 4, 5, 6, 1), answer="Nothing.", grade="not_answered"),
        line("missing", refs(*range(2, 20))),
        line("failed", error="Boom"),
        line("silent", grade="not_answered"),
        line("bold", answer="Yes."),
        line("unsure", refs(1), answer="Noise?", grade="doubtful"),
        line("wary", answer="Perhaps.", grade="doubtful"),
    )
    outcomes = {q.id: analysis.outcomes(q) for q in questions}
    assert outcomes == {
        "first": ["first passage right", "keywords matched"],
        "late": [
            "first passage wrong",
            "no right passage among 5",
            "keywords missing",
            "abstained wrongly",
        ],
        "missing": [
            "first passage wrong",
            "no right passage among 5",
            "no right passage among 10",
        ],
        "failed": [
            "failed",
            "first passage wrong",
            "no right passage among 5",
            "no right passage among 10",
        ],
        "silent": ["abstained rightly"],
        "bold": ["answered wrongly"],
        "unsure": ["first passage right", "doubted wrongly"],
        "wary": ["doubted rightly"],
    }
    assert {o for listed in outcomes.values() for o in listed} <= set(OUTCOMES)
    assert analysis.outcomes(question("not run")) == []
    # Passages alone neither answer nor abstain.
    [passages] = analyse(questions, [run_of(line("bold"), generate=False)])
    assert passages.outcomes(questions[5]) == []


def test_times_end_with_the_total():
    stages = {"retrieve": 0.002, "encode": 0.01, "odd": 0.5}
    analysis = analysis_of([question()], line(seconds=0.6, stages=stages))
    times = [(time.stage, time.median) for time in analysis.times]
    assert times == [("encode", 0.01), ("retrieve", 0.002), ("odd", 0.5), ("total", 0.6)]


def test_the_operating_points_are_those_of_the_thresholds():
    questions = [question("a"), question("b"), question("c", gold=())]
    lines = [
        line("a", refs(1), score=0.9),
        line("b", refs(1), score=0.5),
        line("c", refs(1), score=0.3),
    ]
    both = analysis_of(questions, *lines, least_confidence=0.4, doubt_confidence=0.8)
    assert both.thresholds == [0.4, 0.8]
    points = [(point.coverage, point.risk) for point in both.operating_points]
    assert points == [(pytest.approx(2 / 3), 0), (pytest.approx(1 / 3), 0)]
    same = analysis_of(questions, *lines, least_confidence=0.4, doubt_confidence=0.4)
    assert len(same.operating_points) == 1
    assert analysis_of(questions, *lines, least_confidence=0.95).operating_points == []
    assert analysis_of(questions, *lines).operating_points == []


def test_runs_of_one_name_are_told_apart():
    runs = [Run(Path(f"{folder}/base.jsonl"), {}, {}) for folder in ("a", "b", "c")]
    assert unique_names(runs) == ["base", "base 2", "base 3"]


def test_texts_are_those_of_the_same_library(library):
    texts = SourceTexts(library)
    [document] = [d for d in library.documents() if d.file == "animals.pdf"]
    passage = library.passages(document.id)[0]
    reference = PageReference("animals.pdf", passage.pages, None, passage.id)
    same, other = {"library": library.content_hash()}, {"library": "other"}
    assert texts.passage(reference, same) == passage.text
    assert texts.passage(reference, other) == texts.page("animals.pdf", passage.pages[-1]) != ""
    assert texts.page("animals.pdf", 99) == ""
    assert SourceTexts(None).passage(reference, same) == ""
