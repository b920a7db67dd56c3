"""Evaluate: how good are the answers, which change made them better, and where do they fail."""

from __future__ import annotations

import json
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import altair as alt
import streamlit as st

from ingest import resources
from ingest.errors import KathederError
from ingest.store import Library
from rag.evaluation.compare import compare
from rag.evaluation.metrics import Report, measure
from rag.evaluation.questions import Question, read_questions
from rag.evaluation.run import Progress, Run, RunLine, evaluate, meta_path, read_run
from ui.ingestion import welcome
from ui.job import Job
from ui.session import Session, background_jobs, lazy_tabs
from ui.text import escape, t
from ui.views.passages import inspect

_EVALUATION = "evaluation"  # the name of the one run under way
_SHOWN = (
    "reranked Success@1",
    "reranked Success@5",
    "reranked R@10",
    "reranked RR@10",
    "reranked nDCG@10",
    "keywords",
    "token F1",
    "citation precision",
    "citation recall",
    "abstention precision",
    "abstention recall",
    "abstention F1",
    "seconds p50",
    "seconds p95",
)
_GROUPED = (
    "reranked Success@5",
    "reranked RR@10",
    "keywords",
    "token F1",
    "abstention accuracy",
)
_CUTS = (1, 2, 3, 5, 10, 20)


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    st.title(t("Evaluate"))
    st.caption(t("Questions of which it is known what answers them show how good the answers are."))
    try:
        begin(session)
        follow(session)
        runs = kept_runs(session)
        if runs:
            names = st.multiselect(
                t("Runs to look at; the others are held against the first"),
                list(runs),
                default=list(runs)[:1],
                key="runs_shown",
            )
            show_runs(session, session.library, [read_run(runs[name]) for name in names])
        else:
            st.info(t("No run is kept yet; choose a question set and start one."))
    except KathederError as error:
        st.error(escape(str(error)))
    feedback(session)


def question_files(session: Session) -> dict[str, Path]:
    """The question sets at hand by name: bundled ones, and those kept in the library's folder."""
    own = sorted((session.folder / "questions").glob("*.jsonl"))
    return resources.question_sets() | {file.stem: file for file in own}


def kept_runs(session: Session) -> dict[str, Path]:
    """The runs of this library by name, the last one first."""
    files = [f for f in (session.folder / "runs").glob("*.jsonl") if meta_path(f).exists()]
    return {f.stem: f for f in sorted(files, key=lambda f: f.stat().st_mtime, reverse=True)}


# ---- a run ----


def begin(session: Session) -> None:
    """Choose a question set and start a run."""
    files = question_files(session)
    busy = _EVALUATION in background_jobs()
    first = not busy and not kept_runs(session)
    with st.expander(t("A new run"), icon=":material/play_arrow:", expanded=first):
        added = st.file_uploader(t("A question set of your own (JSON lines)"), type="jsonl")
        if added is not None:
            add_questions(session, added.name, added.getvalue())
            files = question_files(session)
        chosen = st.selectbox(t("Question set"), list(files), key="question_set")
        left, right = st.columns(2, vertical_alignment="bottom")
        generate = left.toggle(t("Answer too, not only find pages"), True, key="generate")
        limit = right.number_input(
            t("Only the first so many questions"), min_value=1, value=None, step=1, key="limit"
        )
        name = st.text_input(
            t("Name of the run"), value=datetime.now().strftime("%Y-%m-%d %H.%M"), max_chars=80
        )
        if st.button(t("Start"), type="primary", disabled=busy or chosen is None) and chosen:
            start(session, files[chosen], name, generate=generate, limit=limit)
            st.rerun()


def add_questions(session: Session, name: str, content: bytes) -> None:
    """Keep an uploaded question set once it has been read without a fault.

    Raises:
        BadQuestionFile: a line does not fit; nothing is kept.
    """
    stem = re.sub(r"[^\w .-]", "_", Path(name).stem)[:80].strip(" .") or "questions"
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / f"{stem}.jsonl"
        draft.write_bytes(content)
        read_questions(draft)
    target = session.folder / "questions" / f"{stem}.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def start(session: Session, file: Path, name: str, *, generate: bool, limit: int | None) -> None:
    """Run beside the page; a run of that name goes on where it stopped."""
    asked = read_questions(file)
    stem = re.sub(r"[^\w .-]", "_", f"{file.stem} {name}").strip(" .")
    output = session.folder / "runs" / f"{stem}.jsonl"
    output.parent.mkdir(parents=True, exist_ok=True)

    def work(stop: threading.Event) -> Iterator[Progress]:
        steps = evaluate(asked, session.pipeline(), output, generate=generate, limit=limit)
        for step in steps:
            yield step
            if stop.is_set():
                return

    background_jobs()[_EVALUATION] = Job(work)


def follow(session: Session) -> None:
    """Show how far the run is, whichever page load started it; draw anew at its end."""
    job = background_jobs().get(_EVALUATION)
    if job is None:
        return
    bar = st.progress(0.0, t("The models are being loaded …"))
    st.button(t("Stop"), icon=":material/stop_circle:", on_click=job.stop.set, key="stop_run")
    try:
        for step in job.follow():
            if step is not None:
                bar.progress(
                    step.done / step.total,
                    t(
                        "{done} of {total} questions, {seconds} s",
                        done=step.done,
                        total=step.total,
                        seconds=round(job.seconds),
                    ),
                )
    finally:
        if job.done:
            background_jobs().pop(_EVALUATION, None)
    st.rerun()


# ---- what came of it ----


def show_runs(session: Session, library: Library, runs: Sequence[Run]) -> None:
    """Tables, plots, what changed, and single questions."""
    if not runs:
        return
    questions = runs[0].questions
    reports = [measure(run.questions, run) for run in runs]
    lazy_tabs(
        "evaluate",
        {
            t("Figures"): lambda: show_figures(runs, reports),
            t("Plots"): lambda: show_plots(runs, reports),
            t("Compared"): lambda: show_changes(questions, runs),
            t("Single questions"): lambda: show_question(
                session, library, questions, runs, reports[0]
            ),
        },
    )
    download_report(library, questions, runs)


def show_plots(runs: Sequence[Run], reports: Sequence[Report]) -> None:
    """How soon the right page comes, how long an answer takes, what abstaining costs."""
    recall_plot(runs)
    latency_plot(runs)
    risk_plot(runs, reports)


def show_figures(runs: Sequence[Run], reports: Sequence[Report]) -> None:
    """Every figure with its 95 % interval, and the main ones by kind of question."""
    table: dict[str, list[str]] = {t("Figure"): []}
    rows = {
        (number, row.metric): row
        for number, report in enumerate(reports)
        for row in report.rows
        if row.group == "all"
    }
    metrics = [m for m in _SHOWN if any((n, m) in rows for n in range(len(reports)))]
    table[t("Figure")] = metrics
    for number, run in enumerate(runs):
        found = [rows.get((number, metric)) for metric in metrics]
        table[run.name] = [
            f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]" if row else "–" for row in found
        ]
    st.dataframe(table, hide_index=True, width="stretch")
    st.caption(t("Each figure with its 95 % bootstrap interval."))
    values = {(row.group, row.metric): row.value for row in reports[0].rows}
    groups = reports[0].groups
    st.markdown(f"**{escape(t('By kind of question: {name}', name=runs[0].name))}**")
    st.dataframe(
        {t("Kind"): groups}
        | {metric: [values.get((group, metric)) for group in groups] for metric in _GROUPED},
        hide_index=True,
        width="stretch",
        column_config={m: st.column_config.NumberColumn(format="%.3f") for m in _GROUPED},
    )


def recall_plot(runs: Sequence[Run]) -> None:
    """How often a right page is among the first so many."""
    points = []
    for run in runs:
        answerable = [q for q in run.questions if q.answerable and q.id in run.lines]
        for cut in _CUTS:
            found = [
                any(place.spots & q.gold_pages for place in run.lines[q.id].reranked[:cut])
                for q in answerable
            ]
            if found:
                points.append({"run": run.name, "pages": cut, "found": sum(found) / len(found)})
    chart = (
        alt.Chart(alt.Data(values=points))
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "pages:Q",
                scale=alt.Scale(type="log"),
                title=t("Among the first so many"),
                axis=alt.Axis(values=list(_CUTS)),
            ),
            y=alt.Y(
                "found:Q", scale=alt.Scale(domain=[0, 1]), title=t("Questions with a right page")
            ),
            color=alt.Color("run:N", title=None, legend=alt.Legend(orient="bottom")),
            tooltip=["run:N", "pages:Q", "found:Q"],
        )
    )
    st.altair_chart(chart, width="stretch", alt=t("Questions with a right page"))


def latency_plot(runs: Sequence[Run]) -> None:
    """Seconds of each stage, every question a tick."""
    points = [
        {"run": run.name, "stage": stage, "seconds": seconds, "question": line.id}
        for run in runs
        for line in run.lines.values()
        for stage, seconds in line.stages.items()
        if seconds > 0
    ]
    chart = (
        alt.Chart(alt.Data(values=points))
        .mark_tick(thickness=2)
        .encode(
            x=alt.X("seconds:Q", scale=alt.Scale(type="log"), title=t("Seconds")),
            y=alt.Y("stage:N", title=None),
            color=alt.Color("run:N", title=None, legend=alt.Legend(orient="bottom")),
            tooltip=["question:N", "stage:N", "seconds:Q"],
        )
    )
    st.altair_chart(chart, width="stretch", alt=t("Seconds"))


def risk_plot(runs: Sequence[Run], reports: Sequence[Report]) -> None:
    """Share of wrong answers against share of answered questions, by the confidence."""
    points = [
        {"run": run.name, "coverage": at.coverage, "risk": at.risk, "threshold": at.threshold}
        for run, report in zip(runs, reports, strict=True)
        for at in report.risk_coverage
    ]
    if not points:
        return
    chart = (
        alt.Chart(alt.Data(values=points))
        .mark_line()
        .encode(
            x=alt.X("coverage:Q", title=t("Share of questions answered")),
            y=alt.Y("risk:Q", title=t("Share of them wrong")),
            color=alt.Color("run:N", title=None, legend=alt.Legend(orient="bottom")),
            order="coverage:Q",
            tooltip=["run:N", "coverage:Q", "risk:Q", "threshold:Q"],
        )
    )
    st.altair_chart(chart, width="stretch", alt=t("Share of them wrong"))


def show_changes(questions: Sequence[Question], runs: Sequence[Run]) -> None:
    """The first run against each other one: differences with intervals, and what changed most."""
    if len(runs) < 2:
        st.caption(t("Choose two runs or more above."))
        return
    for other in runs[1:]:
        found = compare(questions, runs[0], other)
        st.markdown(f"**{escape(f'{runs[0].name} → {other.name}')}**")
        rows = [row for row in found.rows if row.group == "all"]
        st.dataframe(
            {
                t("Figure"): [row.metric for row in rows],
                t("Difference"): [
                    f"{row.difference:+.3f} [{row.low:+.3f}, {row.high:+.3f}]" for row in rows
                ],
                "p": [f"{row.p:.3f}" for row in rows],
                t("Better"): [row.wins for row in rows],
                t("Worse"): [row.losses for row in rows],
            },
            hide_index=True,
            width="stretch",
        )
        for condition in found.conditions:
            st.caption(escape(condition))
        st.dataframe(
            {
                t("Changed most"): [change.question for change in found.changes],
                t("Difference"): [round(change.change, 3) for change in found.changes],
            },
            hide_index=True,
            width="stretch",
        )


def show_question(
    session: Session,
    library: Library,
    questions: Sequence[Question],
    runs: Sequence[Run],
    report: Report,
) -> None:
    """One question: what was wanted, what each run said, and each passage's way."""
    wrong_only = st.toggle(t("Only those without a right page among the first five"))
    known = {question.id: question for question in questions}
    ids = [
        id
        for id in runs[0].lines
        if id in known
        and (not wrong_only or report.per_question.get(id, {}).get("reranked Success@5") == 0)
    ]
    chosen = st.selectbox(
        t("Question"), ids, format_func=lambda id: f"{id}: {known[id].question}", key="single"
    )
    if chosen is None:
        return
    question = known[chosen]
    gold = "; ".join(f"{g.doc} {', '.join(map(str, g.pages))}" for g in question.gold)
    st.markdown(escape(t("Right pages: {pages}", pages=gold or t("none, it is not answered"))))
    st.markdown(escape(t("Wanted: {answer}", answer=question.answer or "–")))
    for run in runs:
        if chosen in run.lines:
            show_line(run, run.lines[chosen])
    if st.toggle(t("Show the way of every passage"), key="drill"):
        inspect(session, library, question.question, {}, None)


def show_line(run: Run, line: RunLine) -> None:
    """What a run made of a question."""
    with st.container(border=True):
        st.caption(escape(run.name))
        said = t("The lectures do not seem to answer this.") if line.abstained else line.answer
        st.markdown(escape(line.error or said or "–"))
        places = [f"{p.doc} {', '.join(map(str, p.pages))}" for p in line.reranked[:5]]
        st.caption(escape(t("Pages found: {pages}", pages="; ".join(places))))


def download_report(library: Library, questions: Sequence[Question], runs: Sequence[Run]) -> None:
    """The whole report as one page."""

    def build() -> bytes:
        from rag.evaluation.report import write_report

        with tempfile.TemporaryDirectory() as scratch:
            return write_report(questions, runs, library, Path(scratch) / "r.html").read_bytes()

    st.download_button(
        t("The whole report as one page"),
        data=build,
        file_name="katheder-report.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
    )


# ---- feedback ----


def feedback(session: Session) -> None:
    """What readers thought of answers, and their ratings as a question set."""
    said = session.conversations.feedback()
    if not said:
        return
    with st.expander(t("Readers' feedback"), icon=":material/thumbs_up_down:"):
        st.dataframe(
            {
                t("Question"): [question for question, _, _ in said],
                t("Good"): [good for _, good, _ in said],
                t("Comment"): [comment for _, _, comment in said],
            },
            hide_index=True,
            width="stretch",
        )
        values = session.conversations.question_set()
        lines = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
        left, right = st.columns(2)
        left.download_button(
            t("As a question set"),
            data=lines,
            file_name="feedback.jsonl",
            mime="application/jsonl",
            disabled=not values,
            on_click="ignore",
        )
        if right.button(t("Keep as question set “feedback”"), disabled=not values):
            add_questions(session, "feedback.jsonl", lines.encode())
            st.rerun()
