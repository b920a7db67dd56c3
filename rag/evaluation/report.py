"""One page about one or more runs that opens anywhere: no network, no file beside it.

Tables with intervals, charts, how the runs differ from the first, and every question with its
gold pages and the passages that each run found, to be filtered and read. All that comes from
documents, questions or models is escaped, and the page's own policy forbids it to load anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import R

from ingest.store import Library
from rag.evaluation import plot
from rag.evaluation.compare import Comparison, compare
from rag.evaluation.metrics import FOUND, MEASURES, STAGES, Report, Row, measure, ranked_items
from rag.evaluation.plot import Chart
from rag.evaluation.questions import Question
from rag.evaluation.run import Place, Run, RunLine

_SHOWN = 10  # passages listed for a question
_READ = 5  # of them, those whose text is on the page
_CUTS = range(1, 21)  # of the recall curve
_BY_GROUP = (
    "reranked Success@1",
    "reranked Success@5",
    "reranked R@10",
    "reranked nDCG@10",
    "keywords",
    "citation precision",
    "abstention accuracy",
)
_MOVES = ((10, "over 10"), (4, "4 to 10"), (2, "2 or 3"), (1, "1"))


@dataclass(frozen=True)
class _Measured:
    """A run with its figures and its number, which is its colour."""

    run: Run
    report: Report
    number: int
    name: str

    @property
    def reranks(self) -> bool:
        """Whether a second stage changed any order."""
        return any(line.retrieved != line.reranked for line in self.run.lines.values())


def write_report(
    questions: Sequence[Question], runs: Sequence[Run], library: Library | None, path: Path
) -> Path:
    """Measure runs and write the page.

    Args:
        questions: With their gold pages; those that no run holds are left out.
        runs: At least one; the others are compared with the first.
        library: Where the texts of passages and gold pages are read. Without it, or where it
            does not have them, the page names the places alone.
        path: The HTML file; its folder is made.
    """
    if not runs:
        raise ValueError("a report needs at least one run")
    names = _names(runs)
    measured = [
        _Measured(run, measure(questions, run), number, name)
        for number, (run, name) in enumerate(zip(runs, names, strict=True))
    ]
    asked = [q for q in questions if any(q.id in run.lines for run in runs)]
    texts = _Texts(library)
    comparisons = [compare(questions, runs[0], other) for other in runs[1:]]
    parts = [
        _header(asked, measured),
        _figures(measured),
        _charts(asked, measured),
        _groups(measured),
        "".join(
            _comparison(found, names[0], name)
            for found, name in zip(comparisons, names[1:], strict=True)
        ),
        _questions(asked, measured, texts),
        _conditions(measured),
    ]
    page = _PAGE.format(
        title=escape(f"Katheder: {', '.join(names)}"),
        style=plot.STYLE + _STYLE,
        body="\n".join(parts),
        script=_SCRIPT,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


# ---- texts ----


class _Texts:
    """What stands at a place, from the library if that still holds it."""

    def __init__(self, library: Library | None) -> None:
        self._stamp = library.content_hash() if library else ""
        self._passages: dict[str, str] = {}
        self._pages: dict[tuple[str, int], str] = {}
        for document in library.documents() if library else ():
            for passage in library.passages(document.id) if library else ():
                self._passages[passage.id] = passage.text
            for page in library.pages(document.id) if library else ():
                self._pages[document.file, page.number] = page.text

    def passage(self, place: Place, run: Run) -> str:
        """The passage, or where the run was made with another library the last of its pages."""
        if place.passage in self._passages and run.meta.get("library") == self._stamp:
            return self._passages[place.passage]
        return self.page(place.doc, place.pages[-1])

    def page(self, doc: str, page: int) -> str:
        """A page's text; "" where the library does not have it."""
        return self._pages.get((doc, page), "").strip()


# ---- parts of the page ----


def _header(questions: Sequence[Question], measured: Sequence[_Measured]) -> str:
    without = sum(not question.answerable for question in questions)
    legend = "".join(
        f'<li class="s{m.number % plot.SERIES}"><span class="swatch"></span><b>{escape(m.name)}</b> '
        f"<span class=soft>{len(m.report.per_question)} questions, {_made(m.run)}</span></li>"
        for m in measured
    )
    return (
        "<header><h1>How good are the answers?</h1>"
        f"<p>{len(questions)} questions, of which the lectures do not answer {without}. "
        f"Written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.</p><ul class=legend>{legend}</ul></header>"
    )


def _made(run: Run) -> str:
    date = str(run.meta.get("date", ""))[:10]
    kind = "with answers" if run.generated else "passages alone"
    return escape(f"{kind}, {date}" if date else kind)


def _figures(measured: Sequence[_Measured]) -> str:
    """The main tables: pages found, a row a metric and run; answers and time, a column a run."""
    rows = {
        (m.number, row.metric): row for m in measured for row in m.report.rows if row.group == "all"
    }
    metrics = list(dict.fromkeys(metric for _, metric in rows))
    stages = STAGES if any(m.reranks for m in measured) else STAGES[1:]
    found = []
    for name in map(str, MEASURES):
        lines = [
            "".join(
                _cell(rows.get((m.number, f"{stage} {name}")), counted=False) for stage in stages
            )
            for m in measured
            if (m.number, f"reranked {name}") in rows
        ]
        found += _lines(name, lines, measured)
    titles = ["first stage", "last stage"] if len(stages) == 2 else ["value"]
    heads = "".join(
        f"<th>{title}</th>" for title in (["run"] if len(measured) > 1 else []) + titles
    )
    left = _table(f"<th>pages found</th>{heads}", found) if found else ""
    right = ""
    columns = "".join(f"<th>{_label(m)}</th>" for m in measured)
    kept = [name for name in metrics if name.split()[0] not in STAGES and name[:7] != "seconds"]
    if kept:
        body = [
            f"<tr><th scope=row>{escape(name)}</th>"
            + "".join(_cell(rows.get((m.number, name))) for m in measured)
            + "</tr>"
            for name in kept
        ]
        right += _table(f"<th>answers</th>{columns}", body)
    times = []
    for stage in _stages(measured):
        lines = [
            "".join(
                _cell(rows.get((m.number, f"{stage} {share}")), seconds=True, counted=False)
                for share in ("p50", "p95")
            )
            for m in measured
        ]
        times += _lines(_stage_label(stage), lines, measured)
    run = "<th>run</th>" if len(measured) > 1 else ""
    right += _table(
        f"<th>time</th>{run}<th>median</th><th>95th percentile</th>",
        times,
        "stacked" if len(measured) > 1 else "",
    )
    counts = ", ".join(
        dict.fromkeys(str(row.n) for (_, name), row in rows.items() if name == "reranked R@10")
    )
    pages = (
        f" Pages found are of the {counts} questions that the lectures answer." if counts else ""
    )
    return (
        "<section><h2>Figures</h2><p class=soft>Mean with its 95 % bootstrap interval over "
        f"questions; n is how many count.{pages}</p>"
        f"<div class=tables><div>{left}</div><div>{right}</div></div></section>"
    )


def _lines(name: str, lines: Sequence[str], measured: Sequence[_Measured]) -> list[str]:
    """A row a run, the first led by a name that stands for all."""
    if len(measured) == 1:
        return [f"<tr><th scope=row>{escape(name)}</th>{line}</tr>" for line in lines]
    return [
        ("<tr>" + (f"<th scope=row rowspan={len(lines)}>{escape(name)}</th>" if not number else ""))
        + f"<td>{_label(m)}</td>{line}</tr>"
        for number, (m, line) in enumerate(zip(measured, lines, strict=False))
    ]


def _stages(measured: Sequence[_Measured]) -> list[str]:
    """What seconds were taken of, the whole last."""
    found = dict.fromkeys(
        row.metric.removesuffix(" p50")
        for m in measured
        for row in m.report.rows
        if row.group == "all" and row.metric.endswith(" p50")
    )
    order = ("encode", "retrieve", "rerank", "evidence", "first words", "generate", "ground")
    known = [f"seconds {stage}" for stage in order if f"seconds {stage}" in found]
    others = [stage for stage in found if stage not in known and stage != "seconds"]
    return known + others + (["seconds"] if "seconds" in found else [])


def _stage_label(stage: str) -> str:
    return stage.removeprefix("seconds ") if stage != "seconds" else "together"


def _cell(row: Row | None, *, seconds: bool = False, counted: bool = True) -> str:
    if row is None:
        return '<td class="number none">–</td>'
    show = plot.seconds_text if seconds else _plain
    count = f"<span class=n>n {row.n}</span> " if counted else ""
    return (
        f'<td class=number title="n = {row.n}"><b>{show(row.value)}</b> {count}'
        f"<span class=soft>{show(row.low)} to {show(row.high)}</span></td>"
    )


def _plain(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _in_units(value: float, metric: str) -> str:
    return plot.seconds_text(value) if metric.startswith("seconds") else _plain(value)


def _table(head: str, rows: Sequence[str], kind: str = "") -> str:
    return (
        f'<div class="scroll {kind}" tabindex=0><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _label(m: _Measured) -> str:
    return f'<span class="run s{m.number % plot.SERIES}"><span class="swatch"></span>{escape(m.name)}</span>'


def _groups(measured: Sequence[_Measured]) -> str:
    """By type and language: a row a group and run, a column a metric."""
    rows = {(m.number, r.group, r.metric): r for m in measured for r in m.report.rows}
    groups = [g for g in dict.fromkeys(group for _, group, _ in rows) if g != "all"]
    metrics = [name for name in _BY_GROUP if any(key[2] == name for key in rows)]
    if not groups:
        return ""
    body = []
    for group in groups:
        lines = [
            "".join(_cell(rows.get((m.number, group, metric))) for metric in metrics)
            for m in measured
        ]
        body += _lines(group, lines, measured)
    titles = (["run"] if len(measured) > 1 else []) + metrics
    heads = "".join(f"<th>{escape(title)}</th>" for title in titles)
    return (
        "<section><h2>By type and language</h2>"
        f"{_table(f'<th>questions</th>{heads}', body, 'stacked')}</section>"
    )


def _comparison(found: Comparison, a: str, b: str) -> str:
    """How a run differs from the first."""
    rows = [
        f"<tr><th scope=row>{escape(row.metric)}</th><td class=number>{_in_units(row.a, row.metric)}</td>"
        f"<td class=number>{_in_units(row.b, row.metric)}</td>"
        f'<td class="number {_verdict(row.low, row.high, row.metric)}"><b>{row.difference:+.3f}</b> '
        f"<span class=soft>{row.low:+.3f} to {row.high:+.3f}</span></td>"
        f"<td class=number>{row.p:.4f}</td><td class=number>{row.holm:.3f}</td>"
        f"<td class=number>{row.wins} / {row.losses} / {row.ties}</td></tr>"
        for row in found.rows
        if row.group == "all"
    ]
    head = (
        f"<th>metric</th><th>{escape(a)}</th><th>{escape(b)}</th><th>difference</th>"
        "<th>p</th><th>p, Holm</th><th>won / lost / same</th>"
    )
    changed = "".join(
        f'<li><a href="#{_anchor(change.id)}">{escape(change.id)}</a> '
        f'<b class="{"good" if change.change > 0 else "bad"}">{change.change:+.2f}</b> '
        f"{escape(change.question)}</li>"
        for change in found.changes[:20]
    )
    conditions = "".join(f"<li><code>{escape(line)}</code></li>" for line in found.conditions)
    return (
        f"<section><h2>{escape(b)} against {escape(a)}</h2><p class=soft>On the {found.shared} "
        "questions of both; p of a two-sided paired randomisation test, and after Holm's "
        f"correction for looking at all these metrics.</p>{_table(head, rows)}"
        + (
            f"<details><summary>What differed ({len(found.conditions)})</summary><ul>{conditions}</ul></details>"
            if conditions
            else ""
        )
        + (
            f"<details open><summary>Questions that changed most</summary><ol>{changed}</ol></details>"
            if changed
            else "<p>No question changed.</p>"
        )
        + "</section>"
    )


def _verdict(low: float, high: float, metric: str) -> str:
    """good, bad, or "" where the interval holds 0."""
    if low <= 0 <= high or metric == "answer words":
        return ""
    return "good" if (low > 0) != metric.startswith("seconds") else "bad"


def _conditions(measured: Sequence[_Measured]) -> str:
    """Settings, models and machine of each run."""
    parts = []
    for m in measured:
        meta = {key: value for key, value in m.run.meta.items() if key != "questions"}
        lines = "\n".join(f"{name} = {value}" for name, value in _flat(meta))
        parts.append(f"<details><summary>{_label(m)}</summary><pre>{escape(lines)}</pre></details>")
    return f"<section><h2>Conditions</h2>{''.join(parts)}</section>"


def _flat(values: dict[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


# ---- charts ----


def _charts(questions: Sequence[Question], measured: Sequence[_Measured]) -> str:
    first = f": {measured[0].name}" if len(measured) > 1 else ""
    figures = [
        (
            "Recall",
            "Share of a question's gold passages among the first k. Bars are 95 % intervals"
            + ("; dashed is the first stage." if any(m.reranks for m in measured) else "."),
            recall_chart(questions, measured),
        ),
        *[
            (
                f"Moved by reranking{f': {m.name}' if len(measured) > 1 else ''}",
                "Ranks that the first right passage rose or fell by, and how many questions.",
                moves_chart(questions, m),
            )
            for m in measured
            if m.reranks
        ],
        (
            "Seconds by stage",
            "Bar to the median, whisker to the 95th percentile; logarithmic.",
            latency_chart(measured),
        ),
        (
            f"Abstention score{first}",
            "Confidence that the lectures answer: questions that they answer above, others "
            "below. Dotted is the threshold below which the pipeline abstains.",
            score_chart(questions, measured[0]),
        ),
        (
            f"Calibration of the abstention score{first}",
            "Questions in tenths by their score: how many the lectures answer (filled), and how "
            "many had a right passage among five (hollow).",
            calibration_chart(questions, measured[0]),
        ),
        (
            "Risk and coverage",
            "If only the surest questions were answered: the share without a right passage among "
            "five. The dot is where the threshold stands.",
            risk_chart(measured),
        ),
    ]
    drawn = "".join(
        f"<figure><figcaption><b>{escape(title)}</b><br><span class=soft>{escape(text)}</span>"
        f"</figcaption>{chart}</figure>"
        for title, text, chart in figures
        if chart
    )
    return f"<section><h2>Charts</h2><div class=charts>{drawn}</div></section>"


def recall_chart(questions: Sequence[Question], measured: Sequence[_Measured]) -> str:
    """Recall over the number of passages looked at; "" where no question has gold pages."""
    chart = Chart("Recall at 1 to 20", (1, 20), (0, 1), "passages looked at", "recall")
    chart.y_ticks(plot.shares())
    chart.x_ticks([(k, str(k)) for k in (1, 3, 5, 10, 15, 20)])
    drawn = False
    for m in measured:
        asked = [q for q in questions if q.id in m.run.lines and q.answerable]
        if not asked:
            continue
        drawn = True
        for stage in STAGES if m.reranks else STAGES[1:]:
            figures = ir_measures.calc_aggregate(
                [R @ k for k in _CUTS], *ranked_items(asked, m.run, stage)
            )
            points = [(k, figures[R @ k]) for k in _CUTS]
            chart.line(points, m.number, dashed=stage == "retrieved")
            if stage == "retrieved":
                continue
            for k in (1, 3, 5, 10, 20):
                row = m.report.row(f"reranked R@{k}")
                shift = 3 * (m.number - (len(measured) - 1) / 2)
                chart.whisker(k, row.low, row.high, m.number, shift)
                tip = f"{m.name}: R@{k} {row.value:.3f} ({row.low:.3f} to {row.high:.3f})"
                chart.dot(k, row.value, m.number, tip, radius=3.5)
    return chart.render() if drawn else ""


def first_right(question: Question, places: Sequence[Place]) -> int | None:
    """The rank, from 1, of the first passage that shows a gold page."""
    gold = question.gold_pages
    return next((n for n, place in enumerate(places, start=1) if place.spots & gold), None)


def moves(questions: Sequence[Question], run: Run) -> dict[str, int]:
    """How many questions' first right passage rose or fell by how many ranks, in order."""
    risen = [f"up {label}" for _, label in _MOVES]
    fallen = [f"down {label}" for _, label in reversed(_MOVES)]
    counts = dict.fromkeys([*risen, "same", *fallen, "not found"], 0)
    for question in questions:
        line = run.lines.get(question.id)
        if line is None or not question.answerable:
            continue
        before, after = first_right(question, line.retrieved), first_right(question, line.reranked)
        if before is None or after is None:
            counts["not found"] += 1
        elif before == after:
            counts["same"] += 1
        else:
            size = abs(before - after)
            label = next(label for least, label in _MOVES if size >= least + (least == 10))
            counts[f"{'up' if after < before else 'down'} {label}"] += 1
    return counts


def moves_chart(questions: Sequence[Question], m: _Measured) -> str:
    """`moves` as bars from the left."""
    counts = moves(questions, m.run)
    most = max(counts.values(), default=0) or 1
    chart = Chart(
        "Ranks moved by reranking", (0, most * 1.12), (0, len(counts)), "questions", left=96
    )
    for number, (label, count) in enumerate(counts.items()):
        low = len(counts) - 1 - number
        across, down = chart.at(0, low + 0.5)
        chart.text(across - 6, down + 4, label, "end")
        colour = 2 if label.startswith("up") else 4 if label.startswith("down") else plot.NEUTRAL
        chart.box(
            (0, count),
            (low + 0.15, low + 0.85),
            colour,
            f"{label}: {count}",
            pale=label in ("same", "not found"),
        )
        chart.text(chart.at(count, low)[0] + 4, down + 4, str(count), strong=True)
    return chart.render()


def latency_chart(measured: Sequence[_Measured]) -> str:
    """Median and 95th percentile of each stage and of the whole, a bar a run."""
    stages = _stages(measured)
    values = {
        (m.number, stage): tuple(
            max(row.value, 1e-5)
            for share in (50, 95)
            for row in m.report.rows
            if row.group == "all" and row.metric == f"{stage} p{share}"
        )
        for m in measured
        for stage in stages
    }
    found = [value for pair in values.values() for value in pair]
    if not found:
        return ""
    low = 10.0 ** math.floor(math.log10(min(found)) - 0.01)
    high = 10.0 ** math.ceil(math.log10(max(found)) + 0.01)
    height = 64 + max(len(stages) * (16 * len(measured) + 12), 120)
    chart = Chart(
        "Seconds by stage", (low, high), (0, len(stages)), log_x=True, height=height, left=96
    )
    chart.x_ticks(plot.decades(low, high), grid=True)
    for position, stage in enumerate(stages):
        floor = len(stages) - 1 - position
        across, down = chart.at(low, floor + 0.5)
        label = _stage_label(stage)
        chart.text(across - 6, down + 4, label, "end")
        share = 0.7 / len(measured)
        for m in measured:
            pair = values[m.number, stage]
            if len(pair) != 2:
                continue
            top = floor + 0.85 - share * m.number
            tip = f"{m.name}, {label}: p50 {plot.seconds_text(pair[0])}, p95 {plot.seconds_text(pair[1])}"
            chart.box((low, pair[0]), (top - share * 0.9, top), m.number, tip)
            chart.horizontal(top - share * 0.45, pair[0], pair[1], m.number)
    return chart.render()


def _scored(questions: Sequence[Question], run: Run) -> list[tuple[float, Question]]:
    """Each question that has an abstention score, with it."""
    lines = ((run.lines[q.id], q) for q in questions if q.id in run.lines)
    return [(line.score, question) for line, question in lines if line.score is not None]


def _threshold(run: Run) -> float | None:
    value = run.meta.get("least_confidence")
    return float(value) if isinstance(value, int | float) else None


def score_chart(questions: Sequence[Question], m: _Measured) -> str:
    """Two histograms of the score, back to back: answerable questions up, others down."""
    scored = _scored(questions, m.run)
    if not scored:
        return ""
    edges = np.linspace(min(0.0, min(s for s, _ in scored)), 1, 21)
    up, down = (
        np.histogram([min(s, 1.0) for s, q in scored if q.answerable == answerable], bins=edges)[0]
        for answerable in (True, False)
    )
    chart = Chart(
        "Scores of questions with and without an answer",
        (float(edges[0]), 1.0),
        (-max(int(down.max()), 1) * 1.15, max(int(up.max()), 1) * 1.15),
        "confidence",
        "questions",
    )
    chart.y_ticks(
        [
            (0, "0"),
            (int(up.max()), str(up.max())),
            *([(-int(down.max()), str(down.max()))] if down.max() else []),
        ]
    )
    chart.x_ticks([(float(x), f"{x:.1f}") for x in np.linspace(edges[0], 1, 6)])
    for number, (left, right) in enumerate(pairwise(edges)):
        where = (float(left), float(right))
        span = f"{left:.2f} to {right:.2f}"
        if up[number]:
            chart.box(where, (0, float(up[number])), 2, f"{span}: {up[number]} answerable", inset=1)
        if down[number]:
            chart.box(
                where,
                (-float(down[number]), 0),
                4,
                f"{span}: {down[number]} not answerable",
                inset=1,
            )
    if (threshold := _threshold(m.run)) is not None:
        chart.mark_x(threshold, f"{threshold:.2f}")
    return chart.render()


def calibration(
    scored: Sequence[tuple[float, bool]], bins: int = 10
) -> list[tuple[float, float, float, float, int]]:
    """Mean score, share that holds, its 95 % interval and count, in bins of equal count by score.

    The interval is Wilson's. Source: Wilson, JASA 22 (1927).
    """
    points = []
    ordered = sorted(scored)
    for group in np.array_split(np.arange(len(ordered)), min(bins, len(ordered)) or 1):
        members = [ordered[position] for position in group]
        if not members:
            continue
        n, z = len(members), 1.959964
        share = sum(holds for _, holds in members) / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        mean = sum(score for score, _ in members) / n
        points.append((mean, share, max(middle - half, 0.0), min(middle + half, 1.0), n))
    return points


def calibration_chart(questions: Sequence[Question], m: _Measured) -> str:
    """Share of answerable questions, and of those with a right passage, over the score."""
    scored = _scored(questions, m.run)
    if not scored:
        return ""
    low = min(0.0, min(score for score, _ in scored))
    chart = Chart("Calibration", (low, 1), (0, 1), "confidence, mean of a tenth", "share")
    chart.y_ticks(plot.shares())
    chart.x_ticks([(float(x), f"{x:.1f}") for x in np.linspace(low, 1, 6)])
    found = m.report.per_question
    kinds = {
        "answerable": [(score, q.answerable) for score, q in scored],
        "right passage among five": [(s, found[q.id].get(FOUND, 0.0) > 0) for s, q in scored],
    }
    for series, (kind, values) in enumerate(kinds.items()):
        points = calibration(values)
        chart.line([(x, y) for x, y, *_ in points], series, dashed=bool(series))
        for x, y, lower, upper, n in points:
            chart.whisker(x, lower, upper, series, 3 * series)
            tip = f"{kind}: {y:.0%} of {n} at {x:.2f} ({lower:.0%} to {upper:.0%})"
            chart.dot(x, y, series, tip, hollow=bool(series), radius=3.5)
    if (threshold := _threshold(m.run)) is not None:
        chart.mark_x(threshold)
    return chart.render()


def risk_chart(measured: Sequence[_Measured]) -> str:
    """Error over coverage as the threshold falls."""
    curves = [(m, m.report.risk_coverage) for m in measured if m.report.risk_coverage]
    if not curves:
        return ""
    chart = Chart("Risk over coverage", (0, 1), (0, 1), "share of questions answered", "errors")
    chart.y_ticks(plot.shares())
    chart.x_ticks(plot.shares())
    for m, curve in curves:
        first = [(0.0, curve[0].risk)]
        chart.line(first + [(point.coverage, point.risk) for point in curve], m.number)
        threshold = _threshold(m.run)
        kept = [p for p in curve if threshold is not None and p.threshold >= threshold]
        if kept:
            tip = f"{m.name}, from {threshold:.2f}: answers {kept[-1].coverage:.0%}, {kept[-1].risk:.0%} of them wrong"
            chart.dot(kept[-1].coverage, kept[-1].risk, m.number, tip)
    return chart.render()


# ---- questions ----


def _questions(questions: Sequence[Question], measured: Sequence[_Measured], texts: _Texts) -> str:
    kinds = sorted({question.type for question in questions})
    langs = sorted({question.lang for question in questions})
    outcomes = list(dict.fromkeys(o for q in questions for m in measured for o in _outcomes(q, m)))
    order = [name for name in _OUTCOMES if name in outcomes]
    filters = (
        '<form class=filters onsubmit="return false"><label>Words <input type=search id=f-words></label>'
        + _select("Type", "f-type", kinds)
        + _select("Language", "f-lang", langs)
        + _select("Outcome", "f-outcome", order)
        + (_select("Run", "f-run", [m.name for m in measured]) if len(measured) > 1 else "")
        + f"<output id=f-count>{len(questions)} of {len(questions)}</output></form>"
    )
    body = "".join(_question(question, measured, texts) for question in questions)
    return (
        "<section><h2>Questions</h2><p class=soft>Beside each question is the rank of its first "
        f"right passage in each run.</p>{filters}<div id=questions>{body}</div></section>"
    )


_OUTCOMES = (
    "failed",
    "no right passage among 10",
    "no right passage among 5",
    "first passage wrong",
    "first passage right",
    "keywords missing",
    "keywords held",
    "abstained wrongly",
    "answered wrongly",
    "abstained rightly",
)


def _outcomes(question: Question, m: _Measured) -> list[str]:
    """What a run made of a question, in the filter's words."""
    line = m.run.lines.get(question.id)
    if line is None:
        return []
    found = ["failed"] if line.error else []
    if question.answerable:
        rank = first_right(question, line.reranked)
        found.append("first passage right" if rank == 1 else "first passage wrong")
        for limit in (5, 10):
            if rank is None or rank > limit:
                found.append(f"no right passage among {limit}")
        keywords = m.report.per_question[question.id].get("keywords")
        if keywords is not None:
            found.append("keywords held" if keywords else "keywords missing")
        if line.abstained:
            found.append("abstained wrongly")
    elif not line.error:
        found.append("abstained rightly" if line.abstained else "answered wrongly")
    return found


def _select(label: str, id: str, values: Sequence[str]) -> str:
    options = "".join(f"<option>{escape(value)}</option>" for value in values)
    return f'<label>{label} <select id={id}><option value="">all</option>{options}</select></label>'


def _question(question: Question, measured: Sequence[_Measured], texts: _Texts) -> str:
    held = [m for m in measured if question.id in m.run.lines]
    outcomes = "|".join(f"{m.name}:{outcome}" for m in held for outcome in _outcomes(question, m))
    badges = "".join(_badge(question, m) for m in held)
    after = f" · follows {escape(question.after)}" if question.after else ""
    runs = "".join(_run_of(question, m, texts, len(measured) > 1) for m in held)
    return (
        f'<details class=q id="{_anchor(question.id)}" data-type="{escape(question.type)}" '
        f'data-lang="{escape(question.lang)}" data-outcomes="{escape(outcomes)}"><summary>'
        f"<span class=badges>{badges}</span><span class=ask>{escape(question.question)}</span>"
        f"<span class=soft>{escape(question.id)} · {escape(question.type)} · "
        f"{escape(question.lang)}{after}</span></summary>"
        f"{_gold(question, texts)}<div class=runs>{runs}</div></details>"
    )


def _badge(question: Question, m: _Measured) -> str:
    line = m.run.lines[question.id]
    if line.error:
        text, kind = "failed", "bad"
    elif not question.answerable:
        text, kind = ("abstained", "good") if line.abstained else ("answered", "bad")
    else:
        rank = first_right(question, line.reranked)
        text = f"{rank}" if rank else "–"
        kind = "bad" if rank is None or rank > 5 else "good" if rank == 1 else "middle"
    return f'<span class="badge {kind}" title="{escape(m.name)}">{text}</span>'


def _gold(question: Question, texts: _Texts) -> str:
    if not question.answerable:
        return "<div class=gold><h4>The lectures do not answer this</h4></div>"
    pages = []
    for doc, number in sorted(question.gold_pages):
        text = texts.page(doc, number)
        shown = f"<blockquote>{escape(text)}</blockquote>" if text else ""
        pages.append(f"<div><b>{escape(doc)}, p. {number}</b>{shown}</div>")
    answer = f"<p>{escape(question.answer)}</p>" if question.answer else ""
    words = (
        f"<p class=soft>keywords: {', '.join(f'<code>{escape(w)}</code>' for w in question.keywords)}</p>"
        if question.keywords
        else ""
    )
    return (
        f"<div class=gold><h4>Right answer</h4>{answer}{words}<details><summary>"
        f"{len(pages)} gold {'page' if len(pages) == 1 else 'pages'}: "
        f"{escape(_pages_line(question))}</summary>{''.join(pages)}</details></div>"
    )


def _pages_line(question: Question) -> str:
    by_doc: dict[str, list[int]] = {}
    for doc, page in sorted(question.gold_pages):
        by_doc.setdefault(doc, []).append(page)
    return "; ".join(f"{doc}, p. {', '.join(map(str, pages))}" for doc, pages in by_doc.items())


def _run_of(question: Question, m: _Measured, texts: _Texts, several: bool) -> str:
    """What one run found and said."""
    line = m.run.lines[question.id]
    name = f"<h4>{_label(m)}</h4>" if several else ""
    error = f"<p class=bad>Failed: {escape(line.error)}</p>" if line.error else ""
    query = (
        f"<p class=soft>searched for: {escape(line.query)}</p>"
        if line.query and line.query != question.question
        else ""
    )
    score = f", score {line.score:.2f}" if line.score is not None else ""
    time = f"<p class=soft>{plot.seconds_text(line.seconds)}{score}</p>"
    before: dict[tuple[str, tuple[int, ...], str], int] = {}
    for rank, place in enumerate(line.retrieved, start=1):
        before.setdefault((place.doc, place.pages, place.passage), rank)
    hits = "".join(
        _hit(question, place, rank, before, texts, m)
        for rank, place in enumerate(line.reranked[:_SHOWN], start=1)
    )
    passages = (
        f"<h4>Passages</h4><ol class=hits>{hits}</ol>" if hits else "<p>No passage was found.</p>"
    )
    return (
        f"<div class=of>{name}{error}{query}{_answer(question, line, m.run)}{passages}{time}</div>"
    )


def _answer(question: Question, line: RunLine, run: Run) -> str:
    if line.abstained:
        return "<p><b>Abstained.</b></p>"
    if not run.generated or line.error:
        return ""
    gold = question.gold_pages
    said = "".join(
        f'<li>{escape(s.text)} <span class="{"good" if Place(s.doc, s.pages).spots & gold else "soft"}">'
        f"{escape(_place(Place(s.doc, s.pages)))}</span> <span class=soft>{escape(s.origin)}, support "
        f"{s.support:.2f}</span><blockquote>{escape(s.quote)}</blockquote></li>"
        for s in line.sentences
    )
    shown = f"<ul class=said>{said}</ul>" if said else f"<p>{escape(line.answer)}</p>"
    return f"<h4>Answer</h4>{shown}"


def _hit(
    question: Question,
    place: Place,
    rank: int,
    before: Mapping[tuple[str, tuple[int, ...], str], int],
    texts: _Texts,
    m: _Measured,
) -> str:
    """A passage that a run found; the score is another after reranking, so `before` goes without."""
    was = before.get((place.doc, place.pages, place.passage))
    right = bool(place.spots & question.gold_pages)
    score = f", {place.score:.3g}" if place.score is not None else ""
    moved = f", was {was}" if was is not None and was != rank else ""
    text = texts.passage(place, m.run) if rank <= _READ else ""
    shown = f"<blockquote>{escape(text)}</blockquote>" if text else ""
    return (
        f"<li{' class=right' if right else ''}><b>{escape(_place(place))}</b>"
        f"{' <span class=good>gold</span>' if right else ''}"
        f"<span class=soft>{score}{moved}</span>{shown}</li>"
    )


def _place(place: Place) -> str:
    first, last = place.pages[0], place.pages[-1]
    return f"{place.doc}, p. {first}" if first == last else f"{place.doc}, pp. {first}-{last}"


def _anchor(id: str) -> str:
    return escape("q-" + "".join(c if c.isalnum() else "-" for c in id))


def _names(runs: Sequence[Run]) -> list[str]:
    """Names of runs, with a number behind those that share theirs."""
    names: list[str] = []
    for run in runs:
        name, number = run.name, 2
        while name in names:
            name, number = f"{run.name} {number}", number + 1
        names.append(name)
    return names


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head>
<body>
{body}
<script>{script}</script>
</body></html>
"""

_STYLE = """
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1240px; padding: 1rem 1.2rem 4rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.7rem; margin: .6rem 0 0 } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem }
h4 { margin: .2rem 0 .3rem; font-size: .95rem } p { margin: .3rem 0 .7rem }
.soft { color: var(--soft); font-size: .86em } .n { color: var(--soft); font-size: .75em }
.good { color: var(--good) } .bad { color: var(--bad) } .middle { color: var(--middle) }
.swatch { display: inline-block; width: .75em; height: .75em; border-radius: 2px; background: var(--c);
  margin-right: .4em } .run { white-space: nowrap }
ul.legend { list-style: none; padding: 0; margin: .4rem 0; display: flex; flex-wrap: wrap; gap: .2rem 1.6rem }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 1rem 2rem;
  align-items: start }
.scroll { overflow-x: auto; max-width: 100% } .scroll + .scroll { margin-top: 1.2rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { overflow-wrap: normal; padding: .22rem .7rem .22rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: baseline }
thead th { color: var(--soft); font-weight: 600; font-size: .85em } tbody th { font-weight: 500; white-space: nowrap }
th:first-child { position: sticky; left: 0; background: var(--paper) }
.stacked td .soft { display: block }
.number, thead th { text-align: left } td.number { white-space: nowrap; font-variant-numeric: tabular-nums } td.none { color: var(--soft) }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 1.4rem 1.8rem }
figure { margin: 0 } figcaption { margin-bottom: .3rem; line-height: 1.35 }
.filters { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; padding: .6rem 0; position: sticky;
  top: 0; background: var(--paper); border-bottom: 1px solid var(--line); z-index: 1 }
.filters label { font-size: .82rem; color: var(--soft); display: flex; flex-direction: column }
.filters input, .filters select { font: inherit; font-size: .95rem; color: var(--ink); background: var(--paper);
  border: 1px solid var(--line); border-radius: 5px; padding: .25rem .4rem; max-width: 15rem }
output { font-size: .9rem; margin-left: auto }
details.q { border-bottom: 1px solid var(--line); scroll-margin-top: 5rem }
summary { cursor: pointer }
details.q > summary { display: flex; flex-wrap: wrap; gap: .1rem .7rem; align-items: baseline; padding: .45rem 0; list-style: none }
details.q > summary::-webkit-details-marker { display: none }
details.q > summary:hover .ask { text-decoration: underline }
details.q[open] { padding-bottom: 1rem } details.q[open] > summary .ask { font-weight: 600 }
.ask { flex: 1 1 20rem } .badges { display: flex; gap: .3rem; min-width: 2.2rem }
.badge { border: 1px solid currentColor; border-radius: 4px; padding: 0 .4em; font-size: .82rem; min-width: 1.9em; text-align: center }
.gold { border-left: 3px solid var(--good); padding: .1rem 0 .1rem .8rem; margin: .2rem 0 .9rem }
.runs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: .6rem 2rem }
.of { min-width: 0 }
blockquote { margin: .15rem 0 .5rem; padding-left: .7rem; border-left: 2px solid var(--line); color: var(--soft);
  font-size: .88rem; white-space: pre-line; max-height: 11rem; overflow-y: auto }
ol.hits { padding-left: 1.7rem; margin: .3rem 0 } ol.hits > li { margin-bottom: .15rem }
li.right::marker { color: var(--good); font-weight: 700 } li.right blockquote { border-color: var(--good) }
ul.said { padding-left: 1.1rem } pre { overflow-x: auto; font-size: .82rem } code { font-size: .88em }
a { color: var(--s0) } [hidden] { display: none !important }
@media (max-width: 600px) { body { padding: .6rem .8rem 3rem } .filters { position: static }
  td .soft { display: block } table { font-size: .82rem } th, td { padding-right: .5rem } .ask { flex-basis: 70% }
  .filters label { flex: 1 1 8rem } .filters select, .filters input { max-width: none; width: 100% } }
@media print { .filters { display: none } }
"""

_SCRIPT = """
const all = [...document.querySelectorAll("details.q")];
const field = id => document.getElementById(id);
for (const q of all) q.words = q.textContent.toLowerCase();
function filter() {
  const words = field("f-words").value.toLowerCase().split(/\\s+/).filter(Boolean);
  const type = field("f-type").value, lang = field("f-lang").value;
  const outcome = field("f-outcome").value, run = field("f-run") ? field("f-run").value : "";
  let shown = 0;
  for (const q of all) {
    const outcomes = q.dataset.outcomes.split("|").map(o => [o.slice(0, o.lastIndexOf(":")), o.slice(o.lastIndexOf(":") + 1)]);
    const fits = words.every(w => q.words.includes(w)) && (!type || q.dataset.type === type)
      && (!lang || q.dataset.lang === lang)
      && ((!outcome && !run) || outcomes.some(([r, o]) => (!outcome || o === outcome) && (!run || r === run)));
    q.hidden = !fits;
    shown += fits;
  }
  field("f-count").value = shown + " of " + all.length;
}
for (const id of ["f-words", "f-type", "f-lang", "f-outcome", "f-run"])
  if (field(id)) field(id).addEventListener("input", filter);
function follow() {
  const q = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (q && q.matches("details.q")) { q.hidden = false; q.open = true; q.scrollIntoView(); }
}
addEventListener("hashchange", follow);
follow();
"""
