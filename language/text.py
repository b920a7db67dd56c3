"""What every tokeniser needs of a text: whole characters."""

from __future__ import annotations

from language.errors import LanguageError


def utf8(text: str, name: str = "the text") -> bytes:
    """The bytes of a text.

    Args:
        text: Any string of Python, which may hold halves of surrogate pairs.
        name: What a message calls it.

    Raises:
        LanguageError: it has half of a surrogate pair, which no UTF-8 text can have.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LanguageError(
            f"Character {error.start + 1} of {name} is U+{ord(text[error.start]):04X}, half of a "
            "surrogate pair, which is no character; remove it"
        ) from None
