"""ingest.backup: a library in use is saved in one state, and comes back whole or not at all."""

from __future__ import annotations

import json
import threading
import zipfile

import pytest

from ingest.backup import BadBackup, back_up, restore
from ingest.store import DATABASE, Library
from ingest.user_file import UserFile


@pytest.fixture
def used(library):
    """A library with a reader's file, a vector file, and an upload."""
    file = UserFile(
        library.folder / "conversations.sqlite",
        [("CREATE TABLE words (word TEXT)",)],
        "the conversations",
        BadBackup,
    )
    with file.transaction() as db:
        db.execute("INSERT INTO words VALUES ('cat')")
    (library.folder / "uploads").mkdir()
    (library.folder / "uploads" / "a.md").write_text("# A lecture")
    (library.folder / "uploads" / "0f").mkdir()
    (library.folder / "uploads" / "0f" / "a.md").write_text("# A reader's")
    (library.folder / "sessions.sqlite").write_bytes(b"who is signed in")
    library.search_dense(library.vectors()[0], 1)
    return library


def test_a_backup_comes_back_as_it_was(used, tmp_path):
    before = used.full_hash()
    contents = back_up(used.folder, tmp_path / "out" / "katheder.zip")
    assert contents.databases == ("conversations.sqlite", DATABASE)
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["katheder.zip"]
    assert restore(tmp_path / "out" / "katheder.zip", tmp_path / "new") == contents
    new = Library(tmp_path / "new")
    assert (new.full_hash(), new.verify()) == (before, [])
    assert (tmp_path / "new" / "uploads" / "a.md").read_text() == "# A lecture"
    assert (tmp_path / "new" / "uploads" / "0f" / "a.md").read_text() == "# A reader's"
    assert not (tmp_path / "new" / "sessions.sqlite").exists()
    assert (tmp_path / "new" / "conversations.sqlite").stat().st_mode & 0o777 == 0o600
    with UserFile(
        tmp_path / "new" / "conversations.sqlite", [()], "words", BadBackup
    ).transaction() as db:
        assert db.execute("SELECT word FROM words").fetchall() == [("cat",)]


def test_a_present_library_is_kept_under_a_dated_name(used, tmp_path):
    back_up(used.folder, tmp_path / "katheder.zip")
    with pytest.raises(BadBackup, match="holds a library already"):
        restore(tmp_path / "katheder.zip", used.folder)
    before = used.full_hash()
    used.remove(used.find("physics.pdf")[0].id)
    used.close()
    restore(tmp_path / "katheder.zip", used.folder, replace=True)
    assert Library(used.folder).full_hash() == before
    [aside] = used.folder.glob("replaced-20*")
    assert len(Library(aside).documents()) == 1
    assert (aside / "uploads" / "a.md").exists()


def test_a_library_that_is_written_to_is_saved_in_one_state(used, tmp_path):
    states = {used.full_hash()}
    stop = threading.Event()

    def write() -> None:
        library = Library(used.folder)
        for number in range(1000):
            if stop.is_set():
                break
            library.add_course(f"Course {number}")
        library.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            back_up(used.folder, tmp_path / f"{number}.zip")
            restore(tmp_path / f"{number}.zip", tmp_path / str(number))
            copy = Library(tmp_path / str(number))
            assert copy.verify() == []
            states.add(copy.full_hash())
    finally:
        stop.set()
        writer.join()
    assert len(states) > 1  # it was written to meanwhile


@pytest.mark.hostile("backups")
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data, names: b"no zip", "is no backup of Katheder, or damaged"),
        (lambda data, names: data[: len(data) // 2], "is no backup of Katheder, or damaged"),
        ({"../../etc/passwd": 1}, "it holds the file '../../etc/passwd'"),
        ({"uploads/../x": 1}, "it holds the file"),
        ({"version": 2}, "A newer version of Katheder wrote"),
        ({"sha256": "0"}, "is not as it was"),
        ({"size": 10**15}, "are needed"),
    ],
)
def test_what_is_no_sound_backup_changes_nothing(used, tmp_path, damage, says):
    file = tmp_path / "katheder.zip"
    back_up(used.folder, file)
    if callable(damage):
        file.write_bytes(damage(file.read_bytes(), ()))
    else:
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(members["katheder-backup.json"])
        [(key, value)] = damage.items()
        if key == "version":
            manifest["version"] = value
        elif key in ("sha256", "size"):
            manifest["files"][DATABASE][key] = value
        else:
            manifest["files"][key] = manifest["files"][DATABASE]
            members[key] = b"x"
        members["katheder-backup.json"] = json.dumps(manifest).encode()
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    before = used.full_hash()
    with pytest.raises(BadBackup, match=says):
        restore(file, used.folder, replace=True)
    assert used.full_hash() == before
    assert not (used.folder / "restoring").exists()
    assert not list(used.folder.glob("replaced-*"))
