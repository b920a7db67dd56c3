from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from run_builders import line, question, refs, run_of

from rag.evaluation.abstention import RiskPoint
from rag.evaluation.beir import BeirFigure, BeirResult
from rag.evaluation.calibrate import HeldOutFigures
from rag.evaluation.compare import compare
from rag.evaluation.measure import measure_run
from rag.evaluation.sweep import SweepResult, pareto
from ui.german import GERMAN
from ui.presentation import tables
from ui.presentation.formats import seconds_text, signed_text, value_text

QUESTIONS = [question("a"), question("b", type="how")]


@pytest.fixture
def figures():
    run = run_of(line("a", refs(1), seconds=0.1), line("b", refs(2, 1), seconds=0.3))
    return measure_run(QUESTIONS, run)


def test_values_have_the_form_of_their_unit():
    assert [value_text(value) for value in (0.5, 12.345)] == ["0.500", "12.3"]
    assert [value_text(value, "s") for value in (2.0, 0.0123, 0.00002)] == [
        "2 s",
        "12.3 ms",
        "20 µs",
    ]
    assert seconds_text(75.4) == "75.4 s"
    assert [signed_text(value) for value in (0.5, -0.25)] == ["+0.500", "-0.250"]
    assert [signed_text(value, "s") for value in (0.5, -0.25)] == ["+500 ms", "-250 ms"]


def test_figures_of_a_run_by_hand(figures):
    table = tables.figures_table(figures)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["reranked Success@1"] == ("0.500", "[0.000, 1.000]", "2")
    assert rows["seconds p50"] == ("200 ms", "[100 ms, 300 ms]", "2")
    assert table.columns == ("all", "value", "95 % interval", "n")


def test_groups_have_a_row_each_and_a_dash_for_what_they_lack(figures):
    table = tables.groups_table(figures, ["reranked Success@1", "keywords", "seconds p50"])
    assert table.columns == ("questions", "n", "reranked Success@1", "seconds p50")
    assert table.rows == (
        ("all", "2", "0.500", "200 ms"),
        ("type: factoid", "1", "1.000", "–"),
        ("type: how", "1", "0.000", "–"),
        ("lang: en", "2", "0.500", "–"),
    )


def test_set_ups_and_gains_in_markdown(figures):
    better = measure_run(QUESTIONS, run_of(line("a", refs(1)), line("b", refs(1))))
    runs = {"old|1": figures, "new": better}
    lines = tables.setups_table(runs, ["Success@1", "nothing"], "reranked ").to_markdown()
    assert lines == [
        "| set-up | Success@1 |",
        "| --- | --- |",
        "| old\\|1 | 0.500 [0.000, 1.000] |",
        "| new | 1.000 [1.000, 1.000] |",
    ]
    gains = tables.gains_table(runs, [("old|1", "new")], ["reranked Success@1", "keywords"])
    assert gains.rows == (("old|1 → new", "+0.500 [+0.000, +1.000]", "–"),)


def test_a_comparison_by_hand():
    a = run_of(line("a", refs(1)), line("b", refs(2, 1)))
    b = run_of(line("a", refs(1)), line("b", refs(1)), line("c", refs(1)), settings={"x": 1})
    comparison = compare([*QUESTIONS, question("c")], a, b)
    table = tables.comparison_tables(comparison)[0]
    [row] = [row for row in table.rows if row[0] == "reranked Success@1"]
    assert row[1:6] == ("0.500", "1.000", "+0.500", "[+0.000, +1.000]", "1.0000")
    assert row[-1] == "1 / 0 / 1"
    notes = tables.comparison_notes(comparison)
    assert "2 questions in both" in notes
    assert "1 questions left out, since only B has them" in notes
    assert any(note.startswith("differs: settings") for note in notes)
    [change] = tables.changes_table(comparison).rows
    assert change[0] == "b"
    assert "reranked nDCG@10 0.63 → 1.00" in change[3]
    assert tables.changes_table(comparison, limit=0).rows == ()
    assert (
        tables.comparison_tables(comparison, GERMAN.__getitem__)[0].columns[4] == "95-%-Intervall"
    )
    assert tables.changes_table(comparison, text=GERMAN.__getitem__).columns[2] == "Frage"


def test_points_of_a_sweep_come_best_first_with_the_front_starred():
    results = pareto(
        [
            SweepResult(n, {"a.b": n}, Path("r"), q, q - 0.1, q + 0.1, s, 9, 0)
            for n, q, s in ((1, 0.5, 1.0), (2, 0.9, 4.0), (3, 0.9, 5.0))
        ]
    )
    table = tables.sweep_table(results, "nDCG")
    assert [row[:3] for row in table.rows] == [("*", "2", "2"), ("", "3", "3"), ("*", "1", "1")]
    assert table.columns[2:4] == ("a.b", "nDCG")


def test_a_collection_has_a_row_for_each_system():
    rows = tuple(
        BeirFigure(system, metric, 0.5, 0.4, 0.6, 3)
        for system in ("dense", "BM25")
        for metric in ("nDCG@10", "R@100")
    )
    result = BeirResult("zoo", 4, 4, 3, rows, {}, {})
    assert tables.beir_table(result).rows[1] == ("BM25", *["0.500 [0.400, 0.600]"] * 2)


def test_costs_of_abstaining_at_some_coverages():
    curve = (RiskPoint(0.9, 0.5, 0.0), RiskPoint(0.2, 1.0, 0.25))
    table = tables.risk_table(curve, "unanswerable")
    rows = table.rows
    assert table.columns == ("questions answered", "unanswerable", "from a confidence of")
    assert rows[0] == rows[1] == ("50%", "0.0%", "0.900")
    assert rows[-1] == ("100%", "25.0%", "0.200")


def test_what_a_calibration_is_worth_has_a_row_for_each_set():
    figures = HeldOutFigures("a", 4, 1, 0.75, 0.1, 0.05, 0.0, 1 / 3, 0.0, 1.0, ())
    bare = replace(figures, name="b", auc=math.nan)
    table = tables.held_out_table([figures, bare])
    assert len(table.columns) == len(table.rows[0])
    shares = ("0.750", "0.100", "0.050", "0.000", "0.333", "0.000", "1.000")
    assert table.rows[0] == ("a", "4", "1", *shares)
    assert table.rows[1][3] == tables.MISSING


def test_text_is_no_markup_of_the_terminal():
    output = io.StringIO()
    table = tables.TextTable(("[b]head", "x"), (("[red]cell[/red]", "[/]"),), title="[i]t")
    Console(file=output, width=100).print(table.to_rich())
    for text in ("[b]head", "[red]cell[/red]", "[/]", "[i]t"):
        assert text in output.getvalue()
    assert table.to_columns() == {"[b]head": ["[red]cell[/red]"], "x": ["[/]"]}
