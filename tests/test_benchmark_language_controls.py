"""The measurement of the laboratory's controls: each is changed twice and set back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.language_controls import BACKGROUND, ROOMS, Change, measured, parts_of, table
from ui.views.language import ROOMS as NAMES

PAGE = """
import time
import streamlit as st

def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

NAMES = {"x": "The x", "y": "The y"}
number = st.slider("Number", 0, 10, 10)
name = st.selectbox("Name", ["a", "b", "c"], format_func=str.upper, key="name")
kind = st.segmented_control("Kind", ["x", "y"], format_func=NAMES.__getitem__, default="x")
word = st.text_input("Word", "w")
on = st.toggle("On")
st.session_state.setdefault("seen", []).append((number, name, kind, word, on))
if name != "a":
    busy(0.2)
if on:
    st.error("on")
"""
FIRST = (10, "a", "x", "w", False)


@pytest.fixture(scope="module")
def result() -> tuple[AppTest, list[Change]]:
    page = AppTest.from_string(PAGE).run()
    return page, list(measured(page, "part"))


def test_each_control_is_changed_twice_alone_and_set_back(result):
    page, changes = result
    assert [one.control for one in changes] == ["Number", "Name", "Kind", "On", "Word"]
    seen = page.session_state["seen"]
    assert {values for values in seen if values != FIRST} == {
        (9, *FIRST[1:]),
        (8, *FIRST[1:]),
        (10, "b", "x", "w", False),
        (10, "c", "x", "w", False),
        (10, "a", "y", "w", False),
        (10, "a", "x", "w Again.", False),
        (10, "a", "x", "w And again.", False),
        (10, "a", "x", "w", True),
    }
    assert seen[-1] == FIRST


def test_the_time_is_that_of_the_page_and_its_errors_are_kept(result):
    by_name = {one.control: one for one in result[1]}
    assert all(0.2 <= one < 0.5 for one in by_name["Name"].seconds)
    assert max(by_name["Number"].seconds) < 0.2
    assert by_name["On"].errors == ("on", "on")  # it has one other value, which it takes twice
    assert all(len(one.seconds) == 2 for one in result[1])
    line = table([by_name["Name"]]).splitlines()[-1]
    assert line.startswith("| part | Name | 2")


def test_every_room_and_part_of_the_page_is_measured():
    assert list(ROOMS) == list(NAMES)
    for room, part in BACKGROUND:
        assert part in parts_of(room)
