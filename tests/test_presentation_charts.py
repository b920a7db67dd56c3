from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from run_builders import line, question, refs, run_of

from rag.evaluation.analysis import analyse
from rag.evaluation.sweep import SweepResult, pareto
from ui.german import GERMAN
from ui.presentation import charts
from ui.presentation.svg import PAGE, to_svg

EVIL = '<script>alert("x")</script>'


@pytest.fixture
def analyses():
    questions = [question("a"), question("b"), question("c", gold=())]
    lines = [
        line("a", refs(2, 1), refs(1, 2), score=0.9, seconds=0.3, stages={"encode": 0.1}),
        line("b", refs(1, 2), score=0.6, seconds=0.2, stages={"encode": 0.1}),
        line("c", refs(1), score=0.2, seconds=0.2, stages={"encode": 0.1}),
    ]
    runs = [
        run_of(*lines, least_confidence=0.5, doubt_confidence=0.7),
        run_of(*lines[:2], least_confidence=0.5),
    ]
    return analyse(questions, runs)


def drawn(analyses, **options):
    return [
        charts.recall(analyses, **options),
        charts.rank_moves(analyses[0], **options),
        charts.stage_times(analyses, **options),
        charts.abstention_scores(analyses[0], **options),
        charts.calibration(analyses[0], **options),
        charts.risk_coverage(analyses, **options),
    ]


def data_of(chart):
    """The rows of all layers of a chart."""
    specification = chart.to_dict()
    layers = specification.get("layer", [specification])
    return [
        row for layer in layers for row in layer.get("data", specification.get("data"))["values"]
    ]


def test_the_recall_chart_shows_the_recall(analyses):
    rows = data_of(charts.recall(analyses))
    curve = {(row["run"], row["stage"], row["k"]): row["recall"] for row in rows if "stage" in row}
    for analysis in analyses:
        for stage, label in (("retrieved", "first stage"), ("reranked", "last stage")):
            for k in (1, 5, 20):
                value = analysis.figures.value(f"{stage} R@{k}")
                assert curve[analysis.name, label, k] == pytest.approx(value)
    assert {row["run"] for row in rows} == {"run", "run 2"}


def test_bars_of_the_histogram_add_up_to_the_questions(analyses):
    rows = [row for row in data_of(charts.abstention_scores(analyses[0])) if "kind" in row]
    assert sum(abs(row["questions"]) for row in rows) == 3
    assert sum(row["questions"] for row in rows) == 1  # two above, one below


def test_each_threshold_has_its_line_and_its_dot(analyses):
    lines = data_of(charts.abstention_scores(analyses[0]))
    assert [row["label"] for row in lines if "label" in row] == ["0.50", "0.50", "0.70", "0.70"]
    dots = [row for row in data_of(charts.risk_coverage(analyses)) if "tip" in row]
    assert [round(row["coverage"], 2) for row in dots] == [0.67, 0.33, 1.0]


def test_words_are_translated(analyses):
    """Every word of a chart is in the German interface, too; names of runs and stages are not."""
    for chart in drawn(analyses, text=GERMAN.__getitem__):
        assert chart is not None
    titles = str(drawn(analyses, text=GERMAN.__getitem__)[0].to_dict())
    assert GERMAN["passages looked at"] in titles
    assert "passages looked at" not in titles


def test_without_values_there_is_no_chart():
    [bare] = analyse([question("a", gold=())], [run_of(line("a", error="Boom"))])
    assert drawn([bare]) == [None] * 6
    assert charts.sweep([], "quality") is None


@pytest.mark.slow
def test_an_svg_has_the_colours_of_the_page_and_is_escaped(analyses):
    named = [type(a)(f"{EVIL}{n}", a.run, a.questions, a.figures) for n, a in enumerate(analyses)]
    for chart in drawn(named, palette=PAGE):
        svg = to_svg(chart, EVIL)
        assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        assert "<script" not in svg
        assert 'class="chart"' in svg
        colors = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none", "transparent"}
        assert colors
        assert all(color.startswith("var(--") for color in colors), colors


@pytest.mark.slow
@hypothesis_settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_every_point_of_a_sweep_is_drawn(values):
    results = pareto(
        [
            SweepResult(n, {"a.b": n}, Path("r"), q / 5, q / 5 - 0.1, q / 5 + 0.1, float(s), 9, 0)
            for n, (q, s) in enumerate(values)
        ]
    )
    rows = [row for row in data_of(charts.sweep(results, "nDCG")) if "number" in row]
    assert {row["number"] for row in rows} == {str(n) for n in range(len(values))}
    assert all(row["seconds"] > 0 for row in rows)  # of a logarithmic axis
