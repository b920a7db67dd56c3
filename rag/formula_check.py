"""Compare a formula in LaTeX with the text of a passage: its numbers, and how its symbols are joined.

A passage has formulas as a PDF gives them, in one line: "H(X) = −1/N log_2 p". That is enough to see that
a sign is turned, that an inequality points the other way, or that a fraction stands on its head; it is
not enough to prove two formulas equal.
"""

from __future__ import annotations

import re
import unicodedata

Joint = tuple[str, str, str]  # a symbol, what joins it to the next one, that symbol

_OPPOSITE = {"+": "-", "-": "+", "<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_DIRECTED = "/-^"  # joins whose sides cannot be exchanged
_OPERATORS = {
    "cdot": "*",
    "times": "*",
    "div": "/",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "lt": "<",
    "gt": ">",
}
_FUNCTIONS = frozenset({"log", "ln", "exp", "sin", "cos", "tan", "max", "min", "lim", "det"})
_WORDS = re.compile(r"\\(?:text|mathrm|operatorname|textbf)\s*\{[^{}]*\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*(\{(?:[^{}]|\{[^{}]*\})*\})\s*(\{(?:[^{}]|\{[^{}]*\})*\})")
_COMMAND = re.compile(r"\\([a-zA-Z]+)\*?")
_TOKEN = re.compile(
    rf"\d+(?:\.\d+)?|(?:{'|'.join(sorted(_FUNCTIONS))})(?![a-z])|[^\W\d_]|[-+*/<>≤≥=^]"
)
_MINUS = str.maketrans({"−": "-", "–": "-", "·": "*", "×": "*", "⩽": "≤", "⩾": "≥", "∕": "/"})


def contradicts(formula: str, text: str) -> bool:
    """Whether a text has a part of a formula with a turned sign, inequality or fraction.

    Args:
        formula: LaTeX, with its dollar signs or without.
        text: Of the passage.
    """
    own, given = joints(plain_formula(formula)), joints(text)
    for left, operator, right in own - given:
        opposite = _OPPOSITE.get(operator)
        if opposite and (left, opposite, right) in given:
            return True
        swapped = (right, operator, left)
        if operator in _DIRECTED and left != right and swapped in given and swapped not in own:
            return True
    return False


def joints(text: str) -> set[Joint]:
    """How the symbols of a formula in one line follow each other; brackets and indices are passed over."""
    composed = unicodedata.normalize("NFKC", text.translate(_MINUS)).translate(_MINUS)
    tokens = _TOKEN.findall(composed)
    found: set[Joint] = set()
    for place in range(1, len(tokens) - 1):
        before, operator, after = tokens[place - 1 : place + 2]
        if operator in "-+*/<>≤≥=^" and not (before in "-+*/<>≤≥=^" or after in "-+*/<>≤≥=^"):
            found.add((before, operator, after))
    return found


def plain_formula(formula: str) -> str:
    """A formula in LaTeX in one line, as the text of a PDF has it: fractions with a slash."""
    text = _WORDS.sub(" ", formula.strip("$"))
    while (shorter := _FRACTION.sub(lambda match: f"({match[1]})/({match[2]})", text)) != text:
        text = shorter
    return _COMMAND.sub(_command, text)


def _command(match: re.Match[str]) -> str:
    name = match[1]
    if name in _OPERATORS:
        return f" {_OPERATORS[name]} "
    if name in _FUNCTIONS:
        return f" {name} "
    letter = {"lambda": "lamda"}.get(name.lower(), name).removeprefix("var")
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    try:
        return f" {unicodedata.lookup(f'GREEK {size} LETTER {letter.upper()}')} "
    except KeyError:
        return " "
