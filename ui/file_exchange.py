"""Files that come in and go out through the pages: each field asks the table of roles itself.

The pages use no other field for files (`tests/test_roles.py`), so that one which forgets to ask
shows nothing.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.session import may


def offer_file(action: str, label: str, data: Any, **options: Any) -> None:
    """A button that downloads a file, for those who have an action; see `st.download_button`.

    The page does not run again for it.
    """
    if may(action):
        st.download_button(label, data=data, on_click="ignore", **options)


def take_files(action: str, label: str, **options: Any) -> Any:
    """A field for files, for those who have an action; None for others. See `st.file_uploader`."""
    return st.file_uploader(label, **options) if may(action) else None
