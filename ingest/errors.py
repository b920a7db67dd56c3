"""The errors that a user can meet while a library is built or opened.

Each message has the value seen, the value expected and the next command, so that the command line
and the app print it unchanged.
"""


class KathederError(Exception):
    """Any error that a user can correct; its text is the whole message."""


class UnreadableFile(KathederError):
    """A file without readable text: encrypted, cut off, empty, scanned, or of another type."""


class UndrawablePage(UnreadableFile):
    """A page of which no picture can be drawn within the limits of time and memory."""


class LibraryMismatch(KathederError):
    """A library that was built with another encoder, chunker or format than those in use."""


class LibraryUnusable(KathederError):
    """A library that cannot be opened: damaged, locked, without permission, or on a full disk."""


class DiskFull(KathederError):
    """A file that cannot be written for want of room; the text names the disk."""


class FolderReadOnly(KathederError):
    """A folder in which this user may not write; the text names it."""


class LibraryMissing(KathederError):
    """There is no library, or only an empty one, where one with documents is needed."""


class BadCourse(KathederError):
    """A course that does not exist, or a name that no course can have."""


class BadCourseFile(KathederError):
    """A file of a course that cannot be written or read."""


class BadPage(KathederError):
    """A page that a document does not have, or a text that no page can have."""


class ModelMissing(KathederError):
    """A model that is not on this machine, or whose weights have not the expected hash."""
