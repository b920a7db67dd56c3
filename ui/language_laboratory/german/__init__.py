"""The German texts of the language laboratory, by their English ones; each room has a module."""

from __future__ import annotations

from ui.language_laboratory.german.attention import GERMAN as ATTENTION
from ui.language_laboratory.german.encoders import GERMAN as ENCODERS
from ui.language_laboratory.german.generation import GERMAN as GENERATION
from ui.language_laboratory.german.next_word import GERMAN as NEXT_WORD
from ui.language_laboratory.german.page import GERMAN as PAGE
from ui.language_laboratory.german.streams import GERMAN as STREAMS
from ui.language_laboratory.german.tokens import GERMAN as TOKENS
from ui.language_laboratory.german.vectors import GERMAN as VECTORS

GERMAN = {
    **VECTORS,
    **ENCODERS,
    **PAGE,
    **ATTENTION,
    **TOKENS,
    **NEXT_WORD,
    **GENERATION,
    **STREAMS,
}
