"""The choice of lectures that a question is asked of: a course, some lectures, or those up to one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from ingest.courses import lecture_numbers, matching_lectures, order_key
from ingest.store import Library
from ingest.text.languages import language
from ingest.types import Document
from rag.scope import EVERYTHING, Scope
from ui.text import t

# A name inside a line; escaped no further, since a screen reader says the label as it is written.
_MARKUP = re.compile(r"([\\`*_\[\]<>$:~&!|^])")
PARTS = {
    "all": "All lectures",
    "up_to": "Up to one",
    "some": "Some of them",
    "open": "The open one",
}


def scope_picker(
    library: Library,
    key: str,
    *,
    last: Scope = EVERYTHING,
    opened: str = "",
    label: str = "Search in: {scope}",
) -> Scope:
    """A button that says which lectures are searched, and what changes that.

    Args:
        library: Whose lectures are offered.
        key: Of the widgets; each conversation has its own.
        last: The scope until the reader changes it.
        opened: The id of the document that is open beside, "" for none.
        label: What the button says, in English, with the lectures in place of `{scope}`.
    """
    courses = {course.name: course.documents for course in library.courses()}
    documents = {document.id: document for document in library.documents()}
    with st.empty().popover(
        scope_label(st.session_state.get(f"{key}-scope", last), label),
        icon=":material/filter_list:",
        key=f"{key}-popover",
    ):
        course = ""
        if courses:
            names = ["", *courses]
            course = st.selectbox(
                t("Course"),
                names,
                index=names.index(last.course) if last.course in names else 0,
                format_func=lambda name: name or t("All courses"),
                key=f"{key}-course",
            )
        lectures = (
            [documents[id] for id in courses[course] if id in documents]
            if course
            else sorted(documents.values(), key=order_key)
        )
        scope = _part(course, lectures, key, last, documents.get(opened))
    if st.session_state.get(f"{key}-scope", last) != scope:
        st.session_state[f"{key}-scope"] = scope
        st.rerun()
    return scope


def scope_label(scope: Scope, label: str) -> str:
    """The button's label for a scope, in the reader's language, as Markdown."""
    words = scope.text(language("de" if st.session_state.get("language") == "de" else "en"))
    return t(label, scope=_MARKUP.sub(r"\\\1", words) or t("all lectures"))


def _part(
    course: str,
    lectures: Sequence[Document],
    key: str,
    last: Scope,
    opened: Document | None,
) -> Scope:
    """The scope of the course, or of a part of it, by the reader's choice."""
    names = _names(course, lectures)
    parts = [part for part in PARTS if part != "open" or opened is not None]
    part = st.segmented_control(
        t("Lectures"),
        parts,
        default="up_to" if last.up_to else "some" if last.lectures else "all",
        required=True,
        format_func=lambda name: t(PARTS[name]),
        key=f"{key}-part",
    )
    if part == "open" and opened is not None:
        return Scope(lectures=(opened.name,))
    ids = [document.id for document in lectures]
    by_id = {document.id: document for document in lectures}
    if part == "up_to":
        places = matching_lectures(lectures, last.up_to) if last.up_to else []
        chosen = st.selectbox(
            t("Up to this lecture"),
            ids,
            index=places[-1] if places else None,
            format_func=lambda id: _label(by_id[id], names),
            placeholder=t("Choose a lecture"),
            key=f"{key}-up-to-{course}",
        )
        return Scope(course, up_to=names[chosen]) if chosen else Scope(course)
    if part == "some":
        defaults = [
            ids[place] for name in last.lectures for place in matching_lectures(lectures, name)
        ]
        some = st.multiselect(
            t("Only these lectures"),
            ids,
            default=list(dict.fromkeys(defaults)),
            format_func=lambda id: _label(by_id[id], names),
            placeholder=t("Choose lectures"),
            key=f"{key}-some-{course}",
        )
        return Scope(course, lectures=tuple(names[id] for id in some))
    return Scope(course)


def _names(course: str, lectures: Sequence[Document]) -> dict[str, str]:
    """By what a scope names each lecture: its number in the course, else its file."""
    numbers = lecture_numbers(lectures) if course else {}
    return {one.id: str(numbers[one.id]) if one.id in numbers else one.name for one in lectures}


def _label(document: Document, names: Mapping[str, str]) -> str:
    name = names[document.id]
    return f"{name}: {document.title or document.name}" if name.isdecimal() else document.name
