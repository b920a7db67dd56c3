"""Captions: "Table 3: ...", "Abb. 2.1 ...", in every language, since authors mix them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.text.languages import LANGUAGES


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(set(words), key=len, reverse=True)
    return re.compile(
        rf"(?i:{'|'.join(map(re.escape, longest_first))})\.?\s*(?:\d+(?:\.\d+)*|[IVX]+\b)"
        r"(?:\s*[:.：–—|-]|\s*$|\s+[^\W\d_a-zß-öø-ÿ])"  # no "Table 3 shows"
    )


_TABLE = _pattern(word for value in LANGUAGES.values() for word in value.table_words)
_FIGURE = _pattern(word for value in LANGUAGES.values() for word in value.figure_words)


def is_table_caption(text: str) -> bool:
    """Whether a text begins as a table's caption does, with its number."""
    return bool(_TABLE.match(text.strip()))


def is_figure_caption(text: str) -> bool:
    """Whether a text begins as a figure's caption does, with its number."""
    return bool(_FIGURE.match(text.strip()))
