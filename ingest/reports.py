"""What became of each file of an ingest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal[
    "added", "replaced", "unchanged", "moved", "duplicate", "recognised", "kept", "gone", "failed"
]


OmissionKind = Literal[
    "damaged pages",
    "unread pictures",
    "attached files",
    "portfolio",
    "hidden text",
    "dropped corrections",
]

_NAMED = 5  # attached files named in a report
_WORTH_SAYING = 20  # hidden characters; fewer are slips of the program that made the file


@dataclass(frozen=True, slots=True)
class Omission:
    """Something of a file that was not read.

    `count` is a number of pages, files (of a portfolio too, whose one page is a cover) or characters;
    `place` has the pages (`2-3, 5`) or the names of the files.
    """

    kind: OmissionKind
    count: int
    place: str = ""


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome for one file.

    `pages` and `passages` are counts, `seconds` is the time that the file took. After "recognised",
    `pages` counts those whose pictures were read. `message` is the reason of a failure; `other` is
    where the same content is, or where a moved file was; `course` is the course that a file joined
    which the library had already. `reused` passages of a changed file have a
    text that the library held before. `unread_pages` are the numbers of damaged pages, `picture_pages` of
    those with pictures that were not read yet; `attached` are the files inside it, not read;
    `hidden` counts characters that no reader sees, which are left out; `dropped_corrections` those of
    pages whose text the changed file no longer has.
    """

    path: str
    outcome: Outcome
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0
    message: str = ""
    other: str = ""
    course: str = ""
    unread_pages: tuple[int, ...] = ()
    reused: int = 0
    picture_pages: tuple[int, ...] = ()
    attached: tuple[str, ...] = ()
    hidden: int = 0
    dropped_corrections: int = 0

    @property
    def omissions(self) -> tuple[Omission, ...]:
        """What of the file was not read; the interface puts it in words."""
        omissions: list[Omission] = []
        if self.unread_pages:
            pages = number_ranges(self.unread_pages)
            omissions.append(Omission("damaged pages", len(self.unread_pages), pages))
        if self.picture_pages:
            pages = number_ranges(self.picture_pages)
            omissions.append(Omission("unread pictures", len(self.picture_pages), pages))
        if self.attached:
            names = ", ".join(self.attached[:_NAMED])
            more = ", ..." if len(self.attached) > _NAMED else ""
            kind: OmissionKind = "portfolio" if self.pages == 1 else "attached files"
            omissions.append(Omission(kind, len(self.attached), names + more))
        if self.hidden >= _WORTH_SAYING:
            omissions.append(Omission("hidden text", self.hidden))
        if self.dropped_corrections:
            omissions.append(Omission("dropped corrections", self.dropped_corrections))
        return tuple(omissions)


def number_ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers in short: `3, 5-7`."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, ends)) for ends in ranges)
