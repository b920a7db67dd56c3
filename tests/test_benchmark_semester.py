"""The semester that is ingested in pieces: its files, and its figures."""

from __future__ import annotations

import pypdfium2
import pytest

from benchmarks import semester


@pytest.fixture
def source(tmp_path):
    document = pypdfium2.PdfDocument.new()
    for width in (100, 200, 300):  # pages that are told apart by their width
        document.new_page(width, 100)
    document.save(tmp_path / "source.pdf")
    return tmp_path / "source.pdf"


def widths(file) -> list[float]:
    return [page.get_width() for page in pypdfium2.PdfDocument(file)]


def test_files_that_are_missing_are_made_as_they_were(tmp_path, source):
    folder = tmp_path / "lectures"
    folder.mkdir()
    semester.make_files(folder, [source], files=3, pages=5, seed=0)
    first = [widths(file) for file in sorted(folder.iterdir())]
    assert len({tuple(one) for one in first}) == 3
    (folder / "lecture-0001.pdf").unlink()
    kept = (folder / "lecture-0002.pdf").stat().st_mtime_ns
    semester.make_files(folder, [source], files=3, pages=5, seed=0)
    assert [widths(file) for file in sorted(folder.iterdir())] == first
    assert (folder / "lecture-0002.pdf").stat().st_mtime_ns == kept


def test_rates_are_of_all_pages_together():
    assert semester.rates([[10, 1, 2], [30, 3, 2]]) == [10, 10]
