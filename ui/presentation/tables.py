"""The tables of an evaluation: one set for command line, app, sweep page and benchmarks.

`text` translates the headings of a table; names of measures stay as they are.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag.evaluation.bootstrap import mean_interval
from rag.evaluation.compare import Difference, RunComparison, paired_values
from rag.evaluation.measure import RunFigures
from rag.evaluation.measures import (
    CALIBRATION_ERROR,
    DOUBTED,
    NOTICED,
    REFUSED,
    Figure,
    measure_of,
)
from ui.presentation.formats import (
    interval_text,
    seconds_text,
    signed_interval_text,
    signed_text,
    value_text,
)

if TYPE_CHECKING:
    from rag.evaluation.abstention import RiskPoint
    from rag.evaluation.beir import BeirResult
    from rag.evaluation.calibrate import HeldOutFigures
    from rag.evaluation.sweep import SweepResult


Translate = Callable[[str], str]

MISSING = "–"
_PIPE_WIDTH = 1_000  # columns of an output that is no terminal: nothing is cut or wrapped


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of texts; the first column names the rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    def to_rich(self) -> Table:
        """For a terminal; text is never read as markup."""
        table = Table(
            title=Text(self.title) if self.title else None,
            title_justify="left",
            title_style="bold",
            box=SIMPLE_HEAD,
            pad_edge=False,
        )
        for column in self.columns:
            table.add_column(Text(column))
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table

    def to_markdown(self) -> list[str]:
        """The lines of a Markdown table, without the title."""
        rows = [self.columns, ("---",) * len(self.columns), *self.rows]
        return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]

    def to_columns(self) -> dict[str, list[str]]:
        """Cells by the title of their column, for a data frame."""
        return {
            column: [row[number] for row in self.rows] for number, column in enumerate(self.columns)
        }


def show(*tables: TextTable) -> None:
    """Print tables on standard output, as wide as they are where it is no terminal."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(width=width, highlight=False)
    for table in tables:
        console.print(table.to_rich())


def figures_table(figures: RunFigures, group: str = "all") -> TextTable:
    """All figures of a group: a row a measure."""
    rows = tuple(
        (
            one.metric,
            value_text(one.value, one.unit),
            interval_text(one.low, one.high, one.unit),
            str(one.n),
        )
        for one in figures.figures
        if one.group == group
    )
    return TextTable((group, "value", "95 % interval", "n"), rows)


def groups_table(figures: RunFigures, metrics: Sequence[str], text: Translate = str) -> TextTable:
    """Some measures by group of questions: a row a group; `n` is its largest count."""
    present = [m for m in metrics if any(figures.get(m, group) for group in figures.groups)]
    rows = []
    for group in figures.groups:
        cells = [figures.get(metric, group) for metric in present]
        count = max(one.n for one in figures.figures if one.group == group)
        values = [value_text(one.value, one.unit) if one else MISSING for one in cells]
        rows.append((group, str(count), *values))
    return TextTable((text("questions"), "n", *present), tuple(rows))


def runs_table(
    runs: Mapping[str, RunFigures], metrics: Sequence[str], heading: str = "measure"
) -> TextTable:
    """Some measures of several runs with their intervals: a row a measure, a column a run."""
    present = [m for m in metrics if any(figures.get(m) for figures in runs.values())]
    rows = tuple((m, *(_cell(figures.get(m)) for figures in runs.values())) for m in present)
    return TextTable((heading, *runs), rows)


def setups_table(
    runs: Mapping[str, RunFigures], metrics: Sequence[str], prefix: str = ""
) -> TextTable:
    """The same with a row a run and a column a measure, named without a common prefix."""
    present = [m for m in metrics if any(f.get(prefix + m) for f in runs.values())]
    rows = tuple(
        (name, *(_cell(figures.get(prefix + m)) for m in present)) for name, figures in runs.items()
    )
    return TextTable(("set-up", *present), rows)


def gains_table(
    runs: Mapping[str, RunFigures], pairs: Sequence[tuple[str, str]], metrics: Sequence[str]
) -> TextTable:
    """Paired differences between runs with intervals: a row a pair, a column a measure."""
    rows = tuple(
        (f"{before} → {after}", *(_gain(runs[before], runs[after], m) for m in metrics))
        for before, after in pairs
    )
    return TextTable(("change", *metrics), rows)


def comparison_tables(comparison: RunComparison, text: Translate = str) -> list[TextTable]:
    """Differences with interval and test: a table a group of questions, a row a measure."""
    names = ("95 % interval", "p", "p, Holm", "won / lost / same")
    columns = ("A", "B", "B - A", *map(text, names))
    return [
        TextTable(
            (group, *columns),
            tuple(_difference(row) for row in comparison.rows if row.group == group),
        )
        for group in comparison.groups
    ]


def comparison_notes(comparison: RunComparison) -> list[str]:
    """What a reader of a comparison must know: the runs, questions left out, and conditions."""
    notes = [
        f"A {comparison.a}",
        f"B {comparison.b}",
        f"{comparison.shared} questions in both",
    ]
    for name, only in (("A", comparison.only_a), ("B", comparison.only_b)):
        if only:
            notes.append(f"{len(only)} questions left out, since only {name} has them")
    return notes + [f"differs: {condition}" for condition in comparison.conditions]


COMPARISON_CAPTION = (
    "B - A with its 95 % bootstrap interval; p of a two-sided paired permutation test; "
    "Holm: p corrected for the number of measures of a group."
)


def changes_table(comparison: RunComparison, limit: int = 20, text: Translate = str) -> TextTable:
    """The questions that changed most."""
    rows = []
    for change in comparison.changes[:limit]:
        values = ", ".join(
            f"{metric} {a:.2f} → {b:.2f}" for metric, (a, b) in change.values.items() if a != b
        )
        rows.append((change.id, f"{change.change:+.2f}", change.question, values))
    names = ("changed most", "change", "question", "values")
    return TextTable(tuple(map(text, names)), tuple(rows))


def sweep_table(results: Sequence[SweepResult], quality: str) -> TextTable:
    """A row a point, best quality first; a star marks the Pareto front."""
    names = list(results[0].point) if results else []
    rows = tuple(
        (
            "*" if result.best else "",
            str(result.number),
            *(str(result.point[name]) for name in names),
            value_text(result.quality),
            interval_text(result.low, result.high),
            seconds_text(result.seconds),
            str(result.n),
            str(result.failed),
        )
        for result in sorted(results, key=lambda result: (-result.quality, result.seconds))
    )
    columns = ("", "#", *names, quality, "95 % interval", "median time", "n", "failed")
    return TextTable(columns, rows)


def beir_table(result: BeirResult) -> TextTable:
    """A standard collection: a row a system, the interval behind each figure."""
    metrics = list(dict.fromkeys(row.metric for row in result.rows))
    cells = {
        (row.system, row.metric): f"{value_text(row.value)} {interval_text(row.low, row.high)}"
        for row in result.rows
    }
    systems = dict.fromkeys(row.system for row in result.rows)
    rows = tuple((system, *(cells[system, metric] for metric in metrics)) for system in systems)
    return TextTable((result.collection, *metrics), rows)


def risk_table(
    curve: Sequence[RiskPoint], error: str = "without a right passage among five"
) -> TextTable:
    """The risk-coverage curve at some coverages; `error` says what the risk is the share of."""
    rows = []
    for share in (0.25, 0.5, 0.75, 0.9, 1.0):
        point = next(point for point in curve if point.coverage >= share - 1e-9)
        rows.append((f"{point.coverage:.0%}", f"{point.risk:.1%}", f"{point.threshold:.3f}"))
    return TextTable(("questions answered", error, "from a confidence of"), tuple(rows))


def held_out_table(figures: Sequence[HeldOutFigures]) -> TextTable:
    """What a calibration is worth on questions that it was not fitted on: a row a set."""
    rows = tuple(
        (
            one.name,
            str(one.questions),
            str(one.unanswerable),
            *(
                MISSING if math.isnan(value) else value_text(value)
                for value in (
                    one.auc,
                    one.error,
                    one.area,
                    one.refused,
                    one.doubted,
                    one.noticed_by_refusing,
                    one.noticed,
                )
            ),
        )
        for one in figures
    )
    columns = (
        "set",
        "n",
        "unanswerable",
        "AUC",
        CALIBRATION_ERROR,
        "area under risk",
        REFUSED,
        DOUBTED,
        "noticed by refusing",
        NOTICED,
    )
    return TextTable(columns, rows)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return MISSING
    interval = interval_text(figure.low, figure.high, figure.unit)
    return f"{value_text(figure.value, figure.unit)} {interval}"


def _difference(row: Difference) -> tuple[str, ...]:
    return (
        row.metric,
        value_text(row.a, row.unit),
        value_text(row.b, row.unit),
        signed_text(row.difference, row.unit),
        signed_interval_text(row.low, row.high, row.unit),
        f"{row.p:.4f}",
        f"{row.holm:.3f}",
        f"{row.wins} / {row.losses} / {row.ties}",
    )


def _gain(before: RunFigures, after: RunFigures, metric: str) -> str:
    a, b = paired_values(before.per_question, after.per_question, metric, list(before.per_question))
    if not len(a):
        return MISSING
    low, high = mean_interval(b - a)
    unit = measure_of(metric).unit
    difference = signed_text(float((b - a).mean()), unit)
    return f"{difference} {signed_interval_text(low, high, unit)}"
