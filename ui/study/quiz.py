"""The part Quiz of the page Study: one question at a time, with choices or in the reader's own words."""

from __future__ import annotations

import random
from collections.abc import Sequence

import streamlit as st

from rag.evidence import Judge
from rag.study.cards import GAP
from rag.study.definitions import Definition
from rag.study.exam import ExamQuestion
from rag.study.quiz import quiz
from ui.session import Session
from ui.study.common import judge_of, page_button, sentence
from ui.text import escape, t

_QUESTIONS = 10
VERDICTS = {"right": "Right", "partly": "Partly right", "wrong": "Not right"}
COLOURS = {"right": "green", "partly": "orange", "wrong": "red"}


def show_quiz(session: Session, definitions: Sequence[Definition]) -> None:
    """Ten questions, one after the other, each marked at once."""
    state = st.session_state
    kinds = {"choice": t("With choices"), "text": t("In my own words")}
    kind = st.segmented_control(
        t("Kind of question"),
        list(kinds),
        format_func=kinds.__getitem__,
        default="choice",
        required=True,
        key="quiz_kind",
        label_visibility="collapsed",
    )
    judge = judge_of(session)
    key = (kind, tuple(one.text for one in definitions), state.setdefault("quiz_seed", 0))
    if state.get("quiz_key") != key:
        state.quiz_key, state.quiz_row, state.quiz_verdicts = key, 0, {}
        state.quiz_questions = _questions(definitions, kind, judge, state.quiz_seed)
    questions: list[ExamQuestion] = state.quiz_questions
    if not questions:
        st.info(t("These lectures define too few terms for a quiz. Choose more lectures above."))
        return
    row = state.quiz_row
    if row >= len(questions):
        _show_score(len(questions))
        return
    st.caption(t("Question {number} of {count}", number=row + 1, count=len(questions)))
    _show_question(questions[row], row, judge)


def _questions(
    definitions: Sequence[Definition], kind: str, judge: Judge, seed: int
) -> list[ExamQuestion]:
    if kind == "choice":
        with st.spinner(t("Choosing questions …"), show_time=True):
            choices = quiz(definitions, judge, _QUESTIONS, seed)
        return [ExamQuestion(choice.definition, choice) for choice in choices]
    some = [one for one in definitions if one.kind != "abbreviation"]
    random.Random(seed).shuffle(some)
    return [ExamQuestion(one) for one in some[:_QUESTIONS]]


def _show_question(question: ExamQuestion, row: int, judge: Judge) -> None:
    state = st.session_state
    answer, verdict = state.quiz_verdicts.get(row, ("", None))
    if verdict is None:
        with st.container(border=True, key="study_card"), st.form(f"quiz-{row}", border=False):
            answer = ask(question, f"quiz-{state.quiz_seed}-{row}")
            checked = st.form_submit_button(t("Check"), type="primary", key=f"quiz_check_{row}")
        if checked and answer:
            state.quiz_verdicts[row] = answer, question.verdict(answer, judge)
            st.rerun()
        return
    with st.container(border=True, key="study_card"):
        show_answer(question, answer)
        show_verdict(question, verdict, f"quiz-{row}")

    def go_on() -> None:
        state.quiz_row = row + 1

    st.button(t("Next question"), type="primary", key="quiz_next", on_click=go_on)


def ask(question: ExamQuestion, key: str) -> str:
    """The question with its choices or a field; what the reader answered, "" for nothing."""
    _show_text(question)
    if question.choice is None:
        return st.text_area(t("Your answer"), key=key, max_chars=600, height=80).strip()
    return (
        st.radio(
            t("Which term belongs in the gap?"),
            question.choice.choices,
            index=None,
            key=key,
            format_func=escape,
        )
        or ""
    )


def _show_text(question: ExamQuestion) -> None:
    st.markdown(f"#### {escape(question.question).replace(escape(GAP), '______')}")


def show_answer(question: ExamQuestion, answer: str) -> None:
    """The question with what the reader answered, and which choice is right."""
    _show_text(question)
    if question.choice is None:
        st.markdown(f"{t('Your answer')}: {escape(answer)}")
        return
    lines = []
    for row, choice in enumerate(question.choice.choices):
        text = escape(choice)
        if row == question.choice.right:
            text = f":green[:material/check: **{text}**]"
        elif choice == answer:
            text = f":red[:material/close: {text}]"
        lines.append(f"- {text}")
    st.markdown("\n".join(lines))


def show_verdict(question: ExamQuestion, verdict: str, key: str) -> None:
    """Whether an answer was right, and the sentence of the lecture with its page."""
    st.markdown(f":{COLOURS[verdict]}[**{t(VERDICTS[verdict])}**]")
    st.markdown(sentence(question.definition))
    if question.choice is None:
        st.caption(t("The mark is the program's opinion; compare with the sentence."))
    page_button(question.definition, key)


def _show_score(count: int) -> None:
    state = st.session_state
    right = sum(verdict == "right" for _, verdict in state.quiz_verdicts.values())
    with st.container(border=True, key="study_card"):
        st.markdown(f"### {t('{right} of {count} right', right=right, count=count)}")

        def again() -> None:
            state.quiz_seed += 1

        st.button(t("New questions"), type="primary", key="quiz_again", on_click=again)
