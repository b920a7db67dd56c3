"""Parts of the page Evaluate: questions that are written or drafted in the app, as a question set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from ingest.disk import write_whole
from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Document
from rag.evaluation.drafts import draft_questions, new_question, question_lines
from rag.evaluation.questions import Gold, Question, read_questions
from ui.file_exchange import offer_file, show_table
from ui.identity.roles import Identity
from ui.page_view import thumbnail
from ui.session import Session, error_text
from ui.text import counted, t

KINDS = {
    "definition": "a definition",
    "factoid": "a fact",
    "how": "how or why",
    "list": "a list",
    "compare": "a comparison",
    "formula": "a formula",
    "figure": "a figure",
    "unanswerable": "not in the lectures",
}
_SHOWN = 6  # small pages


def write_questions(session: Session, library: Library) -> None:
    """Write questions by hand or correct drafts; each is saved in a question set of one's own."""
    with st.expander(t("Write questions"), icon=":material/edit_note:", key="write_questions"):
        folder = session.folder / "questions"
        names = sorted(file.stem for file in folder.glob("*.jsonl"))
        name = st.selectbox(
            t("Question set to write in"),
            names,
            index=None,
            placeholder=t("Choose one, or type a new name"),
            accept_new_options=True,
            key="written_set",
        )
        if not name:
            return
        stem = re.sub(r"[^\w .-]", "_", name)[:80].strip(" .") or "questions"
        file = folder / f"{stem}.jsonl"
        questions = read_questions(file) if file.exists() and file.stat().st_size else []
        by_hand, drafts = st.tabs([t("By hand"), t("Drafts from headings")])
        with by_hand:
            _form(session.identity, library, file, questions)
        with drafts:
            _drafts(session.identity, library, file, questions)
        _list(session.identity, file, questions)


def _form(identity: Identity, library: Library, file: Path, questions: Sequence[Question]) -> None:
    documents = library.documents()
    number = len(questions)  # a new form for each question
    text = st.text_input(t("Question"), key=f"written-text-{number}", max_chars=500)
    left, right = st.columns(2)
    kind = left.selectbox(
        t("It asks for"), list(KINDS), format_func=lambda k: t(KINDS[k]), key="written-kind"
    )
    gold: tuple[Gold, ...] = ()
    if kind != "unanswerable":
        document = right.selectbox(
            t("Lecture with the answer"), documents, format_func=lambda d: d.name, key="written-doc"
        )
        if document is not None:
            gold = page_picker(library, document, f"written-{number}")
    answer = st.text_area(t("A right answer"), key=f"written-answer-{number}", max_chars=1000)
    keywords = st.text_input(
        t("Words that a right answer has, with commas between"), key=f"written-words-{number}"
    )
    complete = bool(text.strip()) and (kind == "unanswerable" or bool(gold))
    if st.button(t("Add the question"), type="primary", disabled=not complete):
        words = [word.strip() for word in keywords.split(",") if word.strip()]
        question = new_question(
            questions, text.strip(), kind or "definition", gold, answer.strip(), words
        )
        save_set(identity, file, question_lines([*questions, question]))
        st.rerun()


def page_picker(library: Library, document: Document, key: str) -> tuple[Gold, ...]:
    """The pages that answer: chosen by number or heading, and shown small."""
    headings = {number: heading for number, heading, _, _ in library.page_outlines(document.id)}
    pages = st.multiselect(
        t("Pages with the answer"),
        list(headings),
        format_func=lambda number: f"{number}: {headings[number]}".rstrip(": "),
        key=f"{key}-pages-{document.id}",
        placeholder=t("Type a number or a heading"),
    )
    with st.container(horizontal=True, gap="small"):
        for number in pages[:_SHOWN]:
            try:
                picture = thumbnail(library, document, number)
            except KathederError as error:
                st.error(error_text(error))
                break
            alt = t("Page {number} of {file}", number=number, file=document.file)
            st.image(picture, width=180, alt=alt)
    return (Gold(document.file, tuple(sorted(pages))),) if pages else ()


def _drafts(
    identity: Identity, library: Library, file: Path, questions: Sequence[Question]
) -> None:
    """A table of drafts to correct; those that are ticked are added."""
    document = st.selectbox(
        t("Lecture"), library.documents(), format_func=lambda d: d.name, key="drafted-doc"
    )
    if document is None:
        return
    known = {question.question for question in questions}
    drafts = [q for q in draft_questions(library, document) if q.question not in known]
    if not drafts:
        st.caption(t("No headings are left to draft a question from."))
        return
    use, question, pages, answer = t("Use"), t("Question"), t("Pages"), t("A right answer")
    table: Mapping[str, Sequence[Any]] = st.data_editor(
        {
            use: [False] * len(drafts),
            question: [draft.question for draft in drafts],
            pages: [", ".join(map(str, draft.gold[0].pages)) for draft in drafts],
            answer: [draft.answer for draft in drafts],
        },
        hide_index=True,
        width="stretch",
        num_rows="fixed",
        key=f"drafts-{document.id}-{len(questions)}",
    )
    if st.button(t("Add the ticked ones"), type="primary", disabled=not any(table[use])):
        rows = zip(table[use], table[question], table[pages], table[answer], strict=True)
        added = list(questions)
        for chosen, text, numbers, right in rows:
            gold = _gold(document, str(numbers))
            if chosen and str(text).strip() and gold:
                added.append(
                    new_question(added, str(text).strip(), "definition", gold, str(right), ())
                )
        save_set(identity, file, question_lines(added))
        st.rerun()


def _gold(document: Document, text: str) -> tuple[Gold, ...]:
    """The pages that a text such as `3, 5` names, without those that the document does not have."""
    numbers = {int(number) for number in re.findall(r"\d+", text)}
    pages = tuple(sorted(n for n in numbers if 1 <= n <= document.pages))
    return (Gold(document.file, pages),) if pages else ()


def _list(identity: Identity, file: Path, questions: Sequence[Question]) -> None:
    """The set's questions, with buttons to remove some and to save the file elsewhere."""
    st.caption(counted(len(questions), "question", "questions"))
    if not questions:
        return
    show_table(
        {
            t("Question"): [question.question for question in questions],
            t("Pages"): [
                "; ".join(f"{g.doc} {', '.join(map(str, g.pages))}" for g in question.gold) or "–"
                for question in questions
            ],
            t("A right answer"): [question.answer for question in questions],
        },
    )
    by_id = {question.id: question.question for question in questions}
    removed = st.multiselect(
        t("Questions to remove"),
        list(by_id),
        format_func=by_id.__getitem__,
        placeholder=t("None chosen"),
        key="removed-questions",
    )
    followed = {question.after for question in questions}

    def remove() -> None:
        left = [
            replace(q, after=None) if q.after in removed else q
            for q in questions
            if q.id not in removed
        ]
        save_set(identity, file, question_lines(left))
        st.session_state["removed-questions"] = []

    with st.container(horizontal=True):
        st.button(
            t("Remove these questions"),
            icon=":material/delete:",
            disabled=not removed,
            on_click=remove,
            help=t("A follow-up of one of them becomes a question of its own")
            if followed & set(removed)
            else None,
        )
        offer_file(
            "question-set.read",
            t("Download the set"),
            data=question_lines(questions),
            file_name=file.name,
            mime="application/jsonl",
            icon=":material/download:",
        )


def add_question(
    identity: Identity, file: Path, text: str, kind: str, gold: Sequence[Gold]
) -> bool:
    """Add a question to the set in a file, made where there is none; False where it has it already."""
    questions = read_questions(file) if file.exists() and file.stat().st_size else []
    if any(question.question == text for question in questions):
        return False
    question = new_question(questions, text, kind, gold, "", ())
    save_set(identity, file, question_lines([*questions, question]))
    return True


def save_set(identity: Identity, file: Path, lines: str) -> None:
    """Write a set as a whole, or remove the file of an empty one.

    Raises:
        NotAllowed: the role may not.
        DiskFull: there is no room; the file stays as it was.
    """
    identity.require("question-set.write")
    if not lines:
        file.unlink(missing_ok=True)
        return
    write_whole(file, lines.encode())
