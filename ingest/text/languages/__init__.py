"""The languages that the program knows, one module each; a new module here is all it takes.

Every module beside `base` holds one value `LANGUAGE`; the package `asides` has the longer tables of
some of them, and the package `course` the words in which they ask about a course. A text in none of these languages is treated as English, which
does it little harm: its words are indexed and found as they are.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from ingest.text.languages.base import Language

__all__ = ["DEFAULT", "LANGUAGES", "Language", "language"]


def _discover() -> dict[str, Language]:
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg)
    values = [
        import_module(f"{__name__}.{name}").LANGUAGE
        for name in modules
        if name not in ("base", "alphabets")
    ]
    return {value.code: value for value in values}


#: Every language by its ISO 639-1 code.
LANGUAGES: Mapping[str, Language] = MappingProxyType(_discover())
#: What a text of an unknown language is treated as.
DEFAULT = LANGUAGES["en"]


def language(code: str) -> Language:
    """The language of a code; `DEFAULT` for "" and for codes that are not registered."""
    return LANGUAGES.get(code, DEFAULT)
