"""ingest.memory: what is freed is given back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ingest.memory import limit_arenas, trim_memory


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_free_memory_is_given_back():
    limit_arenas()
    trim_memory()
    before = resident_pages()
    blocks = [bytes(3000) for _ in range(20_000)]  # 60 MB, each block by the C library
    assert resident_pages() - before > 10_000
    last = blocks.pop()  # the end of the heap stays in use
    del blocks
    trim_memory()
    assert resident_pages() - before < 5_000
    assert len(last) == 3000


def resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])
