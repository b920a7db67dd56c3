"""The key of a server: from an environment variable or the system's keyring, by the name in the settings.

No setting, log or message has the key itself.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from ingest.errors import ModelMissing
from rag.errors import BadSettings
from rag.settings import ModelSettings

SERVICE = "katheder"
"""Under which keys are in the system's keyring."""


def api_key(settings: ModelSettings) -> str:
    """The key of the generator's server, "" where the settings name none.

    Raises:
        BadSettings: the variable is not set, or the keyring has no such key; or both are named.
        ModelMissing: the package keyring is not installed.
    """
    variable, name = settings.api_key_variable, settings.api_key_keyring
    if variable and name:
        raise BadSettings(
            f"models.api_key_variable = {variable!r} and models.api_key_keyring = {name!r} both name a "
            "key; expected one of them. Remove the other: `katheder settings unset models.api_key_variable`."
        )
    if name:
        return _from_keyring(name)
    if variable and not os.environ.get(variable):
        raise BadSettings(
            f"models.api_key_variable = {variable!r}, but the environment has no such "
            f"variable. Set it: export {variable}=..."
        )
    return os.environ.get(variable, "") if variable else ""


def _from_keyring(name: str) -> str:
    keyring = _keyring()
    try:
        key = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise BadSettings(
            f"The system's keyring cannot be read ({_reason(error)}); name an environment variable as "
            "models.api_key_variable instead"
        ) from error
    if not key:
        raise BadSettings(
            f"models.api_key_keyring = {name!r}, but the system's keyring has no such key. Save it: "
            f"`katheder models key {name}`."
        )
    return str(key)


def save_key(name: str, key: str | None) -> None:
    """Save a key in the system's keyring, or remove it where it is None.

    Raises:
        BadSettings: the keyring refuses it, or there is none.
        ModelMissing: the package keyring is not installed.
    """
    keyring = _keyring()
    try:
        if key is None:
            keyring.delete_password(SERVICE, name)
        else:
            keyring.set_password(SERVICE, name, key)
    except keyring.errors.KeyringError as error:
        what = "removed from" if key is None else "saved in"
        raise BadSettings(
            f"The key {name!r} cannot be {what} the system's keyring ({_reason(error)}); name an "
            "environment variable as models.api_key_variable instead"
        ) from error


def _keyring() -> Any:
    if importlib.util.find_spec("keyring") is None:
        raise ModelMissing(
            "models.api_key_keyring needs the package keyring: pip install 'katheder[keyring]'"
        )
    import keyring
    import keyring.errors

    return keyring


def _reason(error: Exception) -> str:
    """The first sentence of an error, or its kind."""
    return str(error).split(". ")[0].strip() or type(error).__name__
