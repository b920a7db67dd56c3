"""Characters of symbol fonts whose code is not what they show.

Computer Modern's symbol fonts carry letters at the codes of symbols: a norm bar is stored as `k`, a
root as `p`. Where a file has no table to Unicode, pdfium gives the code, so the fonts' own tables
say what is meant. Sources: the OMS and OMX encodings of TeX (D. E. Knuth, The TeXbook, appendix F);
Adobe's encodings of Symbol and ZapfDingbats; Microsoft's of Wingdings.
"""

from __future__ import annotations

import re
from functools import lru_cache

_OMS = (
    dict(
        zip(
            range(0x20),
            "−·×∗÷⋄±∓⊕⊖⊗⊘⊙◯∘•≍≡⊆⊇≤≥⪯⪰∼≈⊂⊃≪≫≺≻",
            strict=True,
        )
    )
    | dict(
        zip(
            range(0x20, 0x41),
            "←→↑↓↔↗↘≃⇐⇒⇑⇓⇔↖↙∝′∞∈∋△▽/↦∀∃¬∅ℜℑ⊤⊥ℵ",
            strict=True,
        )
    )
    | dict(
        zip(
            range(0x5B, 0x80),
            "∪∩⊎∧∨⊢⊣⌊⌋⌈⌉{}⟨⟩|∥↕⇕\\≀√⨿∇∫⊔⊓⊑⊒§†‡¶♣♢♡♠",
            strict=True,
        )
    )
)
# Parts of tall brackets carry no text of their own but for one each; sums and the like do.
_OMX = {
    **dict.fromkeys(map(ord, "\x00\x10\x12 0"), "("),
    **dict.fromkeys(map(ord, "\x01\x11\x13!1"), ")"),
    **dict.fromkeys(map(ord, '\x02\x14h"'), "["),
    **dict.fromkeys(map(ord, "\x03\x15i#"), "]"),
    **dict.fromkeys(map(ord, "\x08\x1an"), "{"),
    **dict.fromkeys(map(ord, "\x09\x1bo"), "}"),
    **dict.fromkeys(map(ord, "\x0c"), "|"),
    **dict.fromkeys(map(ord, "\x0d"), ""),
    **dict.fromkeys(map(ord, "PX"), "∑"),
    **dict.fromkeys(map(ord, "QY"), "∏"),
    **dict.fromkeys(map(ord, "RZ"), "∫"),
    **dict.fromkeys(map(ord, "S"), "⋃"),
    **dict.fromkeys(map(ord, "T"), "⋂"),
    **dict.fromkeys(map(ord, "V"), "⋀"),
    **dict.fromkeys(map(ord, "W"), "⋁"),
    **dict.fromkeys(map(ord, "pqrst"), "√"),
    **dict.fromkeys(map(ord, "bcd"), "\u0302"),
    **dict.fromkeys(map(ord, "efg"), "\u0303"),
    **dict.fromkeys(map(ord, "@ABCjklm89:;67uvwxyz"), ""),
}
_SYMBOL = {
    0xB7: "•", 0xB1: "±", 0xB3: "≥", 0xA3: "≤", 0xB4: "×", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈",
    0xA5: "∞", 0xAE: "→", 0xAC: "←", 0xAB: "↔", 0xDE: "⇒", 0xDC: "⇐", 0xDB: "⇔", 0xCE: "∈",
    0xCF: "∉", 0xC7: "∩", 0xC8: "∪", 0xCC: "⊂", 0xCD: "⊆", 0xD1: "∇", 0xD2: "®", 0xD5: "∏",
    0xD6: "√", 0xD7: "·", 0xD8: "¬", 0xD9: "∧", 0xDA: "∨", 0xE5: "∑", 0xF2: "∫", 0xB6: "∂",
    0xA2: "′", 0xB2: "″", 0xB0: "°", 0x2D: "−", 0x22: "∀", 0x24: "∃", 0xC5: "⊕", 0xC4: "⊗",
    0xC6: "∅", 0xE1: "⟨", 0xF1: "⟩",
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
}  # fmt: skip
_WINGDINGS = {
    0x6C: "●", 0x6E: "■", 0x71: "❑", 0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA7: "▪", 0xA8: "◻",
    0xD8: "➢", 0xE0: "→", 0xDF: "←", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFE: "☑",
    0x4A: "☺", 0x4C: "☹", 0x46: "☞", 0x77: "⬥", 0xA1: "○",
}  # fmt: skip

_MSAM = {0x49: "▶", 0x4A: "◀", 0x03: "□", 0x04: "■", 0x58: "✓", 0x36: "⩽", 0x3E: "⩾"}

#: Names of fonts of tall brackets, roots and large operators.
TALL_SIGNS = re.compile(r"(?:^|\+)(?:(?:CMEX|LMMathExtension)\d|[tp]xb?ex$)")
_NEGATION = "\ue020"  # the stroke that KaTeX draws over a relation

# The arrow over a vector, from its shaft; these fonts name their signs after other ones.
_VECTORS = {0x23: "\u20d7", 0xBB: ""}
_MISNAMED = re.compile(r"(?:^|\+)TeX-vect")

_TABLES = (
    (_MISNAMED, _VECTORS),
    (re.compile(r"(?:^|\+)MSAM\d"), _MSAM),
    (re.compile(r"(?:^|\+)(?:(?:CMSY|CMBSY|LMMathSymbols)\d|[tp]xb?sys$)"), _OMS),
    (TALL_SIGNS, _OMX),
    (re.compile(r"(?:^|\+)Symbol"), _SYMBOL),
    (re.compile(r"(?:^|\+)Wingdings"), _WINGDINGS),
)


def symbol_of(font: str, text: str, *, unmapped: bool) -> str:
    """What a character of a font shows.

    Args:
        font: The font's name.
        text: What pdfium gives for it: Unicode, or the bare code where `unmapped`.
        unmapped: Whether the file has no Unicode for the character.
    """
    if text == _NEGATION and "KaTeX" in font:
        return "\u0338"
    private = "\uf000" <= text <= "\uf0ff"
    if not (unmapped or private) or len(text) != 1:
        return text
    code = ord(text) - 0xF000 if private else ord(text)
    return _table(font).get(code, text)


def is_misnamed(font: str) -> bool:
    """Whether what a file gives as a font's Unicode is not what it shows."""
    return bool(_MISNAMED.search(font))


def is_symbol_font(font: str) -> bool:
    """Whether a font's codes have a table of their own."""
    return bool(_table(font))


@lru_cache(maxsize=256)
def _table(font: str) -> dict[int, str]:
    """The table of a font's name; empty for ordinary fonts."""
    return next((table for pattern, table in _TABLES if pattern.search(font)), {})
