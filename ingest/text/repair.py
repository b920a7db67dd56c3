"""Repair the text that PDF files break.

A PDF stores glyphs, not letters, so its text comes back with accents beside their letter,
mathematical alphabets, ligatures, control characters, variation selectors and line-end hyphens.
`repair_word` repairs one word; `join_hyphen` decides what a hyphen at a line's end was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set

#: What pdfium puts where a hyphen ended a line: in its text, and character by character.
LINE_END_HYPHENS = "\ufffe\x02"

# Accents that TeX sets as a glyph of their own before the letter, and their combining forms.
_SPACING_ACCENTS = {
    "\u00a8": "\u0308",  # diaeresis
    "\u00b4": "\u0301",  # acute
    "\u02c6": "\u0302",  # circumflex
    "\u02dc": "\u0303",  # tilde
    "\u02c7": "\u030c",  # caron
    "\u02da": "\u030a",  # ring
}
_ACCENTED = re.compile(f"([{''.join(_SPACING_ACCENTS)}]) ?([^\\W\\d_])")
_DOTLESS = {"\u0131": "i", "\u0237": "j"}
# Private-use code points of the Symbol and Wingdings fonts that lectures use as bullets, arrows
# and brackets. Others carry no text and are dropped.
_PRIVATE = {
    "\uf0b7": "•",
    "\uf0a7": "▪",
    "\uf0a8": "▪",
    "\uf0d8": "▸",
    "\uf0e0": "→",
    "\uf0df": "←",
    "\uf0e8": "→",
    "\uf0fc": "✓",
    "\uf02d": "-",
    "\uf0ae": "→",
    "\uf0b4": "×",
    "\uf0a3": "≤",
    "\uf0b3": "≥",
    "\uf0b9": "≠",
    "\uf0bb": "≈",
    "\uf0b1": "±",
    "\uf0e5": "Σ",
    "\uf0d5": "Π",
    "\uf0f2": "∫",
    "\uf05b": "[",
    "\uf05d": "]",
    "\uf028": "(",
    "\uf029": ")",
}
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
_VARIATION_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # ask for a glyph, add no letter
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff"
    f"{_VARIATION_SELECTORS}]"
)
# Compatibility forms that NFKC would destroy: a superscript two in x² is not the digit 2.
_KEEP = re.compile("[²³¹⁰-₎½¼¾…™′″]")


BULLETS = "•◦‣▪▸►▶◆❖–∙○●■□➢➤✓·*"


def repair_word(raw: str) -> str:
    """Return a word as a person would type it; "" where nothing readable is left.

    Composes split accents, unfolds ligatures and mathematical letters (NFKC), maps the
    private-use bullets of symbol fonts, and drops control and invisible characters and variation
    selectors.
    """
    if raw.isascii():
        return raw if raw.isprintable() else _INVISIBLE.sub("", raw)
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", raw).replace("\ufffd", ""))
    text = _PRIVATE_USE.sub(lambda match: _PRIVATE.get(match[0], ""), text)
    text = _ACCENTED.sub(_compose, text)
    text = unicodedata.normalize("NFC", "".join(map(_unfold, text)))
    return _INVISIBLE.sub("", text).replace(" ", "")


def _unfold(letter: str) -> str:
    """A letter's plain form (NFKC), unless that says less or would tear an accent off its place."""
    plain = unicodedata.normalize("NFKC", letter)
    return letter if _KEEP.match(letter) or (plain[0] == " " and len(plain) > 1) else plain


def _compose(match: re.Match[str]) -> str:
    """A spacing accent and the letter behind it as one letter, where Unicode has one."""
    letter = _DOTLESS.get(match[2], match[2])
    composed = unicodedata.normalize("NFC", letter + _SPACING_ACCENTS[match[1]])
    return composed if len(composed) == 1 else match[0]


def join_hyphen(left: str, right: str, compounds: Set[str] = frozenset()) -> str:
    """What belongs between the two halves of a word that a line break parted: "" or "-".

    A lower-case half after a letter continues the word, unless the file has it with a hyphen
    elsewhere (`compounds`, lower case); anything else keeps its hyphen, as in `BM-25`.
    """
    if not (left[-1:].isalpha() and right[:1].islower()):
        return "-"
    compound = f"{left}-{right.rstrip('.,;:!?)')}".casefold()
    return "-" if compound in compounds else ""


def is_bullet(word: str) -> bool:
    """Whether a line's first word only marks an item: a bullet, `2.`, `(b)`."""
    return (
        word in BULLETS
        or word == "-"
        or bool(re.fullmatch(r"\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]", word))
    )
