"""The text of a paragraph of Office Open XML, its formulas (OMML) in linear form."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ingest.readers.raised import with_mark

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_TEXT = {f"{_WORD}t", f"{_DRAWING}t", f"{_MATH}t"}
_BREAKS = {f"{_WORD}br", f"{_WORD}cr", f"{_DRAWING}br"}
_TABS = {f"{_WORD}tab", f"{_DRAWING}tab"}
# Subtrees that are not a paragraph's own text: text boxes (read by themselves), the copies of
# drawings for old programs, text that was moved away, and properties.
SKIPPED = {
    f"{_WORD}txbxContent",
    f"{_COMPATIBILITY}Fallback",
    f"{_WORD}moveFrom",
    f"{_WORD}pPr",
    f"{_WORD}rPr",
    f"{_DRAWING}pPr",
    f"{_DRAWING}rPr",
    f"{_DRAWING}endParaRPr",
}
_PLACES = {"superscript": "^", "subscript": "_"}
_HIDDEN = "hidden"
_SUM = "∫"  # the sign of an n-ary operator that names none


def paragraph_text(element: Any) -> str:
    """The text of a paragraph's XML element, without hidden text; a line break is a newline."""
    text = ""
    for mark, children in groupby(element, key=_mark_of):
        part = "".join(map(_text, children)) if mark != _HIDDEN else ""
        text += with_mark(part, mark, text) if mark and part else part
    return text


def _mark_of(element: Any) -> str:
    """`^` or `_` for a run of raised or lowered letters, `_HIDDEN` for hidden ones, "" for others."""
    if element.tag == f"{_DRAWING}r":
        properties = element.find(f"{_DRAWING}rPr")
        shift = properties.get("baseline", "0") if properties is not None else "0"
        return "" if shift in ("0", "0%") else "_" if shift.startswith("-") else "^"
    if element.tag != f"{_WORD}r":
        return ""
    properties = element.find(f"{_WORD}rPr")
    if properties is None:
        return ""
    hidden, place = (properties.find(f"{_WORD}{name}") for name in ("vanish", "vertAlign"))
    if hidden is not None and hidden.get(f"{_WORD}val") not in ("0", "false", "off"):
        return _HIDDEN
    return _PLACES.get(place.get(f"{_WORD}val"), "") if place is not None else ""


def unwrap_alternatives(tree: Any) -> None:
    """Replace each choice between contents by its first one, the newest program's, in place."""
    for alternative in list(tree.iter(f"{_COMPATIBILITY}AlternateContent")):
        parent, choice = alternative.getparent(), alternative.find(f"{_COMPATIBILITY}Choice")
        if parent is None:
            continue
        position = parent.index(alternative)
        for offset, child in enumerate(list(choice) if choice is not None else []):
            parent.insert(position + offset, child)
        parent.remove(alternative)


def _text(element: Any) -> str:
    tag = element.tag
    if not isinstance(tag, str) or tag in SKIPPED:
        return ""
    if tag in _TEXT:
        return element.text or ""
    if tag in _BREAKS:
        return "\n"
    if tag in _TABS:
        return " "
    if tag.startswith(_MATH):
        return _formula(element, tag.removeprefix(_MATH))
    return paragraph_text(element)


def _formula(element: Any, name: str) -> str:
    match name:
        case "f":
            return f"{_grouped(element, 'num')}/{_grouped(element, 'den')}"
        case "sSup":
            return f"{_part(element, 'e')}^{_grouped(element, 'sup')}"
        case "sSub":
            return f"{_part(element, 'e')}_{_grouped(element, 'sub')}"
        case "sSubSup":
            base, below = _part(element, "e"), _grouped(element, "sub")
            return f"{base}_{below}^{_grouped(element, 'sup')}"
        case "rad":
            degree = _part(element, "deg")
            return f"{f'{degree}-' if degree else ''}√({_part(element, 'e')})"
        case "nary":
            sign = _property(element, "chr") or _SUM
            below, above = _part(element, "sub"), _part(element, "sup")
            limits = (f"_({below})" if below else "") + (f"^({above})" if above else "")
            return f"{sign}{limits} {_part(element, 'e')}"
        case "d":
            begin, end = _property(element, "begChr"), _property(element, "endChr")
            inner = ", ".join(paragraph_text(part) for part in element.findall(f"{_MATH}e"))
            return f"{'(' if begin is None else begin}{inner}{')' if end is None else end}"
        case "m":
            rows = [
                ", ".join(paragraph_text(cell) for cell in row.findall(f"{_MATH}e"))
                for row in element.findall(f"{_MATH}mr")
            ]
            return f"[{'; '.join(rows)}]"
        case "oMath" | "oMathPara":
            return f" {paragraph_text(element)} "
        case _ if name.endswith("Pr"):
            return ""
        case _:
            return paragraph_text(element)


def _part(element: Any, name: str) -> str:
    part = element.find(f"{_MATH}{name}")
    return "" if part is None else paragraph_text(part).strip()


def _grouped(element: Any, name: str) -> str:
    """A part in brackets, unless it is one letter, number or word."""
    text = _part(element, name)
    return text if text.isalnum() else f"({text})"


def _property(element: Any, name: str) -> str | None:
    """A value of the element's properties; None if it has none of that name."""
    for values in element.iter(f"{_MATH}{name}"):
        if values.getparent().getparent() is element:
            return str(values.get(f"{_MATH}val") or "")
    return None
