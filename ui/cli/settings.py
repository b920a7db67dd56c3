"""The commands about settings: show, set, unset, path."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.options import JsonOption, SettingsOption, read_settings
from ui.cli.output import note, print_json, show

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(help="Your own settings file and what holds now.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(metavar="SECTION.FIELD", help="As models.generator.")]


@app.command("show")
def show_settings(
    settings: SettingsOption = None,
    all_fields: Annotated[bool, typer.Option("--all", help="Also those at their default.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the settings that differ from their default, and where each comes from."""
    config = read_settings(settings)
    if as_json:
        print_json(config.model_dump(mode="json"))
        return
    from rag.settings import Settings

    lines = []
    for section in Settings.model_fields:
        values = getattr(config, section)
        default = type(values)()
        for field in type(values).model_fields:
            value = getattr(values, field)
            if all_fields or value != getattr(default, field):
                origin = _origin(section, field, settings)
                lines.append(f"{section}.{field} = {_plain(value)}{f'  ({origin})' * bool(origin)}")
    show("\n".join(lines) or "All settings have their default values.")


@app.command("set")
def set_setting(
    name: NameArgument,
    value: Annotated[
        str, typer.Argument(help="As in a TOML file; quotation marks may be left out.")
    ],
) -> None:
    """Write a setting into your own settings file."""
    from rag.user_settings import save_user_setting

    _report(name, save_user_setting(name, value))


@app.command("unset")
def unset_setting(name: NameArgument) -> None:
    """Remove a setting from your own settings file."""
    from rag.user_settings import save_user_setting

    show(f"{name} is no more in {save_user_setting(name, None)}")


@app.command("path")
def show_path() -> None:
    """Print where your own settings file is, or would be."""
    from rag.settings_files import user_settings_file

    show(str(user_settings_file()))


def _report(name: str, file: Path) -> None:
    show(f"{name} is kept in {file}")
    section, _, field = name.partition(".")
    if (origin := _origin(section, field, None)) and origin != str(file):
        note(f"{origin} takes precedence over it.")


def _origin(section: str, field: str, file: Path | None) -> str:
    """The variable or the file that gives a setting its value; "" for its default."""
    from rag.settings_files import read_settings_file, read_user_settings, user_settings_file

    variable = f"KATHEDER_{section}__{field}".upper()
    if variable in {name.upper() for name in os.environ}:
        return variable
    named = str(file or os.environ.get("KATHEDER_SETTINGS", ""))
    if named and field in read_settings_file(type(user_settings_file())(named)).get(section, {}):
        return named
    return str(user_settings_file()) if field in read_user_settings().get(section, {}) else ""


def _plain(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
