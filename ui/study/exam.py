"""The part Exam of the page Study: ten questions at once, then the pages to read again."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rag.study.definitions import Definition
from rag.study.exam import ExamQuestion, exam, pages_to_read
from rag.study.marking import Verdict
from ui.session import Session
from ui.study.common import judge_of, page_button
from ui.study.quiz import ask, show_verdict
from ui.text import escape, t


def show_exam(session: Session, definitions: Sequence[Definition]) -> None:
    """The questions as one form; once it is handed in, the marks and the pages to read again."""
    state = st.session_state
    st.caption(t("Ten questions over the chosen lectures. The marks come at the end."))
    judge = judge_of(session)
    key = (tuple(one.text for one in definitions), state.setdefault("exam_seed", 0))
    if state.get("exam_key") != key:
        state.exam_key, state.exam_verdicts = key, None
        with st.spinner(t("Choosing questions …"), show_time=True):
            state.exam_questions = exam(definitions, judge, state.exam_seed)
    questions: list[ExamQuestion] = state.exam_questions
    if not questions:
        st.info(t("These lectures define too few terms for a quiz. Choose more lectures above."))
        return
    verdicts: dict[int, Verdict] | None = state.exam_verdicts
    if verdicts is not None:
        _show_result(questions, verdicts)
        return
    with st.form("exam", border=False):
        answers = []
        for row, question in enumerate(questions):
            with st.container(border=True):
                st.caption(t("Question {number} of {count}", number=row + 1, count=len(questions)))
                answers.append(ask(question, f"exam-{state.exam_seed}-{row}"))
        handed_in = st.form_submit_button(t("Hand in"), type="primary", key="exam_hand_in")
    if handed_in:
        with st.spinner(t("Marking …")):
            state.exam_verdicts = {
                row: question.verdict(answer, judge) if answer else "wrong"
                for row, (question, answer) in enumerate(zip(questions, answers, strict=True))
            }
        st.rerun()


def _show_result(questions: Sequence[ExamQuestion], verdicts: dict[int, Verdict]) -> None:
    state = st.session_state
    right = sum(verdict == "right" for verdict in verdicts.values())
    st.markdown(f"### {t('{right} of {count} right', right=right, count=len(questions))}")
    pages = pages_to_read(questions, verdicts)
    if pages:
        st.markdown(f"**{t('Read these pages again:')}**")
        for number, page in enumerate(pages):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                page_button(page.definition, f"read-{number}")
                st.caption(escape(", ".join(page.terms)))
    else:
        st.markdown(t("Nothing to read again. Well done."))

    def again() -> None:
        state.exam_seed += 1

    st.button(t("New exam"), type="primary", key="exam_again", on_click=again)
    for row, question in enumerate(questions):
        with st.expander(escape(f"{row + 1}. {question.question}")):
            show_verdict(question, verdicts[row], f"exam-{row}")
