"""Lecturers: what readers asked, what got no answer, and which pages no question reaches."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from ingest.errors import KathederError
from ingest.reports import number_ranges
from ingest.store import Library
from rag.evaluation.page_coverage import (
    LectureCoverage,
    found_by_readers,
    found_by_run,
    page_coverage,
    right_pages,
)
from rag.evaluation.question_log import FILE, AskedQuestion, QuestionLog, grouped, open_log
from rag.evaluation.questions import Gold, read_questions
from rag.evaluation.run_file import PageReference, read_run
from rag.types import Grade
from ui.file_exchange import offer_file, show_table
from ui.ingestion import welcome
from ui.navigation import open_lecture
from ui.session import Session, error_text, lazy_tabs
from ui.text import escape, t
from ui.views.evaluate import question_files
from ui.views.evaluation_runs import saved_runs, warn_of_missing_documents
from ui.views.question_writing import add_question, page_picker, save_set

GRADES: dict[Grade, str] = {
    "not_answered": "Without an answer",
    "doubtful": "Answered with doubt",
    "answered": "Answered",
}
_SET = "readers"  # the question set of test cases
_SHOWN_PAGES = 3  # of those found for a question
_LISTED = 40  # pages with a button


def page(session: Session) -> None:
    """One run of the page."""
    session.identity.require("feedback.read")
    if session.library is None:
        welcome(session)
        return
    library = session.library
    st.title(t("Lecturers"))
    st.caption(t("What readers asked, what got no answer, and which pages no question reaches."))
    try:
        lazy_tabs(
            "lecturers",
            {
                t("Questions"): lambda: _questions(session, library),
                t("Readers' feedback"): lambda: _feedback(session),
                t("Pages that no question reaches"): lambda: _coverage(session, library),
            },
        )
    except KathederError as error:
        st.error(error_text(error))


# ---- questions ----


def _questions(session: Session, library: Library) -> None:
    """The logged questions of a kind, and one of them as a test case."""
    if not session.base.app.log_questions:
        st.info(
            t(
                "Questions are not logged. `katheder settings set app.log_questions true` turns it "
                "on; then readers see a line that says so. Names are never logged."
            )
        )
    if not (session.folder / FILE).exists():
        return
    log = open_log(session.folder)
    grade = st.segmented_control(
        t("Kind of questions"),
        list(GRADES),
        default="not_answered",
        format_func=lambda one: t(GRADES[one]),
        key="logged_grade",
        label_visibility="collapsed",
    )
    asked = grouped(log.questions([grade] if grade else list(GRADES)))
    if not asked:
        st.caption(t("No such question was logged."))
    else:
        show_table(
            {
                t("Question"): [one.last.question for one in asked],
                t("Asked"): [one.times for one in asked],
                t("Last asked"): [one.last.day for one in asked],
                t("Pages found"): ["; ".join(_citations(one)) for one in asked],
            },
        )
        _test_case(session, library, asked)
    _export(session, log)


def _citations(one: AskedQuestion) -> list[str]:
    pages = one.last.cited or one.last.found
    return [reference.citation for reference in pages[:_SHOWN_PAGES]]


def _test_case(session: Session, library: Library, asked: Sequence[AskedQuestion]) -> None:
    """Turn a logged question into one of a question set: with cited pages, others, or none."""
    st.markdown(f"**{t('A question as a test case')}**")
    one = st.selectbox(
        t("Question"), asked, format_func=lambda one: one.last.question, key="logged_question"
    )
    if one is None:
        return
    logged = one.last
    gold: tuple[Gold, ...] = ()
    with st.container(horizontal=True, key="test_case"):
        if logged.cited and st.button(
            t("Save with the cited pages"), type="primary", icon=":material/add_task:"
        ):
            _save(session, logged.query, _gold(logged.cited))
        if st.button(t("Save as not in the lectures"), icon=":material/add_task:"):
            _save(session, logged.query, ())
    with st.expander(t("Save with other pages"), icon=":material/menu_book:"):
        documents = library.documents()
        nearest = next((ref.doc for ref in logged.found), "")
        row = next((n for n, one in enumerate(documents) if one.file == nearest), 0)
        document = st.selectbox(
            t("Lecture with the answer"), documents, row, format_func=lambda d: d.name
        )
        if document is not None:
            gold = page_picker(library, document, "logged")
        if st.button(t("Save with these pages"), disabled=not gold):
            _save(session, logged.query, gold)


def _gold(references: Sequence[PageReference]) -> tuple[Gold, ...]:
    pages: dict[str, set[int]] = {}
    for one in references:
        pages.setdefault(one.doc, set()).update(one.pages)
    return tuple(Gold(doc, tuple(sorted(numbers))) for doc, numbers in pages.items())


def _save(session: Session, question: str, gold: Sequence[Gold]) -> None:
    kind = "logged" if gold else "unanswerable"
    file = session.folder / "questions" / f"{_SET}.jsonl"
    if add_question(session.identity, file, question, kind, gold):
        st.toast(t("Saved in the question set “{name}”.", name=_SET), icon=":material/add_task:")
    else:
        st.toast(t("The question set “{name}” has this question already.", name=_SET))


def _export(session: Session, log: QuestionLog) -> None:
    session.identity.require("question-log.read")
    lines = [json.dumps(one.as_dict(), ensure_ascii=False) + "\n" for one in log.questions()]
    with st.container(horizontal=True):
        offer_file(
            "question-log.read",
            t("Download the log"),
            data="".join(lines),
            file_name="questions-log.jsonl",
            mime="application/jsonl",
            icon=":material/download:",
            disabled=not lines,
        )
        if not session.identity.may("question-log.clear"):
            return
        with st.popover(t("Delete the log"), icon=":material/delete:", disabled=not lines):
            if st.button(t("Delete all entries"), type="primary"):
                session.identity.require("question-log.clear")
                log.clear()
                st.rerun()


# ---- feedback ----


def _feedback(session: Session) -> None:
    """What readers thought of answers, and their ratings as a question set."""
    comments = session.conversations.feedback()
    if not comments:
        st.caption(t("No answer has been rated yet."))
        return
    show_table(
        {
            t("Question"): [question for question, _, _ in comments],
            t("Good"): [good for _, good, _ in comments],
            t("Comment"): [comment for _, _, comment in comments],
        },
    )
    values = session.conversations.question_set()
    lines = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    with st.container(horizontal=True):
        offer_file(
            "feedback.read",
            t("As a question set"),
            data=lines,
            file_name="feedback.jsonl",
            mime="application/jsonl",
            disabled=not values,
        )
        if st.button(t("Save as question set “feedback”"), disabled=not values):
            save_set(session.identity, session.folder / "questions" / "feedback.jsonl", lines)
            st.toast(t("Saved in the question set “{name}”.", name="feedback"))


# ---- pages ----


def _coverage(session: Session, library: Library) -> None:
    """For each lecture how many pages are reached, and a button for each that is not."""
    logged, of_set, of_run = t("Questions of readers"), t("Question set"), t("Run")
    sources: dict[str, tuple[str, str]] = {}
    if (session.folder / FILE).exists():
        sources[logged] = ("log", "")
    sources |= {f"{of_run}: {name}": ("run", name) for name in saved_runs(session)}
    sources |= {f"{of_set}: {name}": ("set", name) for name in question_files(session)}
    source = st.selectbox(t("Reached by"), list(sources), key="coverage_source")
    if source is None:
        return
    kind, name = sources[source]
    if kind == "log":
        st.caption(
            t("A page is reached where it is cited, or among the first five passages found.")
        )
        reached = found_by_readers(open_log(session.folder).questions())
    elif kind == "run":
        st.caption(t("A page is reached where it is among the first five passages found."))
        reached = found_by_run(read_run(saved_runs(session)[name]))
    else:
        st.caption(t("A page is reached where a question of the set names it as right."))
        questions = read_questions(question_files(session)[name])
        warn_of_missing_documents(library, questions)
        reached = right_pages(questions)
    lectures = page_coverage(library, reached)
    show_table(
        {
            t("Lecture"): [one.document.name for one in lectures],
            t("Pages"): [len(one.pages) for one in lectures],
            t("Reached"): [one.share for one in lectures],
            t("Not reached"): [number_ranges(one.unreached) for one in lectures],
        },
        column_config={
            t("Reached"): st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0
            )
        },
    )
    open_ones = [one for one in lectures if one.unreached]
    lecture = st.selectbox(
        t("Show the pages of"),
        open_ones,
        format_func=lambda one: one.document.name,
        key="coverage_lecture",
    )
    if lecture is not None:
        _unreached_pages(library, lecture)


def _unreached_pages(library: Library, lecture: LectureCoverage) -> None:
    headings = {number: head for number, head, _, _ in library.page_outlines(lecture.document.id)}
    with st.container(gap=None):
        for number in lecture.unreached[:_LISTED]:
            label = escape(f"{number}: {headings.get(number, '')}".rstrip(": "))
            if st.button(label, key=f"unreached-{number}", type="tertiary"):
                open_lecture(lecture.document.id, number)
    more = len(lecture.unreached) - _LISTED
    if more > 0:
        st.caption(t("and {number} more", number=more))
