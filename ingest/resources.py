"""The data that comes with the program: trained models, bundled lectures, question sets.

This is the only module that knows where they are. They are the package data of `models` and
`corpus`, found by `importlib.resources`, so that an installed wheel and a checkout behave alike. It
imports nothing but the standard library, which is why `generative` may import it too.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def package_file(package: str, *names: str) -> Path:
    """The path of a file or folder in a package; it need not exist.

    Raises:
        ModuleNotFoundError: there is no such package.
    """
    return Path(str(files(package).joinpath(*names)))  # pip unpacks wheels: always a real path


def models() -> Path:
    """The folder of trained models: abstention, generative, generator, reranker."""
    return package_file("models")


def lectures() -> Path:
    """The folder of the bundled lectures' PDF files."""
    return package_file("corpus")


def question_sets() -> dict[str, Path]:
    """The bundled question sets (JSON lines) by name, in alphabetical order."""
    folder = package_file("corpus", "questions")
    return {file.stem: file for file in sorted(folder.glob("*.jsonl"))}
