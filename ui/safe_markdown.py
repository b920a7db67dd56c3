"""Markdown of a language model made safe: emphasis, code, formulas, lists and tables stay.

All else is escaped. Above all no link and no picture is left, since a browser would fetch a picture from
wherever its address says. How a character is escaped depends on who shows the text, so that each function
takes the function that escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.written_units import WrittenUnit, blocks_of, shown_units

Escape = Callable[[str], str]

# Formulas as `rag.markdown_units` leaves them, code, and emphasis with no blank inside its signs.
KEPT = re.compile(
    r"(?P<formula>\$\$[^$]+\$\$|(?<!\\)\$[^$\n]+\$)|`(?P<code>[^`\n]+)`"
    r"|(?P<bold>\*\*(?!\s)(?P<strong>(?:[^*\n]|\*(?!\*))+?)(?<!\s)\*\*)"
    r"|(?<![*\w])\*(?![\s*])(?P<italic>[^*\n]+?)(?<![\s*])\*(?![*\w])"
)
# What reaches outside of a formula, or defines commands.
_ACTIVE = re.compile(
    r"\\(?:href|url|html\w*|includegraphics|def|gdef|newcommand|let|class|style)\b"
)
_SMALLEST_HEADING = 6
_FIRST_HEADING = 4  # below the page's own headings


def is_active(formula: str) -> bool:
    """Whether a formula does more than to be drawn, as a link does."""
    return bool(_ACTIVE.search(formula))


def safe_line(text: str, escape: Escape) -> str:
    """A line of a model's Markdown with emphasis, code and formulas, everything else escaped."""
    parts, position = [], 0
    for match in KEPT.finditer(text):
        parts.append(escape(text[position : match.start()]))
        position = match.end()
        if match["formula"]:
            is_safe = not is_active(match["formula"])
            parts.append(match["formula"] if is_safe else escape(match["formula"]))
        elif match["code"]:
            parts.append(f"`{match['code']}`")
        elif match["bold"]:
            parts.append(f"**{safe_line(match['strong'], escape)}**")
        else:
            parts.append(f"*{escape(match['italic'])}*")
    return "".join([*parts, escape(text[position:])])


def safe_blocks(units: Sequence[WrittenUnit], escape: Escape) -> str:
    """The shown units of an answer as Markdown, each with its marks behind it."""
    blocks: list[str] = []
    in_list = False
    for block in blocks_of(shown_units(units)):
        text = _block(block, escape)
        is_item = block[0].kind == "item"
        if is_item and in_list:
            blocks[-1] += f"\n{text}"
        else:
            blocks.append(text)
        in_list = is_item
    return "\n\n".join(blocks)


def _block(block: Sequence[WrittenUnit], escape: Escape) -> str:
    first = block[0]
    if first.cells:
        return _table(block, escape)
    text = " ".join(f"{safe_line(unit.text, escape)} {unit.marks}".strip() for unit in block)
    if first.kind == "heading":
        depth = min(first.level + _FIRST_HEADING - 1, _SMALLEST_HEADING)
        return f"{'#' * depth} {text}"
    if first.kind == "formula":
        formula = safe_line(first.text, escape).replace("$$", "\n$$\n").strip()
        return f"{formula}\n\n{first.marks}".strip()
    return "  " * (first.level - 1) + f"- {text}" if first.kind == "item" else text


def _table(rows: Sequence[WrittenUnit], escape: Escape) -> str:
    """A table with the marks of each row in a column of its own."""
    width = max(len(row.cells) for row in rows)
    header = rows[0].cells if rows[0].kind == "header" else ("",) * width
    body = rows[1:] if rows[0].kind == "header" else rows
    lines = [(*header, *("",) * (width - len(header)), "")]
    lines += [(*row.cells, *("",) * (width - len(row.cells)), row.marks) for row in body]
    cells = [[*(safe_line(cell, escape) for cell in line[:-1]), line[-1]] for line in lines]
    cells = [[_in_cell(cell) for cell in row] for row in cells]
    texts = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([texts[0], "|" + "---|" * (width + 1), *texts[1:]])


def _in_cell(text: str) -> str:
    """A cell in which no bar ends it; a formula's bars become LaTeX's own."""
    return re.sub(r"(?<!\\)\|", r"\\vert ", text)
