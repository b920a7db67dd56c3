"""Settings files: where the reader's own is, how a file is read, and how two become one."""

from __future__ import annotations

import json
import logging
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from rag.errors import BadSettings
from rag.language_models.names import is_importable

logger = logging.getLogger(__name__)

#: What a settings file that came with a folder must not decide: where text may be sent.
_OWN_ALONE = "allowed_servers"


def user_settings_file() -> Path:
    """`settings.toml` in `KATHEDER_CONFIG`, or in the platform's folder for configuration."""
    folder = os.environ.get("KATHEDER_CONFIG")
    return Path(folder or platformdirs.user_config_dir("katheder")) / "settings.toml"


def read_settings_file(path: Path) -> dict[str, Any]:
    """The sections of a TOML file.

    Raises:
        BadSettings: the file is missing, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadSettings(f"The settings file {path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"The settings file {path} is not TOML: {error}") from error


def read_foreign_settings_file(path: Path) -> dict[str, Any]:
    """The sections of a settings file, without what the reader's own file or the environment decides.

    A file that lies beside some lectures cannot name code to run, nor agree to a server. The
    reader's own file is read as it is.

    Raises:
        BadSettings: as `read_settings_file`.
    """
    sections = read_settings_file(path)
    own = user_settings_file()
    models = sections.get("models")
    if not isinstance(models, Mapping) or (own.exists() and path.exists() and own.samefile(path)):
        return sections
    ignored = [_OWN_ALONE] if _OWN_ALONE in models else []
    generator = models.get("generator")
    if isinstance(generator, str) and is_importable(generator):
        ignored.append("generator")
    for name in ignored:
        logger.warning(
            "models.%s = %r in %s was ignored: it counts from your own settings file (%s) or the "
            "variable KATHEDER_MODELS__%s alone.",
            *(name, models[name], path, own, name.upper()),
        )
    kept = {name: value for name, value in models.items() if name not in ignored}
    return sections | {"models": kept}


def read_user_settings() -> dict[str, Any]:
    """The sections of the reader's own settings file, {} where there is none."""
    path = user_settings_file()
    return read_settings_file(path) if path.is_file() else {}


def merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of two files, field by field; the upper one takes precedence."""
    sections = dict(lower)
    for name, values in upper.items():
        below = sections.get(name)
        both = isinstance(below, Mapping) and isinstance(values, Mapping)
        sections[name] = {**below, **values} if both else values  # type: ignore[dict-item]
    return sections


def write_settings_file(path: Path, sections: Mapping[str, Mapping[str, Any]]) -> None:
    """Write sections of strings, numbers, truth values, and lists and tables of them as TOML.

    The file is replaced as a whole, so that no reader sees half of it; comments are not kept.
    """
    blocks = [
        "\n".join([f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())])
        for name, values in sections.items()
        if values
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}.tmp")
    new.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    new.replace(path)


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        fields = (f"{_toml(str(key))} = {_toml(of)}" for key, of in value.items() if of is not None)
        return f"{{{', '.join(fields)}}}"
    return json.dumps(value)  # true, false and numbers are the same in both formats
