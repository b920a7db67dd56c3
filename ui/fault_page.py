"""What a page shows for a fault that the program did not expect, in place of Streamlit's own box."""

from __future__ import annotations

import logging
import platform
import secrets
import traceback
from importlib.metadata import version

import streamlit as st

from ingest.errors import KathederError
from ui.copy_button import copy_button
from ui.session import error_text
from ui.text import escape, t

log = logging.getLogger(__name__)


def show_fault(error: Exception) -> bool:
    """Show what happened, where the log has it, and details to copy; True, since it is shown.

    What a user can mend, raised by what follows a click, is shown in its own words.
    """
    if isinstance(error, KathederError):
        st.error(error_text(error))
        return True
    number = secrets.token_hex(4)
    log.error("Unexpected error %s", number, exc_info=error)
    st.error(
        escape(
            t(
                "An unexpected error occurred on this page. Nothing that was saved is lost; load "
                "the page again. The log, which the program prints where it was started, has the "
                "error under {number}.",
                number=number,
            )
        ),
        icon=":material/error:",
    )
    copy_button(fault_details(error, number), f"fault-{number}", t("Copy details"))
    return True


def fault_details(error: Exception, number: str) -> str:
    """Versions, the error's kind, and the functions on the way to it.

    Its message and the folders are left out: they may hold a question or a name.
    """
    lines = [
        f"Katheder {version('katheder')}, Streamlit {st.__version__}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        f"Error {number}: {type(error).__name__}",
    ]
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "?")
        lines.append(f"  {module}:{line} {frame.f_code.co_name}")
    return "\n".join(lines)
