"""The faults a reader can meet while asking; those of libraries and models are in ingest.errors."""

from ingest.errors import KathederError


class BadSampling(KathederError):
    """Sampling settings that contradict each other or lie outside their range."""


class BadSettings(KathederError):
    """A settings file or variable that does not fit; the message names the field."""


class ConsentMissing(KathederError):
    """A server outside of this machine to which the reader has not agreed."""


class BadQuestion(KathederError):
    """A question that holds no words, or too many."""


class BadScope(KathederError):
    """A course or lecture to ask of that does not exist, or a name that several lectures have."""


class BadQuestionFile(KathederError):
    """A file of evaluation questions that cannot be used; the message names line and fault."""


class BadRunFile(KathederError):
    """A run that cannot be read, or cannot go on because it was made under other conditions."""


class BadCalibration(KathederError):
    """A calibration file, or the questions to fit one, cannot be used."""
