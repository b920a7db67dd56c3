"""Files that attack their reader: read without harm or refused in one sentence, and the rest goes on."""

from __future__ import annotations

import re

import pytest
from hostile.files import FILES, FORBIDDEN, write_zip_bomb
from raw_pdf import Deck

from ingest.errors import UnreadableFile
from ingest.files import fault_of
from ingest.readers import read
from ingest.reading import ProcessReader
from ingest.reading_limits import ReadingLimits

#: Small files that are read in milliseconds, in this process too.
QUICK = (
    "page-tree-million.pdf",
    "declared-100000.png",
    "laughs.docx",
    "laughs.epub",
    "entity.docx",
    "remote.docx",
    "live.html",
    "live.ipynb",
    "pipe.pdf",
    "zeros.pdf",
)


def outcome(reader, file) -> str:
    """The text of a file, or the sentence that refuses it."""
    try:
        if fault := fault_of(file):
            raise UnreadableFile(fault)
        return "".join(page.text for page in reader(file).pages)
    except UnreadableFile as error:
        said = str(error)
    assert "\n" not in said
    assert not re.search(r"\((\w+Error|Exception): ", said)
    return said


@pytest.mark.hostile("files that attack their reader")
@pytest.mark.parametrize("name", QUICK)
def test_a_small_hostile_file_does_no_harm(tmp_path, name):
    FILES[name](tmp_path / name)
    text = outcome(read, tmp_path / name)
    assert not [words for words in FORBIDDEN if words in text]
    if name.startswith(("live", "remote")):
        assert "Entropy" in text


@pytest.mark.collection
@pytest.mark.hostile("files that attack their reader")
@pytest.mark.parametrize("name", [name for name in FILES if name not in QUICK])
def test_a_bomb_costs_itself_alone(tmp_path, name):
    FILES[name](tmp_path / name)
    Deck().write(tmp_path / "good.pdf")
    reader = ProcessReader(ReadingLimits(1, 20.0, 1400), lambda file, done, total: None)
    try:
        text = outcome(reader.result, tmp_path / name)
        assert not [words for words in FORBIDDEN if words in text]
        assert len(text) < 5_000_000
        assert len(reader.result(tmp_path / "good.pdf").pages) == 6
    finally:
        reader.close()


@pytest.mark.collection
def test_a_zip_bomb_is_refused_by_what_it_declares(tmp_path):
    write_zip_bomb(tmp_path / "bomb.docx")
    with pytest.raises(UnreadableFile, match=r"unpack to 600 MB, more than a lecture holds"):
        read(tmp_path / "bomb.docx")
