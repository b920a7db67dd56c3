"""Going to another page of the app, at a lecture's page or at a question."""

from __future__ import annotations

from collections.abc import Container, Mapping

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui.text import t

_PAGES = "pages_of_the_app"


def remember_pages(pages: Mapping[str, StreamlitPage]) -> None:
    """Note the pages of this run by their modules."""
    st.session_state[_PAGES] = dict(pages)


def open_lecture(document: str, page: int) -> None:
    """Show a page of a lecture in the library's viewer; the run of this page ends here.

    Args:
        document: The lecture's id.
        page: From 1.
    """
    pages = st.session_state.get(_PAGES, {})
    values = {"lecture": document[:16], "page": str(page)}
    if "library" in pages:
        st.switch_page(pages["library"], query_params=values)


def link_to(module: str, label: str, **values: str) -> None:
    """A link to a part of another page, as in `link_to("language", "Tokens", room="tokens")`."""
    pages = st.session_state.get(_PAGES, {})
    if "reader" in st.query_params:
        values["reader"] = st.query_params["reader"]
    if module in pages:
        st.page_link(pages[module], label=label, query_params=values, icon=":material/link:")


def take_from_address(name: str, key: str, choices: Container[str]) -> None:
    """Give a widget, by its key, the choice that the address names; it then leaves the address."""
    if st.query_params.get(name) in choices:
        st.session_state[key] = st.query_params[name]
        st.query_params.pop(name)


def choose_place(name: str, title: str, places: Mapping[str, str], first: str) -> str:
    """Buttons for the parts of a page, of which an address may name one by `?name=part`.

    Args:
        name: Of the choice, in the address and the session.
        title: What the buttons are called for a screen reader.
        places: The parts, each with its name in English.
        first: The part that is shown at first.
    """
    take_from_address(name, name, places)
    st.session_state.setdefault(name, first)
    place = st.segmented_control(
        title,
        list(places),
        required=True,
        format_func=lambda one: t(places[one]),
        key=name,
        label_visibility="collapsed",
        wrap=True,
    )
    return place or first


def show_source_of(exchange: int, number: int) -> None:
    """Open a source of an answer beside it, and name it in the address."""
    st.session_state.open_source = (exchange, number)
    st.query_params["source"] = f"{exchange}.{number}"


def close_source() -> None:
    """Close the page beside the answer."""
    st.session_state.open_source = None
    st.query_params.pop("source", None)


def source_of_address() -> tuple[int, int] | None:
    """The exchange and the number of the source that the address names; None for none."""
    exchange, _, number = st.query_params.get("source", "").partition(".")
    return (int(exchange), int(number)) if exchange.isdecimal() and number.isdecimal() else None
