"""Mend the text that PDF files break.

A PDF stores glyphs, not letters, so its text comes back with accents beside their letter,
mathematical alphabets, ligatures, control characters and line-end hyphens. `mend_word` repairs
one word; `join_hyphen` decides what a hyphen at a line's end was. `repeated_lines` finds what
a lecture prints on every page and nobody reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence, Set

from ingest.types import Line, Page

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
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
# Compatibility forms that NFKC would destroy: a superscript two in x² is not the digit 2.
_KEEP = re.compile("[²³¹⁰-₎½¼¾…™′″]")

BULLETS = "•◦‣▪▸►–∙○●■□➢➤✓·*"
_NUMBER_ONLY = re.compile(
    r"^\W*(?:(?:slide|page|seite|folie|s\.|p\.)\s*)?\d{1,4}\W*(?:(?:/|of|von)\s*\d{1,4})?\W*$", re.I
)

_DOT_LEADERS = re.compile(r"(?:\.\s?){6,}")

#: The share of a page's height, at its top and bottom, in which running lines stand.
MARGIN = 0.11
#: The same for page numbers alone, which stand further in on some pages.
NUMBER_MARGIN = 0.17


def repair_word(raw: str) -> str:
    """Return a word as a person would type it; "" where nothing readable is left.

    Composes split accents, unfolds ligatures and mathematical letters (NFKC), maps the
    private-use bullets of symbol fonts, and drops control and invisible characters.
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
    """What stands between the two halves of a word that a line break parted: "" or "-".

    A lower-case half after a letter continues the word, unless the file has it with a hyphen
    elsewhere (`compounds`, lower case); anything else keeps its hyphen, as in `BM-25`.
    """
    if not (left[-1:].isalpha() and right[:1].islower()):
        return "-"
    compound = f"{left}-{right.rstrip('.,;:!?)')}".casefold()
    return "-" if compound in compounds else ""


def is_bullet(word: str) -> bool:
    """Whether a line's first word only marks an item: a bullet, `2.`, `(b)`."""
    return word in BULLETS or bool(re.fullmatch(r"\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]", word))


def repeated_lines(pages: Sequence[Page]) -> set[tuple[int, Line]]:
    """Find the running headers, footers, page numbers and dotted contents lines of a lecture.

    A line counts when it stands in the top or bottom margin, is not its page's heading, and
    its letters, digits aside, recur at the same height on at least four pages (or on all of a
    shorter file). So do page numbers alone, and the first line of notes pages where most of
    them have one at that height and a gap below it, whatever it says.

    Returns:
        Pairs of page number and line, to be left out of passages.
    """
    places: dict[tuple[str, int], list[tuple[int, Line]]] = defaultdict(list)
    tops: dict[int, list[tuple[int, Line]]] = defaultdict(list)
    found: set[tuple[int, Line]] = set()
    for page in pages:
        for index, line in enumerate(page.lines):
            centre = (line.box.y0 + line.box.y1) / 2 / page.height
            text = page.text[line.start : line.end].strip()
            from_edge = min(centre, 1 - centre)
            if _DOT_LEADERS.search(text) or (
                from_edge < NUMBER_MARGIN and _NUMBER_ONLY.match(text)
            ):
                found.add((page.number, line))
            elif text and text not in page.heading and from_edge < MARGIN:
                letters = re.sub(r"\d+", "#", text).casefold()
                places[letters, round(centre * 50)].append((page.number, line))
                below = page.lines[index + 1 : index + 2]
                gap = below[0].box.y0 - line.box.y1 if below else 0.0
                if index == 0 and not page.is_slide and gap > 0.5 * line.size:
                    tops[round(centre * 100)].append((page.number, line))
    wanted = max(2, min(4, len(pages)))
    for group in places.values():
        if len({number for number, _ in group}) >= wanted:
            found.update(group)
    for group in tops.values():
        if len(group) >= max(wanted, len(pages) // 2):
            found.update(group)
    return found


_COMMON_WORDS = {
    "de": "der die das und ist nicht ein eine mit für von auf den dem des wird werden sind oder wie",
    "en": "the of and is to a in that for with are be as this on by which from or it we an",
}


def language_of(text: str) -> str:
    """Tell German from English by their commonest words; "" where neither is clear."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < 5:
        return ""
    counts = {
        code: sum(word in common for word in words)
        for code, common in ((code, set(line.split())) for code, line in _COMMON_WORDS.items())
    }
    code = max(counts, key=lambda key: counts[key])
    return code if counts[code] > 1.5 * min(counts.values()) and counts[code] >= 2 else ""
