"""Checks before a training: the config's values, the folder, the device.

A config class may name bounds in `BOUNDS`, (smallest, largest or None) by the field's name. Other
whole numbers are at least 1, other numbers at least 0.
"""

from __future__ import annotations

import typing
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from generative.errors import GenerativeError


def check_config(config: Any, family: str) -> None:
    """Raise GenerativeError at the first field whose value its type or bounds do not allow."""
    types = typing.get_type_hints(type(config))
    bounds = getattr(type(config), "BOUNDS", {})
    for field in fields(config):
        value = getattr(config, field.name)
        expected = _fault(value, types[field.name], bounds.get(field.name))
        if expected:
            raise GenerativeError(
                f"{field.name} is {value!r} in the config of {family}, expected {expected}. "
                f"Leave it out for the default."
            )


def check_target(folder: Path, *, replace: bool) -> None:
    """Make sure that no finished model is overwritten without a word.

    Raises:
        GenerativeError: a finished model lies in the folder, and it is not to be replaced.
    """
    if (folder / "resume.pt").is_file() or not (folder / "model.safetensors").is_file():
        return
    if not replace:
        raise GenerativeError(
            f"{folder} holds a finished model. Choose another name or folder (--output), or replace "
            "the model with --replace."
        )


def check_device(name: str) -> None:
    """Make sure that a device is there.

    Raises:
        GenerativeError: it is not; the message names those that are.
    """
    present = ["cpu"]
    if torch.cuda.is_available():
        present += ["cuda", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        present.append("mps")
    if name not in present:
        raise GenerativeError(
            f"There is no device {name!r} on this machine; expected {' or '.join(present)}."
        )


def _fault(value: Any, kind: Any, bounds: tuple[float, float | None] | None) -> str:
    """What is expected where the value is not; "" where it is."""
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return "" if value in arguments else " or ".join(map(str, arguments))
    if kind is bool:
        return "" if isinstance(value, bool) else "true or false"
    if typing.get_origin(kind) is tuple:
        right = isinstance(value, tuple) and bool(value)
        if right and not any(_fault(one, arguments[0], bounds) for one in value):
            return ""
        one = _fault(None, arguments[0], bounds)
        return "a list of " + one.removeprefix("a ").replace("number", "numbers", 1)
    whole = kind is int
    least, most = bounds or (1 if whole else 0, None)
    numeric = isinstance(value, int) or (isinstance(value, float) and not whole)
    if numeric and not isinstance(value, bool) and least <= value <= (most or float("inf")):
        return ""
    span = f"of at least {least}" if most is None else f"from {least} to {most}"
    return f"a {'whole ' if whole else ''}number {span}"
