"""What became of each file of an ingest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.text.visible import file_name

Outcome = Literal[
    "added", "replaced", "unchanged", "moved", "duplicate", "recognised", "kept", "gone", "failed"
]


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome for one file; `message` gives the reason if it failed or was left out.

    `pages` and `passages` are counts, `seconds` is the time that the file took. After "recognised",
    `pages` counts those whose pictures were read; `reused` passages of a changed file have a text
    that the library held before. `unread_pages` are the numbers of damaged pages, `picture_pages` of
    those with pictures that were not read yet; `attached` are the files inside it, not read;
    `hidden` counts characters that no reader sees, which are left out.
    """

    path: str
    outcome: Outcome
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0
    message: str = ""
    unread_pages: tuple[int, ...] = ()
    reused: int = 0
    picture_pages: tuple[int, ...] = ()
    attached: tuple[str, ...] = ()
    hidden: int = 0

    @property
    def warning(self) -> str:
        """What was not read, a clause each: damaged pages, pictures, files, hidden text; or ""."""
        clauses = []
        if self.unread_pages:
            pages = counted_pages(self.unread_pages)
            clauses.append(f"{pages} cannot be read; the others are in the library")
        if self.picture_pages:
            clauses.append(
                f"{counted_pages(self.picture_pages)} wait for their pictures to be read"
            )
        if self.attached:
            names = ", ".join(self.attached[:_NAMED])
            more = ", ..." if len(self.attached) > _NAMED else ""
            few = "1 file is" if len(self.attached) == 1 else f"{len(self.attached)} files are"
            cover = "its cover page only; " if self.pages == 1 else ""
            clauses.append(
                f"{cover}{few} attached ({names}{more}); extract what you need and ingest it"
            )
        if self.hidden >= _WORTH_SAYING:
            clauses.append(f"{self.hidden} hidden characters were left out")
        return f"{file_name(Path(self.path).name)}: {'; '.join(clauses)}" if clauses else ""


_NAMED = 5  # attached files named in a report
_WORTH_SAYING = 20  # hidden characters; fewer are slips of the program that made the file


def counted_pages(numbers: Sequence[int]) -> str:
    """Ascending page numbers in words: `pages 3, 5-7`."""
    return f"{'page' if len(numbers) == 1 else 'pages'} {_number_ranges(numbers)}"


def _number_ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers in words: `3, 5-7`."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, ends)) for ends in ranges)
