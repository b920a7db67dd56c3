"""What a reader is told about the writing: why no model wrote, or which settings had no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ingest.errors import KathederError
from ingest.text.languages import language

#: `unreachable`: no server answers; `missing`: it has no such model; `key`: it refuses the key;
#: `context`: the prompt is too long; `cut`: the connection broke inside the answer; `busy`: status
#: 429 or 503; `silent`: no token within the time limit; `empty`: an answer without a word;
#: `refused`: any other reply; `sampling`: settings that the model does not take.
NoteKind = Literal[
    "unreachable",
    "missing",
    "key",
    "context",
    "cut",
    "busy",
    "silent",
    "empty",
    "refused",
    "sampling",
]


@dataclass(frozen=True, slots=True)
class WriterNote:
    """One note; `values` are what its sentence names, such as the server's address as `place`."""

    kind: NoteKind
    values: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, code: str) -> str:
        """The note as a sentence in a language, by its ISO 639-1 code."""
        return language(code).writer_notes[self.kind].format(**self.values)

    def as_dict(self, code: str) -> dict[str, Any]:
        """Kind, values and sentence as plain values."""
        return asdict(self) | {"sentence": self.sentence(code)}


class WritingFailed(KathederError):
    """A language model wrote no whole answer; `note` says why."""

    def __init__(self, kind: NoteKind, **values: str) -> None:
        self.note = WriterNote(kind, values)
        super().__init__(self.note.sentence("en"))
