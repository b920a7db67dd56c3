"""Read the Markdown that a language model wrote as units: sentences, items, rows and formulas.

Whatever Markdown it is: what cannot be read as a block is text, and text is cut into sentences.
Formulas and code are taken out first, since to Markdown their signs mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.text.languages import Language
from ingest.text.sentences import CLOSING_MARKS
from rag.marks import marked_sentences, split_marks
from rag.written_units import UnitKind, UnitStatus, WrittenUnit

if TYPE_CHECKING:
    from markdown_it.token import Token

_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_PROTECTED = re.compile(
    r"""(?P<fence>^```[^\n]*\n.*?(?:^```[^\S\n]*$|\Z))
    | (?P<code>(?<!`)`[^`\n]+`(?!`))
    | \$\$(?P<block>(?!\s*\$).+?)\$\$
    | \\\[(?P<display>.+?)\\\]
    | \\\((?P<inline>.+?)\\\)
    | (?<![\\$\w])\$(?P<dollar>(?![\s$])[^$\n]*?[^\s$\\])\$(?![\d$])""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
# Of the private use area, around the number of what was taken out; the second opens a formula that
# stands alone.
_OPEN, _OPEN_ALONE, _CLOSE = "\ue000", "\ue002", "\ue001"
_HELD = re.compile(rf"[{_OPEN}{_OPEN_ALONE}](\d+){_CLOSE}")
_ALONE = re.compile(rf"{_OPEN_ALONE}(\d+){_CLOSE}")
_LEADING = re.compile(r"\s*[.,;]?(?:\s*\[\d[\d\s,;]*\])*")  # what belongs to the formula before it
_LABEL_WORDS = (
    12  # of a heading, a head's cell or a line that opens a list; a longer one says something
)
_FINAL = CLOSING_MARKS + "»):;"


class _Held:
    """What was taken out of a text, by number, as it is put back."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def take(self, match: re.Match[str]) -> str:
        """Take a formula or code out, leaving its number."""
        number = len(self.texts)
        if match["fence"] is not None:
            lines = match["fence"].strip().removesuffix("```").split("\n")[1:]
            lines = [" ".join(line.replace("`", "").split()) for line in lines]
            self.texts.append("; ".join(f"`{line}`" for line in lines if line))
            return f"\n\n{_OPEN}{number}{_CLOSE}\n\n"
        if match["code"] is not None:
            self.texts.append(match["code"])
            return f"{_OPEN}{number}{_CLOSE}"
        alone = match["block"] or match["display"]
        formula = " ".join((alone or match["inline"] or match["dollar"]).split())
        self.texts.append(f"$${formula}$$" if alone else f"${formula}$")
        return f"{_OPEN_ALONE if alone else _OPEN}{number}{_CLOSE}"

    def inline(self, text: str) -> str:
        """The text with what was taken out of it, every formula inside the line."""
        return _HELD.sub(lambda match: self.texts[int(match[1])].replace("$$", "$"), text)


def draft_units(draft: str, language: Language, *, is_complete: bool = True) -> list[WrittenUnit]:
    """The units of a draft in order, none of them checked; `sources` are the marks as they are written.

    Args:
        draft: Markdown, well-formed or not.
        language: By which sentences are split.
        is_complete: Whether the model ended by itself; else a last sentence without an end is left
            out if there are others.
    """
    from markdown_it import MarkdownIt  # only for what a model wrote

    held = _Held()
    text = _PROTECTED.sub(held.take, _THOUGHTS.sub("", draft))
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)
    units = [unit for unit in _units(tokens, held, language) if unit.text or any(unit.cells)]
    last = units[-1].text.rstrip("*_`") if units else ""
    is_cut_off = bool(last) and units[-1].kind in ("paragraph", "item") and last[-1] not in _FINAL
    return units[:-1] if not is_complete and is_cut_off and len(units) > 1 else units


def _units(tokens: Sequence[Token], held: _Held, language: Language) -> Iterator[WrittenUnit]:
    kind: UnitKind = "paragraph"
    depth = level = 0
    cells: list[str] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "heading_open":
            kind, level = "heading", int(token.tag[1:])
        elif token.type == "thead_open":
            kind = "header"
        elif token.type == "tbody_open":
            kind = "row"
        elif token.type in ("heading_close", "table_close"):
            kind = "paragraph"
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield _row(kind, cells, held)
        elif token.type == "inline" and kind in ("header", "row"):
            cells.append(token.content)
        elif token.type == "inline" and kind == "heading":
            bare, marks = split_marks(token.content)
            if len(bare.split()) <= _LABEL_WORDS:
                yield WrittenUnit("heading", held.inline(bare), level=level)
            else:
                yield WrittenUnit("paragraph", held.inline(bare), "unsupported", marks)
        elif token.type in ("inline", "fence", "code_block"):
            yield from _sentences(token.content, depth, held, language)


def _row(kind: UnitKind, cells: Sequence[str], held: _Held) -> WrittenUnit:
    """A row, or the head of a table; one that says more than labels do is a row."""
    parts = [split_marks(cell) for cell in cells]
    marks = tuple(dict.fromkeys(mark for _, numbers in parts for mark in numbers))
    texts = tuple(held.inline(text) for text, _ in parts)
    if kind == "header" and all(len(text.split()) <= _LABEL_WORDS for text in texts):
        return WrittenUnit("header", "", cells=texts)
    return WrittenUnit("row", "", "unsupported", marks, cells=texts, opens=False)


def _sentences(content: str, depth: int, held: _Held, language: Language) -> Iterator[WrittenUnit]:
    """The sentences of a paragraph or an item, and the formulas that stand alone between them."""
    kind: UnitKind = "item" if depth else "paragraph"
    opens = True
    parts = _ALONE.split(" ".join(content.split()))  # texts, with a formula's number between two
    for place, part in enumerate(parts):
        if place % 2:
            follows = _LEADING.match(parts[place + 1])
            marks = split_marks(follows[0])[1] if follows else ()
            yield WrittenUnit("formula", held.texts[int(part)], "unsupported", marks)
            opens = True
            continue
        if place and (leading := _LEADING.match(part)):
            part = part[leading.end() :]
        before_formula = place + 1 < len(parts)
        for text, marks in marked_sentences(part, language):
            is_open = text.endswith(":") or (before_formula and text[-1] not in CLOSING_MARKS)
            opens_list = is_open and len(text.split()) <= _LABEL_WORDS
            status: UnitStatus = "plain" if opens_list else "unsupported"
            level = depth if kind == "item" else 0
            text = held.inline(text)
            yield WrittenUnit(kind, text, status, marks, level=level, opens=opens)
            opens = False
