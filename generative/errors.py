"""What can go wrong in the laboratory and that a person can mend."""

from __future__ import annotations


class GenerativeError(Exception):
    """A fault that its message tells how to mend."""


class DataMissing(GenerativeError):
    """The images of a data set are not to be had, or not the known ones."""


class CheckpointMissing(GenerativeError):
    """No trained weights are there, or they are of something else."""


class NotDefined(GenerativeError):
    """The model's family does not have what was asked of it."""


class NothingDrawn(GenerativeError):
    """The canvas is empty."""
