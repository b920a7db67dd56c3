"""Text of files as a reader may safely see it: names, titles and passages hold whatever they like.

Control characters can give orders to a terminal, and marks of writing direction can make a name
look like another one; both are replaced by visible marks.
"""

from __future__ import annotations

import os
import re
import unicodedata

_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_BLANKS = re.compile(r"[ \t\r\n\v\f\x85\u2028\u2029]+")
_PICTURES = 0x2400  # the block of Unicode that draws the characters 0 to 31
_DELETE_PICTURE = "\u2421"


def visible(text: str) -> str:
    """The text with a mark in place of each control character; line ends and tabs stay."""
    return _CONTROLS.sub(_mark, text)


def one_line(text: str) -> str:
    """A name or title in one line, composed (NFC), with visible marks."""
    return visible(unicodedata.normalize("NFC", _BLANKS.sub(" ", text))).strip()


def file_name(name: str) -> str:
    """A file's name as a reader sees it; bytes that are not UTF-8 are read as Windows-1252."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("cp1252", "replace")
    return one_line(name)


def _mark(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return _DELETE_PICTURE if code == 0x7F else "\ufffd"
