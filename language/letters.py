"""Text as a stream of characters: the vocabulary is the characters that occur often."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass

from language.errors import LanguageError

UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for every rare character


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A vocabulary of characters; a character's place is its token, and the first is `UNKNOWN`."""

    characters: str

    def encode(self, text: str) -> list[int]:
        """The token of each character, 0 for those outside of the alphabet."""
        places = {character: place for place, character in enumerate(self.characters)}
        return [places.get(character, 0) for character in normalised(text)]

    def decode(self, tokens: list[int]) -> str:
        """The text of some tokens."""
        return "".join(self.characters[token] for token in tokens)


def normalised(text: str) -> str:
    """The text with its characters in the compatible, composed form (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def alphabet_of(text: str, at_least: int = 20) -> Alphabet:
    """The characters that occur at least so often in a text, in the order of their codes.

    Raises:
        LanguageError: no character is that frequent.
    """
    counts = Counter(normalised(text))
    frequent = sorted(one for one, count in counts.items() if count >= at_least and one != UNKNOWN)
    if not frequent:
        raise LanguageError(
            f"No character occurs {at_least} times in a text of {len(text)} characters; "
            "give a longer text"
        )
    return Alphabet(UNKNOWN + "".join(frequent))
