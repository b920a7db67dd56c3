"""Which settings a reader may change where others run the program: none that name models or files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.settings import Settings
from ui.identity.roles import Identity, Role, setting_action

_SECTIONS = ("retrieval", "rerank", "sampling", "answer")
_SOMEBODY = Identity("", Role.READER)


def allowed_changes(
    changes: Mapping[str, Mapping[str, Any]], identity: Identity
) -> dict[str, dict[str, Any]]:
    """The changes of settings that a role may make; what it may not is left out."""
    return {
        section: {k: v for k, v in values.items() if identity.may(setting_action(section, k))}
        for section, values in changes.items()
    }


def reader_changes(settings: Settings) -> dict[str, dict[str, Any]]:
    """The values by which another program's settings differ from the defaults, of those allowed here."""
    changes = {
        name: getattr(settings, name).model_dump(exclude_defaults=True) for name in _SECTIONS
    }
    return {name: values for name, values in allowed_changes(changes, _SOMEBODY).items() if values}
