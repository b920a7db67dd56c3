"""Keep a library in step with folders: report what is gone from them, and follow what changes."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ingest.courses import MAX_COURSE_NAME
from ingest.pipeline import FileReport, find_files
from ingest.store import Library
from ingest.text.visible import one_line
from ingest.tracking import mark_gone


def gone_reports(
    library: Library, paths: Sequence[Path], *, keep: bool = False
) -> Iterator[FileReport]:
    """Mark the documents whose files are gone from some folders, with a report for each.

    Args:
        library: After the files of the folders were read, so that moved ones are known.
        paths: The folders.
        keep: Go on citing these documents.
    """
    for document in mark_gone(library, paths, keep=keep):
        yield FileReport(document.path, "kept" if keep else "gone", document.pages)


def courses_of_folders(library: Library, paths: Sequence[Path]) -> dict[Path, str]:
    """The course of each file of some folders: the one that most lectures of its folder are in.

    Where no lecture of the folder is in the library yet, the course has the folder's name. A folder
    without lectures of its own, but with folders of lectures, holds a course in each of these.

    Args:
        library: With the lectures that were read before.
        paths: Folders; other paths give no course.
    """
    members = {id: course.name for course in reversed(library.courses()) for id in course.documents}
    documents = [(Path(document.path), document.id) for document in library.documents()]
    names: dict[Path, str] = {}
    for path in filter(Path.is_dir, paths):
        files = find_files([path])
        holds_lectures = any(file.parent == path for file in files)
        by_root: defaultdict[Path, list[Path]] = defaultdict(list)
        for file in files:
            by_root[path if holds_lectures else path / file.relative_to(path).parts[0]].append(file)
        for root, own in by_root.items():
            folder = root.resolve()
            courses = Counter(
                members[id]
                for file, id in documents
                if id in members and file.is_relative_to(folder)
            )
            name = courses.most_common(1)[0][0] if courses else one_line(folder.name)
            if name:
                names |= dict.fromkeys(own, name[:MAX_COURSE_NAME])
    return names


def holds_any_of(library: Library, paths: Sequence[Path]) -> bool:
    """Whether a library has documents from below some folders, whose files may be gone."""
    roots = [path.resolve() for path in paths if path.is_dir()]
    return any(
        Path(document.path).is_relative_to(root)
        for document in library.documents()
        for root in roots
    )


def rounds(
    paths: Sequence[Path], interval: float = 1.0, wait: Callable[[float], None] = time.sleep
) -> Iterator[list[Path]]:
    """Watch files and folders without end: yield once at the start, then after each change.

    Files are looked at once per interval, which works on network drives as well. A change is
    passed on when nothing has changed for one interval, so that a file is not read while it is
    being copied.

    Args:
        paths: Files, and folders of them.
        interval: Seconds between two looks.
        wait: Called with the interval between two looks.

    Yields:
        The files that are new or changed since the last round, all at first; empty where files
        were only deleted.
    """
    known: dict[Path, tuple[int, ...]] | None = None
    latest: dict[Path, tuple[int, ...]] = {}
    while True:
        now = {file: _signature(file) for file in find_files(paths)}
        if known is None or (now != known and now == latest):
            before, known = known or {}, now
            yield [file for file, signature in now.items() if before.get(file) != signature]
        latest = now
        wait(interval)


def without_repeats(reports: Iterable[FileReport], gone: set[str]) -> Iterator[FileReport]:
    """The reports without those of files that are gone as they were before.

    Args:
        reports: Of one round.
        gone: The paths that earlier rounds reported as gone; brought up to date.
    """
    for report in reports:
        if report.outcome != "gone":
            gone.discard(report.path)
        elif report.path in gone:
            continue
        else:
            gone.add(report.path)
        yield report


def _signature(file: Path) -> tuple[int, ...]:
    """What changes with a file: its time of change and its size; empty where it is missing."""
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino
