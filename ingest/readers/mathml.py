"""Formulas of MathML in linear form: `(a+b)/c`, `√(x)`, `∑_(i=1)^n i`, `(1 2; 3 4)`."""

from __future__ import annotations

from typing import Any

_OPERATORS = frozenset("∑∏∫∮⋃⋂⋁⋀")
_ACCENTS = {"^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "¯": "\u0304", "‾": "\u0304"} | {
    "→": "\u20d7", "⃗": "\u20d7", "˙": "\u0307", "¨": "\u0308",
}  # fmt: skip
_DEPTH = 200  # of elements in elements; deeper ones are read as their letters
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064")


def linear_formula(element: Any, depth: int = 0) -> str:
    """The text of a formula's element."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or depth > _DEPTH:
        return "".join("".join(element.itertext()).split()).translate(_INVISIBLE)
    texts = [linear_formula(child, depth + 1) for child in children]
    first, *others = texts
    match element.tag.rsplit("}", 1)[-1]:
        case "mfrac" if len(texts) == 2:
            return f"{_grouped(first)}/{_grouped(texts[1])}"
        case "msqrt":
            return f"√({''.join(texts)})"
        case "mroot" if len(texts) == 2:
            return f"{texts[1]}-√({first})"
        case "msup" | "mover" if len(texts) == 2:
            return _raised(first, texts[1])
        case "msub" | "munder" if len(texts) == 2:
            return f"{first}_{_grouped(texts[1])}{_blank(first)}"
        case "msubsup" | "munderover" if len(texts) == 3:
            return f"{first}_{_grouped(texts[1])}^{_grouped(texts[2])}{_blank(first)}"
        case "mtable":
            return "; ".join(texts)
        case "mtr":
            return " ".join(texts)
        case "mfenced":
            return f"{element.get('open', '(')}{', '.join(texts)}{element.get('close', ')')}"
        case "semantics":
            return first
        case "mphantom" | "annotation" | "annotation-xml":
            return ""
        case _:
            return first + "".join(others)


def _raised(base: str, script: str) -> str:
    if script in _ACCENTS and len(base) == 1:
        return base + _ACCENTS[script]
    if set(script) <= frozenset("′″'"):
        return base + script
    return f"{base}^{_grouped(script)}{_blank(base)}"


def _grouped(text: str) -> str:
    """A part in brackets, unless it is one letter, number or word."""
    return text if text.isalnum() or (len(text) == 1) else f"({text})"


def _blank(base: str) -> str:
    """A blank behind the limits of an operator."""
    return " " if base in _OPERATORS or len(base) > 2 else ""
