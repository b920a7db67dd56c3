"""The errors of the laboratory that a user can remedy."""

from __future__ import annotations


class GenerativeError(Exception):
    """An error whose message says how to remedy it."""


class DataMissing(GenerativeError):
    """A data set is not available, or its files are not the expected ones."""


class CheckpointMissing(GenerativeError):
    """There is no checkpoint, or it does not fit."""


class NotDefined(GenerativeError):
    """The model's family does not define this operation."""


class NothingDrawn(GenerativeError):
    """The canvas is empty."""
