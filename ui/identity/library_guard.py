"""A library whose changes ask the role of whoever makes them, whatever page forgets to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from ingest.store import Library
from ui.identity.roles import Identity

#: The action that each changing method of a library needs.
CHANGES: Mapping[str, str] = {
    "add": "lecture.upload",
    "check_or_set_config": "lecture.upload",
    "merge_index": "lecture.upload",
    "remove": "lecture.remove",
    "move": "lecture.reload",
    "set_gone": "lecture.reload",
    "replace_with": "library.rebuild",
    "add_course": "course.change",
    "rename_course": "course.change",
    "remove_course": "course.change",
    "set_courses": "course.change",
    "set_course": "course.change",
    "add_to_course": "course.change",
    "remove_from_course": "course.change",
}
#: The methods that only read.
READS = frozenset(
    {
        *("check_config", "close", "config", "content_hash", "corrections", "count", "course"),
        *("courses", "documents", "find", "full_hash", "gone", "highlight", "languages", "page"),
        *("page_outlines", "page_texts", "pages", "pages_without_text", "passages"),
        *("search_dense", "search_lexical", "stored_vectors", "unread_pictures", "vectors"),
        "verify",
    }
)


def guarded(library: Library, identity: Identity) -> Library:
    """The same library; its changing methods raise NotAllowed where the role has not the action."""
    for name, action in CHANGES.items():
        setattr(library, name, _asking(getattr(library, name), identity, action))
    return library


def _asking(method: Callable[..., Any], identity: Identity, action: str) -> Callable[..., Any]:
    @wraps(method)
    def asking(*arguments: Any, **options: Any) -> Any:
        identity.require(action)
        return method(*arguments, **options)

    return asking
