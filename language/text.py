"""What every tokeniser needs of a text: at least one word, and whole characters."""

from __future__ import annotations

from language.errors import LanguageError

MAX_CHARS = 100_000  # of a text that a model is to read


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


def check_text(text: str, name: str = "The text") -> None:
    """Refuse what no tokeniser takes.

    Raises:
        LanguageError: the text is empty, too long, or holds half of a surrogate pair.
    """
    if not text.strip():
        raise LanguageError(f"{name} is empty; write at least one word")
    if len(text) > MAX_CHARS:
        raise LanguageError(
            f"{name} has {len(text):,} characters, expected at most {MAX_CHARS:,}; shorten it"
        )
    utf8(text, name[0].lower() + name[1:])
