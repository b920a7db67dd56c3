"""Make a passage look as a PDF reader gives it: broken lines, lost letters, things in between.

Written passages are cleaner than real slides. A model that only ever read clean ones takes a cut
line or a footer for a sign that a text does not answer. Each function takes a seeded generator, so
that the same seed gives the same damage, and each leaves the words in their order, columns aside.
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Sequence

BULLETS = ("•", "–", "▶", "▪", "◦", "‣", "o", "*", "\uf0b7")
LIGATURES = ("ffi", "ffl", "ff", "fi", "fl")
_BULLET = re.compile(r"^(?:[-–•*]|\d+[.)])\s+")
_POWER = re.compile(r"\^\(?([\w+−-]+)\)?|_\(?(\w+)\)?")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_LONG_WORD = re.compile(r"[^\W\d_]{8,}")
_FOOTERS = (
    "{title} {page}",
    "{page}",
    "{page} / {pages}",
    "Lecture {chapter}: {title}",
    "{title} | {page}",
    "Folie {page}",
)
_COLUMN_CHARS = 34


def without_ligatures(text: str, generator: random.Random) -> str:
    """One kind of ligature is lost or replaced by its single glyph, in the whole text."""
    ligature = generator.choice(LIGATURES)
    glyphs = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ"}
    return text.replace(ligature, generator.choice(("", glyphs[ligature])))


def without_scripts(text: str, generator: random.Random) -> str:
    """Raised and lowered letters stand on the line: 10^6 and 10⁶ become 106, x_i becomes xi."""
    blank = generator.choice(("", " "))
    return _POWER.sub(lambda match: blank + (match[1] or match[2]), text).translate(_RAISED)


def with_broken_words(text: str, generator: random.Random) -> str:
    """One long word of three is broken by a hyphen at a line's end."""

    def broken(match: re.Match[str]) -> str:
        word = match[0]
        if generator.random() > 1 / 3:
            return word
        place = generator.randint(3, len(word) - 3)
        return f"{word[:place]}-\n{word[place:]}"

    return _LONG_WORD.sub(broken, text)


def with_broken_lines(text: str, generator: random.Random) -> str:
    """Lines as narrow as a slide's, broken inside sentences."""
    width = generator.randint(28, 60)
    return "\n".join(
        "\n".join(textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False))
        for line in text.split("\n")
    )


def with_bullets(units: Sequence[str], generator: random.Random) -> list[str]:
    """Every item behind one and the same bullet glyph; units that are no items stay."""
    glyph = generator.choice(BULLETS)
    return [_BULLET.sub(f"{glyph} ", unit) for unit in units]


def with_footer(lines: Sequence[str], title: str, generator: random.Random) -> list[str]:
    """A running footer or page number between two lines, or at the end."""
    page = generator.randint(2, 60)
    footer = generator.choice(_FOOTERS).format(
        title=title, page=page, pages=page + generator.randint(1, 40), chapter=page // 6 + 1
    )
    place = generator.choice((len(lines), generator.randint(0, len(lines))))
    return [*lines[:place], footer, *lines[place:]]


def in_two_columns(units: Sequence[str]) -> list[str]:
    """The first half of the units left and the second half right, read line by line across."""
    half = (len(units) + 1) // 2
    left, right = (
        [line for unit in part for line in textwrap.wrap(unit, _COLUMN_CHARS) or [""]]
        for part in (units[:half], units[half:])
    )
    rows = max(len(left), len(right))
    padded = ([*column, *[""] * (rows - len(column))] for column in (left, right))
    return [f"{one} {two}".strip() for one, two in zip(*padded, strict=True)]


_OF_A_UNIT: tuple[tuple[float, Callable[[str, random.Random], str]], ...] = (
    (0.2, without_ligatures),
    (0.3, without_scripts),
)


def damaged_units(units: Sequence[str], generator: random.Random) -> list[str]:
    """The units with what a reader may lose inside of them: ligatures, raised figures, bullets.

    Returns:
        As many units, in the same order, so that evidence keeps its numbers.
    """
    result = list(units)
    for share, damage in _OF_A_UNIT:
        if generator.random() < share:
            state = generator.getstate()
            for number, unit in enumerate(result):
                generator.setstate(state)  # one document loses the same in every unit
                result[number] = damage(unit, generator)
    return with_bullets(result, generator) if generator.random() < 0.5 else result


def pdf_text(title: str, units: Sequence[str], generator: random.Random) -> str:
    """A whole passage as a page gives it.

    Args:
        title: For the running footer.
        units: Of the passage, in order.
        generator: Of all random choices.

    Returns:
        Its lines; of ten passages about four have lines broken inside sentences, two broken words,
        three a footer, and one its columns mixed.
    """
    lines = damaged_units(units, generator)
    if generator.random() < 0.1:
        lines = in_two_columns(lines)
    elif generator.random() < 0.45:
        lines = with_broken_lines("\n".join(lines), generator).split("\n")
    if generator.random() < 0.2:
        lines = with_broken_words("\n".join(lines), generator).split("\n")
    return "\n".join(with_footer(lines, title, generator) if generator.random() < 0.3 else lines)
