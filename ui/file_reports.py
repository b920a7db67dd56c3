"""What became of a file of an ingest, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.reports import FileReport, OmissionKind, Outcome
from ingest.text.visible import file_name, one_line

#: Of files that were not read again.
UNREAD_OUTCOMES: Mapping[Outcome, str] = {
    "duplicate": "{file}: same content as {other}, kept once",
    "moved": "{file}: was {other}",
    "kept": "{file}: its file is gone; its pages in the library are still cited",
    "gone": "{file}: its file is gone; it is not cited any more",
}
#: Of a file that the library had already.
JOINED = "{file}: already there, now also in {course}"
#: For one page, file or character, and for several.
OMISSIONS: Mapping[OmissionKind, tuple[str, str]] = {
    "damaged pages": (
        "page {place} cannot be read; the others are in the library",
        "pages {place} cannot be read; the others are in the library",
    ),
    "unread pictures": (
        "the pictures of page {place} are not read yet",
        "the pictures of pages {place} are not read yet",
    ),
    "attached files": (
        "1 file is attached ({place}); extract what you need and ingest it",
        "{count} files are attached ({place}); extract what you need and ingest them",
    ),
    "portfolio": (
        "its cover page only; 1 file is attached ({place}); extract what you need and ingest it",
        "its cover page only; {count} files are attached ({place}); extract what you need and "
        "ingest them",
    ),
    "hidden text": (
        "{count} hidden character was left out",
        "{count} hidden characters were left out",
    ),
    "dropped corrections": (
        "1 correction was dropped, since the file no longer has the text of its page",
        "{count} corrections were dropped, since the file no longer has the texts of their pages",
    ),
}


def outcome_line(report: FileReport, translate: Callable[..., str] = str.format) -> str:
    """What became of a file that was not read again; "" for one that was read.

    Args:
        report: The outcome for the file.
        translate: Gets an English text, and what its {names} stand for as keywords.
    """
    text = JOINED if report.course else UNREAD_OUTCOMES.get(report.outcome)
    if text is None:
        return ""
    return translate(
        text,
        file=file_name(Path(report.path).name),
        other=one_line(report.other),
        course=report.course,
    )


def omission_line(report: FileReport, translate: Callable[..., str] = str.format) -> str:
    """The file's name and a clause for each omission, `deck.pdf: page 3 cannot be read; ...`; or "".

    The arguments are those of `outcome_line`.
    """
    clauses = [
        translate(OMISSIONS[part.kind][part.count != 1], count=part.count, place=part.place)
        for part in report.omissions
    ]
    return f"{file_name(Path(report.path).name)}: {'; '.join(clauses)}" if clauses else ""


def report_values(report: FileReport) -> dict[str, Any]:
    """A report as plain values for a client elsewhere: files by name, without their folders."""
    values = asdict(report)
    for name in ("path", "other"):
        file = values[name]
        values[name] = Path(file).name
        if file:
            values["message"] = values["message"].replace(file, Path(file).name)
    return {name: value for name, value in values.items() if value}
