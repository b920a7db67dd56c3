"""Files that come in and go out through the pages: each field asks the table of roles itself.

The pages use no other field for files (`tests/test_roles.py`), so that one which forgets to ask
shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui.session import may

# What a spreadsheet computes, and what is a number all the same.
_FORMULA, _NUMBER = re.compile(r"[=+\-@\t\r]"), re.compile(r"[+\-][\d.,\s%]+")


def offer_file(action: str, label: str, data: Any, **options: Any) -> None:
    """A button that downloads a file, for those who have an action; see `st.download_button`.

    The page does not run again for it.
    """
    if may(action):
        st.download_button(label, data=data, on_click="ignore", **options)


def take_files(action: str, label: str, **options: Any) -> Any:
    """A field for files, for those who have an action; None for others. See `st.file_uploader`."""
    return st.file_uploader(label, **options) if may(action) else None


def show_table(columns: Mapping[str, Sequence[Any]], **options: Any) -> None:
    """A table, whose reader can save it as CSV: no text in it is a formula there.

    Args:
        columns: Cells by the title of their column.
        options: Of `st.dataframe`.
    """
    safe = {
        title: [plain_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        for title, cells in columns.items()
    }
    st.dataframe(safe, hide_index=True, width="stretch", **options)


def plain_cell(text: str) -> str:
    """A text that a spreadsheet takes for a text: what would be a formula begins with an apostrophe."""
    is_formula = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
