"""A course as one file: its lectures in order, corrections of their pages, and question sets.

The file is a zip archive: `course.json` says what the others are, `lectures/` has the lectures'
files, `questions/` the question sets.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ingest.courses import MAX_COURSE_NAME
from ingest.edit import PageChange, change_pages
from ingest.embed import Encoder
from ingest.errors import BadCourseFile
from ingest.files import file_hash
from ingest.pipeline import ingest
from ingest.reading import ProgressListener
from ingest.reading_limits import ReadingLimits
from ingest.recognition import TextRecogniser
from ingest.reports import FileReport
from ingest.store import Library
from ingest.text.visible import one_line
from ingest.types import Document

FORMAT = 1
_LIST = "course.json"
_MAX_UNPACKED = 8 * 1024**3  # bytes of all lectures together
_MAX_RATIO = 200  # of unpacked to packed bytes; lectures are compressed themselves
_SMALL = 20 * 1024**2  # bytes: below, no ratio is too large


@dataclass(frozen=True, slots=True)
class PackedLecture:
    """A lecture of a course file: its member, name, SHA-256, and changes of its pages by number."""

    member: str
    name: str
    id: str
    changes: dict[int, PageChange]


@dataclass(frozen=True, slots=True)
class CourseFile:
    """What a course file holds; `questions` are the members with question sets."""

    path: Path
    course: str
    lectures: tuple[PackedLecture, ...]
    questions: tuple[str, ...] = ()


def export_course(
    library: Library, course: str, target: Path, questions: Sequence[Path] = ()
) -> CourseFile:
    """Write a course into one file.

    Args:
        library: Where it is.
        course: Its name.
        target: The file to write, which is replaced.
        questions: Question sets to put in.

    Raises:
        BadCourse: there is no such course.
        BadCourseFile: a lecture's file is gone or has changed, or the file cannot be written.
    """
    present = library.course(course)
    documents = {document.id: document for document in library.documents()}
    lectures = [documents[id] for id in present.documents]
    lost = [lecture.name for lecture in lectures if file_hash(Path(lecture.path)) != lecture.id]
    if lost:
        raise BadCourseFile(
            f"The files of {', '.join(lost)} are gone or have changed since they were read. Read them "
            "again with `katheder ingest`, or take them out with `katheder course drop`."
        )
    packed = [_packed(library, number, each) for number, each in enumerate(lectures, start=1)]
    sets = [f"questions/{file.name}" for file in questions]
    draft = target.with_name(f"{target.name}.part")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_LIST, json.dumps(_listing(present.name, packed, sets), indent=1))
            for lecture, document in zip(packed, lectures, strict=True):
                archive.write(document.path, lecture.member)
            for name, file in zip(sets, questions, strict=True):
                archive.write(file, name)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadCourseFile(
            f"{target} cannot be written ({error.strerror or error}); name another file."
        ) from error
    return CourseFile(target, present.name, tuple(packed), tuple(sets))


def read_course_file(path: Path) -> CourseFile:
    """What a course file holds, without unpacking it.

    Raises:
        BadCourseFile: it is no course file, damaged, of a newer version, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            whole = sum(sizes.values())
            if whole > _MAX_UNPACKED or whole > max(_SMALL, _MAX_RATIO * path.stat().st_size):
                raise BadCourseFile(
                    f"{path} unpacks to {whole / 2**20:.0f} MB, more than a course holds; it was not "
                    "read."
                )
            listing = json.loads(archive.read(_LIST))
        if listing["format"] > FORMAT:
            raise BadCourseFile(
                f"{path} has format {listing['format']}, expected at most {FORMAT}: a newer version "
                "of Katheder wrote it. Update it: `pip install --upgrade katheder`."
            )
        lectures = tuple(_unpacked(entry) for entry in listing["lectures"])
        questions = tuple(str(name) for name in listing["questions"])
        course = one_line(str(listing["course"]))[:MAX_COURSE_NAME]
    except (
        OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError
    ) as error:  # fmt: skip
        raise BadCourseFile(
            f"{path} is no file of a course ({type(error).__name__}: {error}). Make one with "
            "`katheder course export COURSE FILE`."
        ) from error
    missing = [
        name for name in (*(each.member for each in lectures), *questions) if name not in sizes
    ]
    if missing or not course:
        raise BadCourseFile(
            f"{path} is damaged: it lacks {', '.join(missing) or 'the name of its course'}. Export "
            "the course again."
        )
    return CourseFile(path, course, lectures, questions)


def import_course(
    packed: CourseFile,
    library: Library,
    encoder: Encoder,
    *,
    name: str = "",
    passage_tokens: int = 200,
    overlap_tokens: int = 0,
    recogniser: TextRecogniser | None = None,
    limits: ReadingLimits | None = None,
    progress: ProgressListener = lambda file, done, total: None,
) -> Iterator[FileReport]:
    """Read the lectures of a course file into a library, with a report for each.

    Their files are stored in the library's folder. The course has their order; lectures that it had
    before follow. A page that was corrected or hidden here stays as it is.

    Args:
        packed: From `read_course_file`.
        library: Where the course goes.
        encoder: The library's.
        name: The course's name here; "" for the name that it has.
        passage_tokens: As for `ingest.pipeline.ingest`, as are all below.
        overlap_tokens: Likewise.
        recogniser: Likewise.
        limits: Likewise.
        progress: Likewise.

    Raises:
        BadCourseFile: the file is damaged, or a lecture cannot be stored.
    """
    course = library.add_course(name or packed.course).name
    folder = library.folder / "courses" / _file_name(course)
    files = _extract(packed, folder)
    for report in ingest(
        list(files),
        library,
        encoder,
        course=course,
        folder_courses={},
        passage_tokens=passage_tokens,
        overlap_tokens=overlap_tokens,
        recogniser=recogniser,
        limits=limits,
        progress=progress,
    ):
        yield report
        if report.outcome == "duplicate":
            Path(report.path).unlink(missing_ok=True)
    present = {document.id for document in library.documents()}
    for lecture in packed.lectures:
        own = library.corrections(lecture.id)
        changes = {page: change for page, change in lecture.changes.items() if page not in own}
        if lecture.id in present and changes:
            change_pages(
                library,
                encoder,
                lecture.id,
                changes,
                passage_tokens=passage_tokens,
                overlap_tokens=overlap_tokens,
            )
    order = [lecture.id for lecture in packed.lectures if lecture.id in present]
    others = [id for id in library.course(course).documents if id not in order]
    library.set_course(course, [*dict.fromkeys(order), *others])


def _extract(packed: CourseFile, folder: Path) -> list[Path]:
    """Write the lectures into a folder and the question sets beside the library; the lectures' paths."""
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(packed.path) as archive:
            for lecture in packed.lectures:
                target = _free_path(folder / _file_name(lecture.name), lecture.id)
                with archive.open(lecture.member) as source, target.open("wb") as stream:
                    shutil.copyfileobj(source, stream)
                if file_hash(target) != lecture.id:
                    target.unlink()
                    raise BadCourseFile(
                        f"{packed.path} is damaged: {lecture.name} is not the lecture that was packed. "
                        "Export the course again."
                    )
                files.append(target)
            sets = folder.parent.parent / "questions"
            for member in packed.questions:
                sets.mkdir(exist_ok=True)
                content = archive.read(member)
                name = _file_name(PurePosixPath(member).name)
                path = _free_path(sets / name, hashlib.sha256(content).hexdigest())
                path.write_bytes(content)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadCourseFile(f"{packed.path} cannot be unpacked into {folder} ({error}).") from error
    return files


def _packed(library: Library, number: int, document: Document) -> PackedLecture:
    changes = {
        page: PageChange(correction.text, correction.hidden)
        for page, correction in library.corrections(document.id).items()
    }
    name = Path(document.path).name
    return PackedLecture(f"lectures/{number:03} {_file_name(name)}", name, document.id, changes)


def _listing(
    course: str, lectures: Sequence[PackedLecture], questions: Sequence[str]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "course": course,
        "lectures": [
            {
                "member": lecture.member,
                "name": lecture.name,
                "sha256": lecture.id,
                "pages": [
                    {"page": page, "text": change.text, "hidden": change.hidden}
                    for page, change in lecture.changes.items()
                ],
            }
            for lecture in lectures
        ],
        "questions": list(questions),
    }


def _unpacked(entry: dict[str, Any]) -> PackedLecture:
    changes = {}
    for change in entry["pages"]:
        text = change["text"]
        changes[int(change["page"])] = PageChange(
            None if text is None else str(text), bool(change["hidden"])
        )
    return PackedLecture(str(entry["member"]), str(entry["name"]), str(entry["sha256"]), changes)


def _file_name(name: str) -> str:
    """A name without folders or marks that a file system may refuse."""
    base = re.sub(r"[^\w .()+-]", "_", re.split(r"[/\\]", name)[-1]).strip(" .")
    return base[-100:] or "course"


def _free_path(path: Path, content_hash: str) -> Path:
    """The path, with a number where another file has it: `deck (2).pdf`."""
    target, number = path, 1
    while target.exists() and file_hash(target) != content_hash:
        number += 1
        target = path.with_stem(f"{path.stem} ({number})")
    return target
