"""Which action each message of an open page needs; one that is not here is dropped.

Streamlit's own tools send more messages than these pages do: one clears the caches of all readers
with their waiting questions, one writes files into the app's folder, one tells its repository.
"""

from __future__ import annotations

from collections.abc import Mapping

from ui.identity.roles import Identity

#: The message that runs a page.
RUN = "rerun_script"
#: By the fields of Streamlit's BackMsg and, behind a dot, of the operation in it. None: nobody may.
MESSAGES: Mapping[str, str | None] = {
    RUN: "library.read",
    "stop_script": "library.read",
    "app_heartbeat": "library.read",
    "file_urls_request": "lecture.upload",
    "backend_operation_request.deferred_file": "library.read",  # a download that a page offers
    "backend_operation_request.dataframe_chunk": "library.read",
    "backend_operation_request.install_skills": None,
    "backend_operation_request.dismiss_skills_nudge": None,
    "clear_cache": None,
    "set_run_on_save": None,
    "load_git_info": None,
    "debug_disconnect_websocket": None,
    "debug_shutdown_runtime": None,
}


def kind_of(content: bytes) -> str | None:
    """The kind of a message as `MESSAGES` names it, None for a damaged one."""
    from google.protobuf.message import DecodeError
    from streamlit.proto.BackMsg_pb2 import BackMsg

    message = BackMsg()
    try:
        message.ParseFromString(content)
    except DecodeError:
        return None
    kind = str(message.WhichOneof("type") or "")
    if kind == "backend_operation_request":
        kind += f".{message.backend_operation_request.WhichOneof('payload')}"
    return kind


def may_send(identity: Identity, kind: str | None) -> bool:
    """Whether a message of a page's web socket is passed on; a damaged one is Streamlit's to refuse."""
    if kind is None:
        return True
    action = MESSAGES.get(kind)
    return action is not None and identity.may(action)
