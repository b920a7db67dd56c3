"""Letters of a file that it does not tell, from the names of its glyphs and the words that exist."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.layout.ligatures import restore_ligatures
from ingest.layout.page import PageLayout
from ingest.weights.known_words import known_words


def restore_letters(layouts: Sequence[PageLayout], data: bytes) -> None:
    """Write the ligatures that a file does not map to letters into its laid-out pages.

    Args:
        layouts: All of its pages.
        data: Its bytes.
    """

    def names() -> dict[tuple[str, int], str]:
        from ingest.readers.pdf import second_opinion  # loads pypdf, which most files do not need

        return second_opinion.ligature_names(data)

    restore_ligatures(layouts, names, known_words)
