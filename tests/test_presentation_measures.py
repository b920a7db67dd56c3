from __future__ import annotations

from run_builders import line, question, refs, run_of

from rag.evaluation.analysis import analyse
from rag.evaluation.compare import compare
from rag.evaluation.measure import measure_run
from ui.presentation.german import GERMAN
from ui.presentation.measures import compared_in_short, explanation, in_short

QUESTIONS = [
    question("one", keywords=("light",), answer="Light."),
    question("two"),
    question("three"),
    question("none", gold=()),
]
LINES = [
    line("one", refs(1, 2), answer="Light is fast.", citations=refs(1), seconds=0.2, score=0.9),
    line("two", refs(2, 1), answer="Sound.", citations=refs(2), seconds=0.4, score=0.6),
    line("three", refs(2, 3), grade="not_answered", seconds=0.6, score=0.2),
    line("none", refs(2), grade="not_answered", seconds=0.8, score=0.1),
]


def german_text(english, **values):
    return GERMAN[english].format(**values)


def test_every_figure_of_a_run_has_an_explanation_in_both_languages():
    figures = measure_run(QUESTIONS, run_of(*LINES))
    names = {figure.metric for figure in figures.figures}
    assert {"reranked Success@1", "keywords", "abstention recall", "seconds p50"} <= names
    for name in names:
        english, german = explanation(name), explanation(name, german_text)
        assert english.endswith("."), name
        assert german.endswith("."), name
        assert "{" not in english + german


def test_the_cutoff_is_named():
    assert explanation("retrieved R@5") == (
        "The share of a question's right pages that are among the first 5 passages. Before reranking."
    )
    assert explanation("no such measure") == ""


def test_a_run_in_short_by_hand():
    [analysis] = analyse(QUESTIONS, [run_of(*LINES)])
    assert in_short(analysis) == [
        "The first page is right for 33 % of the 3 questions that the lectures answer.",
        "One of the first five pages is right for 67 % of them.",
        "100 % of the answers have all keywords of the right answer.",
        "33 % of these questions got no answer.",
        "Of the 1 questions that the lectures do not answer, 100 % got none.",
        "Half of the questions take less than 500 ms.",
    ]


def test_a_comparison_in_short():
    questions = [question(f"q{number}") for number in range(30)]
    bad = run_of(*(line(q.id, refs(*range(2, 9))) for q in questions))
    good = run_of(*(line(q.id, refs(1, *range(2, 9))) for q in questions))
    better = compared_in_short(compare(questions, bad, good))
    assert better[0] == "Compared with run, on the 30 questions of both:"
    assert better[1].startswith("Better: ")
    assert "reranked Success@1" in better[1]
    assert compared_in_short(compare(questions, good, good)) == [
        "Compared with run, no measure differs for certain on the 30 questions of both."
    ]
