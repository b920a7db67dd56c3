"""Messages without the folders of this machine, for whoever is not its owner."""

from __future__ import annotations

import re
import sys
import tempfile
from functools import cache
from pathlib import Path

from ingest import resources
from ingest.library_folder import default_library

_PART = r"[^\s\\/'\"`“”„;,:()<>|]+"
_FOLDER = rf"[\\/]{_PART}(?: {_PART}){{0,3}}(?=[\\/])"  # a folder's name may have a few blanks
#: Two parts or more, since `/ask` is an address of the service; not within a web address.
_ANY_PATH = rf"(?<![\w/\\.~-])(?:file://)?(?:(?:[A-Za-z]:|~)?{_FOLDER}|~(?=[\\/]))"


def names_alone(text: str) -> str:
    """A text in which each absolute path is replaced by its last name.

    `No library at /home/anna/ai/library.` becomes `No library at library.`
    """
    return _pattern().sub(lambda match: re.split(r"[\\/]", match[0].rstrip("\\/"))[-1], text)


@cache
def _pattern() -> re.Pattern[str]:
    """Paths that begin with a folder that the program uses, which may have blanks, and all others."""
    folders = (
        *(default_library(), Path.home(), Path.cwd(), resources.package_file("ui").parent),
        *(Path(tempfile.gettempdir()), Path(sys.prefix)),
    )
    texts = {str(form) for folder in folders for form in (folder, folder.resolve())}
    known = "|".join(
        re.escape(text) for text in sorted(texts, key=len, reverse=True) if text != "/"
    )
    return re.compile(rf"(?:(?:{known})(?![\w-])|{_ANY_PATH})(?:{_FOLDER})*(?:[\\/]{_PART})?[\\/]?")
