"""Read a recording's transcript (WebVTT, SubRip): stretches of about a minute, cited by their time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from ingest.errors import UnreadableFile
from ingest.readers.decoding import decode, read_bytes
from ingest.readers.typesetting import Block, clean, set_document
from ingest.recognition import TextRecogniser
from ingest.text.sentences import CLOSING_MARKS
from ingest.types import ParsedDocument

_STRETCH = 60  # seconds, after which the next sentence begins a page
_LONGEST = 90  # seconds, after which the next caption does
_SOUND = re.compile(r"^\W*[\[(][^\])]*[\])]\W*$")  # "[applause]", "(Musik)"
_SPEAKER = re.compile(r"^(?:>>|-)\s*")


@dataclass(frozen=True, slots=True)
class _Caption:
    """Words and when they are said, in seconds from the beginning."""

    start: float
    text: str


def read_captions(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a `.vtt` or `.srt` file; a page is a stretch of about a minute, labelled by its beginning.

    A stretch ends with a sentence where there is one between 60 and 90 seconds. Captions that repeat
    the line before them, as rolling ones do, are read once; sounds in brackets are left out.

    Raises:
        UnreadableFile: the file is missing, empty, too large, or holds no captions.
    """
    data = read_bytes(path)
    text = decode(path.name, data)
    kind = path.suffix.lower().removeprefix(".")
    try:
        file = webvtt.from_buffer(io.StringIO(text), format=kind)
    except (MalformedFileError, MalformedCaptionError) as error:
        raise UnreadableFile(
            f"{path.name}: is no {kind.upper()} file ({error or 'no captions'}); export the "
            "transcript again"
        ) from error
    captions = list(_captions((cue.start_in_seconds, cue.text) for cue in file.captions))
    if not captions:
        raise UnreadableFile(f"{path.name}: holds no captions; export the transcript again")
    stretches = list(_stretches(captions))
    parsed = set_document(
        path, data, [[Block("text", " ".join(one.text for one in part))] for part in stretches]
    )
    pages = tuple(
        replace(page, label=time_label(part[0].start))
        for page, part in zip(parsed.pages, stretches, strict=True)
    )
    return replace(parsed, pages=pages)


def _captions(
    cues: Iterator[tuple[float, str]] | Sequence[tuple[float, str]],
) -> Iterator[_Caption]:
    """The captions with words, each line once."""
    before: list[str] = []
    for start, text in cues:
        lines = [clean(_SPEAKER.sub("", line)) for line in text.split("\n")]
        lines = [line for line in lines if line and not _SOUND.match(line)]
        new = [line for line in lines if line not in before]
        if new:
            yield _Caption(start, " ".join(new))
        before = lines or before


def _stretches(captions: Sequence[_Caption]) -> Iterator[list[_Caption]]:
    """The captions of each page."""
    part: list[_Caption] = []
    for caption in captions:
        if part:
            seconds = caption.start - part[0].start
            ended = part[-1].text[-1] in CLOSING_MARKS
            if seconds >= _LONGEST or (seconds >= _STRETCH and ended):
                yield part
                part = []
        part.append(caption)
    if part:
        yield part


def time_label(seconds: float) -> str:
    """A time as hours, minutes and whole seconds: `00:14:20`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"
