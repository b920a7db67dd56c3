"""Raised and lowered letters in running text: `10^6`, `x_i`, `2^(n+1)`."""

from __future__ import annotations

_ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "re", "e", "ème", "o", "a"})
_RAISED_ALREADY = frozenset("°*†‡′″™®©²³¹")


def with_mark(text: str, mark: str, before: str) -> str:
    """Letters with the mark of their place.

    An ordinal's letters, signs that are raised in any text, and letters that nothing carries have none.

    Args:
        text: The letters.
        mark: `^` for raised ones, `_` for lowered ones.
        before: The text that carries them.
    """
    script = text.strip()
    if not script or not before or before[-1].isspace():
        return text
    is_ordinal = script.casefold() in _ORDINALS and before[-1].isdigit()
    if mark == "^" and (is_ordinal or _RAISED_ALREADY.issuperset(script)):
        return text
    written = script if len(script) == 1 or script.isalnum() else f"({script})"
    return f"{mark}{written}{' ' if text[-1].isspace() else ''}"
