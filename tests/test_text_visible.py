from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.visible import file_name, one_line, visible

pytestmark = pytest.mark.hostile("text that gives orders to a terminal")


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31m", "␛[31m"),
        ("bell\x07", "bell␇"),
        ("\x7f", "␡"),
        ("\x9b31m", "�31m"),
        ("a\u202egpj.exe", "a�gpj.exe"),
        ("Übung – ∑ 漢字 👍", "Übung – ∑ 漢字 👍"),
    ],
)
def test_control_characters_become_marks(text, marked):
    assert visible(text) == marked


@given(st.text())
def test_a_line_has_no_control_character_and_can_be_encoded(text):
    line = one_line(text)
    line.encode("utf-8")
    assert len(line.splitlines()) <= 1
    assert visible(line) == line


def test_name_in_bytes_of_windows_is_read_as_windows_does():
    assert file_name(os.fsdecode(b"\xfcber.pdf")) == "über.pdf"
