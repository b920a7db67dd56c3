"""Changes of the reader's own settings file, each checked before it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.errors import BadSettings
from rag.settings import Settings
from rag.settings_files import (
    merged,
    read_user_settings,
    user_settings_file,
    write_settings_file,
)


def save_user_settings(**changes: Mapping[str, Any]) -> Path:
    """Change fields of the reader's own settings file; a field that becomes None is left out.

    Args:
        changes: By section, the new values by field.

    Returns:
        The file.

    Raises:
        BadSettings: a section, field or value that does not fit; nothing is written.
    """
    sections = merged(read_user_settings(), changes)
    sections = {
        name: {key: value for key, value in values.items() if value is not None}
        for name, values in sections.items()
    }
    Settings().with_changes(**sections)
    path = user_settings_file()
    try:
        write_settings_file(path, sections)
    except OSError as error:
        raise BadSettings(
            f"The settings file {path} cannot be written ({error.strerror})"
        ) from error
    return path


def save_user_setting(name: str, text: str | None) -> Path:
    """Change one field by its name, as `models.generator`.

    Args:
        name: Section and field.
        text: The new value as in a TOML file, where quotation marks may be left out; None removes
            the field from the file.

    Raises:
        BadSettings: there is no such field, or the value does not fit.
    """
    section, _, field = name.partition(".")
    fields = Settings.model_fields
    known = getattr(fields[section].annotation, "model_fields", {}) if section in fields else {}
    if field not in known:
        expected = ", ".join(known or fields)
        where = f"the section {section} has" if known else "the sections are"
        raise BadSettings(f"{name!r} is no setting; expected SECTION.FIELD, and {where} {expected}")
    if text is None:
        return save_user_settings(**{section: {field: None}})
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return save_user_settings(**{section: {field: text}})
    try:
        return save_user_settings(**{section: {field: value}})
    except BadSettings:  # 8 may be a number or a name
        if isinstance(value, str):
            raise
        try:
            return save_user_settings(**{section: {field: text}})
        except BadSettings:
            pass
        raise


def allow_server(place: str) -> Path:
    """Remember that questions, conversations and passages may be sent to a server.

    Args:
        place: Scheme, host and port, as `https://api.openai.com`.
    """
    before = tuple(read_user_settings().get("models", {}).get("allowed_servers", ()))
    return save_user_settings(models={"allowed_servers": [*dict.fromkeys((*before, place))]})
