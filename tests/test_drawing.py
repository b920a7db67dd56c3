"""ingest.drawing: pages are drawn in another process, and none takes more than its limits."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hostile.files import write_huge_page, write_nested_forms, write_page_of_35_km
from raw_pdf import Deck

from ingest.drawing import PageDrawer
from ingest.errors import UndrawablePage, UnreadableFile
from ingest.readers.page_images import page_image
from ingest.reading_limits import ReadingLimits

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def drawer():
    drawer = PageDrawer(ReadingLimits(processes=1, seconds=8.0, memory_mb=1000))
    yield drawer
    drawer.close()


def test_a_page_is_drawn_as_in_this_process(drawer, tmp_path):
    file = Deck().write(tmp_path / "deck.pdf")
    drawn, direct = drawer.draw(file, 2, 1.5), page_image(file, 2, 1.5)
    assert drawn.size == (1080, 608)
    assert np.array_equal(np.asarray(drawn), np.asarray(direct))
    with pytest.raises(UnreadableFile, match="has no page 7"):
        drawer.draw(file, 7)


@pytest.mark.hostile("drawing pages")
def test_a_page_that_never_ends_is_given_up_once_and_others_are_drawn(drawer, tmp_path):
    file = tmp_path / "forms.pdf"
    write_nested_forms(file)
    with pytest.raises(UndrawablePage, match="page 1 cannot be drawn"):
        drawer.draw(file, 1)
    started = time.perf_counter()
    with pytest.raises(UndrawablePage, match="page 1 cannot be drawn"):
        drawer.draw(file, 1)
    assert time.perf_counter() - started < 4  # it was not tried again, which takes the limit of 8 s
    assert drawer.draw(file, 2, 1.0).size == (720, 405)


@pytest.mark.hostile("drawing pages")
@pytest.mark.parametrize("write", [write_huge_page, write_page_of_35_km])
def test_a_picture_has_as_many_pixels_as_a_screen_shows(drawer, tmp_path, write):
    file = tmp_path / "page.pdf"
    write(file)
    width, height = drawer.draw(file, 1, 2.0, max_pixels=1_000_000).size
    assert 0 < width * height <= 1_010_000
