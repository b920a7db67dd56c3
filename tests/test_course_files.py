"""A course as one file, taken to another installation."""

from __future__ import annotations

import json
import zipfile

import pytest
from test_cli import katheder, tiny_encoder  # noqa: F401

from ingest.course_files import export_course, import_course, read_course_file
from ingest.edit import correct_page, hide_pages
from ingest.errors import BadCourse, BadCourseFile
from ingest.store import Library

LENGTHS = {"passage_tokens": 40}


@pytest.fixture
def course(library, encoder):
    """The library with a course in an order by hand, a corrected page and a hidden one."""
    animals, physics = (library.find(name)[0].id for name in ("animals.pdf", "physics.pdf"))
    library.add_course("KI: 1/2")
    library.set_course("KI: 1/2", [physics, animals])
    correct_page(library, encoder, animals, 1, "Cats\nA cat naps all day.", **LENGTHS)
    hide_pages(library, encoder, physics, [2], **LENGTHS)
    return library


@pytest.fixture
def questions(tmp_path):
    file = tmp_path / "exam.jsonl"
    file.write_text(
        '{"id": "q1", "question": "Who naps?", "type": "x", "lang": "en", "gold": []}\n'
    )
    return file


def passages(library: Library) -> dict[str, list[str]]:
    return {d.file: [p.text for p in library.passages(d.id)] for d in library.documents()}


def test_an_imported_course_is_the_exported_one(course, questions, encoder, tmp_path):
    export_course(course, "ki: 1/2", tmp_path / "ki.zip", [questions])
    other = Library(tmp_path / "other" / "library", create=True)
    packed = read_course_file(tmp_path / "ki.zip")
    reports = list(import_course(packed, other, encoder, **LENGTHS))
    assert [report.outcome for report in reports] == ["added", "added"]
    assert other.courses() == course.courses()
    assert passages(other) == passages(course)
    assert [other.corrections(id) for id in other.course("KI: 1/2").documents] == [
        course.corrections(id) for id in course.course("KI: 1/2").documents
    ]
    assert other.content_hash() == course.content_hash()
    assert other.verify() == []
    assert (other.folder / "questions" / "exam.jsonl").read_text() == questions.read_text()
    assert all(d.path.startswith(str(other.folder.resolve())) for d in other.documents())
    again = list(import_course(packed, other, encoder, **LENGTHS))
    assert [report.outcome for report in again] == ["unchanged", "unchanged"]
    assert other.courses() == course.courses()
    assert len(list((other.folder / "questions").iterdir())) == 1


def test_an_import_keeps_what_is_there(course, encoder, tmp_path):
    export_course(course, "KI: 1/2", tmp_path / "ki.zip")
    animals, physics = (course.find(name)[0].id for name in ("animals.pdf", "physics.pdf"))
    course.set_course("KI: 1/2", [animals])
    course.rename_course("KI: 1/2", "Zoo")
    correct_page(course, encoder, animals, 1, "Cats\nA cat dreams.", **LENGTHS)
    hide_pages(course, encoder, physics, [2], hidden=False, **LENGTHS)
    packed = read_course_file(tmp_path / "ki.zip")
    reports = list(import_course(packed, course, encoder, name="Zoo", **LENGTHS))
    assert [report.outcome for report in reports] == ["duplicate", "duplicate"]
    assert not list((course.folder / "courses" / "Zoo").iterdir())  # the files were there already
    assert course.course("Zoo").documents == (physics, animals)
    assert course.corrections(animals)[1].text == "Cats\nA cat dreams."
    assert course.corrections(physics)[2].hidden
    assert [each.name for each in course.courses()] == ["Zoo"]


def test_what_cannot_be_exported_is_named(course, tmp_path):
    with pytest.raises(BadCourse, match="no course 'AI'; there are: KI: 1/2"):
        export_course(course, "AI", tmp_path / "x.zip")
    with pytest.raises(BadCourseFile, match="cannot be written"):
        export_course(course, "KI: 1/2", tmp_path / "nowhere" / "x.zip")
    (tmp_path / "lectures" / "animals.pdf").unlink()
    with pytest.raises(BadCourseFile, match=r"files of animals\.pdf are gone or have changed"):
        export_course(course, "KI: 1/2", tmp_path / "x.zip")
    assert list(tmp_path.glob("x.zip*")) == []


def rewrite(path, **changes):
    """Change the listing of a course file, or put other bytes in place of a member."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    listing = json.loads(contents["course.json"])
    for name, value in changes.items():
        if name == "member":
            contents[listing["lectures"][0]["member"]] = value
        else:
            listing[name] = value
    contents["course.json"] = json.dumps(listing).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "has format 2, expected at most 1"),
        ({"lectures": [{"name": "x"}]}, "is no file of a course"),
        ({"questions": ["questions/none.jsonl"]}, r"lacks questions/none\.jsonl"),
        ({"course": "  "}, "lacks the name of its course"),
    ],
)
def test_a_file_that_is_no_course_is_refused(course, tmp_path, changes, message):
    file = tmp_path / "ki.zip"
    export_course(course, "KI: 1/2", file)
    rewrite(file, **changes)
    with pytest.raises(BadCourseFile, match=message):
        read_course_file(file)


def test_damaged_and_malicious_files_write_nothing_outside(course, encoder, tmp_path):
    file = tmp_path / "ki.zip"
    for content in (b"", b"no zip", b"PK\x03\x04 cut off"):
        file.write_bytes(content)
        with pytest.raises(BadCourseFile, match="is no file of a course"):
            read_course_file(file)
    export_course(course, "KI: 1/2", file)
    rewrite(file, member=b"%PDF another file")
    other = Library(tmp_path / "deep" / "library", create=True)
    with pytest.raises(BadCourseFile, match=r"physics\.pdf is not the lecture that was packed"):
        list(import_course(read_course_file(file), other, encoder, **LENGTHS))
    export_course(course, "KI: 1/2", file)
    with zipfile.ZipFile(file) as archive:
        listing = json.loads(archive.read("course.json"))
    for lecture in listing["lectures"]:
        lecture["name"] = f"../../../{lecture['name']}"
    rewrite(file, lectures=listing["lectures"], course="../../..")
    list(import_course(read_course_file(file), other, encoder, **LENGTHS))
    folder = str(other.folder.resolve())
    assert all(document.path.startswith(folder) for document in other.documents())
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"library"}


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path):
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lectures/a.pdf", bytes(30 * 2**20))
    with pytest.raises(BadCourseFile, match="unpacks to 30 MB"):
        read_course_file(file)


@pytest.mark.slow
def test_the_commands(katheder, make_pdf, questions, tmp_path):  # noqa: F811
    file = make_pdf("cats.pdf", '#slide("Cats")[A cat slept.]')
    first, second = tmp_path / "first", tmp_path / "second"
    assert katheder("ingest", file, "--course", "Zoo", "--library", first)[0] == 0
    packed = tmp_path / "zoo.zip"
    options = ("--questions", questions, "--library", first)
    code, out, _ = katheder("course", "export", "zoo", packed, *options)
    assert (code, out) == (
        0,
        f"{packed} holds Zoo: lectures: 1, changed pages: 0, question sets: 1\n",
    )
    code, out, _ = katheder("course", "import", packed, "--name", "Animals", "--library", second)
    assert code == 0
    assert "1 added" in out
    assert [course.name for course in Library(second).courses()] == ["Animals"]
    code, _, err = katheder("course", "import", file, "--library", second)
    assert code == 1
    assert "is no file of a course" in err
