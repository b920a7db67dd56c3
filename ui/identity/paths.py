"""Which action each address of the app's pages needs; one that is not here is closed."""

from __future__ import annotations

from collections.abc import Mapping

LOGIN, LOGOUT = "/login", "/logout"
#: Of Streamlit's sign-on, reached before anybody is signed in.
PROVIDER_PATHS = ("/auth/login", "/auth/logout", "/oauth2callback")

#: By the first parts of a path; the longest one counts. None is closed to everybody.
PATHS: Mapping[str, str | None] = {
    "/": "library.read",  # the pages themselves, by whatever name
    "/_stcore/": None,
    "/_stcore/health": "library.read",
    "/_stcore/host-config": "library.read",
    "/_stcore/stream": "library.read",
    "/_stcore/upload_file/": "lecture.upload",
    "/_stcore/bidi-components/": "library.read",
    "/_stcore/metrics": None,
    "/_stcore/agent/": None,
    "/_stcore/script-health-check": None,
    "/auth/": None,
    "/oauth2callback": None,
    "/component/": "library.read",
    "/media/": "library.read",
    "/static/": "library.read",
    "/app/static/": None,
}
_METHODS = {"/_stcore/upload_file/": ("PUT", "DELETE", "OPTIONS")}


def action_of_path(kind: str, method: str, path: str) -> str | None:
    """The action that a request needs, or None where nobody may make it.

    Args:
        kind: "http" or "websocket".
        method: Of HTTP; ignored for a web socket.
        path: As it was sent, decoded.
    """
    if kind == "websocket":
        return PATHS["/_stcore/stream"] if path == "/_stcore/stream" else None
    if "//" in path or "\\" in path or "/.." in path:
        return None
    rows = [start for start in PATHS if path == start.rstrip("/") or path.startswith(start)]
    row = max(rows, key=len, default="")
    if not row or method not in _METHODS.get(row, ("GET", "HEAD")):
        return None
    return PATHS[row]
