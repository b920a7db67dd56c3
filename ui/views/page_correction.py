"""Part of an opened lecture: a page's text as a lecturer corrects it, and pages hidden from answers."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ingest.edit import correct_page, hide_pages
from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Document
from ui.session import Session, error_text
from ui.text import t


def show_correction(session: Session, library: Library, document: Document, number: int) -> None:
    """Buttons that correct a page or hide it, for those who may, and what was done to it before."""
    correction = library.corrections(document.id).get(number)
    is_hidden = correction is not None and correction.hidden
    is_corrected = correction is not None and correction.text is not None
    if is_hidden:
        st.caption(t("Hidden from the answers."))
    if is_corrected:
        st.caption(t("Corrected by hand."))
    page = library.page(document.id, number)
    if page is None or session.base.app.service or not session.identity.may("page.correct"):
        return
    key = f"correct-{document.id[:16]}-{number}"
    with st.container(horizontal=True, key=f"{key}-buttons"):
        with (
            st.popover(t("Correct the text"), icon=":material/edit:"),
            st.form(f"{key}-form", border=False),
        ):
            text = st.text_area(t("What the page says"), page.text, height=280, width=480)
            st.caption(t("It is kept when the file is read again."))
            is_saved = st.form_submit_button(t("Save"), type="primary")
        is_undone = is_corrected and st.button(
            t("Back to the file's text"), icon=":material/undo:", key=f"{key}-undo"
        )
        label = t("Use in answers again") if is_hidden else t("Hide from the answers")
        icon = ":material/visibility:" if is_hidden else ":material/visibility_off:"
        is_switched = st.button(label, icon=icon, key=f"{key}-hide")
    lengths = session.settings.chunking.model_dump()
    if is_saved or is_undone:
        _change(
            session,
            lambda: correct_page(
                library,
                session.pipeline().encoder,
                document.id,
                number,
                None if is_undone else text,
                **lengths,
            ),
        )
    elif is_switched:
        _change(
            session,
            lambda: hide_pages(
                library,
                session.pipeline().encoder,
                document.id,
                [number],
                hidden=not is_hidden,
                **lengths,
            ),
        )


def _change(session: Session, change: Callable[[], None]) -> None:
    session.identity.require("page.correct")
    try:
        with st.spinner(t("Changing the page …")):
            change()
    except KathederError as error:
        st.error(error_text(error))
    else:
        st.rerun()
