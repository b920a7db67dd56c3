"""Texts of the interface in English and German, and escaping for Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from ingest.citations import (
    LABELS,
    Unit,
    is_recording,
    place_name,
    section_title,
    times,
    unit_of,
)
from ingest.types import Passage
from rag.types import Source
from ui.german import GERMAN

LANGUAGES = {"en": "English", "de": "Deutsch"}

# What `Page.number` counts, one of all, and where a quote is to be found.
UNIT: Mapping[Unit, str] = {
    "page": "page {number}",
    "slide": "slide {number}",
    "section": "section {number}",
    "cell": "cell {number}",
    "part": "part {number}",
}
UNIT_OF_ALL: Mapping[Unit, str] = {
    "page": "page {number} of {pages}",
    "slide": "slide {number} of {pages}",
    "section": "section {number} of {pages}",
    "cell": "cell {number} of {pages}",
    "part": "part {number} of {pages}",
}
UNITS_COUNTED: Mapping[Unit, tuple[str, str]] = {  # one, and several
    "page": ("page", "pages"),
    "slide": ("slide", "slides"),
    "section": ("section", "sections"),
    "cell": ("cell", "cells"),
    "part": ("part", "parts"),
}
QUOTE_IS_ON: Mapping[Unit, str] = {
    "page": "The quote is on page {pages}.",
    "slide": "The quote is on slide {pages}.",
    "section": "The quote is in section {pages}.",
    "cell": "The quote is in cell {pages}.",
    "part": "The quote is in part {pages}.",
}

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")  # every character that Markdown lets one escape
# Streamlit replaces these after the escapes are gone: `->` between blanks, `:streamlit:`.
_REPLACED = re.compile(r"(?<!\S)([<>~-])(?=(?:->|-|>|=)(?!\S))|(:)(?=streamlit:|material_)")
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")  # without the spaces at which no line breaks
_JOINER = "\u2060"  # no width, no line break
# As Pandoc reads them: no blank inside the signs, no digit behind; so that "$5 and $6" is none.
_FORMULA = re.compile(r"\$\$(?!\s)[^$]+?(?<!\s)\$\$|\$(?!\s)[^$\n]+?(?<!\s)\$(?!\d)")


def t(english: str, **values: object) -> str:
    """A text of the interface in the reader's language, its {names} filled in."""
    german = st.session_state.get("language") == "de"
    return (GERMAN[english] if german else english).format(**values)


def counted(number: int, one: str, several: str) -> str:
    """A number with its noun, both forms in English: `counted(2, "page", "pages")`."""
    return f"{number} {t(one if number == 1 else several)}"


def pages_of(cited: Passage | Source) -> str:
    """Pages as a citation shows them: `p. 4`, `pp. 4-6`, `slide 4`, `section 2.1 A`.

    Of a source they are those of its quote; where other numbers are printed on the pages, both are
    shown: `p. 12, PDF page 16`.
    """
    passage = cited if isinstance(cited, Passage) else cited.hit.passage
    one, several = LABELS[unit_of(passage.file)]
    of_one, of_several = one + " {page}", several + " {first}-{last}"
    pages = cited.pages
    labels, first, last = passage.labels_of(pages), pages[0], pages[-1]
    if labels and is_recording(passage.file):
        return times(labels)
    if labels:
        printed = t(of_several, first=labels[0], last=labels[-1])
        if first == last:
            printed = t(of_one, page=labels[0])
            return f"{printed}, {t('PDF page {page}', page=first)}"
        return f"{printed}, {t('PDF pages {first}-{last}', first=first, last=last)}"
    title = section_title(passage.file, passage.headings)
    if first != last and not title:
        return t(of_several, first=first, last=last)
    if title and st.session_state.get("language") == "de":
        title = title.replace("“", "„", 1).replace("”", "“")
    return t(of_one, page=title or first)


def place_of(passage: Passage) -> str:
    """Course and lecture, `AI, lecture 3`, in German `KI, Vorlesung 3`; else the file's name."""
    number = passage.lecture
    words = "" if number is None else t("lecture {number}", number=number)
    return place_name(passage.name, passage.course, words)


def citation_of(cited: Passage | Source) -> str:
    """Place and pages: `AI, lecture 3, p. 4`, in German `deck.pdf, S. 4`; of a source, its quote's."""
    passage = cited if isinstance(cited, Passage) else cited.hit.passage
    return f"{place_of(passage)}, {pages_of(cited)}"


def pages_first(passage: Passage) -> str:
    """A passage's pages and place, `p. 4, deck.pdf`: for where the end may be cut off."""
    return f"{pages_of(passage)}, {place_of(passage)}"


def escape(text: str) -> str:
    """Text that Markdown shows unchanged: no markup, formula, HTML, colour or emoji.

    Only a bare web address becomes a link, to just what it shows.
    Runs of white space become one space (no-break spaces stay), so that no line starts a list or a code block; those
    at its ends stay, so that the parts of a stream can be escaped one by one.
    """
    text = _REPLACED.sub(lambda match: f"{match[0]}{_JOINER}", _BLANKS.sub(" ", text))
    return _PUNCTUATION.sub(r"\\\1", text)


def with_formulas(text: str) -> str:
    """What a reader wrote: as `escape`, but formulas between dollar signs stay formulas."""
    parts, position = [], 0
    for formula in _FORMULA.finditer(text):
        parts += [escape(text[position : formula.start()]), formula[0]]
        position = formula.end()
    return "".join([*parts, escape(text[position:])])
