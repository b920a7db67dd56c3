"""The faults a reader of lectures can meet while a library is built or opened.

Each message holds the value seen, the value wanted and the next command, so that the command
line and the app can print it as it stands.
"""


class KathederError(Exception):
    """Anything that a user can mend; its text is the whole message."""


class UnreadableFile(KathederError):
    """A file that gives no lecture text: encrypted, truncated, empty, scanned or of another type."""


class LibraryMismatch(KathederError):
    """A library built by another encoder, chunker or format than the one in use."""


class LibraryMissing(KathederError):
    """There is no library, or an empty one, where a filled one is needed."""


class ModelMissing(KathederError):
    """Model weights that are not on this machine, or not the ones that were pinned."""
