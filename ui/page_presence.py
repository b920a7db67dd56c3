"""Whether a browser still shows the page that is being drawn."""

from __future__ import annotations

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.job import IsOpen


def current_page() -> IsOpen:
    """A function, for any thread, that tells whether the page's web socket is still connected.

    Outside of Streamlit's server, as in a test without one, the page counts as open for ever.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not runtime.exists():
        return lambda: True
    server, session = runtime.get_instance(), context.session_id
    return lambda: server.is_active_session(session)
