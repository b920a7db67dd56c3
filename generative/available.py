"""The models at hand: those that come with the program, and those that the reader has trained.

An own model is a folder with a checkpoint below `own_folder()`, where `katheder generative train`
and the app store them. A model is named by its folder; a bundled one has precedence.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from generative import checkpoints
from generative.classifier import Classifier
from generative.errors import CheckpointMissing, GenerativeError
from generative.model import GenerativeModel

#: The classifier in whose features the images of a data set are measured.
JUDGES = {"mnist": "classifier", "digits": "classifier-digits"}


def own_folder() -> Path:
    """The folder of the reader's own models; the variable `KATHEDER_OWN_MODELS` overrides it."""
    override = os.environ.get("KATHEDER_OWN_MODELS")
    return Path(override or Path(platformdirs.user_data_dir("katheder")) / "generative")


def bundled() -> list[str]:
    """The generative models that come with the program, in alphabetical order."""
    return [name for name in checkpoints.names() if name not in JUDGES.values()]


def own() -> list[str]:
    """The reader's own generative models, in alphabetical order; unreadable ones are left out."""
    taken, names = checkpoints.names(), []
    for file in sorted(own_folder().glob("*/model.safetensors")):
        facts = checkpoints.facts(file.parent)
        if facts and facts[0] != "classifier" and file.parent.name not in taken:
            names.append(file.parent.name)
    return names


def file_of(name: str) -> Path:
    """The checkpoint's file of a model, by its name or its folder.

    Raises:
        CheckpointMissing: there is none.
    """
    if name in checkpoints.names():
        return checkpoints.FOLDER / name / "model.safetensors"
    for folder in (own_folder() / name, Path(name)):
        if (folder / "model.safetensors").is_file():
            return folder / "model.safetensors"
    names = ", ".join([*checkpoints.names(), *own()])
    raise CheckpointMissing(
        f"No model {name!r}: expected one of {names}, or the folder of a checkpoint. Train one "
        "with `katheder generative train FAMILY`."
    )


def open_model(name: str) -> GenerativeModel:
    """A model by its name or its folder, ready to use.

    Raises:
        CheckpointMissing: there is none, or it does not fit.
    """
    if name in checkpoints.names():
        return checkpoints.shipped(name)
    return checkpoints.load(file_of(name).parent)


def judge(dataset: str) -> Classifier:
    """The bundled classifier of a data set's digits."""
    model = checkpoints.shipped(JUDGES[dataset])
    assert isinstance(model, Classifier)
    return model


def folder_for(name: str) -> Path:
    """The folder in which an own model of this name is stored.

    Raises:
        GenerativeError: a bundled model has the name, or it has other characters than letters,
            digits, hyphen, underscore and full stop.
    """
    if not re.fullmatch(r"\w[\w.-]{0,59}", name):
        raise GenerativeError(
            f"{name!r} cannot be a model's name: expected at most 60 letters, digits, '-', '_' "
            "and '.', as in vae-2"
        )
    if name in checkpoints.names():
        raise GenerativeError(
            f"A model that comes with the program is named {name}; choose another."
        )
    return own_folder() / name
