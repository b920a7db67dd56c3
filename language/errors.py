"""The error of the language laboratory that a user can remedy."""

from __future__ import annotations


class LanguageError(Exception):
    """A text, a number or a model that cannot be used; the message says how to remedy it."""
