"""Evaluate: how good are the answers, which change made them better, and where do they fail."""

from __future__ import annotations

import logging
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import streamlit as st

from ingest import resources
from ingest.disk import naming_disk_fault, write_whole
from ingest.errors import KathederError
from ingest.store import Library
from rag.errors import BadQuestionFile
from rag.evaluation.analysis import RunAnalysis, analyse
from rag.evaluation.compare import compare
from rag.evaluation.measures import CALIBRATION_ERROR, DOUBTED, NOTICED, REFUSED, SUCCESS
from rag.evaluation.questions import read_questions
from rag.evaluation.run import QuestionDone, evaluate
from rag.evaluation.run_file import Run, RunLine, read_run
from ui.file_exchange import show_table, take_files
from ui.ingestion import welcome
from ui.job import Job
from ui.presentation import charts
from ui.presentation.measures import compared_in_short, explained, in_short
from ui.presentation.tables import (
    changes_table,
    comparison_tables,
    groups_table,
    runs_table,
)
from ui.session import Session, background_jobs, error_text, lazy_tabs
from ui.text import escape, t
from ui.views.evaluation_runs import (
    comparable,
    download_report,
    list_runs,
    saved_runs,
    sets_in_order,
    warn_of_missing_documents,
)
from ui.views.passages import inspect
from ui.views.question_writing import write_questions

_log = logging.getLogger(__name__)

# Of the one run under way: its job, its name, and (name, error) of the last one.
_EVALUATION, _RUN, _OUTCOME = "evaluation", "evaluation name", "evaluation outcome"
_MAIN_FIGURES = (
    "reranked Success@1",
    "reranked Success@5",
    "reranked R@10",
    "reranked RR@10",
    "reranked nDCG@10",
    "lead keywords",
    "keywords",
    "token F1",
    "citation precision",
    "citation recall",
    "abstention precision",
    "abstention recall",
    "abstention F1",
    NOTICED,
    REFUSED,
    DOUBTED,
    CALIBRATION_ERROR,
    "seconds p50",
    "seconds p95",
)
_GROUP_FIGURES = (
    "reranked Success@5",
    "reranked RR@10",
    "lead keywords",
    "keywords",
    "token F1",
    "abstention accuracy",
)


def page(session: Session) -> None:
    """One run of the page."""
    session.identity.require("evaluation.read")
    if session.library is None:
        welcome(session)
        return
    st.title(t("Evaluate"))
    st.caption(t("Questions with known answers measure how good the answers are."))
    try:
        begin(session, session.library)
        write_questions(session, session.library)
        show_outcome()
        follow(session)
        runs = saved_runs(session)
        if runs:
            names = st.multiselect(
                t("Runs to look at; the others are compared with the first"),
                list(runs),
                default=list(runs)[:1],
                key="runs_shown",
            )
            show_runs(session, session.library, [read_run(runs[name]) for name in names])
            list_runs(session, runs, _running())
        else:
            st.info(t("There is no run yet; choose a question set and start one."))
    except KathederError as error:
        st.error(error_text(error))


def question_files(session: Session) -> dict[str, Path]:
    """The question sets at hand by name: bundled ones, and those in the library's folder."""
    session.identity.require("question-set.read")
    own = sorted((session.folder / "questions").glob("*.jsonl"))
    return resources.question_sets() | {file.stem: file for file in own}


# ---- a run ----


def begin(session: Session, library: Library) -> None:
    """Choose a question set and start a run."""
    state = st.session_state
    busy = _EVALUATION in background_jobs()
    first = not busy and not saved_runs(session)
    with st.expander(t("A new run"), icon=":material/play_arrow:", expanded=first):
        added = take_files(
            "question-set.write", t("A question set of your own (JSON lines)"), type="jsonl"
        )
        if added is not None and state.get("uploaded_set") != added.file_id:
            state.uploaded_set, state.upload_fault = added.file_id, ""
            try:
                state.question_set = add_questions(session, added.name, added.getvalue())
            except KathederError as error:
                state.upload_fault = str(error)
        if added is not None and state.get("upload_fault"):
            st.error(error_text(state.upload_fault))
        files, first_set = sets_in_order(library, question_files(session))
        question_set = st.selectbox(
            t("Question set"),
            list(files),
            index=first_set,
            placeholder=t("Choose a question set"),
            key="question_set",
        )
        if first_set is None:
            st.info(
                t(
                    "The bundled question sets are about the bundled lectures, which are not in this "
                    "library. Add a set of your own above, or write questions below."
                )
            )
        if question_set:
            warn_of_missing_documents(library, read_questions(files[question_set]))
        left, right = st.columns(2, vertical_alignment="bottom")
        generate = left.toggle(
            t("Write answers too, not only retrieve pages"), True, key="generate"
        )
        limit = right.number_input(
            t("Number of questions, from the first on"),
            min_value=1,
            value=None,
            step=1,
            key="limit",
        )
        # With a key: the name that a reader types outlives the minute.
        key = f"run-name-{state.setdefault('runs_started', 0)}"
        state.setdefault(key, datetime.now().strftime("%Y-%m-%d %H.%M"))
        name = st.text_input(t("Name of the run"), max_chars=80, key=key)
        if st.button(t("Start"), type="primary", disabled=busy or not question_set) and (
            question_set
        ):
            start(session, files[question_set], name, generate=generate, limit=limit)
            state.runs_started += 1
            st.rerun()


def add_questions(session: Session, name: str, content: bytes) -> str:
    """Save an uploaded question set once it has been read without a fault; gives its name.

    Raises:
        BadQuestionFile: a line does not fit; nothing is saved.
        DiskFull: there is no room; nothing is saved.
    """
    session.identity.require("question-set.write")
    stem = re.sub(r"[^\w .-]", "_", Path(name).stem)[:80].strip(" .") or "questions"
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / f"{stem}.jsonl"
        draft.write_bytes(content)
        try:
            read_questions(draft)
        except BadQuestionFile as error:
            raise BadQuestionFile(str(error).replace(str(draft), draft.name)) from error
    write_whole(session.folder / "questions" / f"{stem}.jsonl", content)
    return stem


def start(session: Session, file: Path, name: str, *, generate: bool, limit: int | None) -> None:
    """Run beside the page; a run of that name is continued."""
    session.identity.require("evaluation.start")
    questions = read_questions(file)
    stem = re.sub(r"[^\w .-]", "_", f"{file.stem} {name}").strip(" .")
    output = session.folder / "runs" / f"{stem}.jsonl"
    with naming_disk_fault(session.folder):
        output.parent.mkdir(parents=True, exist_ok=True)

    def work(stop: threading.Event) -> Iterator[QuestionDone]:
        steps = evaluate(questions, session.pipeline(), output, generate=generate, limit=limit)
        for step in steps:
            yield step
            if stop.is_set():
                return

    background_jobs()[_EVALUATION] = Job(work)
    background_jobs()[_RUN] = output.stem
    background_jobs().pop(_OUTCOME, None)


def _running() -> str | None:
    """The name of the run under way; None for none."""
    jobs = background_jobs()
    return jobs.get(_RUN) if _EVALUATION in jobs else None


def show_outcome() -> None:
    """Whether the last run of this process finished or failed; until the next one starts."""
    outcome = background_jobs().get(_OUTCOME)
    if outcome is None:
        return
    name, error = outcome
    if error:
        st.error(error_text(t("The run {name} failed: {why}", name=name, why=error)))
    else:
        st.success(escape(t("The run {name} is finished.", name=name)))


def follow(session: Session) -> None:
    """Show how far the run is, whichever page load started it; draw the page again at its end."""
    job = background_jobs().get(_EVALUATION)
    if job is None:
        return
    name = background_jobs().get(_RUN, "")
    st.info(escape(t("The run {name} is under way.", name=name)), icon=":material/hourglass_top:")
    bar = st.progress(0.0, t("The models are being loaded …"))
    if session.identity.may("evaluation.stop"):
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
    except Exception as error:
        known = isinstance(error, KathederError)
        why = str(error) if known else f"{type(error).__name__}: {error}"
        background_jobs()[_OUTCOME] = (name, why)
        if not known:
            _log.exception("the run %s failed", name)
    else:
        background_jobs()[_OUTCOME] = (name, "")
    background_jobs().pop(_EVALUATION, None)
    st.rerun()


# ---- results ----


def show_runs(session: Session, library: Library, runs: Sequence[Run]) -> None:
    """Tables, charts, differences, and single questions."""
    if not runs:
        return
    runs = comparable(runs)
    analyses = analyse(runs[0].questions, runs)
    for line in in_short(analyses[0], t):
        st.markdown(f"- {escape(line)}")
    lazy_tabs(
        "evaluate",
        {
            t("Figures"): lambda: show_figures(analyses),
            t("Plots"): lambda: show_charts(analyses),
            t("Compared"): lambda: show_comparisons(analyses),
            t("Single questions"): lambda: show_question(session, library, analyses),
        },
    )
    download_report(library, runs)


def show_figures(analyses: Sequence[RunAnalysis]) -> None:
    """Every figure with its 95 % interval, and the main ones by group of questions."""
    runs = {analysis.name: analysis.figures for analysis in analyses}
    show_table(runs_table(runs, _MAIN_FIGURES, t("Figure")).to_columns())
    st.caption(t("Each figure with its 95 % bootstrap interval."))
    with st.expander(t("What the figures mean"), icon=":material/help:"):
        for name, sentence in explained([*_MAIN_FIGURES, *_GROUP_FIGURES], t):
            st.markdown(f"**{escape(name)}**: {escape(sentence)}")
    first = analyses[0]
    st.markdown(f"**{escape(t('By kind of question: {name}', name=first.name))}**")
    show_table(groups_table(first.figures, _GROUP_FIGURES, t).to_columns())


def show_charts(analyses: Sequence[RunAnalysis]) -> None:
    """The same charts as in the report; those of one run are of the first."""
    first = analyses[0]
    drawn = {
        t("Recall"): charts.recall(analyses, text=t),
        t("Moved by reranking"): charts.rank_moves(first, text=t),
        t("Seconds by stage"): charts.stage_times(analyses, text=t),
        t("Abstention score"): charts.abstention_scores(first, text=t),
        t("Calibration of the abstention score"): charts.calibration(first, text=t),
        t("Risk and coverage"): charts.risk_coverage(analyses, text=t),
    }
    for title, chart in drawn.items():
        if chart is not None:
            st.markdown(f"**{escape(title)}**")
            st.altair_chart(charts.legible(chart), width="stretch", alt=title)


def show_comparisons(analyses: Sequence[RunAnalysis]) -> None:
    """The first run compared with each other one: differences, and what changed most."""
    if len(analyses) < 2:
        st.caption(t("Choose two runs or more above."))
        return
    first, *others = analyses
    for other in others:
        comparison = compare(first.questions, first.run, other.run)
        st.markdown(f"**{escape(f'{first.name} → {other.name}')}**")
        for line in compared_in_short(comparison, t):
            st.markdown(f"- {escape(line)}")
        show_table(comparison_tables(comparison, t)[0].to_columns())
        for condition in comparison.conditions:
            st.caption(escape(condition))
        if comparison.changes:
            show_table(changes_table(comparison, text=t).to_columns())


def show_question(session: Session, library: Library, analyses: Sequence[RunAnalysis]) -> None:
    """One question: its right answer, that of each run, and each passage's stages."""
    wrong_only = st.toggle(t("Only those without a right page among the first five"))
    first = analyses[0]
    by_id = {question.id: question for question in first.questions}
    ids = [
        id
        for id in first.run.lines
        if id in by_id
        and (not wrong_only or first.figures.per_question.get(id, {}).get(SUCCESS) == 0)
    ]
    selected = st.selectbox(
        t("Question"), ids, format_func=lambda id: f"{id}: {by_id[id].question}", key="single"
    )
    if selected is None:
        return
    question = by_id[selected]
    gold = "; ".join(f"{g.doc} {', '.join(map(str, g.pages))}" for g in question.gold)
    st.markdown(escape(t("Right pages: {pages}", pages=gold or t("none, it is not answered"))))
    st.markdown(escape(t("Right answer: {answer}", answer=question.answer or "–")))
    for analysis in analyses:
        if selected in analysis.run.lines:
            show_line(analysis.name, analysis.run.lines[selected])
    if st.toggle(t("Show the rank of every passage in each stage"), key="drill"):
        inspect(session, library, question.question, {}, None)


def show_line(name: str, line: RunLine) -> None:
    """What a run made of a question."""
    with st.container(border=True):
        st.caption(escape(name))
        answer = t("The lectures do not seem to answer this.") if line.abstained else line.answer
        if line.grade == "doubtful":
            st.caption(t("Shown as doubtful."))
        st.markdown(escape(line.error or answer or "–"))
        pages = [f"{ref.doc} {', '.join(map(str, ref.pages))}" for ref in line.reranked[:5]]
        st.caption(escape(t("Pages retrieved: {pages}", pages="; ".join(pages))))
